"""Flyte 2's own client. For each line it does what it does when a call was rejected: it refreshes the stored login, or
logs in where there is none."""

import asyncio
import sys

from flyte.remote._client.auth._authenticators.pkce import PKCEAuthenticator
from flyte.remote._client.auth._client_config import ClientConfig, StaticClientConfigStore

endpoint, authorization_endpoint, token_endpoint, redirect_uri, client_id = sys.argv[1:]
config = ClientConfig(
    authorization_endpoint=authorization_endpoint,
    token_endpoint=token_endpoint,
    redirect_uri=redirect_uri,
    client_id=client_id,
    scopes=["all", "offline"],
)


async def refresh() -> None:
    authenticator = PKCEAuthenticator(endpoint=endpoint, cfg_store=StaticClientConfigStore(config))
    await authenticator.refresh_credentials()


for _line in sys.stdin:
    asyncio.run(refresh())
    print("refreshed", flush=True)
