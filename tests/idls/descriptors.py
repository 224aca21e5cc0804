"""Writes the descriptor set of Python's generated modules.

    descriptors.py SITE OUTPUT MODULE...

`MODULE` is a package or a `*_pb2` module below SITE, or a pattern of such names. Each generated module carries its file's descriptor whole, options
included and comments left out. The descriptors are taken out of the sources: nothing of the packages is run, and files
of one name in two packages do not meet.
"""

import ast
import fnmatch
import pathlib
import sys

from google.protobuf import descriptor_pb2


def main(site: str, output: str, *modules: str) -> None:
    base = pathlib.Path(site)
    files: dict[str, bytes] = {}
    roots: list[str] = []
    for source in sorted(base.rglob("*_pb2.py")):
        for serialized in serialized_files(source):
            name = descriptor_pb2.FileDescriptorProto.FromString(serialized).name
            files.setdefault(name, serialized)
            module = ".".join(source.relative_to(base).with_suffix("").parts)
            if any(fnmatch.fnmatchcase(f"{module}.", f"{root}.*") for root in modules):
                roots.append(name)
    if not roots:
        sys.exit(f"{site} has no generated module below {', '.join(modules)}")

    ordered: dict[str, bytes] = {}
    for root in roots:
        add(root, files, ordered)
    # A set is a sequence of field 1; joining bytes keeps what this version of protobuf does not know.
    descriptor_set = descriptor_pb2.FileDescriptorSet()
    for serialized in ordered.values():
        descriptor_set.file.add().ParseFromString(serialized)
    pathlib.Path(output).write_bytes(descriptor_set.SerializeToString(deterministic=True))


def add(name: str, files: dict[str, bytes], ordered: dict[str, bytes]) -> None:
    """Adds the file behind its imports: a descriptor set lists what is imported first."""
    if name in ordered or name not in files and name.startswith("google/protobuf/"):
        return
    if name not in files:
        sys.exit(f"{name} is imported, and no package brings it")
    for imported in descriptor_pb2.FileDescriptorProto.FromString(files[name]).dependency:
        add(imported, files, ordered)
    ordered[name] = files[name]


def serialized_files(source: pathlib.Path):
    """What a module hands to `AddSerializedFile`, or, in older ones, to `FileDescriptor(serialized_pb=..)`."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        function = getattr(node.func, "attr", getattr(node.func, "id", ""))
        values = []
        if function == "AddSerializedFile":
            values = node.args
        elif function == "FileDescriptor":
            values = [keyword.value for keyword in node.keywords if keyword.arg == "serialized_pb"]
        for value in values:
            while isinstance(value, ast.Call):  # `_b('..')` of the oldest ones
                value = value.args[0]
            literal = value.value if isinstance(value, ast.Constant) else None
            if isinstance(literal, str):
                literal = literal.encode("latin1")
            if isinstance(literal, bytes):
                yield literal


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
