"""Names the honest issuer, a path of which redirects here: what that issuer then seems to say is the attacker's."""

import at_provider
from hostile import Hostile
from provider import ISSUER

server = Hostile()
theirs = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": server.url("/token"),
}
server.publish(**theirs)
server.lie(**theirs)
if not server.honest:
    for name in ["oauth-authorization-server", "openid-configuration"]:
        at_provider.take_over(f"/.well-known/{name}", server.url("/.well-known/oauth-authorization-server"))
server.run()
