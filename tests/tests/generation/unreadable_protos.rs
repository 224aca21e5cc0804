//! Proto files that prost or protox cannot read, though protoc can: each error names the file and leads on.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use build_support::{Builder, Error};
use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet};
use tempfile::TempDir;

use crate::build_support_inputs::{builder, written_proto};

const SERVICE: &str = "message M {}\nservice S { rpc Call(M) returns (M); }\n";

fn error_of(source: &str) -> Error {
    let (directory, path) = written_proto(source);
    let (_out, builder) = builder();
    builder.compile_protos(&[path], &[directory.path()]).unwrap_err()
}

#[test]
fn what_protoc_may_read_leads_to_it() {
    for source in [
        "syntax = \"proto2\";\nmessage M {\n  extensions 300 [declaration = { number: 300 full_name: \".a\" type: \".b\" }];\n}\n",
        "syntax = \"proto3\";\nimport option \"other.proto\";\n",
        "syntax = \"proto3\";\nexport message M {}\n",
    ] {
        let error = error_of(source);
        let text = error.to_string();
        assert!(matches!(error, Error::Protos(_)), "{text}");
        assert!(text.contains("bad.proto:") && text.contains("add `.protoc()`"), "{text}");
    }
}

/// Each is compiled by protoc.
const ALLOWED: [&str; 3] = [
    "syntax = \"proto3\";\npackage p;\nmessage M {\n  option deprecated_legacy_json_field_conflicts = true;\n  \
     string value_1 = 1;\n  string value1 = 2;\n}\n",
    "syntax = \"proto2\";\npackage p;\nmessage M {\n  optional string a = 1 [json_name = \"x\"];\n  \
     optional string x = 2;\n}\n",
    "syntax = \"proto2\";\npackage p;\nmessage Set {\n  option message_set_wire_format = true;\n  \
     extensions 4 to max;\n}\nmessage M {\n  extend Set { optional M m = 1547483647; }\n}\n",
];

#[test]
fn what_protox_refuses_and_protoc_allows_leads_to_protoc() {
    for source in ALLOWED {
        let text = error_of(source).to_string();
        assert!(text.contains("bad.proto:") && text.contains("add `.protoc()`"), "{text}");
    }
}

#[test]
fn such_descriptors_are_compiled_and_their_options_obeyed() {
    for source in ALLOWED {
        let service = "import \"authenticated_client/options.proto\";\nservice S {\n  rpc Call(M) returns (M) { option \
                       (authenticated_client.method).no_replay = true; }\n}\n";
        let set = as_protoc_writes(&format!("{source}{service}"));
        let (directory, path) = written_proto("");
        fs::write(&path, &set).unwrap();
        let protoc = stand_in(directory.path(), &path);
        let compile: [&dyn Fn(Builder) -> Result<(), Error>; 3] = [
            &|builder| builder.compile_fds_bytes(&set),
            &|builder| builder.compile_descriptor_file(&path),
            &|builder| with_protoc(builder, &protoc).compile_protos(&["new.proto"], &["."]),
        ];
        for compile in compile {
            let (out, builder) = builder();
            compile(builder).unwrap();
            let expansion = fs::read_to_string(out.path().join("p.authenticated-clients.rs")).unwrap();
            assert!(expansion.contains("unary(\"/p.S/Call\").no_replay()"), "{expansion}");
            let generated = fs::read_to_string(out.path().join("p.rs")).unwrap();
            assert_eq!(generated.contains("pub value_1:"), source.contains("value_1"), "{generated}");
        }
    }
}

/// The set of a file that protox does not compile as it stands: with what it refuses put in afterwards.
fn as_protoc_writes(source: &str) -> Vec<u8> {
    let accepted = source
        .replace("string value1", "string valuee")
        .replace("json_name = \"x\"", "json_name = \"y\"")
        .replace("1547483647", "536870000");
    let (directory, path) = written_proto(&accepted);
    let set = directory.path().join("set.binpb");
    let (_out, builder) = builder();
    builder.tonic(|tonic| tonic.file_descriptor_set_path(&set)).compile_protos(&[path], &[directory.path()]).unwrap();
    let mut bytes = fs::read(set).unwrap();
    // All in the same number of bytes, so that no length changes.
    for (before, after) in [
        (b"valuee".as_slice(), b"value1".as_slice()),
        (b"\x52\x01y", b"\x52\x01x"),
        (&varint(536_870_000), &varint(1_547_483_647)),
    ] {
        while let Some(place) = bytes.windows(before.len()).position(|window| window == before) {
            bytes[place..place + before.len()].copy_from_slice(after);
        }
    }
    bytes
}

fn varint(number: u64) -> Vec<u8> {
    let mut bytes = vec![];
    prost::encoding::encode_varint(number, &mut bytes);
    bytes
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let import = "import \"shared.proto\";\n";
    let (directory, path) = written_proto(&format!("\u{feff}syntax = \"proto3\";\npackage p;\n{import}{SERVICE}"));
    fs::write(directory.path().join("shared.proto"), "\u{feff}syntax = \"proto3\";\n").unwrap();
    let (out, builder_1) = builder();
    builder_1.compile_protos(&[path], &[directory.path()]).unwrap();
    assert!(out.path().join("p.authenticated-clients.rs").exists());

    assert!(matches!(error_of("\u{feff}edition = \"2023\";\n"), Error::Edition { .. }));
    let broken = error_of("\u{feff}syntax = \"proto3\";\nmessage {}\n").to_string();
    assert!(broken.contains("bad.proto:2:9"), "{broken}");
}

