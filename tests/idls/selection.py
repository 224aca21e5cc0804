"""Which IDLs are compiled, and where they come from.

Each has services of its own; what it imports comes along. Everything is pinned: the table of docs/idls.md says what was
counted, and a package that lost half of its services is noticed.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Npm:
    """`.proto` files of an npm package."""

    package: str
    version: str


@dataclasses.dataclass(frozen=True)
class Go:
    """`.proto` files of a Go module, with the npm package that has what they import."""

    package: str
    version: str
    beside: Npm | None = None
    # The folder of the module by which its files name each other.
    folder: str = "."


@dataclasses.dataclass(frozen=True)
class Python:
    """Descriptors in the `*_pb2` modules of a package, with the packages that these import."""

    package: str
    version: str
    beside: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Idl:
    name: str
    source: Npm | Go | Python
    # Files (of `.proto` sources) or modules (of Python's): these and what they import are compiled.
    roots: tuple[str, ...]
    services: int
    methods: int
    # Whether it is in the everyday selection, or only in `run all`.
    everyday: bool = True
    # Whether tonic's clients have a `connect`, which a method of that name does not get along with.
    transport: bool = True


# So many seconds of processors for the everyday selection: about twice what it takes.
EVERYDAY_SECONDS = 200

GOOGLEAPIS = Npm("google-proto-files", "6.0.1")
COMMON = ("googleapis-common-protos==1.76.0",)

VALIDATED = (*COMMON, "protoc-gen-openapiv2==0.0.1", "protovalidate==1.2.0")

TEMPORAL = tuple(f"temporalio.api.{service}" for service in ("workflowservice", "operatorservice", "cloud.cloudservice"))

# One version of each: two of them are in one package, with the same names.
KUBELET = tuple(
    f"pkg/apis/{service}/api.proto"
    for service in (
        "deviceplugin/v1beta1", "dra/v1", "dra-health/v1", "pluginregistration/v1", "podresources/v1", "pods/v1alpha1",
    )
)

IDLS = (
    Idl("google-longrunning", GOOGLEAPIS, ("google/longrunning/operations.proto",), 1, 5),
    Idl("google-pubsub", GOOGLEAPIS, ("google/pubsub/v1",), 3, 35),
    Idl("google-spanner", GOOGLEAPIS, ("google/spanner/v1", "google/spanner/admin"), 5, 73),
    Idl("google-bigtable", GOOGLEAPIS, ("google/bigtable/v2", "google/bigtable/admin/v2"), 5, 89),
    Idl("etcd", Python("etcd3", "0.12.0"), ("etcd3.etcdrpc",), 6, 38),
    Idl("temporal", Python("temporalio", "1.35.0", COMMON), TEMPORAL, 3, 211),
    Idl("opentelemetry", Python("opentelemetry-proto", "1.45.2"), ("opentelemetry.proto",), 4, 4),
    Idl("envoy-xds", Python("xds-protos", "1.85.0", COMMON), ("envoy.service.*.v3",), 24, 43),
    Idl("kubernetes-cri", Go("k8s.io/cri-api", "v0.37.2"), ("pkg/apis/runtime/v1/api.proto",), 2, 43),
    Idl("containerd", Go("github.com/containerd/containerd/api", "v1.12.0", GOOGLEAPIS), ("services",), 17, 89),
    Idl("qdrant", Python("qdrant-client", "1.20.0"), ("qdrant_client.grpc",), 4, 51),
    Idl("modal", Python("modal", "1.6.4"), ("modal_proto",), 2, 308),
    Idl("authzed", Python("authzed", "1.25.0", VALIDATED), ("authzed.api",), 10, 41, everyday=False),
    Idl("cosmos", Python("cosmpy", "0.12.2", COMMON), ("cosmpy.protos",), 71, 360, everyday=False),
    Idl("csi", Go("github.com/container-storage-interface/spec", "v1.13.0"), ("csi.proto",), 5, 36, everyday=False),
    Idl("feast", Python("feast", "0.67.0"), ("feast.protos",), 5, 63, everyday=False),
    Idl("kubelet", Go("k8s.io/kubelet", "v0.37.2"), KUBELET, 7, 17, everyday=False),
    Idl("milvus", Python("pymilvus", "3.0.2"), ("pymilvus",), 3, 149, everyday=False, transport=False),
    Idl("triton", Python("tritonclient", "2.73.0"), ("tritonclient",), 1, 20, everyday=False),
    Idl("vitess", Go("vitess.io/vitess", "v0.24.4", folder="proto"), (".",), 9, 328, everyday=False),
    Idl("zeebe", Python("pyzeebe", "4.7.0"), ("pyzeebe",), 1, 21, everyday=False),
    Idl("yandexcloud", Python("yandexcloud", "0.413.0", COMMON), ("yandex",), 415, 2534, everyday=False),
)
