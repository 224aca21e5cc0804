"""As much of a browser as a redirect needs. Its person is logged in at the honest provider."""

import os
import sys
import time

import requests


def visit(url: str, person: str) -> requests.Response:
    """Opens a page and follows its redirects."""
    with requests.Session() as session:
        session.verify = os.environ["HOSTILE_CA"]
        session.cookies.set("person", person, domain="idp.test")
        return session.get(url, timeout=60)


if __name__ == "__main__":
    # Browsers need a moment to start; those of this kind less than others.
    time.sleep(float(os.environ.get("HOSTILE_BROWSER_DELAY", "0")))
    visit(sys.argv[1], "alice")
