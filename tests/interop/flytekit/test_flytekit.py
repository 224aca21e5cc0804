"""flytekit and the example read the same configuration, and both log in to the example's server with it."""

import contextlib
import os
import re
import subprocess
import tempfile
import unittest
from collections.abc import Iterator
from pathlib import Path

from flytekit.clients.auth import token_client
from flytekit.clients.auth.keyring import Credentials, KeyringStore
from flytekit.clients.friendly import SynchronousFlyteClient
from flytekit.configuration import PlatformConfig
from flytekit.models.project import Project

# flytekit does not encode the id (RFC 6749 section 2.3.1), so this one has nothing to encode.
CLIENT_ID = "flytekit-client"
CLIENT_SECRET = "p%ss:w+rd é"
SECRET_VARIABLE = "INTEROP_CLIENT_SECRET"
PROGRAM = os.environ["FLYTE_ADMIN"]
KEEP_TOKEN = os.environ["KEEP_TOKEN"]


def environment(**variables: str) -> dict[str, str]:
    """Without what this machine may have set for a Flyte of its own."""
    inherited = {name: value for name, value in os.environ.items() if "FLYTE" not in name}
    # A test must never wait for a person.
    return inherited | {SECRET_VARIABLE: CLIENT_SECRET, "FLYTE_NON_INTERACTIVE": "1"} | variables


@contextlib.contextmanager
def server(*arguments: str) -> Iterator[str]:
    with server_and_provider(*arguments) as (target, _token_endpoint):
        yield target


@contextlib.contextmanager
def server_and_provider(*arguments: str) -> Iterator[tuple[str, str]]:
    with server_process(*arguments) as (_process, target, token_endpoint):
        yield target, token_endpoint


@contextlib.contextmanager
def server_process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    client = ["--client-id", CLIENT_ID, "--client-secret-env", SECRET_VARIABLE]
    lifetime = [] if "--token-lifetime" in arguments else ["--token-lifetime", "600"]
    command = [PROGRAM, "serve", *lifetime, *client, *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, env=environment()) as process:
        try:
            target = re.fullmatch(r"server +http://(\S+)\n", process.stdout.readline())[1]
            token_endpoint = re.fullmatch(r"token endpoint +(\S+)\n", process.stdout.readline())[1]
            assert process.stdout.readline() == "Ctrl-C ends it\n"
            yield process, target, token_endpoint
        finally:
            process.terminate()


class Programs(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def flyte_admin(self, config: Path, *arguments: str) -> str:
        command = [PROGRAM, *arguments]
        variables = environment(FLYTECTL_CONFIG=str(config))
        return subprocess.run(command, env=variables, text=True, check=True, stdout=subprocess.PIPE, timeout=60).stdout


class Flytekit(Programs):
    def config(self, target: str, more: str = "") -> Path:
        secret = self.folder / "secret"
        secret.write_text(CLIENT_SECRET + "\n")
        # flytekit remembers a file by its name.
        config = self.folder / f"{target.replace(':', '-')}.yaml"
        config.write_text(
            f"admin:\n  endpoint: dns:///{target}\n  insecure: true\n  clientId: {CLIENT_ID}\n"
            f"  clientSecretLocation: {secret}\n{more}"
        )
        return config

    def test_both_log_in_with_one_configuration(self) -> None:
        for shape in ([], ["--late-rejections"]):
            with self.subTest(shape=shape), server(*shape) as target:
                config = self.config(target)
                client = SynchronousFlyteClient(PlatformConfig.auto(str(config)))
                client.register_project(Project(id="interop", name="Interop", description="registered by flytekit"))
                projects, _ = client.list_projects_paginated(limit=100, token="")
                ours = [line.split()[0] for line in self.flyte_admin(config, "projects").splitlines()]
                self.assertEqual([project.id for project in projects], ["interop"])
                self.assertEqual(ours, ["interop"])
                claims = [line.split() for line in self.flyte_admin(config, "whoami").splitlines()]
                self.assertIn(["client_id", CLIENT_ID], claims)

    def test_a_wrong_secret_lets_neither_in(self) -> None:
        with server() as target:
            config = self.config(target)
            (self.folder / "secret").write_text("wrong")
            client = SynchronousFlyteClient(PlatformConfig.auto(str(config)))
            with self.assertRaises(Exception) as raised:
                client.list_projects_paginated(limit=100, token="")
            self.assertIn("invalid_client", str(raised.exception))
            with self.assertRaises(subprocess.CalledProcessError):
                self.flyte_admin(config, "projects")

    def test_both_read_the_same_values(self) -> None:
        more = "  scopes: [all, offline]\n  audience: https://flyte.example.com\n  command: [print-token]\n"
        config = self.config("flyte.example.com:443", more)
        theirs = PlatformConfig.auto(str(config))
        ours = {}
        for line in self.flyte_admin(config, "config").splitlines():
            if line.startswith("admin."):
                key, value, origin = line.split(maxsplit=2)
                ours[key] = value
        self.assertEqual(ours["admin.endpoint"].removeprefix("dns:///"), theirs.endpoint)
        self.assertEqual(ours["admin.insecure"], str(theirs.insecure).lower())
        self.assertEqual(ours["admin.clientId"], theirs.client_id)
        self.assertEqual(ours["admin.scopes"].split(","), theirs.scopes)
        self.assertEqual(ours["admin.audience"], theirs.audience)
        self.assertEqual([ours["admin.command"]], theirs.command)
        self.assertEqual(ours["admin.authType"], theirs.auth_mode)

    def test_a_login_that_flytekit_keeps_is_used_and_forgotten_by_both(self) -> None:
        with server_and_provider() as (target, token_endpoint):
            basic = token_client.get_basic_authorization_header(CLIENT_ID, CLIENT_SECRET)
            token, *_ = token_client.get_token(token_endpoint, scopes=["all"], authorization_header=basic)
            KeyringStore.store(Credentials(access_token=token, for_endpoint=target))
            config = self.folder / "person.yaml"
            config.write_text(f"admin:\n  endpoint: dns:///{target}\n  insecure: true\n  authType: Pkce\n")

            client = SynchronousFlyteClient(PlatformConfig.auto(str(config)))
            self.assertEqual(client.list_projects_paginated(limit=100, token="")[0], [])
            self.assertIn(CLIENT_ID, self.flyte_admin(config, "whoami"))

            self.assertIn("logged out", self.flyte_admin(config, "logout"))
            self.assertIsNone(KeyringStore.retrieve(target))
            self.assertIn("no login", self.flyte_admin(config, "logout"))

    def test_a_login_that_we_keep_is_used_by_flytekit(self) -> None:
        with server_and_provider() as (target, token_endpoint):
            basic = token_client.get_basic_authorization_header(CLIENT_ID, CLIENT_SECRET)
            token, *_ = token_client.get_token(token_endpoint, scopes=["all"], authorization_header=basic)
            subprocess.run([KEEP_TOKEN, f"http://{target}"], input=token, text=True, check=True, timeout=60)

            self.assertEqual(KeyringStore.retrieve(target).access_token, token)
            config = self.folder / "person.yaml"
            config.write_text(f"admin:\n  endpoint: dns:///{target}\n  insecure: true\n  authType: Pkce\n")
            client = SynchronousFlyteClient(PlatformConfig.auto(str(config)))
            self.assertEqual(client.list_projects_paginated(limit=100, token="")[0], [])


if __name__ == "__main__":
    unittest.main()
