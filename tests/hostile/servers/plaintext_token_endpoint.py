"""An issuer of its own, whose token endpoint somebody on the network can listen to."""

from hostile import Hostile

server = Hostile()
theirs = {"issuer": server.url(), "token_endpoint": f"http://{server.host}/token"}
server.publish(**theirs)
server.lie(**theirs)
server.run()
