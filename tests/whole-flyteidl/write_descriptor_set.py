"""Writes the FileDescriptorSet of an installed Python package of generated protobuf code.

    write_descriptor_set.py PACKAGE OUTPUT

Python's generated modules carry their file descriptors whole, options included and source info left out, and know
their imports, so no .proto file and no protoc is needed.
"""

import importlib
import pathlib
import sys

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FileDescriptor


def generated_modules(package_name: str):
    """Imports every *_pb2 module of the package, in the order of their names."""
    package = importlib.import_module(package_name)
    for folder in map(pathlib.Path, package.__path__):
        for file in sorted(folder.rglob("*_pb2.py")):
            parts = file.relative_to(folder).with_suffix("").parts
            yield importlib.import_module(".".join((package_name, *parts)))


def add_with_imports(file: FileDescriptor, collected: dict[str, bytes]) -> None:
    """Adds the file behind its imports: a descriptor set lists what is imported first."""
    if file.name in collected:
        return
    for imported in file.dependencies:
        add_with_imports(imported, collected)
    collected[file.name] = file.serialized_pb


def main(package_name: str, output: str) -> None:
    collected: dict[str, bytes] = {}
    for module in generated_modules(package_name):
        add_with_imports(module.DESCRIPTOR, collected)
    if not collected:
        sys.exit(f"{package_name} holds no *_pb2 module; is it installed?")

    descriptor_set = descriptor_pb2.FileDescriptorSet()
    for serialized in collected.values():
        descriptor_set.file.add().ParseFromString(serialized)
    pathlib.Path(output).write_bytes(descriptor_set.SerializeToString(deterministic=True))
    print(f"{pathlib.Path(output).name}: {len(descriptor_set.file)} files")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
