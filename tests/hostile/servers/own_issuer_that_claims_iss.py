"""The same, and the metadata says that the provider names itself in its responses, which the honest one does not."""

from hostile import Hostile
from provider import ISSUER

server = Hostile()
mixed = {
    "issuer": server.url(),
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": server.url("/token"),
}
server.publish(**mixed, authorization_response_iss_parameter_supported=True)
server.lie(**mixed)
server.run()
