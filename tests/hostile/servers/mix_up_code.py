"""Has the honest provider log the person in, and is itself the token endpoint (mix-up)."""

from hostile import Hostile

server = Hostile()
server.lie(token_endpoint=server.url("/token"))
server.run()
