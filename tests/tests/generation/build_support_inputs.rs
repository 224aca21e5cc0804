//! Proto files, descriptor sets and descriptor files as input, good and bad.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use build_support::{Builder, Error};
use proc_macro2::TokenStream;
use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto};
use quote::ToTokens as _;
use tempfile::TempDir;

const PROTOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");

/// A builder that writes into a directory of its own.
pub(crate) fn builder() -> (TempDir, Builder) {
    let directory = tempfile::tempdir().unwrap();
    let builder =
        build_support::configure().tonic(|tonic| tonic.emit_rerun_if_changed(false)).out_dir(directory.path());
    (directory, builder)
}

pub(crate) fn files(directory: &Path) -> BTreeMap<String, String> {
    let read =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
    fs::read_dir(directory).unwrap().map(|entry| read(entry.unwrap())).collect()
}

fn descriptors() -> FileDescriptorSet {
    let (directory, builder) = builder();
    let path = directory.path().join("set.binpb");
    builder
        .tonic(|tonic| tonic.file_descriptor_set_path(&path))
        .compile_protos(&[format!("{PROTOS}/shapes/packages.proto")], &[PROTOS])
        .unwrap();
    FileDescriptorSet::decode(fs::read(path).unwrap().as_slice()).unwrap()
}

pub(crate) fn written_proto(source: &str) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bad.proto");
    fs::write(&path, source).unwrap();
    (directory, path)
}

#[test]
fn protos_descriptors_and_descriptor_files_give_the_same_code() {
    let proto = format!("{PROTOS}/shapes/packages.proto");
    let (from_protos, builder_1) = builder();
    builder_1.compile_protos(&[&proto], &[PROTOS]).unwrap();

    let descriptors = descriptors();
    let (from_descriptors, builder_2) = builder();
    builder_2.compile_fds(descriptors.clone()).unwrap();

    let (from_file, builder_3) = builder();
    let (_directory, path) = written_proto("");
    fs::write(&path, descriptors.encode_to_vec()).unwrap();
    builder_3.compile_descriptor_file(&path).unwrap();

    let expected = files(from_protos.path());
    assert!(expected.contains_key("shapes.packages.authenticated-clients.rs"), "{:?}", expected.keys());
    assert_eq!(files(from_descriptors.path()), expected);
    assert_eq!(files(from_file.path()), expected);
}

#[test]
fn without_protoc_the_code_is_as_tonic_generates_it_with_the_attribute() {
    let (directory, builder) = builder();
    builder.compile_protos(&[format!("{PROTOS}/calls.proto")], &[PROTOS]).unwrap();
    let generated = fs::read_to_string(directory.path().join("tests.v1.rs")).unwrap();
    // tonic's allowance on prost's types, which its own `compile_fds` leaves out.
    assert!(generated.contains("#[allow(clippy::all)]"));
    assert_eq!(generated.matches("#[::auth_runtime::authenticated_client]").count(), 2);
    assert!(generated.contains("/// What all methods take and return."));
}

#[test]
fn options_of_tonic_and_prost_have_their_effect() {
    let (directory, builder) = builder();
    builder
        .tonic(|tonic| {
            tonic
                .build_server(false)
                .build_transport(false)
                .with_extended_rust_types(true)
                .type_attribute("tests.v1.Message", "#[derive(PartialOrd)]")
                .bytes("payload")
                .include_file("all.rs")
        })
        .prost(|prost| prost.enable_type_names())
        .compile_protos(&[format!("{PROTOS}/calls.proto")], &[PROTOS])
        .unwrap();
    let files = files(directory.path());
    let generated = &files["tests.v1.rs"];
    for expected in ["#[derive(PartialOrd)]", "::prost::bytes::Bytes", "impl ::prost::Name for Message"] {
        assert!(generated.contains(expected), "{expected}: {generated}");
    }
    assert!(!generated.contains("calls_server") && !generated.contains("fn connect"));
    assert!(files["all.rs"].contains("tests.v1.rs"));
    assert!(files["tests.v1.authenticated-clients.rs"].contains("pub struct AuthenticatedCallsClient<T>(__rt"));
}

