"""Another user of the machine, who reads the link from the browser's arguments and answers the login as themselves."""

import sys
import threading
import time
from pathlib import Path

import browser
import requests
from told import serve


def links() -> set[str]:
    """URLs among the arguments of all programs."""
    found = set()
    for arguments in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = arguments.read_bytes().split(b"\0")
        except OSError:
            continue
        found |= {word.decode() for word in words if word.startswith((b"http://", b"https://"))}
    return found


def answer() -> None:
    seen = set()
    while True:
        for link in links() - seen:
            seen.add(link)
            try:
                browser.visit(link, "mallory")
            except requests.RequestException:
                # Nobody answers them.
                continue
        time.sleep(0.02)


if "--honest" not in sys.argv:
    threading.Thread(target=answer, daemon=True).start()
serve()
