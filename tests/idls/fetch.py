"""Brings IDLs to a folder, one folder for each.

An IDL is `descriptor_set.binpb`, or `protos/` with the names of what is to be compiled in `roots`, and `imports/` with
what it imports from elsewhere.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tarfile

from selection import Go, Idl, Npm, Python

HERE = pathlib.Path(__file__).parent


def bring(idl: Idl, folder: pathlib.Path) -> None:
    """Fetches the IDL to a folder of its name, if it is not there."""
    cache, target = folder / "packages", folder / idl.name
    cache.mkdir(parents=True, exist_ok=True)
    stamp = target / "source"
    wanted = repr((idl.source, idl.roots))
    if stamp.exists() and stamp.read_text() == wanted:
        return
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    fetch(idl, target, cache)
    # Last, so that a fetch that was cut short is done again.
    stamp.write_text(wanted)


def fetch(idl: Idl, target: pathlib.Path, cache: pathlib.Path) -> None:
    match idl.source:
        case Python():
            python(idl, idl.source, target, cache)
        case Npm(package, version):
            protos(idl, npm(package, version, cache), target)
        case Go(package, version, beside, below):
            protos(idl, go(package, version) / below, target)
            if beside:
                (target / "imports").symlink_to(npm(beside.package, beside.version, cache).resolve())


def python(idl: Idl, source: Python, target: pathlib.Path, cache: pathlib.Path) -> None:
    # Each package for itself: several of them bring the same files, in other versions.
    site = cache / f"{source.package}-{source.version}"
    if not site.exists():
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
        wanted = (f"{source.package}=={source.version}", *source.beside)
        partial = cache / "partial"
        shutil.rmtree(partial, ignore_errors=True)
        subprocess.run((*pip, "--target", partial, *wanted), check=True)
        partial.rename(site)
    set_file = target / "descriptor_set.binpb"
    subprocess.run((sys.executable, HERE / "descriptors.py", site, set_file, *idl.roots), check=True)


def npm(package: str, version: str, cache: pathlib.Path) -> pathlib.Path:
    unpacked = cache / f"{package}-{version}"
    if not unpacked.exists():
        pack = ("npm", "pack", "--silent", "--pack-destination", cache, f"{package}@{version}")
        archive = cache / subprocess.run(pack, check=True, capture_output=True, text=True).stdout.split()[-1]
        partial = cache / "partial"
        shutil.rmtree(partial, ignore_errors=True)
        with tarfile.open(archive) as archived:
            archived.extractall(partial, filter="data")
        partial.rename(unpacked)
    return unpacked / "package"


def go(package: str, version: str) -> pathlib.Path:
    download = ("go", "mod", "download", "-json", f"{package}@{version}")
    return pathlib.Path(json.loads(subprocess.run(download, check=True, capture_output=True).stdout)["Dir"])


def protos(idl: Idl, source: pathlib.Path, target: pathlib.Path) -> None:
    """Links the files to where they are looked for, and lists the roots."""
    base = target / "protos"
    base.symlink_to(source.resolve())
    roots = []
    for root in idl.roots:
        place = base / root
        files = sorted(place.rglob("*.proto")) if place.is_dir() else [place]
        roots += [str(file.relative_to(base)) for file in files]
    (target / "roots").write_text("".join(f"{root}\n" for root in roots))