#[test]
fn the_directory_may_be_set_on_tonics_builder_as_well() {
    let directory = tempfile::tempdir().unwrap();
    build_support::configure()
        .tonic(|tonic| tonic.emit_rerun_if_changed(false).out_dir(directory.path()))
        .compile_protos(&[format!("{PROTOS}/calls.proto")], &[PROTOS])
        .unwrap();
    assert!(files(directory.path()).contains_key("tests.v1.authenticated-clients.rs"));
}

#[test]
fn skip_protoc_run_takes_the_descriptors_from_the_file() {
    let (directory, builder) = builder();
    let path = directory.path().join("set.binpb");
    fs::write(&path, descriptors().encode_to_vec()).unwrap();
    builder
        .tonic(|tonic| tonic.skip_protoc_run().file_descriptor_set_path(&path))
        .compile_protos(&["never/opened.proto"], &["never"])
        .unwrap();
    assert!(directory.path().join("shapes.packages.authenticated-clients.rs").exists());
}

#[test]
fn so_it_does_on_prosts_configuration_and_never_writes_there() {
    let (directory, builder) = builder();
    let path = directory.path().join("set.binpb");
    let set = descriptors().encode_to_vec();
    fs::write(&path, &set).unwrap();
    builder
        .prost(|prost| prost.skip_protoc_run().file_descriptor_set_path(&path))
        .compile_protos(&[format!("{PROTOS}/calls.proto")], &[PROTOS])
        .unwrap();
    assert_eq!(fs::read(&path).unwrap(), set);
    assert!(directory.path().join("shapes.packages.authenticated-clients.rs").exists());
    assert!(!directory.path().join("tests.v1.rs").exists());
}

#[test]
fn without_clients_there_are_no_expansions_and_old_ones_go() {
    let (directory, builder) = builder();
    let left_over = directory.path().join("tests.v1.authenticated-clients.rs");
    fs::write(&left_over, "left over").unwrap();
    builder
        .unauthenticated("tests.v1.Public")
        .tonic(|tonic| tonic.build_client(false))
        .compile_protos(&[format!("{PROTOS}/calls.proto")], &[PROTOS])
        .unwrap();
    assert!(!left_over.exists());
    assert!(directory.path().join("tests.v1.rs").exists());
}

#[test]
fn annotating_twice_gives_one_authenticated_client() {
    let (directory, builder) = builder();
    builder
        .unauthenticated("tests.v1.Public")
        .tonic(build_support::annotate)
        .tonic(build_support::annotate)
        .compile_protos(&[format!("{PROTOS}/calls.proto")], &[PROTOS])
        .unwrap();
    let expansion = fs::read_to_string(directory.path().join("tests.v1.authenticated-clients.rs")).unwrap();
    assert_eq!(expansion.matches("pub struct AuthenticatedPublicClient").count(), 1);
    assert!(expansion.contains("unauthenticated()"));
}

#[test]
fn an_annotated_builder_of_ones_own_has_the_attribute() {
    let directory = tempfile::tempdir().unwrap();
    build_support::annotate(tonic_prost_build::configure())
        .out_dir(directory.path())
        .compile_fds(descriptors())
        .unwrap();
    let generated = fs::read_to_string(directory.path().join("shapes.packages.rs")).unwrap();
    assert_eq!(generated.matches("#[::auth_runtime::authenticated_client]").count(), 2);
}

#[test]
fn a_proto_that_cannot_be_read_is_an_error_with_file_and_line() {
    let (directory, path) = written_proto("syntax = \"proto3\";\nmessage Broken {\n  strin text = ;\n}\n");
    let (_out, builder) = builder();
    let error = builder.compile_protos(&[&path], &[directory.path()]).unwrap_err();
    assert!(matches!(error, Error::Protos(_)));
    // `main` shows the Debug of what it returns.
    for text in [format!("{error}"), format!("{error:?}")] {
        assert!(text.starts_with("cannot compile the proto files: bad.proto:3:16: "), "{text}");
    }
}

#[test]
fn an_unknown_type_and_an_unknown_import_are_errors_with_file_and_line() {
    let unknown_type = "syntax = \"proto3\";\nmessage Broken {\n  Missing field = 1;\n}\n";
    let unknown_import = "syntax = \"proto3\";\nimport \"missing.proto\";\n";
    for (source, place) in [(unknown_type, "bad.proto:3:"), (unknown_import, "bad.proto:2:")] {
        let (directory, path) = written_proto(source);
        let (_out, builder) = builder();
        let text = builder.compile_protos(&[&path], &[directory.path()]).unwrap_err().to_string();
        assert!(text.contains(place), "{text}");
    }
}