#[test]
fn what_no_compiler_can_mend_does_not() {
    let unknown_type = "syntax = \"proto3\";\nmessage M { Missing field = 1; }\n";
    assert!(!error_of(unknown_type).to_string().contains("protoc"));
}

#[test]
fn a_file_in_an_edition_is_an_error_that_says_what_to_write() {
    for source in [
        format!("edition = \"2023\";\n{SERVICE}"),
        format!("// A comment: syntax = \"proto3\";\n/* and\nanother */\nedition=\"2024\";\n{SERVICE}"),
        format!("edition = \"2023\";\noption features.field_presence = IMPLICIT;\n{SERVICE}"),
    ] {
        let error = error_of(&source);
        assert!(matches!(&error, Error::Edition { file } if file == "bad.proto"), "{error}");
        assert!(error.to_string().contains("syntax = \"proto3\""), "{error}");
    }
}

#[test]
fn so_is_one_that_another_file_imports() {
    let (directory, path) = written_proto("syntax = \"proto3\";\nimport \"shared/new.proto\";\n");
    fs::create_dir(directory.path().join("shared")).unwrap();
    fs::write(directory.path().join("shared/new.proto"), "edition = \"2023\";\n").unwrap();
    let (_out, builder) = builder();
    let error = builder.compile_protos(&[path], &[directory.path()]).unwrap_err();
    assert!(error.to_string().starts_with("shared/new.proto is written in an edition"), "{error}");
}

#[test]
fn so_are_descriptors_of_such_a_file_however_they_come() {
    let file = FileDescriptorProto {
        name: Some("new.proto".to_owned()),
        syntax: Some("editions".to_owned()),
        ..FileDescriptorProto::default()
    };
    let set = FileDescriptorSet { file: vec![file] };
    let (directory, path) = written_proto("");
    fs::write(&path, set.encode_to_vec()).unwrap();
    let compile: [&dyn Fn(Builder) -> Result<(), Error>; 4] = [
        &|builder| builder.compile_fds(set.clone()),
        &|builder| builder.compile_fds_bytes(set.encode_to_vec()),
        &|builder| builder.compile_descriptor_file(&path),
        &|builder| with_protoc(builder, &stand_in(directory.path(), &path)).compile_protos(&["new.proto"], &["."]),
    ];
    for compile in compile {
        let (_out, builder) = builder();
        let error = compile(builder).unwrap_err();
        assert!(matches!(&error, Error::Edition { file } if file == "new.proto"), "{error}");
    }
}

#[test]
fn one_call_compiles_with_an_installed_protoc() {
    let (_directory, set, protoc) = protoc_of(&format!("syntax = \"proto3\";\npackage p;\n{SERVICE}"));
    let kept = set.with_extension("kept");
    let (out, builder) = builder();
    with_protoc(builder.tonic(|tonic| tonic.file_descriptor_set_path(&kept)), &protoc)
        .no_replay("p.S/Call")
        .prost(|prost| prost.protoc_arg("--of-ones-own"))
        .compile_protos(&["calls.proto"], &[set.parent().unwrap()])
        .unwrap();
    let expansion = fs::read_to_string(out.path().join("p.authenticated-clients.rs")).unwrap();
    assert!(expansion.contains("unary(\"/p.S/Call\").no_replay()"), "{expansion}");
    assert_eq!(fs::read(kept).unwrap(), fs::read(&set).unwrap());

    let arguments = fs::read_to_string(set.with_extension("arguments")).unwrap();
    for expected in ["--include_imports", "--include_source_info", "--of-ones-own", "calls.proto"] {
        assert!(arguments.contains(expected), "{arguments}");
    }
}

#[test]
fn a_protoc_that_fails_or_is_not_there_is_an_error_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let failing = script(directory.path(), "echo 'calls.proto:1:1: no such thing' >&2; exit 1");
    let missing = directory.path().join("missing");
    for (protoc, reason) in [(failing, "calls.proto:1:1: no such thing"), (missing, "protoc")] {
        let (_out, builder) = builder();
        let error = with_protoc(builder, &protoc).compile_protos(&["calls.proto"], &["."]).unwrap_err();
        assert!(matches!(error, Error::Protoc(_)), "{error}");
        let shown = format!("{error:?}");
        assert!(shown.starts_with("protoc failed: ") && shown.contains(reason), "{shown}");
    }
}

fn with_protoc(builder: Builder, protoc: &Path) -> Builder {
    builder.protoc().prost(|prost| prost.protoc_executable(protoc))
}

/// Descriptors of the source, and something that writes them as protoc would.
fn protoc_of(source: &str) -> (TempDir, PathBuf, PathBuf) {
    let (directory, path) = written_proto(source);
    let set = directory.path().join("set.binpb");
    let (_out, builder) = builder();
    builder.tonic(|tonic| tonic.file_descriptor_set_path(&set)).compile_protos(&[path], &[directory.path()]).unwrap();
    let protoc = stand_in(directory.path(), &set);
    (directory, set, protoc)
}

/// Writes its arguments down and copies the set to where `-o` says.
fn stand_in(directory: &Path, set: &Path) -> PathBuf {
    let arguments = set.with_extension("arguments");
    script(
        directory,
        &format!(
            "echo \"$@\" >'{}'\nwhile [ \"$1\" != -o ]; do shift; done\ncp '{}' \"$2\"",
            arguments.display(),
            set.display()
        ),
    )
}

fn script(directory: &Path, body: &str) -> PathBuf {
    let path = directory.join("protoc");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}
