"""The example's server, started as a process of its own."""

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

CLIENT_ID = "interop: client"
CLIENT_SECRET = "p%ss:w+rd é"
SECRET_VARIABLE = "INTEROP_CLIENT_SECRET"


@dataclass
class StandIn:
    """Where a started server listens."""

    target: str
    token_endpoint: str


def environment() -> dict[str, str]:
    return os.environ | {SECRET_VARIABLE: CLIENT_SECRET}


def as_client() -> list[str]:
    return ["--client-id", CLIENT_ID, "--client-secret-env", SECRET_VARIABLE]


@contextlib.contextmanager
def stand_in(*arguments: str) -> Iterator[StandIn]:
    command = [os.environ["FLYTE_ADMIN"], "serve", *as_client(), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        try:
            yield StandIn(
                target=read_address(process, r"server +http://(\S+)"),
                token_endpoint=read_address(process, r"token endpoint +(\S+)"),
            )
        finally:
            process.terminate()


def read_address(process: subprocess.Popen, pattern: str) -> str:
    line = process.stdout.readline()
    match = re.fullmatch(pattern, line.strip())
    if match is None:
        raise RuntimeError(f"the server did not say where it listens, but {line!r}")
    return match[1]
