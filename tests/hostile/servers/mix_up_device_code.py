"""Has the honest provider give out a device code, and is itself the token endpoint that redeems it."""

from hostile import Hostile

server = Hostile()
server.lie(token_endpoint=server.url("/token", "thief.test"))
server.run({"thief.test": server.site})