#[test]
fn a_proto_that_is_not_there_is_an_error_with_its_name() {
    let (_out, builder) = builder();
    let text = builder.compile_protos(&["proto/missing.proto"], &["proto"]).unwrap_err().to_string();
    assert!(text.contains("missing.proto"), "{text}");
}

#[test]
fn a_descriptor_file_that_is_not_one_is_an_error_that_says_how_to_write_it() {
    let (_directory, path) = written_proto("not a descriptor set");
    let (_out, builder_1) = builder();
    let error = builder_1.compile_descriptor_file(&path).unwrap_err();
    assert!(matches!(error, Error::NotADescriptorSet { .. }));
    assert!(error.to_string().contains("--include_imports"), "{error}");

    let message = error.to_string();
    assert!(message.contains("compile proto files with `.compile_protos(..)`"), "{message}");
    assert!(message.contains("bad.binpb`") && !message.contains("-o bad.proto"), "{message}");

    let (_out, builder_2) = builder();
    let error = builder_2.compile_descriptor_file("missing.binpb").unwrap_err();
    assert!(matches!(error, Error::DescriptorFile { .. }));
    assert!(format!("{error:?}").contains("missing.binpb: "), "{error:?}");
}

#[test]
fn a_compressed_descriptor_set_is_an_error_that_says_so() {
    let compressed = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0];
    let (_directory, path) = written_proto("");
    fs::write(&path, compressed).unwrap();
    let (_out, builder_1) = builder();
    let (_out, builder_2) = builder();
    for error in [builder_1.compile_descriptor_file(&path), builder_2.compile_fds_bytes(compressed)] {
        let error = error.unwrap_err();
        assert!(matches!(error, Error::Compressed { .. }), "{error}");
        assert!(error.to_string().contains("is compressed with gzip: hand it on uncompressed"), "{error}");
    }
}

#[test]
fn a_descriptor_set_without_its_imports_is_an_error() {
    let mut descriptors = descriptors();
    descriptors.file.retain(|file| file.name() != "shapes/shared.proto");
    let (_out, builder) = builder();
    let error = builder.compile_fds(descriptors).unwrap_err();
    assert!(matches!(error, Error::MissingImport { .. }));
    assert!(error.to_string().contains("imports shapes/shared.proto"), "{error}");
}

#[test]
fn an_empty_descriptor_set_generates_nothing() {
    let (directory, builder_1) = builder();
    builder_1.compile_fds(FileDescriptorSet::default()).unwrap();
    assert!(files(directory.path()).is_empty());
}

#[test]
fn descriptors_that_no_compiler_makes_are_an_error() {
    let file = |file: FileDescriptorProto| FileDescriptorSet { file: vec![file] };
    let method = MethodDescriptorProto { name: Some("Call".to_owned()), ..MethodDescriptorProto::default() };
    let service = ServiceDescriptorProto { name: Some("Calls".to_owned()), method: vec![method], ..Default::default() };
    let named = FileDescriptorProto { name: Some("named.proto".to_owned()), ..FileDescriptorProto::default() };
    for descriptors in [
        file(FileDescriptorProto::default()),
        file(FileDescriptorProto { syntax: Some("proto9".to_owned()), ..named.clone() }),
        file(FileDescriptorProto { service: vec![service], ..named.clone() }),
    ] {
        let (_out, builder) = builder();
        let error = builder.compile_fds(descriptors).unwrap_err();
        assert!(matches!(error, Error::Descriptors(_) | Error::Panic(_)), "{error}");
    }
    let (_out, builder) = builder();
    builder.compile_fds(file(named)).unwrap();
}

#[test]
fn a_damaged_descriptor_file_never_panics() {
    let bytes = descriptors().encode_to_vec();
    let (_directory, path) = written_proto("");
    // Each byte in turn, by different amounts.
    for (index, step) in (0..bytes.len()).zip([1_u8, 3, 16, 128].into_iter().cycle()).step_by(31) {
        let mut damaged = bytes.clone();
        damaged[index] = damaged[index].wrapping_add(step);
        fs::write(&path, &damaged).unwrap();
        let (_out, builder) = builder();
        let _ = builder.compile_descriptor_file(&path);
    }
}

