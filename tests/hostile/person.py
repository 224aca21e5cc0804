"""Whose machine it is: the home, the keyring and the terminal of somebody who is not root."""

import os
import pty
import pwd
import re
import shlex
import subprocess
import threading
import tty
from dataclasses import dataclass
from pathlib import Path

PERSON = "daemon"
# Python and this tree may be in somebody's home.
READS_ALL = ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
KEYRING = """
printf "\\n" | gnome-keyring-daemon --unlock --components=secrets >/dev/null
echo "$DBUS_SESSION_BUS_ADDRESS"
cat
"""
DEVICE_PAGE = re.compile(r"(https://idp\.test/activate)\b.*?\b([A-Z]{4}-[A-Z]{4})\b", re.DOTALL)
QUESTION = b"[y/N]"
BROWSER = '#!/bin/sh\nsetsid {python} {script} "$1" >/dev/null 2>&1 &\n'


@dataclass
class Run:
    """What a client did on the terminal. `status` is none if it had to be stopped."""

    status: int | None
    output: str


class Person:
    """Their folders are below `folder`."""

    def __init__(self, folder: Path, python: str, environment: dict[str, str]) -> None:
        self.home, self.work, runtime = folder / "home", folder / "work", folder / "runtime"
        for made in [self.home, self.work, runtime]:
            made.mkdir(mode=0o700)
        browser = folder / "browser"
        script = Path(__file__).with_name("browser.py")
        browser.write_text(BROWSER.format(python=shlex.quote(python), script=shlex.quote(str(script))))
        browser.chmod(0o755)
        self.environment = environment | {
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(runtime),
            "BROWSER": str(browser),
            "PATH": "/usr/bin:/bin",
            "TERM": "xterm",
            "LANG": "C.UTF-8",
        }
        self.own(folder)
        self.keyring = self.start(["dbus-run-session", "--", "bash", "-euc", KEYRING], stdout=subprocess.PIPE)
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = self.keyring.stdout.readline().strip()

    def own(self, folder: Path) -> None:
        """What is below a folder is theirs."""
        subprocess.run(["chown", "--recursive", PERSON, self.home, self.work, folder / "runtime"], check=True)

    def start(self, command: list[str], **options) -> subprocess.Popen:
        return subprocess.Popen(
            [*run_as(PERSON), *command],
            env=self.environment,
            cwd=self.work,
            text=True,
            start_new_session=True,
            **({"stdin": subprocess.PIPE} | options),
        )

    def run(self, command: list[str], patience: float) -> Run:
        """On a terminal. Whatever is asked there is answered with no."""
        master, terminal = pty.openpty()
        tty.setraw(terminal)
        process = self.start(command, stdin=terminal, stdout=terminal, stderr=terminal)
        os.close(terminal)
        shown = bytearray()
        reader = threading.Thread(target=self.read_all, args=(master, shown))
        reader.start()
        try:
            status = process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = None
        reader.join(5)
        return Run(status, shown.decode(errors="replace"))

    def read_all(self, terminal: int, shown: bytearray) -> None:
        """Until nobody has the other end any more. Goes to the provider's page with a code that is shown."""
        agreed, answered = False, 0
        try:
            while data := os.read(terminal, 65536):
                shown += data
                # What is typed before a question is no answer to it.
                while answered < shown.count(QUESTION):
                    answered += 1
                    os.write(terminal, b"no\n")
                page = None if agreed else DEVICE_PAGE.search(shown.decode(errors="replace"))
                if page:
                    agreed = True
                    self.start([self.environment["BROWSER"], f"{page[1]}?user_code={page[2]}"])
        except OSError:
            pass


def run_as(user: str) -> list[str]:
    """In front of a command."""
    entry = pwd.getpwnam(user)
    ids = ["--reuid", str(entry.pw_uid), "--regid", str(entry.pw_gid), "--clear-groups"]
    return ["setpriv", *ids, *READS_ALL, "--"]
