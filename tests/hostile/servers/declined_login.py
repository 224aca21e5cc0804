"""A server whose provider says of each login that the person has declined it."""

from hostile import Hostile
from told import tell
from web import Answer, Request, redirect, with_query

server = Hostile()


def decline(request: Request) -> Answer:
    tell(window=True)
    declined = {"error": "access_denied", "state": request.query["state"]}
    return redirect(with_query(request.query["redirect_uri"], declined))


server.lie(**server.own_provider())
server.route("/authorize", decline)
server.run()
