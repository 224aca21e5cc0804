//! API keys from the environment.

use auth_runtime::flyte::{AuthType, Origin};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use tests::canary::Canary;

use crate::support::Surroundings;

const VARIABLES: [&str; 3] = ["FLYTE_API_KEY", "_UNION_EAGER_API_KEY", "EAGER_API_KEY"];

fn key(text: &str) -> String {
    STANDARD.encode(text)
}

#[test]
fn an_api_key_sets_endpoint_client_and_login_together() {
    let canary = Canary::new();
    for variable in VARIABLES {
        let config = Surroundings::with_yaml("admin:\n  endpoint: other\n  clientId: other\n  authType: Pkce\n")
            .set(variable, key(&format!("dns:///flyte.example.com:443:id:{}:org", canary.secret())))
            .config();
        assert_eq!(config.endpoint_url().as_deref(), Some("https://flyte.example.com:443"));
        assert_eq!(config.client_id().value().as_deref(), Some("id"));
        assert_eq!(config.auth_type().value(), &AuthType::ClientSecret);
        assert_eq!(config.endpoint().origin(), &Origin::Variable(variable.to_owned()));
    }
}

#[test]
fn the_secret_of_a_key_goes_nowhere_else_and_no_other_secret_to_its_endpoint() {
    let config = Surroundings::with_yaml("admin:\n  clientSecretLocation: /etc/secret\n")
        .set("FLYTE_PLATFORM_URL", "elsewhere.example")
        .set("FLYTE_CREDENTIALS_CLIENT_SECRET", "another")
        .set("FLYTE_API_KEY", key("flyte.example.com:id:secret:org"))
        .config();
    assert_eq!(config.endpoint_url().as_deref(), Some("https://flyte.example.com"));
    assert!(config.client_secret().value().is_none());
    assert!(config.client_secret_location().value().is_none());
    let [warning] = config.warnings() else { panic!("{:?}", config.warnings()) };
    assert!(warning.contains("FLYTE_API_KEY overrules FLYTE_PLATFORM_URL"), "{warning}");
}

#[test]
fn the_first_variable_that_is_set_wins() {
    let mut surroundings = Surroundings::new();
    for variable in VARIABLES.into_iter().rev() {
        surroundings = surroundings.set(variable, key(&format!("{}.example:id:secret:org", variable.to_lowercase())));
        // Underscores are no part of a host name, but of these.
        let host = variable.to_lowercase();
        assert_eq!(surroundings.config().endpoint_url(), Some(format!("https://{host}.example")));
    }
}

#[test]
fn bad_keys_name_their_variable_and_none_of_their_content() {
    let canary = Canary::new();
    let secret = canary.secret();
    for text in [
        secret.clone() + "***",
        key(&format!("flyte.example.com:id:{secret}")),
        key(&format!("flyte.example.com:id:{secret}:org:more")),
        key(&format!("flyte.example.com::{secret}:org")),
        key(&format!(":id:{secret}:org")),
    ] {
        for variable in VARIABLES {
            let complaint = Surroundings::new().set(variable, &text).complaint();
            assert!(complaint.starts_with(&format!("{variable}: ")), "{complaint}");
            assert!(complaint.contains("`endpoint:client_id:client_secret:org`"), "{complaint}");
        }
    }
}
