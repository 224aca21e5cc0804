"""Whether an attack got what it is after."""

import base64
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path

from attacks import Attack
from person import Run

PEOPLE = ["alice", "program", "the proxy"]
# What is in the words of the hostile servers: if it is on the terminal as it was sent, the terminal obeys it.
COMMANDS = ["\x1b[2J", "\x1b]0;owned", "\x9b31m", "\u202e", "\nerror: all is well"]
BYTES = 16 * 1024 * 1024


def leaks(attack: Attack, run: Run, tales: Callable[[], list[dict]], secret: str, patience: float) -> list[str]:
    """In words for the table: nothing, if the attack failed."""
    found = []
    for tale in tales():
        if tale.get("of") in PEOPLE and tale["loot"] not in attack.allowed and tale["loot"] not in found:
            found.append(tale["loot"])
    match attack.prize:
        case "terminal":
            if any(command in run.output for command in COMMANDS):
                found.append("control characters on the terminal")
        case "login":
            callers = [tale["caller"] for tale in tales() if "caller" in tale]
            if "mallory" in callers:
                found.append("logged in as the other user")
            elif callers != ["alice"]:
                found.append("ends the login")
        case "login after the logout":
            # The refresh may have come first, and its call with it.
            if "honest-project" in run.output:
                found.append("the login is back")
        case "windows":
            windows = sum("window" in tale for tale in tales())
            if windows > 1:
                found.append(f"{windows} browser windows")
        case "refresh token":
            if attack.name == "redirected_logout" and any(command in run.output for command in COMMANDS):
                found.append("control characters on the terminal")
        case "memory":
            sent = bytes_sent(tales)
            if sent > BYTES:
                found.append(f"takes {sent >> 20} MiB and waits for more")
        case "time":
            if run.status is None:
                found.append(f"waits for ever (stopped after {patience:.0f} s)")
        case "output":
            if any(form in run.output for form in spellings(secret)):
                found.append("the secret in its output")
        case "program":
            if Path("/tmp/mark").exists():
                found.append("runs the program")
    if run.status is None and not found:
        found.append("hangs")
    return found


def spellings(secret: str) -> list[str]:
    basic = base64.b64encode(f"program:{urllib.parse.quote_plus(secret)}".encode()).decode()
    return [secret, urllib.parse.quote_plus(secret), basic]


def bytes_sent(tales: Callable[[], list[dict]]) -> int:
    """The server notices some time later that its client is gone."""
    for _ in range(300):
        sent = [tale["sent"] for tale in tales() if "sent" in tale]
        if sent:
            return max(sent)
        time.sleep(0.1)
    raise RuntimeError("the server does not say how much it has sent")
