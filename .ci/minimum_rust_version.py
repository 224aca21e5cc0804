"""Fails if a package in the lock file needs a newer Rust than the workspace says it needs."""

import json
import subprocess
import sys


def version(text: str) -> tuple[int, ...]:
    """Makes "1.88" and "1.88.0" compare as equal."""
    parts = [int(part) for part in text.split(".")]
    return tuple(parts + [0] * (3 - len(parts)))


command = ["cargo", "metadata", "--locked", "--all-features", "--format-version", "1"]
metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
members = set(metadata["workspace_members"])
declared = {package["rust_version"] for package in metadata["packages"] if package["id"] in members}
if len(declared) != 1 or None in declared:
    sys.exit(f"the packages of the workspace declare different rust-versions: {declared}")
minimum = declared.pop()

too_new = [
    f"{package['name']} {package['version']} needs Rust {package['rust_version']}"
    for package in metadata["packages"]
    if package["rust_version"] and version(package["rust_version"]) > version(minimum)
]
if too_new:
    sys.exit("\n".join([f"rust-version is {minimum}, but:", *too_new]))
print(f"Rust {minimum} is enough for all {len(metadata['packages'])} packages, as far as they say")
