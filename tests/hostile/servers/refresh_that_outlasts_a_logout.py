"""Somebody has got hold of the way to the provider's token endpoint: a refresh gets its response, but only once the person
has logged out."""

import time
from pathlib import Path

import at_provider
from hostile import Hostile
from told import tell
from web import Answer, Request

server = Hostile()


def hold(request: Request) -> Answer:
    answer = at_provider.ask("POST", "/real-token", data=request.form)
    if request.form.get("grant_type") == "refresh_token":
        tell(held=True)
        while not Path("/tmp/go-on").exists():
            time.sleep(0.05)
    return Answer(answer.status_code, answer.content, {"Content-Type": "application/json"})


server.route("/token", hold)
if not server.honest:
    at_provider.hold("/token", server.url("/token"))
server.run()
