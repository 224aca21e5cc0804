"""The example's protos are a subset of FlyteIDL's: same names, numbers, types and kinds of methods."""

import importlib
import os
import pathlib
import tempfile
import unittest

from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_tools import protoc


def the_examples_files() -> list[descriptor_pb2.FileDescriptorProto]:
    directory = pathlib.Path(os.environ["PROTO_DIRECTORY"])
    names = sorted(str(file.relative_to(directory)) for file in directory.rglob("*.proto"))
    includes = pathlib.Path(protoc.__file__).parent / "_proto"
    with tempfile.NamedTemporaryFile(suffix=".binpb") as output:
        arguments = ["protoc", f"--proto_path={directory}", f"--proto_path={includes}"]
        if protoc.main([*arguments, f"--descriptor_set_out={output.name}", *names]) != 0:
            raise RuntimeError("the example's protos do not compile")
        return list(descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(output.name).read_bytes()).file)


def flyteidls_file(name: str) -> descriptor_pb2.FileDescriptorProto:
    importlib.import_module(name.removesuffix(".proto").replace("/", ".") + "_pb2")
    return descriptor_pb2.FileDescriptorProto.FromString(
        descriptor_pool.Default().FindFileByName(name).serialized_pb
    )


class Comparison:
    """What of ours is not in theirs, and how much was compared."""

    def __init__(self) -> None:
        self.differences: list[str] = []
        self.compared = {"field": 0, "value": 0, "method": 0}

    def same(self, kind: str, where: str, ours, theirs, attributes: list[str]) -> None:
        self.compared[kind] += 1
        for attribute in attributes:
            if getattr(ours, attribute) != getattr(theirs, attribute):
                self.differences.append(f"{where}: {attribute} differs")

    def each(self, where: str, ours, theirs):
        """Pairs what bears the same name on both sides."""
        counterparts = {their.name: their for their in theirs}
        for our in ours:
            if our.name in counterparts:
                yield f"{where}.{our.name}", our, counterparts[our.name]
            else:
                self.differences.append(f"{where}.{our.name}: FlyteIDL has no such thing")

    def enums(self, where, ours, theirs) -> None:
        for name, our, their in self.each(where, ours, theirs):
            if len(our.value) != len(their.value):
                self.differences.append(f"{name}: not all values are there")
            for value, our_value, their_value in self.each(name, our.value, their.value):
                self.same("value", value, our_value, their_value, ["number"])

    def messages(self, where, ours, theirs) -> None:
        for name, our, their in self.each(where, ours, theirs):
            self.enums(name, our.enum_type, their.enum_type)
            self.messages(name, our.nested_type, their.nested_type)
            for field, our_field, their_field in self.each(name, our.field, their.field):
                self.same("field", field, our_field, their_field, ["number", "type", "label", "type_name"])
                if oneof_of(our, our_field) != oneof_of(their, their_field):
                    self.differences.append(f"{field}: the oneof differs")

    def services(self, where, ours, theirs) -> None:
        for name, our, their in self.each(where, ours, theirs):
            for method, our_method, their_method in self.each(name, our.method, their.method):
                attributes = ["input_type", "output_type", "client_streaming", "server_streaming"]
                self.same("method", method, our_method, their_method, attributes)

    def files(self, our, their) -> None:
        self.enums(our.package, our.enum_type, their.enum_type)
        self.messages(our.package, our.message_type, their.message_type)
        self.services(our.package, our.service, their.service)


def oneof_of(message, field):
    return message.oneof_decl[field.oneof_index].name if field.HasField("oneof_index") else None


class ProtosMatch(unittest.TestCase):
    def test_everything_in_the_examples_protos_is_the_same_in_flyteidl(self) -> None:
        comparison = Comparison()
        for ours in the_examples_files():
            theirs = flyteidls_file(ours.name)
            self.assertEqual(ours.package, theirs.package)
            comparison.files(ours, theirs)
        self.assertEqual(comparison.differences, [])
        self.assertEqual(comparison.compared["method"], 18)
        self.assertGreater(comparison.compared["field"], 100)
        self.assertGreater(comparison.compared["value"], 30)


if __name__ == "__main__":
    unittest.main()
