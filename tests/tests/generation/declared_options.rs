//! What proto files declare with `authenticated_client/options.proto`, and what the build script says beside it.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::Path;

use build_support::{Builder, Error};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tempfile::TempDir;

use crate::build_support_inputs::{builder, written_proto};

/// A service with three methods, its own options and those of each method.
fn shop(service: &str, [version, pay, upload]: [&str; 3]) -> String {
    format!(
        "syntax = \"proto3\";\npackage shop;\nimport \"authenticated_client/options.proto\";\nmessage M {{}}\n\
         service Shop {{\n  {service}\n  rpc Version(M) returns (M) {{ {version} }}\n  \
         rpc Pay(M) returns (M) {{ {pay} }}\n  rpc Upload(stream M) returns (M) {{ {upload} }}\n}}\n"
    )
}

const PUBLIC: &str = "option (authenticated_client.method).public = true;";
const NOT_PUBLIC: &str = "option (authenticated_client.method).public = false;";
const NO_REPLAY: &str = "option (authenticated_client.method).no_replay = true;";
const BYTES: &str = "option (authenticated_client.method).replay_buffer_bytes = 4096;";
const PUBLIC_SERVICE: &str = "option (authenticated_client.service).public = true;";

fn declared() -> String {
    shop("", [PUBLIC, NO_REPLAY, BYTES])
}

/// The table of the client's methods.
fn table(source: &str, set: impl FnOnce(Builder) -> Builder) -> Result<String, Error> {
    let (directory, path) = written_proto(source);
    let (out, builder) = builder();
    set(builder).compile_protos(&[path], &[directory.path()])?;
    Ok(table_in(out.path()))
}

fn table_in(out: &Path) -> String {
    let expansion = fs::read_to_string(out.join("shop.authenticated-clients.rs")).unwrap();
    let (_, table) = expansion.split_once("static METHOD:").unwrap();
    let (table, _) = table.split_once("];\n").unwrap();
    let methods = table.lines().skip(1).map(|line| line.trim().trim_start_matches("__rt::Method::"));
    methods.collect::<Vec<_>>().join("\n")
}

fn message(source: &str) -> String {
    table(source, |builder| builder).unwrap_err().to_string()
}

