"""The example's command line talks to a Python server made from FlyteIDL."""

import os
import subprocess
import unittest

from python_flyte import AUDIENCE, PythonFlyte, python_flyte
from stand_in import CLIENT_ID, CLIENT_SECRET, as_client, environment


def flyte_admin(flyte: PythonFlyte, *arguments: str) -> subprocess.CompletedProcess:
    command = [os.environ["FLYTE_ADMIN"], "--endpoint", flyte.endpoint, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=60, check=False)


class RustClient(unittest.TestCase):
    def setUp(self) -> None:
        self.flyte = self.enterContext(python_flyte(CLIENT_ID, CLIENT_SECRET))

    def output_of(self, *arguments: str) -> list[list[str]]:
        """The output's words, line by line, of a command that needed one login."""
        result = flyte_admin(self.flyte, *as_client(), *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        expected = {"grant_type": "client_credentials", "scope": "all", "audience": AUDIENCE}
        self.assertEqual(self.flyte.token_endpoint.requests, [expected])
        self.assertLessEqual(self.flyte.guard.rejections, 1)
        return [line.split() for line in result.stdout.splitlines()]

    def test_version(self) -> None:
        self.assertIn(["version", "v1.16.8"], self.output_of("version"))

    def test_projects_of_all_pages(self) -> None:
        self.assertEqual(
            self.output_of("projects"),
            [["first", "ACTIVE", "First", "development"], ["second", "ACTIVE", "Second", "development"]],
        )

    def test_executions(self) -> None:
        self.assertEqual(
            self.output_of("executions", "--project", "first"),
            [["f0123", "SUCCEEDED", "train.pipeline", "somebody"]],
        )

    def test_logs(self) -> None:
        self.assertEqual(
            self.output_of("logs", "--task-type", "spark", "--resource", "job-7"),
            [["log", "of", "job-7"], ["a", "task", "of", "type", "spark"]],
        )

    def test_without_a_client_the_error_says_what_to_add(self) -> None:
        result = flyte_admin(self.flyte, "version")
        self.assertEqual(result.returncode, 3)
        self.assertIn("Unauthenticated: the server asks for credentials, but no flow is configured", result.stderr)
        self.assertIn("the server says: token parse error", result.stderr)

    def test_a_refused_login_is_told_without_the_secret(self) -> None:
        self.flyte.token_endpoint.expected = "another:client"
        result = flyte_admin(self.flyte, *as_client(), "version")
        self.assertEqual(result.returncode, 4)
        self.assertIn("invalid_client", result.stderr)
        self.assertNotIn(CLIENT_SECRET, result.stderr)


if __name__ == "__main__":
    unittest.main()
