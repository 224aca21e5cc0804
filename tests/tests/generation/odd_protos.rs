//! What proto files may hold and few do.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use crate::build_support_inputs::{builder, files, written_proto};

#[test]
fn groups_extensions_well_known_types_and_names_of_any_casing_are_generated() {
    let source = "syntax = \"proto2\";\npackage type.async.V1Beta.deep.er;\nimport \"google/protobuf/empty.proto\";\n\
                  message M {\n  optional group Inner = 1 { optional int32 a = 2; }\n  extensions 100 to 200;\n}\n\
                  extend M { optional string more = 100; }\n\
                  service Move {\n  rpc Match(M) returns (stream M);\n  rpc lowerCase(stream M) returns (M);\n  \
                  rpc HTTP2Get(stream M) returns (stream M);\n  rpc Leave(google.protobuf.Empty) returns (google.protobuf.Empty);\n}\n\
                  service Nothing {}\n";
    let (directory, path) = written_proto(source);
    let (out, builder) = builder();
    builder
        .no_replay("type.async.V1Beta.deep.er.Move/HTTP2Get")
        .prost(|prost| prost.compile_well_known_types())
        .compile_protos(&[&path], &[directory.path()])
        .unwrap();
    let files = files(out.path());
    let expansion = files.iter().find_map(|(name, text)| name.ends_with("authenticated-clients.rs").then_some(text));
    // Long lines are broken.
    let expansion: String = expansion.unwrap().split_whitespace().collect();
    for expected in [
        "Method::server_streaming(\"/type.async.V1Beta.deep.er.Move/Match\")",
        "Method::client_streaming(\"/type.async.V1Beta.deep.er.Move/lowerCase\")",
        "Method::bidi_streaming(\"/type.async.V1Beta.deep.er.Move/HTTP2Get\").no_replay()",
        "pubfnr#match<",
        "pubfnlower_case<",
        "pubfnhttp2_get<",
        "pubstructAuthenticatedMoveClient<",
        "pubstructAuthenticatedNothingClient<",
    ] {
        assert!(expansion.contains(expected), "{expected}: {expansion}");
    }
    assert!(files.contains_key("google.protobuf.rs"), "{:?}", files.keys());
}
