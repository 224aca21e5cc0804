"""Names the honest issuer, and another token endpoint than that issuer's."""

from hostile import Hostile

server = Hostile()
server.lie(token_endpoint=server.url("/token", "thief.test"))
server.run({"thief.test": server.site})
