"""The honest identity provider, `https://idp.test`. The person is logged in there in their browser already, and agrees
to whatever they are asked."""

import argparse
import base64
import hashlib
import os
import secrets

import requests
from origin import Origin
from told import serve
from web import Answer, Request, Site, as_json, redirect, with_query

ISSUER = "https://idp.test"
PUBLIC_CLIENT = "flytectl"
PROGRAM = "program"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


class Provider:
    """What it has issued, each with the person or program that it stands for."""

    def __init__(self, names_itself: bool, revokes: bool) -> None:
        self.names_itself, self.revokes = names_itself, revokes
        self.site = Site()
        self.site.routes.update(self.routes())
        self.codes: dict[str, tuple[str, str]] = {}
        # By their user codes: the device codes of logins that nobody has agreed to yet.
        self.activations: dict[str, str] = {}
        self.device_codes: dict[str, str] = {}
        self.refresh_tokens: dict[str, str] = {}
        self.access_tokens: dict[str, str] = {}

    def routes(self) -> dict:
        return {
            "/.well-known/oauth-authorization-server": lambda _request: as_json(self.metadata()),
            "/.well-known/openid-configuration": lambda _request: as_json(self.metadata()),
            "/authorize": self.authorize,
            "/device": self.device,
            "/activate": self.activate,
            "/token": self.token,
            # For those who steal and redeem, when the other one is no longer the provider's.
            "/real-token": self.token,
            "/revoke": self.revoke,
            "/userinfo": self.userinfo,
            "/expire": self.expire,
            "/take-over": self.take_over,
        }

    def metadata(self) -> dict:
        return {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "device_authorization_endpoint": f"{ISSUER}/device",
            "authorization_response_iss_parameter_supported": self.names_itself,
            "code_challenge_methods_supported": ["S256"],
        } | ({"revocation_endpoint": f"{ISSUER}/revoke"} if self.revokes else {})

    def authorize(self, request: Request) -> Answer:
        person = request.cookies.get("person")
        if person is None:
            return Answer(401, b"who are you?")
        code = secrets.token_urlsafe(32)
        self.codes[code] = (person, request.query["code_challenge"])
        response = {"code": code, "state": request.query["state"]}
        if self.names_itself:
            response["iss"] = ISSUER
        return redirect(with_query(request.query["redirect_uri"], response))

    def device(self, _request: Request) -> Answer:
        code = secrets.token_urlsafe(32)
        user_code = "-".join("".join(secrets.choice("BCDFGHJKLM") for _ in range(4)) for _ in range(2))
        self.activations[user_code] = code
        page = f"{ISSUER}/activate"
        return as_json(
            {"device_code": code, "user_code": user_code, "verification_uri": page, "expires_in": 600, "interval": 1}
        )

    def activate(self, request: Request) -> Answer:
        person, code = request.cookies.get("person"), self.activations.pop(request.query["user_code"], None)
        if person is None or code is None:
            return Answer(401, b"who are you, and what do you want?")
        self.device_codes[code] = person
        return Answer()

    def token(self, request: Request) -> Answer:
        form, holder = request.form, None
        match form.get("grant_type"):
            case "authorization_code":
                person, challenge = self.codes.pop(form.get("code"), (None, None))
                digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
                if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge:
                    holder = person
            case "refresh_token":
                holder = self.refresh_tokens.pop(form.get("refresh_token"), None)
            case "client_credentials":
                given = request.basic or (form.get("client_id"), form.get("client_secret"))
                if given == (PROGRAM, os.environ["HOSTILE_CLIENT_SECRET"]):
                    holder = PROGRAM
            case kind if kind == DEVICE_CODE:
                holder = self.device_codes.pop(form.get("device_code"), None)
                if holder is None:
                    return as_json({"error": "authorization_pending"}, 400)
        return as_json({"error": "invalid_grant"}, 400) if holder is None else self.issue(holder)

    def issue(self, holder: str) -> Answer:
        access_token, refresh_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self.access_tokens[access_token] = holder
        self.refresh_tokens[refresh_token] = holder
        issued = {"access_token": access_token, "token_type": "Bearer", "expires_in": 3600}
        return as_json(issued if holder == PROGRAM else issued | {"refresh_token": refresh_token})

    def userinfo(self, request: Request) -> Answer:
        holder = self.access_tokens.get(request.bearer or "")
        return Answer(401) if holder is None else as_json({"sub": holder})

    def revoke(self, request: Request) -> Answer:
        for tokens in [self.access_tokens, self.refresh_tokens]:
            tokens.pop(request.form.get("token"), None)
        return Answer()

    def expire(self, _request: Request) -> Answer:
        """Time passes: access tokens do not live as long as refresh tokens."""
        self.access_tokens.clear()
        return Answer()

    def take_over(self, request: Request) -> Answer:
        """An attacker gets hold of one path."""
        path = request.query["path"]
        if "by" in request.query:
            self.site.routes[path] = lambda asked: pass_on(asked, request.query["by"])
        else:
            self.site.routes[path] = lambda _request: redirect(request.query["to"], 307)
        return Answer()


def pass_on(request: Request, to: str) -> Answer:
    answer = requests.post(to, data=request.form, verify=os.environ["HOSTILE_CA"], timeout=60)
    return Answer(answer.status_code, answer.content, {"Content-Type": "application/json"})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--without-iss", action="store_true")
    parser.add_argument("--revocation", action="store_true")
    arguments = parser.parse_args()
    provider = Provider(names_itself=not arguments.without_iss, revokes=arguments.revocation)
    Origin("idp.test", provider.site, None).start()
    serve()


if __name__ == "__main__":
    main()
