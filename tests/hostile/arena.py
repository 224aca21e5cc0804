"""Where a case is fought: in namespaces of its own, so that two of them do not meet, and nothing is left behind."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import trustme
from attacks import Attack
from network import ADDRESSES

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
NAMESPACES = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
# As long as a client may need with all time-outs of its own. Others, which have none, are stopped sooner.
PATIENCE, PATIENCE_WITH_OTHERS = 120, 40


@dataclass
class Outcome:
    """What a client gave away, what it wrote, and why the case says nothing, if it does not."""

    leaks: list[str]
    output: str = ""
    failed: str | None = None

    def in_words(self) -> str:
        return "?" if self.failed else ", ".join(self.leaks) or "nothing"


class Arena:
    """All cases with one set of certificates."""

    def __init__(self) -> None:
        authority = trustme.CA()
        certificate = authority.issue_cert(*ADDRESSES)
        self.files = {
            "ca.pem": authority.cert_pem.bytes().decode(),
            "certificate.pem": certificate.private_key_and_cert_chain_pem.bytes().decode(),
        }

    def fight(self, attack: Attack, client: str, honest: bool) -> Outcome:
        patience = PATIENCE_WITH_OTHERS if client == "flytekit" and not honest else PATIENCE
        task = {"attack": attack.name, "client": client, "honest": honest, "patience": patience}
        with tempfile.TemporaryDirectory() as folder:
            task |= {"root": str(ROOT), "folder": folder, "files": self.files}
            case = ["unshare", *NAMESPACES, sys.executable, str(HERE / "case.py"), json.dumps(task)]
            done = subprocess.run(case, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return Outcome([], failed=done.stderr)
        return Outcome(**json.loads(done.stdout))
