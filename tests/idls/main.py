"""Fetches a selection of IDLs and has each compiled.

    main.py FOLDER [everyday|all|protoc|NAME...]

With `protoc` those that come as `.proto` files, which are then generated twice: with protox and with a real protoc. Both have
to give the same code.

Seconds are those of processors: they do not depend on what else the machine does.
"""

import os
import pathlib
import resource
import subprocess
import sys

import fetch
from selection import EVERYDAY_SECONDS, IDLS, Idl, Python

HERE = pathlib.Path(__file__).parent


def main(folder: str, *names: str) -> None:
    chosen = select(names or ("everyday",))
    for idl in chosen:
        fetch.bring(idl, pathlib.Path(folder))
    # What all of them depend on is built before the first is measured.
    check(pathlib.Path(folder), chosen[0])

    print(f"{'IDL':<20} {'version':<10} {'services':>8} {'methods':>8} {'seconds':>8}", flush=True)
    everyday, wrong = 0.0, []
    for idl in chosen:
        target = pathlib.Path(folder) / idl.name
        seconds = check(pathlib.Path(folder), idl)
        services, methods = map(int, (target / "counts").read_text().split())
        print(f"{idl.name:<20} {idl.source.version:<10} {services:>8} {methods:>8} {seconds:>8.1f}", flush=True)
        if (services, methods) != (idl.services, idl.methods):
            wrong.append(f"{idl.name} had {idl.services} services with {idl.methods} methods")
        everyday += seconds if idl.everyday else 0
    if everyday > EVERYDAY_SECONDS:
        wrong.append(f"the everyday selection took {everyday:.0f} s, and {EVERYDAY_SECONDS} s are the most")
    if wrong:
        sys.exit("\n".join(wrong))


def select(names: tuple[str, ...]) -> list[Idl]:
    if names == ("all",):
        return list(IDLS)
    if names == ("protoc",):
        os.environ["IDL_PROTOC"] = str(protoc())
        return [idl for idl in IDLS if not isinstance(idl.source, Python)]
    if names == ("everyday",):
        return [idl for idl in IDLS if idl.everyday]
    known = {idl.name: idl for idl in IDLS}
    if unknown := set(names) - set(known):
        sys.exit(f"no IDL is called {', '.join(unknown)}; there are: {', '.join(known)}")
    return [known[name] for name in names]


def protoc() -> pathlib.Path:
    """The one of Python's package, as a program."""
    program = pathlib.Path(sys.prefix, "bin", "idl-protoc")
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m grpc_tools.protoc "$@"\n')
    program.chmod(0o755)
    return program


def check(folder: pathlib.Path, idl: Idl) -> float:
    """Returns the seconds of generation and compilation."""
    target = folder / idl.name
    manifest = HERE / "Cargo.toml"
    # The same IDL a second time would find everything done.
    (target / "counts").unlink(missing_ok=True)
    os.utime(HERE / "build.rs")
    before = spent()
    command = ("cargo", "check", "--quiet", "--manifest-path", manifest, "--target-dir", HERE / "../../target")
    environment = {"IDL_DIR": str(target.resolve()), "IDL_TRANSPORT": str(idl.transport)}
    subprocess.run(command, check=True, env=os.environ | environment)
    return spent() - before


def spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
