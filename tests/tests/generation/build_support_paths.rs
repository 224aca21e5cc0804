//! A setting for something that does not exist fails the build, and says what there is.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use build_support::{Builder, Error};

const PROTOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");

fn compile(set: impl FnOnce(Builder) -> Builder) -> Result<(), Error> {
    let directory = tempfile::tempdir().unwrap();
    let builder =
        build_support::configure().tonic(|tonic| tonic.emit_rerun_if_changed(false)).out_dir(directory.path());
    set(builder).compile_protos(&[format!("{PROTOS}/calls.proto")], &[PROTOS])
}

fn message(set: impl FnOnce(Builder) -> Builder) -> String {
    compile(set).unwrap_err().to_string()
}

#[test]
fn a_misspelt_service_is_an_error_with_the_near_ones() {
    assert_eq!(
        message(|builder| builder.unauthenticated("tests.v1.Pubic")),
        "unauthenticated(\"tests.v1.Pubic\") names no service in the compiled files: is it \"tests.v1.Public\" or \
         \"tests.v1.Public/Get\" or \"tests.v1.Calls\"?"
    );
}

#[test]
fn a_misspelt_method_is_an_error_with_the_near_ones_of_its_service() {
    let message = message(|builder| builder.no_replay("tests.v1.Calls/OnceStream"));
    assert!(message.starts_with("no_replay(\"tests.v1.Calls/OnceStream\") names no method in the compiled files: is it \"tests.v1.Calls/OnceStreaming\""), "{message}");
}

#[test]
fn a_forgotten_package_is_an_error_with_the_full_path() {
    let message = message(|builder| builder.replay_buffer_bytes("Public", 1));
    assert!(message.contains("is it \"tests.v1.Public\""), "{message}");
}

#[test]
fn a_dot_before_the_method_is_an_error_with_the_slash() {
    let message = message(|builder| builder.unauthenticated("tests.v1.Calls.Open"));
    assert!(message.contains("\"tests.v1.Calls/Open\""), "{message}");
}

#[test]
fn names_are_told_apart_by_case() {
    let message = message(|builder| builder.unauthenticated("tests.v1.calls/open"));
    assert!(message.contains("is it \"tests.v1.Calls/Open\""), "{message}");
}

#[test]
fn a_malformed_path_is_an_error_before_tonic_sees_it() {
    for path in [
        "",
        "/tests.v1.Calls/Open",
        "tests.v1.Calls/",
        "tests.v1.Calls/Open/",
        "tests.v1.Calls Open",
        "tests.v1.Calls\"), name = Evil, no_replay(\"tests.v1.Calls",
        "tests.v1.Calls\\",
        "tests.v1.Calls]",
        "tests.v1.Calls\n",
        "tests.v1.Cälls",
    ] {
        let error = compile(|builder| builder.unauthenticated(path)).unwrap_err();
        assert!(matches!(error, Error::MalformedPath(_)), "{path:?}: {error}");
        assert!(error.to_string().contains("write `package.Service`"), "{path:?}: {error}");
    }
}

