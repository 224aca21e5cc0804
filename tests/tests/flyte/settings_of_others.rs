//! The settings of Flyte's own clients, as far as they are about the connection and the login: flytekit 1.16.31, flytectl
//! 1.16.8 and Flyte 2.12. What they read is read here, or `docs/configuration.md` says why not.

use crate::support::Surroundings;

const PAGE: &str = include_str!("../../../docs/configuration.md");

/// flytekit's options: of `platform` and `credentials`, with the key in YAML.
const FLYTEKIT: [(&str, &str); 15] = [
    ("platform.url", "admin.endpoint"),
    ("platform.insecure", "admin.insecure"),
    ("platform.insecure_skip_verify", "admin.insecureSkipVerify"),
    ("platform.console_endpoint", "console.endpoint"),
    ("platform.ca_cert_file_path", "admin.caCertFilePath"),
    ("platform.http_proxy_url", "admin.httpProxyURL"),
    ("credentials.command", "admin.command"),
    ("credentials.proxy_command", "admin.proxyCommand"),
    ("credentials.client_id", "admin.clientId"),
    ("credentials.client_secret", ""),
    ("credentials.client_secret_location", "admin.clientSecretLocation"),
    ("credentials.client_secret_env_var", "admin.clientSecretEnvVar"),
    ("credentials.scopes", "admin.scopes"),
    ("credentials.auth_mode", "admin.authType"),
    ("credentials.audience", "admin.audience"),
];

/// flytectl's keys of the section `admin`, and their defaults where they have one.
const FLYTECTL: [(&str, &str); 29] = [
    ("admin.endpoint", ""),
    ("admin.insecure", "false"),
    ("admin.insecureSkipVerify", "false"),
    ("admin.caCertFilePath", ""),
    ("admin.maxBackoffDelay", "8s"),
    ("admin.perRetryTimeout", "15s"),
    ("admin.maxRetries", "4"),
    ("admin.maxMessageSizeBytes", "0"),
    ("admin.authType", "ClientSecret"),
    ("admin.tokenRefreshWindow", "0s"),
    ("admin.useAuth", "false"),
    ("admin.clientId", "flytepropeller"),
    ("admin.clientSecretLocation", "/etc/secrets/client_secret"),
    ("admin.clientSecretEnvVar", ""),
    ("admin.scopes", ""),
    ("admin.useAudienceFromAdmin", "false"),
    ("admin.audience", ""),
    ("admin.authorizationServerUrl", ""),
    ("admin.tokenUrl", ""),
    ("admin.authorizationHeader", ""),
    ("admin.pkceConfig.timeout", "2m"),
    ("admin.pkceConfig.refreshTime", "5m"),
    ("admin.deviceFlowConfig.refreshTime", "5m"),
    ("admin.deviceFlowConfig.timeout", "10m"),
    ("admin.deviceFlowConfig.pollInterval", "5s"),
    ("admin.command", ""),
    ("admin.proxyCommand", ""),
    ("admin.defaultServiceConfig", ""),
    ("admin.httpProxyURL", ""),
];

/// Flyte 2's keys, and the names that it has for a variable beside the one that the key makes.
const FLYTE_2: [(&str, &[&str]); 15] = [
    ("admin.endpoint", &["_U_EP_OVERRIDE"]),
    ("admin.insecure", &["_U_INSECURE"]),
    ("admin.insecureSkipVerify", &["_U_INSECURE_SKIP_VERIFY"]),
    ("console.endpoint", &[]),
    ("admin.caCertFilePath", &[]),
    ("admin.httpProxyURL", &[]),
    ("admin.disableKeyring", &[]),
    ("admin.command", &["FLYTE_AUTH_COMMAND"]),
    ("admin.proxyCommand", &["FLYTE_AUTH_PROXY_COMMAND"]),
    ("admin.clientId", &[]),
    ("admin.clientSecretLocation", &[]),
    ("admin.clientSecretEnvVar", &[]),
    ("admin.scopes", &[]),
    ("admin.authType", &["FLYTE_AUTH_TYPE"]),
    ("task.org", &["_U_ORG_NAME"]),
];

