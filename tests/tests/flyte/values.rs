//! Values of each type, and of the wrong one.

use std::time::Duration;

use auth_runtime::flyte::AuthType;

use crate::support::{Surroundings, line};

#[test]
fn values_of_the_wrong_type_are_errors_that_name_file_line_and_key() {
    let cases = [
        ("insecure: perhaps", "admin.insecure: it is neither true nor false", 3),
        ("insecure: [true]", "admin.insecure: true or false is needed here, not a list", 3),
        ("clientId: 12345", "admin.clientId: text is needed here, not a number; put it between quotes", 3),
        ("clientId: true", "admin.clientId: text is needed here, not true or false", 3),
        ("endpoint: {host: a}", "admin.endpoint: text is needed here, not a section", 3),
        ("endpoint:\n    - a", "admin.endpoint: text is needed here, not a list", 3),
        ("scopes: {all: true}", "admin.scopes: a list is needed here, not a section", 3),
        ("scopes: [all, 3]", "admin.scopes: text is needed here, not a number", 3),
        ("command: 7", "admin.command: a list is needed here, not a number", 3),
        ("command: ['', a]", "admin.command: its first part, the program, is empty", 3),
        ("maxMessageSizeBytes: 4MiB", "admin.maxMessageSizeBytes: a whole number that is not negative", 3),
        ("maxMessageSizeBytes: -1", "admin.maxMessageSizeBytes: a whole number that is not negative", 3),
        ("maxMessageSizeBytes: 1.5", "admin.maxMessageSizeBytes: a whole number is needed here", 3),
        ("tokenRefreshWindow: 300", "admin.tokenRefreshWindow: a duration with its unit is needed here", 3),
        ("pkceConfig:\n    timeout: soon", "admin.pkceConfig.timeout: a duration with its unit", 4),
        ("pkceConfig:\n    timeout: -5m", "admin.pkceConfig.timeout: a duration with its unit", 4),
        ("maxRetries: many", "admin.maxRetries: a whole number", 3),
    ];
    for (setting, expected, line) in cases {
        let complaint = Surroundings::with_yaml(&format!("admin:\n  audience: a\n  {setting}\n")).complaint();
        assert!(complaint.contains(expected), "{setting}: {complaint}");
        assert!(complaint.contains(&format!("config.yaml:{line})")), "{setting}: {complaint}");
    }
}

#[test]
fn the_value_itself_is_in_no_error() {
    for setting in ["insecure: hunter2", "tokenRefreshWindow: hunter2", "maxMessageSizeBytes: hunter2"] {
        assert!(!Surroundings::with_yaml(&format!("admin:\n  {setting}\n")).complaint().contains("hunter2"));
    }
}

#[test]
fn each_way_to_write_a_flag_is_understood() {
    for (word, expected) in [("true", true), ("yes", true), ("'on'", true), ("1", true), ("no", false), ("off", false)]
    {
        let config = Surroundings::with_yaml(&format!("admin:\n  insecure: {word}\n")).config();
        assert_eq!(*config.insecure().value(), expected, "{word}");
        assert_eq!(line(config.insecure().origin()), Some(2));
    }
}

#[test]
fn durations_are_gos() {
    let text = "admin:\n  tokenRefreshWindow: 1m30s\n  deviceFlowConfig: {timeout: 8m}\n";
    let config = Surroundings::with_yaml(text).config();
    assert_eq!(config.token_refresh_window().value(), &Some(Duration::from_secs(90)));
    assert_eq!(config.device_flow_timeout().value(), &Some(Duration::from_secs(480)));
}

#[test]
fn modes_are_spelled_as_flytekit_does() {
    for (spelling, expected) in [
        ("standard", AuthType::Pkce),
        ("clientSecret", AuthType::ClientSecret),
        ("client_credentials", AuthType::ClientSecret),
        ("BASIC", AuthType::ClientSecret),
        ("external_process", AuthType::ExternalCommand),
        ("None", AuthType::None),
        ("my_company", AuthType::Custom("my_company".to_owned())),
    ] {
        let config = Surroundings::with_yaml(&format!("admin:\n  authType: {spelling}\n")).config();
        assert_eq!(config.auth_type().value(), &expected, "{spelling}");
    }
}

#[test]
fn lists_may_be_yaml_lists_or_separated_by_commas() {
    for scopes in ["[all, offline]", "all,offline", "\n    - all\n    - offline"] {
        let config = Surroundings::with_yaml(&format!("admin:\n  scopes: {scopes}\n")).config();
        assert_eq!(config.scopes().value(), &["all", "offline"], "{scopes}");
    }
}

#[test]
fn arguments_of_a_command_are_taken_as_they_stand_in_a_list() {
    let config = Surroundings::with_yaml("admin:\n  command: [sh, -c, '', ' a  b ']\n").config();
    assert_eq!(config.command().value(), &["sh", "-c", "", " a  b "]);
}

#[test]
fn an_endpoint_has_the_scheme_that_it_names_or_the_one_that_insecure_chooses() {
    for (endpoint, insecure, expected) in [
        ("dns:///flyte.example.com:81", false, "https://flyte.example.com:81"),
        ("dns:///flyte.example.com", true, "http://flyte.example.com"),
        ("dns:flyte.example.com:81", true, "http://flyte.example.com:81"),
        ("flyte.example.com", false, "https://flyte.example.com"),
        ("localhost:30080", true, "http://localhost:30080"),
        ("https://flyte.example.com", true, "https://flyte.example.com"),
        ("http://localhost:8089", false, "http://localhost:8089"),
    ] {
        let text = format!("admin:\n  endpoint: {endpoint}\n  insecure: {insecure}\n");
        assert_eq!(Surroundings::with_yaml(&text).config().endpoint_url().as_deref(), Some(expected));
    }
}

#[test]
fn an_empty_value_is_as_good_as_none() {
    let text =
        "admin:\n  insecure:\n  clientId: ''\n  scopes: []\n  tokenRefreshWindow: ' '\n  maxMessageSizeBytes: ''\n";
    let config = Surroundings::with_yaml(text).config();
    let origins = [
        config.insecure().origin(),
        config.client_id().origin(),
        config.scopes().origin(),
        config.token_refresh_window().origin(),
        config.max_message_size_bytes().origin(),
    ];
    assert_eq!(origins.map(line), [None; 5]);
}
