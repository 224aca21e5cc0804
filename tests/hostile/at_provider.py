"""Requests to the honest provider: an honest server asks whose a token is, and a thief redeems what was stolen."""

import os

import requests


def holder(token: str) -> str | None:
    """For whom an access token stands, if it is good."""
    answer = requests.get(
        "https://idp.test/userinfo", headers={"Authorization": f"Bearer {token}"}, verify=os.environ["HOSTILE_CA"], timeout=30
    )
    return answer.json()["sub"] if answer.ok else None


def redeem(form: dict[str, str], basic: tuple[str, str] | None = None) -> str | None:
    """For whom the tokens stand that a request brings, if it brings any."""
    answer = requests.post(
        "https://idp.test/real-token", data=form, auth=basic, verify=os.environ["HOSTILE_CA"], timeout=30
    )
    return holder(answer.json()["access_token"]) if answer.ok else None


def take_over(path: str, to: str) -> None:
    """Has the provider redirect to the attacker."""
    query = {"path": path, "to": to}
    requests.get("https://idp.test/take-over", params=query, verify=os.environ["HOSTILE_CA"], timeout=30).raise_for_status()


def expire() -> None:
    """Lets time pass: access tokens end, refresh tokens do not."""
    requests.get("https://idp.test/expire", verify=os.environ["HOSTILE_CA"], timeout=30).raise_for_status()
