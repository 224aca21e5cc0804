"""A Flyte that was taken over: it names the provider that there always was, and a token endpoint of its own."""

from hostile import Hostile

server = Hostile("flyte.test")
server.lie(token_endpoint=server.url("/token"))
server.run()
