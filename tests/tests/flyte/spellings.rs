//! Files and values as editors, other systems and people write them.

use std::time::Duration;

use crate::support::Surroundings;

fn endpoint(text: &str) -> Option<String> {
    Surroundings::with_yaml(text).config().endpoint().value().clone()
}

#[test]
fn what_an_editor_leaves_in_a_file_changes_nothing() {
    let texts = [
        "\u{feff}admin:\n  endpoint: flyte.example.com\n",
        "admin:\r\n  endpoint: flyte.example.com\r\n  scopes:\r\n    - all\r\n",
        "%YAML 1.2\n---\nadmin:\n  endpoint: flyte.example.com\n...\n",
        "admin:\n  endpoint: \"flyte.example.com\" # where it is\n\n\n",
        "{\"admin\": {\"endpoint\": \"flyte.example.com\"}}",
        "admin: {endpoint: flyte.example.com}\n",
        "admin:\n  endpoint: >-\n    flyte.example.com\n",
        "ADMIN:\n  Endpoint: flyte.example.com\n",
    ];
    for text in texts {
        assert_eq!(endpoint(text).as_deref(), Some("flyte.example.com"), "{text:?}");
    }
}

#[test]
fn the_older_format_may_come_from_another_system_too() {
    for text in [
        "\u{feff}[platform]\nurl = flyte.example.com\n",
        "[platform]\r\nurl = flyte.example.com\r\n",
        "; a comment\n# another\n[platform]\nurl: flyte.example.com\n",
        "[PLATFORM]\nURL=flyte.example.com\n",
    ] {
        let surroundings = Surroundings::new();
        surroundings.write("home/.flyte/config", text);
        assert_eq!(surroundings.config().endpoint().value().as_deref(), Some("flyte.example.com"), "{text:?}");
    }
}

#[test]
fn tabs_that_indent_and_keys_that_are_there_twice_are_told_with_their_line() {
    for (text, line) in [
        ("admin:\n\tendpoint: a\n", 2),
        // Python reads no such file either.
        ("admin:\n  endpoint:\ta\n", 2),
        ("admin:\n  clientId: a\n  endpoint: b\n  clientid: c\n", 4),
        ("admin:\n  endpoint: a\nadmin:\n  endpoint: b\n", 3),
        ("admin:\n  endpoint: a\nAdmin:\n  endpoint: b\n", 3),
    ] {
        let complaint = Surroundings::with_yaml(text).complaint();
        assert!(complaint.contains(&format!("config.yaml:{line}: ")), "{text:?}: {complaint}");
    }
}

#[test]
fn anchors_and_merges_mean_what_they_mean_elsewhere() {
    let text = "all: &all\n  pkceConfig: {timeout: 1m, refreshTime: 2m}\n  audience: a\nadmin:\n  endpoint: b\n  \
        <<: [*all, {audience: c, clientId: d}]\n  pkceConfig: {timeout: 3m}\n";
    let config = Surroundings::with_yaml(text).config();
    assert_eq!(config.warnings(), &[] as &[String]);
    assert_eq!(config.audience().value().as_deref(), Some("a"), "the first that has it");
    assert_eq!(config.client_id().value().as_deref(), Some("d"));
    assert_eq!(
        config.pkce_timeout().value(),
        &Some(Duration::from_secs(180)),
        "a section is merged whole or not at all"
    );
    let text = "base: &base\n  endpoint: flyte.example.com\n  insecure: true\nadmin:\n  <<: *base\n  insecure: false\n";
    let config = Surroundings::with_yaml(text).config();
    assert_eq!(config.endpoint().value().as_deref(), Some("flyte.example.com"));
    assert!(!config.insecure().value());
}

#[test]
fn flags_in_variables_are_written_in_many_ways() {
    for (word, expected) in [
        ("True", true),
        ("TRUE", true),
        ("1", true),
        ("yes", true),
        ("on", true),
        (" true ", true),
        ("False", false),
        ("0", false),
        ("NO", false),
        ("Off", false),
    ] {
        for variable in ["FLYTE_PLATFORM_INSECURE", "FLYTE_ADMIN_INSECURE"] {
            let config = Surroundings::new().set(variable, word).config();
            assert_eq!(*config.insecure().value(), expected, "{variable}={word:?}");
        }
    }
    for word in ["2", "trues", "enabled", "y e s"] {
        let complaint = Surroundings::new().set("FLYTE_PLATFORM_INSECURE", word).complaint();
        assert!(complaint.contains("it is neither true nor false"), "{word}: {complaint}");
    }
}

#[test]
fn durations_of_go_are_read_and_those_of_others_refused() {
    for (text, expected) in
        [("10s", 10_000), ("1m", 60_000), ("1.5h", 5_400_000), ("1h0m5s", 3_605_000), ("250ms", 250)]
    {
        let config = Surroundings::new().set("FLYTE_ADMIN_TOKENREFRESHWINDOW", text).config();
        assert_eq!(config.token_refresh_window().value(), &Some(Duration::from_millis(expected)), "{text}");
    }
    for text in ["PT5M", "5 minutes", "00:05:00", "5", "-5m", "1d", "5M", "m"] {
        let complaint = Surroundings::new().set("FLYTE_ADMIN_TOKENREFRESHWINDOW", text).complaint();
        assert!(complaint.contains("a duration with its unit is needed here"), "{text}: {complaint}");
    }
}

#[test]
fn endpoints_are_written_as_in_flytes_documentation_and_in_browsers() {
    for (endpoint, expected) in [
        ("dns:///flyte.example.com:81", "https://flyte.example.com:81"),
        ("dns:///[2001:db8::1]:81", "https://[2001:db8::1]:81"),
        ("flyte.example.com", "https://flyte.example.com"),
        ("flyte.example.com:443", "https://flyte.example.com:443"),
        ("[::1]:8089", "https://[::1]:8089"),
        ("https://flyte.example.com/", "https://flyte.example.com"),
    ] {
        let config = Surroundings::with_yaml(&format!("admin:\n  endpoint: '{endpoint}'\n")).config();
        let url = config.endpoint_url();
        assert_eq!(url.as_deref().map(|url| url.trim_end_matches('/')), Some(expected), "{endpoint}");
        auth_runtime::Authenticator::builder(url.unwrap()).build().unwrap();
    }
    for (endpoint, reason) in [
        ("https://flyte.example.com/console", "it has a path"),
        ("flyte.example.com/console", "it has a path"),
        ("https://me:hunter2@flyte.example.com", "user name or password"),
        ("flyte.example.com:https", "its host or its port is none"),
        ("flyte.example.com:0", "its host or its port is none"),
        ("dns://ns.example.com/flyte.example.com", "it names the DNS server"),
    ] {
        let config = Surroundings::with_yaml(&format!("admin:\n  endpoint: '{endpoint}'\n")).config();
        let error =
            auth_runtime::Authenticator::builder(config.endpoint_url().unwrap()).build().unwrap_err().to_string();
        assert!(error.contains(reason) && !error.contains("hunter2"), "{endpoint}: {error}");
    }
}