#[test]
fn a_malformed_option_is_an_error_that_says_where_to_look() {
    let (_out, builder) = builder();
    let error = builder
        .tonic(|tonic| tonic.client_mod_attribute(".", "#[not an attribute"))
        .compile_protos(&[format!("{PROTOS}/calls.proto")], &[PROTOS])
        .unwrap_err();
    assert!(matches!(error, Error::Panic(_)));
    assert!(error.to_string().contains("look for a malformed option"), "{error}");
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error_with_its_name() {
    let (_directory, path) = written_proto("");
    let builder = build_support::configure().tonic(|tonic| tonic.emit_rerun_if_changed(false));
    let error = builder.out_dir(path.join("below/a/file")).compile_fds(descriptors()).unwrap_err();
    assert!(matches!(error, Error::File { .. }));
    assert!(error.to_string().contains("below/a/file"), "{error}");
}

#[test]
fn extended_rust_types_may_be_requests_and_responses() {
    let source = "syntax = \"proto3\";\nimport \"google/protobuf/wrappers.proto\";\nservice Flags {\n  \
                  rpc Flip(google.protobuf.BoolValue) returns (google.protobuf.BoolValue);\n}\n";
    let (directory, path) = written_proto(source);
    let (out, builder) = builder();
    builder.tonic(|tonic| tonic.with_extended_rust_types(true)).compile_protos(&[&path], &[directory.path()]).unwrap();
    let expansion = fs::read_to_string(out.path().join("_.authenticated-clients.rs")).unwrap();
    assert!(expansion.contains("<R: __rt::IntoRequest<bool>>"), "{expansion}");
}

#[test]
fn a_method_with_a_name_that_tonic_takes_itself_fails_only_where_its_module_is_compiled() {
    let source =
        "syntax = \"proto3\";\nmessage M {}\nservice S { rpc New(M) returns (M); rpc Connect(M) returns (M); }\n";
    let (directory, path) = written_proto(source);
    let (out, builder) = builder();
    builder.compile_protos(&[&path], &[directory.path()]).unwrap();

    let expansion = fs::read_to_string(out.path().join("_.authenticated-clients.rs")).unwrap();
    let generated = fs::read_to_string(out.path().join("_.rs")).unwrap();
    let module = syn::parse_file(&generated).unwrap().items.into_iter().find_map(|item| match item {
        syn::Item::Mod(module) if module.ident == "s_client" => Some(module),
        _ => None,
    });
    let mut module = module.unwrap();
    module.attrs.retain(|attribute| !attribute.path().to_token_stream().to_string().contains("authenticated_client"));
    let compiled = auth_macros_expansion::authenticated_client(TokenStream::new(), module.to_token_stream());
    for text in [expansion, compiled.to_string()] {
        assert!(
            text.contains("the method `New` and a function of tonic's client are both called `new`: rename"),
            "{text}"
        );
        assert!(text.contains("build_transport(false)"), "{text}");
    }
}

#[test]
fn a_package_called_as_an_expansion_was_once_called_keeps_its_code() {
    let proto = |package: &str, service: &str| {
        format!(
            "syntax = \"proto3\";\npackage {package};\nmessage M {{}}\nservice {service} {{ rpc Call(M) returns (M); }}\n"
        )
    };
    let directory = tempfile::tempdir().unwrap();
    let paths = [("shop", "Outer"), ("shop.authenticated", "Inner")].map(|(package, service)| {
        let path = directory.path().join(format!("{package}.proto"));
        fs::write(&path, proto(package, service)).unwrap();
        path
    });
    let (out, builder) = builder();
    builder.compile_protos(&paths, &[directory.path()]).unwrap();
    let files = files(out.path());
    assert!(files["shop.rs"].contains("pub struct OuterClient<T>"));
    assert!(files["shop.authenticated.rs"].contains("pub struct InnerClient<T>"));
    assert!(files["shop.authenticated-clients.rs"].contains("pub struct AuthenticatedOuterClient<T"));
    assert!(files["shop.authenticated.authenticated-clients.rs"].contains("pub struct AuthenticatedInnerClient<T"));
}

#[test]
fn so_do_packages_called_as_expansions_are_called_now() {
    let directory = tempfile::tempdir().unwrap();
    let packages = ["", "authenticated", "authenticated_clients", "shop", "shop.authenticated_clients"];
    let paths = packages.map(|package| {
        let path = directory.path().join(format!("{package}-.proto"));
        let statement = if package.is_empty() { String::new() } else { format!("package {package};\n") };
        let service = "message M {}\nservice S { rpc Call(M) returns (M); }\n";
        fs::write(&path, format!("syntax = \"proto3\";\n{statement}{service}")).unwrap();
        path
    });
    let (out, builder) = builder();
    builder.compile_protos(&paths, &[directory.path()]).unwrap();
    let files = files(out.path());
    assert_eq!(files.len(), 2 * packages.len(), "{:?}", files.keys());
    for package in packages {
        let name = if package.is_empty() { "_" } else { package };
        assert!(files[&format!("{name}.rs")].contains("pub struct SClient<T>"), "{name}");
        let expansion = &files[&format!("{name}.authenticated-clients.rs")];
        assert!(expansion.contains(format!("\"/{package}.S/Call\"").replace("/.", "/").as_str()), "{expansion}");
    }
}

#[test]
fn other_names_that_tonic_takes_fail_only_there_as_well() {
    for (method, function) in [("WithInterceptor", "with_interceptor"), ("SendCompressed", "send_compressed")] {
        let source = format!(
            "syntax = \"proto3\";\nmessage M {{}}\nservice S {{ rpc {method}(M) returns (M); }}\nservice T {{ rpc Call(M) returns (M); }}\n"
        );
        let (directory, path) = written_proto(&source);
        let (out, builder) = builder();
        builder.compile_protos(&[&path], &[directory.path()]).unwrap();
        let expansion = fs::read_to_string(out.path().join("_.authenticated-clients.rs")).unwrap();
        assert!(expansion.contains(&format!("are both called `{function}`: rename")), "{expansion}");
        assert!(expansion.contains("pub struct AuthenticatedTClient"), "{expansion}");
    }
}

#[test]
fn a_descriptor_set_without_the_well_known_files_gives_the_same_code() {
    let source = "syntax = \"proto3\";\npackage p;\nimport \"google/protobuf/struct.proto\";\n\
                  import \"google/protobuf/timestamp.proto\";\nmessage Inner { google.protobuf.Timestamp at = 1; }\n\
                  message M { Inner inner = 1; google.protobuf.Struct more = 2; }\n\
                  service S { rpc Call(M) returns (google.protobuf.Value); }\n";
    let (directory, path) = written_proto(source);
    let set = directory.path().join("set.binpb");
    let (whole, builder_1) = builder();
    builder_1
        .tonic(|tonic| tonic.file_descriptor_set_path(&set))
        .compile_protos(&[&path], &[directory.path()])
        .unwrap();

    let mut descriptors = FileDescriptorSet::decode(fs::read(set).unwrap().as_slice()).unwrap();
    descriptors.file.retain(|file| file.package() == "p");
    let (lacking, builder_2) = builder();
    builder_2.compile_fds(descriptors.clone()).unwrap();
    let (as_bytes, builder_3) = builder();
    builder_3.compile_fds_bytes(descriptors.encode_to_vec()).unwrap();
    assert_eq!(files(lacking.path()), files(whole.path()));
    assert_eq!(files(as_bytes.path()), files(whole.path()));
}

#[test]
fn a_copy_of_a_well_known_file_that_cannot_be_read_is_passed_over() {
    let (directory, path) = written_proto(
        "syntax = \"proto3\";\nimport \"google/protobuf/descriptor.proto\";\nmessage M { google.protobuf.MethodOptions options = 1; }\n",
    );
    let well_known = directory.path().join("google/protobuf");
    fs::create_dir_all(&well_known).unwrap();
    let newer =
        "syntax = \"proto2\";\npackage google.protobuf;\nmessage M { extensions 4 [declaration = { number: 4 }]; }\n";
    fs::write(well_known.join("descriptor.proto"), newer).unwrap();
    let (out, builder) = builder();
    builder.compile_protos(&[&path], &[directory.path()]).unwrap();
    assert!(fs::read_to_string(out.path().join("_.rs")).unwrap().contains("::prost_types::MethodOptions"));
}
