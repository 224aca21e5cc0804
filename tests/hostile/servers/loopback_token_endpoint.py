"""An issuer of its own, which names a program on the client's machine as its token endpoint: that program gets what is
sent there."""

from hostile import Hostile

server = Hostile()
theirs = {"issuer": server.url(), "token_endpoint": f"http://127.0.0.1:{server.site.server_port}/run"}
server.publish(**theirs)
server.lie(**theirs)
server.run()
