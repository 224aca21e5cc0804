"""One login of a person, used and refreshed by flytekit and by the example, through one keyring."""

import contextlib
import os
import pty
import subprocess
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import secretstorage
from flytekit.clients.auth.keyring import KeyringStore
from flytekit.clients.friendly import SynchronousFlyteClient
from flytekit.configuration import PlatformConfig
from test_flytekit import PROGRAM, Programs, environment, server_process

PERSON = Path(__file__).with_name("person.py")
TURNS = 20


class OneLogin(Programs):
    def setUp(self) -> None:
        super().setUp()
        self.visits = self.folder / "visits"
        self.visits.touch()
        self.browser = {"BROWSER": f"{PERSON} %s", "VISITS": str(self.visits)}
        self.enterContext(mock.patch.dict(os.environ, self.browser))

    def config_of_a_person(self, target: str) -> Path:
        config = self.folder / f"person-{target.replace(':', '-')}.yaml"
        config.write_text(f"admin:\n  endpoint: dns:///{target}\n  insecure: true\n  authType: Pkce\n")
        return config

    def flytekit(self, config: Path) -> None:
        client = SynchronousFlyteClient(PlatformConfig.auto(str(config)))
        self.assertEqual(client.list_projects_paginated(limit=100, token="")[0], [])

    def ours(self, config: Path) -> None:
        """Without a terminal: it asks nobody."""
        self.assertIn("ada", self.flyte_admin(config, "whoami"))

    def ours_at_a_terminal(self, config: Path) -> None:
        ours, theirs = pty.openpty()
        variables = environment(FLYTECTL_CONFIG=str(config), **self.browser)
        del variables["FLYTE_NON_INTERACTIVE"]
        terminal = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        with subprocess.Popen([PROGRAM, "login"], env=variables, **terminal) as process:
            os.close(theirs)
            said = b""
            # Linux has an error where others have an end.
            with contextlib.suppress(OSError):
                while part := os.read(ours, 4096):
                    said += part
            os.close(ours)
        self.assertEqual(process.returncode, 0, said)
        self.assertIn(b"the login is kept in the keyring", said)

    def let_tokens_expire(self, server: subprocess.Popen[str]) -> None:
        server.stdin.write("expire\n")
        server.stdin.flush()
        self.assertEqual(server.stdout.readline(), "expired\n")

    def first_visit(self) -> str:
        """The browser may still be reading its last page when the login is over."""
        until = time.monotonic() + 30
        while not (visits := self.visits.read_text()):
            self.assertLess(time.monotonic(), until, "nobody was asked")
            time.sleep(0.05)
        return visits

    def items(self, target: str) -> list[int]:
        with contextlib.closing(secretstorage.dbus_init()) as bus:
            names = [{"service": target, "username": user} for user in ("access_token", "refresh_token")]
            return [len(list(secretstorage.search_items(bus, name))) for name in names]

    def in_turn(self, log_in: Callable[[Path], None], programs: list[Callable[[Path], None]]) -> None:
        with server_process("--commands") as (server, target, _token_endpoint):
            config = self.config_of_a_person(target)
            log_in(config)
            visits = self.first_visit()
            for turn in range(TURNS):
                before = KeyringStore.retrieve(target).access_token
                self.let_tokens_expire(server)
                programs[turn % 2](config)
                self.assertNotEqual(KeyringStore.retrieve(target).access_token, before, f"turn {turn}")
                self.assertEqual(self.items(target), [1, 1], f"turn {turn}")
            self.assertEqual(self.visits.read_text(), visits, "nobody was asked again")
            self.assertIn("logged out", self.flyte_admin(config, "logout"))
            self.assertIsNone(KeyringStore.retrieve(target))

    def test_flytekit_logs_in_and_both_refresh_in_turn(self) -> None:
        self.in_turn(self.flytekit, [self.ours, self.flytekit])

    def test_the_example_logs_in_and_both_refresh_in_turn(self) -> None:
        self.in_turn(self.ours_at_a_terminal, [self.flytekit, self.ours])


if __name__ == "__main__":
    unittest.main()
