"""An issuer of its own, whose metadata has the honest provider's login page beside its own token endpoint."""

from hostile import Hostile
from provider import ISSUER

server = Hostile()
mixed = {
    "issuer": server.url(),
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": server.url("/token"),
}
server.publish(**mixed)
server.lie(**mixed)
server.run()