#[test]
fn the_client_obeys_what_is_declared() {
    insta::assert_snapshot!(table(&declared(), |builder| builder).unwrap(), @r#"
    unary("/shop.Shop/Version").unauthenticated(),
    unary("/shop.Shop/Pay").no_replay(),
    client_streaming("/shop.Shop/Upload").replay_buffer_bytes(4096),
    "#);
}

#[test]
fn what_a_service_declares_holds_for_its_methods_unless_they_say_otherwise() {
    let public = table(&shop(PUBLIC_SERVICE, ["", "", ""]), |builder| builder).unwrap();
    assert_eq!(public.matches(".unauthenticated()").count(), 3, "{public}");

    let but_one = shop(PUBLIC_SERVICE, ["", &format!("{NOT_PUBLIC} {NO_REPLAY}"), ""]);
    let but_one = table(&but_one, |builder| builder).unwrap();
    assert_eq!(but_one.matches(".unauthenticated()").count(), 2, "{but_one}");
    assert!(but_one.contains("unary(\"/shop.Shop/Pay\").no_replay()"), "{but_one}");

    let refined = "option (authenticated_client.service) = { replay_buffer_bytes: 1 };";
    let refined = table(&shop(refined, [PUBLIC, NO_REPLAY, BYTES]), |builder| builder).unwrap();
    assert_eq!(refined, table(&declared(), |builder| builder).unwrap());
}

#[test]
fn what_the_build_script_sets_counts_instead() {
    insta::assert_snapshot!(
        table(&declared(), |builder| {
            builder
                .no_replay("shop.Shop/Version")
                .unauthenticated("shop.Shop/Pay")
                .replay_buffer_bytes("shop.Shop/Upload", 1)
        })
        .unwrap(),
        @r#"
    unary("/shop.Shop/Version").no_replay(),
    unary("/shop.Shop/Pay").unauthenticated(),
    client_streaming("/shop.Shop/Upload").replay_buffer_bytes(1),
    "#
    );
    let all_public = table(&declared(), |builder| builder.unauthenticated("shop.Shop")).unwrap();
    assert_eq!(all_public.matches(".unauthenticated()").count(), 3, "{all_public}");
}

#[test]
fn a_bound_for_a_service_does_not_take_back_what_its_methods_declare() {
    let bound = table(&declared(), |builder| builder.replay_buffer_bytes("shop.Shop", 7)).unwrap();
    assert!(bound.contains("/Version\").unauthenticated()") && bound.contains("/Pay\").no_replay()"), "{bound}");
    assert!(bound.contains("/Upload\").replay_buffer_bytes(7)"), "{bound}");
}

#[test]
fn a_setting_of_another_method_changes_nothing() {
    let other = table(&shop(PUBLIC_SERVICE, ["", "", ""]), |builder| builder.no_replay("shop.Shop/Pay")).unwrap();
    assert_eq!(other.matches(".unauthenticated()").count(), 2, "{other}");
    assert!(other.contains("/Pay\").no_replay()"), "{other}");
}

#[test]
fn what_is_declared_can_be_ignored() {
    let none = table(&declared(), |builder| builder.ignore_options("shop.Shop")).unwrap();
    assert!(!none.contains(")."), "{none}");
    let one = table(&declared(), |builder| builder.ignore_options("shop.Shop/Pay")).unwrap();
    assert!(!one.contains("no_replay") && one.contains("unauthenticated"), "{one}");
    let error = table(&declared(), |builder| builder.ignore_options("shop.Shop/Paid")).unwrap_err();
    assert!(error.to_string().contains("is it \"shop.Shop/Pay\""), "{error}");
}

#[test]
fn every_way_in_that_brings_extensions_reads_them() {
    let expected = table(&declared(), |builder| builder).unwrap();
    let bytes = encoded(&declared());
    let (out, builder_1) = builder();
    builder_1.compile_fds_bytes(&bytes).unwrap();
    assert_eq!(table_in(out.path()), expected);

    let (_directory, path) = written_proto("");
    fs::write(&path, &bytes).unwrap();
    let (out, builder_2) = builder();
    builder_2.compile_descriptor_file(&path).unwrap();
    assert_eq!(table_in(out.path()), expected);

    let (out, builder_3) = builder();
    builder_3
        .tonic(|tonic| tonic.skip_protoc_run().file_descriptor_set_path(&path))
        .compile_protos(&["never/opened.proto"], &["never"])
        .unwrap();
    assert_eq!(table_in(out.path()), expected);
}

#[test]
fn a_way_in_without_extensions_is_an_error_that_names_the_others() {
    let set = FileDescriptorSet::decode(encoded(&declared()).as_slice()).unwrap();
    for compile in without_extensions(&set) {
        let (_out, builder) = builder();
        let error = compile(builder).unwrap_err();
        assert!(matches!(&error, Error::UnseenOptions { file } if file == "bad.proto"), "{error}");
        for way in [".compile_protos(..)", "as protoc or buf wrote them", ".ignore_options(..)"] {
            assert!(error.to_string().contains(way), "{error}");
        }
    }
    assert!(annotated(set, |tonic| tonic).contains("build_support::annotate cannot read what is declared"));
}

#[test]
fn so_is_one_in_which_nobody_can_tell_whether_there_were_any_unless_they_are_ignored() {
    let unused = FileDescriptorSet::decode(encoded(&shop("", ["", "", ""])).as_slice()).unwrap();
    for compile in without_extensions(&unused) {
        let (_out, builder_1) = builder();
        assert!(matches!(compile(builder_1), Err(Error::UnseenOptions { .. })));
        let (_out, builder_2) = builder();
        compile(builder_2.ignore_options("shop.Shop")).unwrap();
    }
    // Proto files are read with all that they say.
    table(&shop("", ["", "", ""]), |builder| builder).unwrap();
}

#[test]
fn options_that_come_by_way_of_another_file_are_missed_as_well() {
    let through = "syntax = \"proto3\";\nimport public \"authenticated_client/options.proto\";\n";
    let (directory, path) = written_proto(&declared().replace("authenticated_client/options.proto", "through.proto"));
    fs::write(directory.path().join("through.proto"), through).unwrap();
    let kept = directory.path().join("set.binpb");
    let (_out, builder_1) = builder();
    builder_1
        .tonic(|tonic| tonic.file_descriptor_set_path(&kept))
        .compile_protos(&[path], &[directory.path()])
        .unwrap();
    let set = FileDescriptorSet::decode(fs::read(kept).unwrap().as_slice()).unwrap();
    let (_out, builder_2) = builder();
    let error = builder_2.compile_fds(set).unwrap_err();
    assert!(matches!(&error, Error::UnseenOptions { file } if file == "bad.proto"), "{error}");
}

#[test]
fn annotate_misses_no_copy_that_calls_its_message_otherwise_and_none_that_is_generated_elsewhere() {
    let directory = with_options(&declared(), |options| {
        options.replace("message Options {", "message Said {").replace("optional Options ", "optional Said ")
    });
    let set = directory.path().join("set.binpb");
    let (_out, builder) = builder();
    builder
        .tonic(|tonic| tonic.file_descriptor_set_path(&set))
        .compile_protos(&[directory.path().join("bad.proto")], &[directory.path()])
        .unwrap();
    let renamed = FileDescriptorSet::decode(fs::read(set).unwrap().as_slice()).unwrap();
    assert!(annotated(renamed, |tonic| tonic).contains("build_support::annotate cannot read what is declared"));

    let set = FileDescriptorSet::decode(encoded(&declared()).as_slice()).unwrap();
    for path in [".authenticated_client", ".authenticated_client.Options"] {
        let message = annotated(set.clone(), |tonic| tonic.extern_path(path, "::elsewhere"));
        assert!(message.contains(".authenticated_client.. has an extern_path"), "{message}");
    }
}

/// The ways in by which no extension comes.
fn without_extensions(set: &FileDescriptorSet) -> [impl Fn(Builder) -> Result<(), Error>; 3] {
    [0, 1, 2].map(|way| {
        let set = set.clone();
        move |builder: Builder| match way {
            0 => builder.compile_fds(set.clone()),
            1 => builder.compile_fds_bytes(set.encode_to_vec()),
            _ => {
                let (_directory, path) = written_proto("");
                fs::write(&path, set.encode_to_vec()).unwrap();
                builder.compile_descriptor_file(path)
            }
        }
    })
}

/// What ends the build of an annotated builder.
fn annotated(
    set: FileDescriptorSet,
    options: impl FnOnce(tonic_prost_build::Builder) -> tonic_prost_build::Builder,
) -> String {
    let directory = tempfile::tempdir().unwrap();
    let builder = build_support::annotate(options(tonic_prost_build::configure())).out_dir(directory.path());
    match std::panic::catch_unwind(AssertUnwindSafe(|| builder.compile_fds(set))) {
        Ok(result) => result.unwrap_err().to_string(),
        Err(panic) => panic.downcast_ref::<String>().unwrap().clone(),
    }
}

/// The source in a file `bad.proto` beside a copy of the options.
fn with_options(source: &str, change: impl FnOnce(String) -> String) -> TempDir {
    let (directory, _) = written_proto(source);
    fs::create_dir(directory.path().join("authenticated_client")).unwrap();
    let copy = directory.path().join("authenticated_client/options.proto");
    fs::write(copy, change(fs::read_to_string(OPTIONS).unwrap())).unwrap();
    directory
}

#[test]
fn a_copy_in_which_false_looks_like_nothing_is_an_error() {
    let source = shop(PUBLIC_SERVICE, ["", NOT_PUBLIC, ""]);
    let directory = with_options(&source, |options| {
        options.replace("proto2", "proto3").replace("optional bool public", "bool public")
    });
    let (_out, builder) = builder();
    let error =
        builder.compile_protos(&[directory.path().join("bad.proto")], &[directory.path()]).unwrap_err().to_string();
    let expected = "in authenticated_client/options.proto `public` is not `optional`, so that `false` or 0 cannot \
                    be told from nothing: write `optional` before it";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn contradictions_in_a_file_of_others_can_be_ignored() {
    for (source, path) in [
        (shop("", ["", &format!("{PUBLIC} {NO_REPLAY}"), ""]), "shop.Shop/Pay"),
        (shop(PUBLIC_SERVICE, ["", NO_REPLAY, ""]), "shop.Shop/Pay"),
        (shop("option (authenticated_client.service) = { public: true no_replay: true };", ["", "", ""]), "shop.Shop"),
    ] {
        let message = message(&source);
        assert!(message.contains(&format!(".ignore_options(\"{path}\")")), "{message}");
        let ignored = table(&source, |builder| builder.ignore_options(path)).unwrap();
        assert!(ignored.contains("unary(\"/shop.Shop/Pay\"),"), "{ignored}");
    }
}

#[test]
fn a_bound_for_a_method_without_a_request_stream_is_an_error() {
    let error = message(&shop("", ["", BYTES, ""]));
    assert_eq!(
        error,
        "the options of `shop.Shop/Pay`, declared in its proto file: `replay_buffer_bytes` has no effect: the method \
         takes one message, and no stream of them"
    );
}

#[test]
fn options_that_cannot_hold_together_are_an_error() {
    for (source, expected) in [
        (
            shop("", ["", &format!("{PUBLIC} {NO_REPLAY}"), ""]),
            "the options of `shop.Shop/Pay`, declared in its proto file: `public` and `no_replay` cannot both hold: \
             keep one of them",
        ),
        (shop(PUBLIC_SERVICE, ["", NO_REPLAY, ""]), "unless the method says `false`"),
        (shop("", ["", "", &format!("{NO_REPLAY} {BYTES}")]), "`no_replay` and `replay_buffer_bytes` cannot both"),
        (
            shop("option (authenticated_client.service) = { public: true no_replay: true };", ["", "", ""]),
            "the options of `shop.Shop`, declared",
        ),
    ] {
        let message = message(&source);
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn what_this_version_does_not_know_is_an_error() {
    // In a proto file, by the compiler.
    let message = message(&shop("option (authenticated_client.service).audit = true;", ["", "", ""]));
    assert!(message.contains("audit") && message.contains("bad.proto:"), "{message}");

    // In a file that brings a later version of the options, by its name.
    let options = fs::read_to_string(OPTIONS)
        .unwrap()
        .replace("message Options {", "message Options {\n  optional bool audit = 9;");
    let source = shop("", ["option (authenticated_client.method).audit = true;", "", ""]);
    let (directory, path) = written_proto(&source);
    fs::create_dir(directory.path().join("authenticated_client")).unwrap();
    fs::write(directory.path().join("authenticated_client/options.proto"), options).unwrap();
    let set = directory.path().join("set.binpb");
    let (_out, builder_1) = builder();
    let error = builder_1
        .tonic(|tonic| tonic.file_descriptor_set_path(&set))
        .compile_protos(&[path], &[directory.path()])
        .unwrap_err();
    assert!(error.to_string().contains("this version knows no `audit`: update build-support"), "{error}");

    // In descriptors whose file of options does not know it either, by its number.
    let later = fs::read(&set).unwrap();
    let mut set = FileDescriptorSet::decode(later.as_slice()).unwrap();
    let mut raw = later.clone();
    let options = set.file.iter_mut().find(|file| file.package() == "authenticated_client").unwrap();
    let before = options.encode_to_vec();
    options.message_type[0].field.retain(|field| field.name() != "audit");
    let position = raw.windows(before.len()).position(|window| window == before);
    let position = position.unwrap_or_else(|| panic!("the set does not hold the file's bytes as they were decoded"));
    let file = FileDescriptorSet { file: vec![options.clone()] }.encode_to_vec();
    let head = FileDescriptorSet { file: vec![prost_types::FileDescriptorProto::decode(before.as_slice()).unwrap()] };
    let head = head.encode_to_vec().len() - before.len();
    raw.splice(position - head..position + before.len(), file);
    let (_out, builder_2) = builder();
    let error = builder_2.compile_fds_bytes(&raw).unwrap_err();
    assert!(error.to_string().contains("this version knows no field of number 9"), "{error}");
}

#[test]
fn a_copy_with_another_number_counts_by_its_names() {
    let (directory, path) = written_proto(&declared());
    let options = fs::read_to_string(OPTIONS).unwrap().replace("73616", "50001");
    fs::create_dir(directory.path().join("authenticated_client")).unwrap();
    fs::write(directory.path().join("authenticated_client/options.proto"), options).unwrap();
    let (out, builder) = builder();
    builder.compile_protos(&[path], &[directory.path()]).unwrap();
    assert_eq!(table_in(out.path()), table(&declared(), |builder| builder).unwrap());
}

#[test]
fn no_code_is_generated_for_the_options_themselves() {
    let (directory, path) = written_proto(&declared());
    let (out, builder) = builder();
    builder.tonic(|tonic| tonic.include_file("all.rs")).compile_protos(&[path], &[directory.path()]).unwrap();
    assert!(!out.path().join("authenticated_client.rs").exists());
    assert!(!fs::read_to_string(out.path().join("all.rs")).unwrap().contains("authenticated_client.rs"));
}

#[test]
fn googles_default_host_becomes_a_constant() {
    let client = "syntax = \"proto3\";\npackage google.api;\nimport \"google/protobuf/descriptor.proto\";\n\
                  extend google.protobuf.ServiceOptions { string default_host = 1049; }\n";
    let source = |host: &str| {
        format!(
            "syntax = \"proto3\";\npackage shop;\nimport \"google/api/client.proto\";\nmessage M {{}}\n\
             service Shop {{ {host} rpc Pay(M) returns (M); }}\nservice Bare {{ rpc Pay(M) returns (M); }}\n"
        )
    };
    let (directory, path) = written_proto(&source("option (google.api.default_host) = \"pay.\\\"example.com\";"));
    fs::create_dir_all(directory.path().join("google/api")).unwrap();
    fs::write(directory.path().join("google/api/client.proto"), client).unwrap();
    let (out, builder) = builder();
    builder.compile_protos(&[path], &[directory.path()]).unwrap();
    let expansion = fs::read_to_string(out.path().join("shop.authenticated-clients.rs")).unwrap();
    let constant = "pub const DEFAULT_HOST: &'static ::core::primitive::str = \"pay.\\\"example.com\";";
    assert_eq!(expansion.matches(constant).count(), 1, "{expansion}");
    assert_eq!(expansion.matches("DEFAULT_HOST").count(), 1, "{expansion}");
}

const OPTIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../build-support/proto/authenticated_client/options.proto");

/// The descriptor set with its extensions.
fn encoded(source: &str) -> Vec<u8> {
    let (directory, path) = written_proto(source);
    let set = directory.path().join("set.binpb");
    let (_out, builder) = builder();
    builder.tonic(|tonic| tonic.file_descriptor_set_path(&set)).compile_protos(&[path], &[directory.path()]).unwrap();
    fs::read(set).unwrap()
}