#[test]
fn two_settings_that_exclude_each_other_are_an_error() {
    let both = |builder: Builder| builder.unauthenticated("tests.v1.Calls/Open").no_replay("tests.v1.Calls/Open");
    let error = compile(both).unwrap_err();
    assert!(matches!(error, Error::Settings(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        "`tests.v1.Calls/Open` is listed in `unauthenticated` and in `no_replay`, which cannot both hold: keep one of \
         them"
    );
}

#[test]
fn the_same_setting_twice_is_harmless() {
    compile(|builder| {
        builder
            .unauthenticated("tests.v1.Public")
            .unauthenticated("tests.v1.Public")
            .replay_buffer_bytes("tests.v1.Calls", 1)
            .replay_buffer_bytes("tests.v1.Calls", 2)
    })
    .unwrap();
}

#[test]
fn so_are_settings_of_a_method_that_its_services_settings_exclude() {
    let public = |builder: Builder| builder.unauthenticated("tests.v1.Calls").no_replay("tests.v1.Calls/Once");
    assert_eq!(
        message(public),
        "`tests.v1.Calls/Once` is listed in `no_replay` and its service in `unauthenticated`, which cannot both hold: \
         list the service's other methods there, or leave this one out"
    );
    let kept =
        |builder: Builder| builder.replay_buffer_bytes("tests.v1.Calls/SmallBound", 1).no_replay("tests.v1.Calls");
    assert!(message(kept).contains("its service in `no_replay`"), "{}", message(kept));
}

#[test]
fn a_setting_of_a_method_may_refine_its_services() {
    let refined = |builder: Builder| {
        builder
            .no_replay("tests.v1.Calls")
            .unauthenticated("tests.v1.Calls/Open")
            .replay_buffer_bytes("tests.v1.Public", 1)
            .no_replay("tests.v1.Public/Get")
    };
    compile(refined).unwrap();
}

#[test]
fn a_bound_for_a_method_counts_before_its_services() {
    let directory = tempfile::tempdir().unwrap();
    build_support::configure()
        .tonic(|tonic| tonic.emit_rerun_if_changed(false))
        .replay_buffer_bytes("tests.v1.Calls/SmallBound", 2)
        .replay_buffer_bytes("tests.v1.Calls", 1)
        .out_dir(directory.path())
        .compile_protos(&[format!("{PROTOS}/calls.proto")], &[PROTOS])
        .unwrap();
    let expansion = std::fs::read_to_string(directory.path().join("tests.v1.authenticated-clients.rs")).unwrap();
    let words: String = expansion.split_whitespace().collect();
    assert!(words.contains("client_streaming(\"/tests.v1.Calls/SmallBound\").replay_buffer_bytes(2)"), "{expansion}");
    assert!(
        words.contains("client_streaming(\"/tests.v1.Calls/ClientStreaming\").replay_buffer_bytes(1)"),
        "{expansion}"
    );
}

#[test]
fn a_bound_for_a_method_without_a_request_stream_is_an_error() {
    for path in ["tests.v1.Public/Get", "tests.v1.Calls/ServerStreaming"] {
        let error = compile(|builder| builder.replay_buffer_bytes(path, 1)).unwrap_err();
        assert!(matches!(error, Error::NoRequestStream { .. }), "{error}");
        let expected = format!("replay_buffer_bytes({path:?}) has no effect: the method takes one message");
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}

#[test]
fn a_client_is_called_as_the_build_script_says() {
    let directory = tempfile::tempdir().unwrap();
    build_support::configure()
        .tonic(|tonic| tonic.emit_rerun_if_changed(false))
        .client_name("tests.v1.Public", "Reader")
        .out_dir(directory.path())
        .compile_protos(&[format!("{PROTOS}/calls.proto")], &[PROTOS])
        .unwrap();
    let expansion = std::fs::read_to_string(directory.path().join("tests.v1.authenticated-clients.rs")).unwrap();
    assert!(expansion.contains("pub struct Reader<T") && expansion.contains("pub struct AuthenticatedCallsClient<T"));
}

#[test]
fn what_names_no_client_is_an_error() {
    for (service, name, problem) in [
        ("tests.v1.Public", "not a name", "`not a name` is not a name for the client of `tests.v1.Public`"),
        ("tests.v1.Public/Get", "Reader", "leave the method out"),
        ("tests.v1.Pubic", "Reader", "client_name(\"tests.v1.Pubic\") names no service"),
        ("tests.v1.Public", "PublicClient", "choose another name with `.client_name(..)`"),
        ("tests.v1.Public", "r#PublicClient", "is the name of tonic's own client"),
    ] {
        let message = message(|builder| builder.client_name(service, name));
        assert!(message.contains(problem), "{message}");
    }
}

#[test]
fn the_runtime_is_where_the_build_script_says() {
    let attribute = |path: &str| build_support::configure().runtime_crate(path).attribute();
    for (path, written) in [("my_auth", "::my_auth"), ("::my_auth", "::my_auth"), ("crate::auth", "crate::auth")] {
        let expected = format!("#[{written}::authenticated_client(crate = {written})]");
        assert_eq!(attribute(path).unwrap(), expected);
    }
    let error = attribute("my-auth").unwrap_err().to_string();
    assert_eq!(error, "`my-auth` is not the path of a crate or module");
    for path in ["self", "self::auth", "super::auth", "Self::auth"] {
        let error = attribute(path).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{path}` leads to another place from each generated module")), "{error}");
        assert!(error.contains("`crate::auth`"), "{error}");
    }
}
