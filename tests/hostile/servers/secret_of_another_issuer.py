"""A provider all of its own, for a client whose settings say which issuer its secret is for."""

from hostile import Hostile

server = Hostile()
server.lie(**server.own_provider())
server.run()
