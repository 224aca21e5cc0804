//! Variables: their names, and what they win over.

use auth_runtime::flyte::Origin;

use crate::support::Surroundings;

const FILE: &str = "admin:\n  endpoint: from-file\n  clientId: id-of-file\n";

#[test]
fn a_variable_wins_over_the_file_and_only_for_its_own_key() {
    let config = Surroundings::with_yaml(FILE).set("FLYTE_PLATFORM_URL", "from-variable").config();
    assert_eq!(config.endpoint().value().as_deref(), Some("from-variable"));
    assert_eq!(config.endpoint().origin(), &Origin::Variable("FLYTE_PLATFORM_URL".to_owned()));
    assert_eq!(config.client_id().value().as_deref(), Some("id-of-file"));
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    let config = Surroundings::with_yaml(FILE).set("FLYTE_PLATFORM_URL", " ").config();
    assert_eq!(config.endpoint().value().as_deref(), Some("from-file"));
}

#[test]
fn flytekits_name_wins_over_flyte_2s_and_a_contradiction_is_told() {
    let both = |other: &str| {
        Surroundings::new().set("FLYTE_CREDENTIALS_AUTH_MODE", "None").set("FLYTE_AUTH_TYPE", other).config()
    };
    let config = both("Pkce");
    assert_eq!(config.auth_type().value().to_string(), "None");
    let [warning] = config.warnings() else { panic!("{:?}", config.warnings()) };
    assert!(warning.contains("FLYTE_CREDENTIALS_AUTH_MODE and FLYTE_AUTH_TYPE"), "{warning}");
    assert!(both("None").warnings().is_empty());
}

#[test]
fn false_in_a_variable_is_false() {
    for variable in ["FLYTE_PLATFORM_INSECURE", "FLYTE_ADMIN_INSECURE"] {
        for word in ["false", "False", "0", "off", "no"] {
            let config = Surroundings::with_yaml("admin:\n  insecure: true\n").set(variable, word).config();
            assert!(!config.insecure().value(), "{variable}={word}");
        }
    }
}

#[test]
fn a_wrong_value_names_its_variable() {
    let complaint = Surroundings::new().set("FLYTE_ADMIN_INSECURE", "perhaps").complaint();
    assert!(complaint.contains("admin.insecure: it is neither"), "{complaint}");
    assert!(complaint.contains("(set in FLYTE_ADMIN_INSECURE)"), "{complaint}");
}

#[test]
fn commands_are_separated_as_each_client_does_it() {
    for (variable, value) in [
        ("FLYTE_CREDENTIALS_COMMAND", "print-token,--audience,a b"),
        ("FLYTE_ADMIN_COMMAND", "print-token --audience 'a b'"),
        ("FLYTE_AUTH_COMMAND", r#"["print-token", "--audience", "a b"]"#),
    ] {
        let config = Surroundings::new().set(variable, value).config();
        assert_eq!(config.command().value(), &["print-token", "--audience", "a b"], "{variable}");
    }
    for value in ["print-token ''", r#"["print-token", ""]"#] {
        let config = Surroundings::new().set("FLYTE_ADMIN_COMMAND", value).config();
        assert_eq!(config.command().value(), &["print-token", ""], "{value}");
    }
    let complaint = Surroundings::new().set("FLYTE_ADMIN_COMMAND", "print-token 'a").complaint();
    assert!(complaint.contains("admin.command: a quote in it has no end"), "{complaint}");
}

#[test]
fn scopes_are_separated_as_each_client_does_it() {
    for (variable, value) in [
        ("FLYTE_CREDENTIALS_SCOPES", "all,offline"),
        ("FLYTE_ADMIN_SCOPES", "all offline"),
        ("FLYTE_ADMIN_SCOPES", r#"["all","offline"]"#),
        ("FLYTE_ADMIN_SCOPES", r#"[" all", "", "offline "]"#),
    ] {
        assert_eq!(Surroundings::new().set(variable, value).config().scopes().value(), &["all", "offline"]);
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_an_error() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt as _};

    let complaint = Surroundings::new().set("FLYTE_PLATFORM_URL", OsString::from_vec(vec![0xff])).complaint();
    assert!(complaint.contains("FLYTE_PLATFORM_URL is not UTF-8"), "{complaint}");
}
