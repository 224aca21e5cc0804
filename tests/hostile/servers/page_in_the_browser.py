"""A page that is open in the person's browser, which asks the login's listener for a callback of its own making."""

import sys
import threading
import time

import requests
from told import serve

CALLBACK = "http://localhost:53593/callback?code=forged&state=guessed"
FROM_A_PAGE = {"Referer": "https://evil.test/", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}


def ask() -> None:
    while True:
        try:
            requests.get(CALLBACK, headers=FROM_A_PAGE, timeout=5)
        except requests.RequestException:
            time.sleep(0.02)


if "--honest" not in sys.argv:
    threading.Thread(target=ask, daemon=True).start()
serve()
