"""A provider all of its own, whose login page sends the browser on to the honest one: the code that comes back is that
one's."""

from hostile import Hostile
from provider import ISSUER
from web import redirect, with_query

server = Hostile()
server.lie(**server.own_provider())
server.route("/authorize", lambda request: redirect(with_query(f"{ISSUER}/authorize", request.query)))
server.run()
