"""Requests to the honest provider: an honest server asks whose a token is, and a thief redeems what was stolen."""

import os

import requests


def ask(method: str, path: str, **more) -> requests.Response:
    return requests.request(method, f"https://idp.test{path}", verify=os.environ["HOSTILE_CA"], timeout=30, **more)


def holder(token: str) -> str | None:
    """For whom an access token stands, if it is good."""
    answer = ask("GET", "/userinfo", headers={"Authorization": f"Bearer {token}"})
    return answer.json()["sub"] if answer.ok else None


def redeem(form: dict[str, str], basic: tuple[str, str] | None = None) -> str | None:
    """For whom the tokens stand that a request brings, if it brings any."""
    answer = ask("POST", "/real-token", data=form, auth=basic)
    return holder(answer.json()["access_token"]) if answer.ok else None


def begin_device_login() -> dict:
    """As any client may."""
    return ask("POST", "/device").json()


def take_over(path: str, to: str) -> None:
    """Has the provider redirect to the attacker."""
    ask("GET", "/take-over", params={"path": path, "to": to}).raise_for_status()


def hold(path: str, by: str) -> None:
    """Has the attacker between the provider and whoever asks there."""
    ask("GET", "/take-over", params={"path": path, "by": by}).raise_for_status()


def expire() -> None:
    """Lets time pass: access tokens end, refresh tokens do not."""
    ask("GET", "/expire").raise_for_status()