/// Variables of theirs that are no key's.
const VARIABLES: [&str; 9] = [
    "FLYTE_API_KEY",
    "_UNION_EAGER_API_KEY",
    "EAGER_API_KEY",
    "UCTL_CONFIG",
    "FLYTECTL_CONFIG",
    "_FLYTECTL_CONFIG_PYFLYTE_OVERRIDE",
    "FLYTE_CREDENTIALS_CLIENT_SECRET",
    // Not read, and the page says why.
    "ADMIN.ENDPOINT",
    "_FLYTE_USE_PYQWEST_DNS_RESOLVER",
];

/// The row of a key in a table of the page.
fn row(key: &str) -> Option<Vec<&'static str>> {
    let row = PAGE.lines().find(|line| line.starts_with(&format!("| `{key}` |")))?;
    Some(row.trim_matches('|').split(" | ").map(str::trim).collect())
}

/// A section in YAML that has this key, with a value of its type.
fn yaml(key: &str) -> String {
    let example = row(key).unwrap_or_else(|| panic!("{key} is in no table"))[2].trim_matches('`').to_owned();
    let parts: Vec<_> = key.split('.').collect();
    let indented = parts.iter().enumerate().map(|(depth, part)| format!("{}{part}:", "  ".repeat(depth)));
    format!("{} {example}\n", indented.collect::<Vec<_>>().join("\n"))
}

fn is_known(text: &str) {
    assert_eq!(Surroundings::with_yaml(text).config().warnings(), &[] as &[String], "{text}");
}

#[test]
fn each_key_of_theirs_is_known_or_passed_over_without_a_word() {
    let keys = FLYTEKIT
        .into_iter()
        .chain(FLYTECTL)
        .map(|(first, second)| if first.starts_with("admin.") { first } else { second });
    let keys = keys.chain(FLYTE_2.into_iter().map(|(key, _)| key));
    for key in keys.filter(|key| !key.is_empty()) {
        match key {
            "console.endpoint" => {
                is_known("console:\n  endpoint: https://flyte.example.com\n");
                assert!(PAGE.contains("the sections `console`"), "the page says that it is about something else");
            }
            key => is_known(&yaml(key)),
        }
    }
}

#[test]
fn each_option_of_flytekits_older_format_is_known_or_passed_over_without_a_word() {
    for (option, key) in FLYTEKIT {
        let (section, name) = option.split_once('.').unwrap();
        let value = row(key).map_or("a", |row| row[2].trim_matches(['`', '[', ']']));
        let surroundings = Surroundings::new();
        surroundings.write("home/.flyte/config", &format!("[{section}]\n{name} = {value}\n"));
        assert_eq!(surroundings.config().warnings(), &[] as &[String], "{option}");
    }
}

#[test]
fn each_variable_of_theirs_is_on_the_page() {
    for variable in VARIABLES.into_iter().chain(FLYTE_2.into_iter().flat_map(|(_, names)| names.iter().copied())) {
        assert!(PAGE.contains(&format!("`{variable}`")), "{variable}");
    }
    for (key, names) in FLYTE_2.into_iter().filter(|(key, _)| *key != "console.endpoint") {
        let variables = row(key).unwrap()[1];
        let derived = format!("FLYTE_{}", key.replace('.', "_")).to_uppercase();
        assert!(variables.contains(&format!("`{derived}`")), "{key}: {variables}");
        assert!(names.iter().all(|name| variables.contains(&format!("`{name}`"))), "{key}: {variables}");
    }
}

#[test]
fn where_flytectl_has_another_default_the_page_has_it() {
    for (key, default) in FLYTECTL {
        let row = row(key).unwrap_or_else(|| panic!("{key} is in no table"));
        // Keys without effect have no default.
        let Some(ours) = row.get(3).filter(|_| row.len() == 8) else { continue };
        let (ours, theirs) = (ours.trim_matches('`'), row[6]);
        let same = default == ours || matches!((default, ours), ("" | "0" | "0s", "-"));
        assert!(
            same || theirs.contains(&format!("default `{default}`")),
            "{key}: {default}, and here {ours} ({theirs})"
        );
    }
}
