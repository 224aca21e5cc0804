"""An honest Flyte, `https://flyte.test`, whose people log in at the honest provider. It tells who calls."""

import at_provider
import flyte_server
from origin import Origin
from provider import ISSUER, PUBLIC_CLIENT
from told import serve, tell
from web import Site

HOST = "flyte.test"
METADATA = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "device_authorization_endpoint": f"{ISSUER}/device",
}
CLIENT = {
    "client_id": PUBLIC_CLIENT,
    "redirect_uri": "http://localhost:53593/callback",
    "scopes": ["all", "offline"],
    "authorization_metadata_key": "flyte-authorization",
}


def judge(token: str | None) -> tuple[bool, str]:
    caller = at_provider.holder(token) if token else None
    if caller is None:
        return False, "Unauthenticated"
    tell(caller=caller)
    return True, "honest-project"


if __name__ == "__main__":
    Origin(HOST, Site(), flyte_server.start(METADATA, CLIENT, judge)).start()
    serve()
