//! What the attribute adds to a client, for each shape of generated code, under review.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

/// The expansion that the build script of this package wrote.
fn written(path: &str) -> String {
    fs::read_to_string(Path::new(env!("OUT_DIR")).join(path)).unwrap()
}

fn formatted(tokens: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(tokens).unwrap())
}

#[test]
fn each_kind_of_method_and_each_setting() {
    let expansion = written("tests.v1.authenticated-clients.rs");
    insta::assert_snapshot!(expansion);
}

#[test]
fn names_of_keywords_of_the_prelude_and_of_generated_code() {
    let expansion = written("shapes/names/shapes.names.authenticated-clients.rs");
    insta::assert_snapshot!(expansion);
}

#[test]
fn without_transport_a_method_may_be_called_connect() {
    let expansion = written("shapes/connect/shapes.connect.authenticated-clients.rs");
    insta::assert_snapshot!(expansion);
}

#[test]
fn a_service_without_a_package() {
    let expansion = written("shapes/root/_.authenticated-clients.rs");
    insta::assert_snapshot!(expansion);
}

#[test]
fn well_known_types_as_requests_and_responses() {
    let expansion = written("shapes/well_known/shapes.well_known.authenticated-clients.rs");
    insta::assert_snapshot!(expansion);
}

#[test]
fn deprecated_methods_and_services() {
    let expansion = written("shapes/deprecated/shapes.deprecated.authenticated-clients.rs");
    insta::assert_snapshot!(expansion);
}

#[test]
fn a_codec_of_ones_own_is_the_authenticated_clients_as_well_and_the_server_changes_nothing() {
    let with_server_and_codec = written("shapes/codec/shapes.codec.authenticated-clients.rs");
    insta::assert_snapshot!(with_server_and_codec);
    let with_tonics_codec = written("shapes/client_only/shapes.codec.authenticated-clients.rs");
    // A longer path breaks other lines.
    let on_one_line = |text: &str| text.split_whitespace().collect::<String>().replace(",)", ")");
    let with_own_codec = with_tonics_codec.replace("tonic_prost::ProstCodec", "crate::shapes::codec::RenamedCodec");
    assert_eq!(on_one_line(&with_own_codec), on_one_line(&with_server_and_codec));
}

#[test]
fn types_from_an_external_path() {
    let expansion = written("shapes/external/shapes.external.authenticated-clients.rs");
    insta::assert_snapshot!(expansion);
}

#[test]
fn several_services_of_a_package_in_several_files() {
    let expansion = written("shapes/packages/shapes.packages.authenticated-clients.rs");
    insta::assert_snapshot!(expansion);
}

#[test]
fn a_package_inside_a_package_has_settings_of_its_own() {
    let expansion = written("shapes/packages/shapes.packages.nested.v1.authenticated-clients.rs");
    insta::assert_snapshot!(expansion);
}

#[test]
fn a_package_without_clients_has_no_expansion() {
    assert!(!Path::new(env!("OUT_DIR")).join("shapes/packages/shapes.shared.authenticated-clients.rs").exists());
}

#[test]
fn a_service_without_a_proto_file() {
    let clients = crate::expanded(&written("shapes/by_hand/shapes.by_hand.rs")).unwrap();
    let expansion = formatted(clients.iter().map(|client| client.to_token_stream()).collect());
    insta::assert_snapshot!(expansion);
}

#[test]
fn flytes_admin_service() {
    let directory = tempfile::tempdir().unwrap();
    let protos = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/flyte-admin/proto"));
    build_support::configure()
        .tonic(|tonic| tonic.emit_rerun_if_changed(false))
        .unauthenticated("flyteidl.service.AuthMetadataService")
        .out_dir(directory.path())
        .compile_protos(
            &[protos.join("flyteidl/service/admin.proto"), protos.join("flyteidl/service/auth.proto")],
            &[protos],
        )
        .unwrap();
    let expansion = fs::read_to_string(directory.path().join("flyteidl.service.authenticated-clients.rs")).unwrap();
    insta::assert_snapshot!(expansion);
}

#[test]
fn a_client_of_one_method_adds_at_most_sixty_lines() {
    let directory = tempfile::tempdir().unwrap();
    let proto = directory.path().join("greeter.proto");
    let source = "syntax = \"proto3\";\npackage greeter.v1;\nmessage GreetRequest {}\nmessage GreetResponse {}\n\
                  // Greets.\nservice Greeter {\n  // Says hello.\n  rpc Greet(GreetRequest) returns (GreetResponse);\n}\n";
    fs::write(&proto, source).unwrap();
    build_support::configure()
        .tonic(|tonic| tonic.emit_rerun_if_changed(false))
        .out_dir(directory.path())
        .compile_protos(&[&proto], &[directory.path()])
        .unwrap();
    let expansion = fs::read_to_string(directory.path().join("greeter.v1.authenticated-clients.rs")).unwrap();
    insta::assert_snapshot!(expansion);
    assert!(expansion.lines().count() <= 60, "{} lines", expansion.lines().count());
}

#[test]
fn a_bundle_of_clients() {
    let expansion = formatted(auth_macros_expansion::authenticated_client(
        quote!(),
        quote! {
            /// Both services.
            pub struct Clients {
                /// Calls.
                pub calls: AuthenticatedCallsClient,
                #[cfg(feature = "public")]
                r#type: public::AuthenticatedPublicClient,
            }
        },
    ));
    insta::assert_snapshot!(expansion);
}

#[test]
fn a_bundle_with_type_parameters() {
    let expansion = formatted(auth_macros_expansion::authenticated_client(
        quote!(),
        quote! {
            #[derive(Debug)]
            pub(crate) struct Clients<T = Channel>
            where
                T: Send,
            {
                calls: AuthenticatedCallsClient<T>,
                public: AuthenticatedPublicClient<T>,
            }
        },
    ));
    insta::assert_snapshot!(expansion);
}

#[test]
fn another_name_for_the_authenticated_client() {
    let source = fs::read_to_string(Path::new(env!("OUT_DIR")).join("shapes/root/_.rs")).unwrap();
    for arguments in ["name = Root", "name = \"Root\""] {
        let source = source.replace("unauthenticated(\"Root/Version\")", arguments);
        let [client] = crate::expanded(&source).unwrap().try_into().unwrap();
        assert_eq!(client.name(), "Root");
        assert!(client.to_token_stream().to_string().contains("pub struct Root < T = __rt"));
    }
}

#[test]
fn a_name_that_stands_for_something_else_in_tonics_module_is_refused() {
    let source = written("tests.v1.rs");
    // Imported by name and by glob, of the prelude, a parameter, and what the generated code defines.
    for name in ["Uri", "Body", "Into", "T", "METHOD", "__rt", "CALLS_METHODS"] {
        let source = source.replacen("authenticated_client(", &format!("authenticated_client(name = {name}, "), 1);
        let error = crate::expanded(&source).expect_err(name).to_string();
        assert!(error.contains("stands for something else in the module: choose another name"), "{error}");
    }
    // A message is called so, but stands in another module.
    let source = source.replacen("authenticated_client(", "authenticated_client(name = Message, ", 1);
    assert_eq!(crate::expanded(&source).unwrap()[0].name(), "Message");
}
