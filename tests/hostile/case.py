"""One attack against one client, in namespaces that are still empty. Prints as JSON what came of it."""

import concurrent.futures
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

import network
from attacks import ATTACKS, Attack
from judgement import leaks
from person import Person, Run, run_as

FOLDER = Path("/tmp")
HERE = FOLDER / "tree/tests/hostile"
PYTHON = str(FOLDER / "tree/target/flytekit-venv/bin/python")
HONEST_PROJECT = "honest-project"


class Case:
    """The provider is there from the beginning; other programs come and go."""

    def __init__(self, attack: Attack, client: str, honest: bool, patience: float) -> None:
        self.attack, self.client, self.honest, self.patience = attack, client, honest, patience
        self.told = FOLDER / "told"
        self.told.touch()
        self.told.chmod(0o666)
        self.secret = secrets.token_urlsafe(32)
        (FOLDER / "secret").write_text(self.secret)
        (FOLDER / "secret").chmod(0o644)
        self.programs = {
            "HOSTILE_CERTIFICATE": str(FOLDER / "certificate.pem"),
            "HOSTILE_CA": str(FOLDER / "ca.pem"),
            "HOSTILE_TOLD": str(self.told),
            "HOSTILE_CLIENT_SECRET": self.secret,
            "PYTHONPATH": str(HERE),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.person = Person(FOLDER, PYTHON, self.settings())

    def settings(self) -> dict[str, str]:
        """The client's environment. Nothing in it but the browser's is known to hostile programs."""
        chosen = {
            name: self.secret if value == "PROGRAM_SECRET" else value for name, value in self.attack.environment.items()
        }
        return {
            "HOSTILE_CA": self.programs["HOSTILE_CA"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "PROGRAM_SECRET": self.secret,
            "FLYTE_PLATFORM_CA_CERT_FILE_PATH": self.programs["HOSTILE_CA"],
        } | chosen

    def configure(self, changed: dict[str, str]) -> None:
        """What stands in the person's own file."""
        values = {"endpoint": f"dns:///{self.attack.endpoint}", "authType": self.attack.auth_type}
        values |= self.attack.config | changed
        file = self.person.home / ".flyte/config.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text("admin:\n" + "".join(f"  {key}: {value}\n" for key, value in values.items()))
        if not self.honest:
            for name, text in self.attack.folder.items():
                (self.person.work / name).write_text(text)
        self.person.own(FOLDER)

    def start(self, program: str, *arguments: str, user: str = "root") -> subprocess.Popen:
        process = subprocess.Popen(
            [*([] if user == "root" else run_as(user)), PYTHON, str(HERE / program), *arguments],
            env=self.programs,
            cwd="/",
            stdout=subprocess.PIPE,
            text=True,
        )
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{program} does not start")
        return process

    def command(self, word: str) -> list[str]:
        return [PYTHON, str(HERE / "client_flytekit.py"), word] if self.client == "flytekit" else [self.client, word]

    def call(self, word: str = "projects") -> Run:
        return self.person.run(self.command(word), self.patience)

    def calls(self) -> Run:
        """All that is done, as one run. A refresh that the provider holds back goes on meanwhile."""
        if self.attack.name == "refresh_that_outlasts_a_logout" and not self.honest:
            return self.log_out_during_a_refresh()
        runs = [self.call(word) for word in self.attack.commands]
        return Run(runs[-1].status, "".join(run.output for run in runs))

    def log_out_during_a_refresh(self) -> Run:
        # Nobody logs in any more, not even whoever is told of the logout: whoever is let in has the old login.
        self.person.environment |= {"FLYTE_NON_INTERACTIVE": "1", "BROWSER": "/bin/false"}
        with concurrent.futures.ThreadPoolExecutor() as pool:
            refreshing = pool.submit(self.call)
            self.wait_for("held")
            logged_out = self.call("logout")
            (FOLDER / "go-on").touch()
            refreshing.result()
        after = self.call()
        return Run(after.status, logged_out.output + after.output)

    def wait_for(self, what: str) -> None:
        for _ in range(600):
            if any(what in tale for tale in self.tales()):
                return
            time.sleep(0.1)
        raise RuntimeError(f"nobody tells: {what}")

    def run(self) -> dict:
        attack = self.attack
        self.start("provider.py", *attack.provider)
        if attack.stored or attack.beside or attack.endpoint != "evil.test":
            flyte = self.start("flyte.py")
        if attack.stored:
            self.configure({})
            first = self.call()
            if first.status != 0 or HONEST_PROJECT not in first.output:
                return {"leaks": [], "failed": f"the login before the attack: {first}"}
            if attack.prize in ["refresh token", "login after the logout"]:
                self.expire()
            if not attack.beside:
                flyte.kill()
                flyte.wait()
        honest = ["--honest"] if self.honest else []
        hostile = f"servers/{attack.program or attack.name}.py"
        self.start(hostile, *honest, user=attack.user)
        self.configure(attack.changed)
        if not self.honest:
            self.person.environment |= attack.attacked
        run = self.calls()
        return {"output": run.output} | self.judge(run)

    def expire(self) -> None:
        script = "import at_provider; at_provider.expire()"
        subprocess.run([PYTHON, "-c", script], env=self.programs, check=True)

    def judge(self, run: Run) -> dict:
        if self.honest:
            logged_in = run.status == 0 and HONEST_PROJECT in run.output
            stolen = [tale["loot"] for tale in self.tales() if "loot" in tale]
            return {"leaks": stolen, "failed": None if logged_in else f"the honest set-up does not log in: {run}"}
        return {"leaks": leaks(self.attack, run, self.tales, self.secret, self.patience)}

    def tales(self) -> list[dict]:
        """What programs told so far."""
        return [json.loads(line) for line in self.told.read_text().splitlines()]


def prepare(folder: Path, root: str, client: str) -> None:
    """Makes `FOLDER`, empty but for what somebody who is not root has to get at. What is bound may be below `FOLDER`
    itself, which is therefore covered last."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", folder], check=True)
    bind(root, folder / "tree")
    if client != "flytekit":
        bind(client, folder / "flyte-admin")
    subprocess.run(["mount", "--rbind", folder, FOLDER], check=True)


def bind(source: str, target: Path) -> None:
    if Path(source).is_dir():
        target.mkdir()
    else:
        target.touch()
    subprocess.run(["mount", "--bind", source, target], check=True)


def main() -> None:
    task = json.loads(sys.argv[1])
    client = task["client"]
    prepare(Path(task["folder"]), task["root"], client)
    if client != "flytekit":
        client = str(FOLDER / "flyte-admin")
    for name, text in task["files"].items():
        (FOLDER / name).write_text(text)
    network.enter(FOLDER)
    attack = next(attack for attack in ATTACKS if attack.name == task["attack"])
    print(json.dumps(Case(attack, client, task["honest"], task["patience"]).run()), flush=True)
    # This is the first process of its namespace: all others end with it.
    os._exit(0)


if __name__ == "__main__":
    main()
