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
