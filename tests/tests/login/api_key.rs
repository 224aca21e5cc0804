//! Union's API keys: endpoint, client and secret in one text.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::{AuthError, flyte::ApiKey};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use secrecy::ExposeSecret as _;
use tests::{
    call::{Kind, call, numbered},
    calls::calls_client::AuthenticatedCallsClient,
    canary::{self, Canary},
    guard::within_reason,
    peer::{Answer, Peer, Tokens},
    process::alone,
    token_endpoint::TokenEndpoint,
};

fn refused(key: &str) -> AuthError {
    let error = ApiKey::parse(key).unwrap_err();
    canary::observe_error(&error);
    assert!(error.setting() == Some("API key"), "{error:?}");
    error
}

#[tokio::test]
async fn a_call_logs_in_with_nothing_but_the_key() {
    let canary = std::sync::Arc::new(Canary::new());
    let tokens = Tokens::new();
    let peer = Peer::checking(tokens.clone(), "authorization", Answer::rejected(), Answer::message(&numbered(1)));
    let secret = canary.secret();
    let provider = TokenEndpoint::issuing("the client", &secret, 3600, {
        let canary = canary.clone();
        move || {
            let token = canary.secret();
            tokens.accept(&token);
            token
        }
    });
    let key = ApiKey::parse(&STANDARD.encode(format!("{}:the client:{secret}:org", peer.endpoint()))).unwrap();
    canary::observe(&key);
    let flow = key.flow().token_url(provider.url());
    let authenticator = key.authenticator().flow(flow).build().unwrap();
    let client = AuthenticatedCallsClient::new(authenticator.connect_lazy().unwrap());
    assert_eq!(call(&client, Kind::Unary).await.numbers(), [1]);
    assert_eq!(provider.only_request().form_encoded_basic().unwrap().1, secret);
    canary::observe(&authenticator);
    let issued = authenticator.get_credentials().unwrap();
    assert!(peer.requests().iter().any(|one| one.bearer().as_deref() == Some(issued.access_token().expose_secret())));
}

#[test]
fn endpoints_may_have_a_scheme_and_a_port() {
    for (given, endpoint) in [
        ("org.example.com", "https://org.example.com"),
        ("org.example.com:8443", "https://org.example.com:8443"),
        ("https://org.example.com", "https://org.example.com"),
        ("https://org.example.com:8443", "https://org.example.com:8443"),
        ("http://localhost:8089", "http://localhost:8089"),
        ("dns:///org.example.com", "https://org.example.com"),
        ("dns:///org.example.com:443", "https://org.example.com:443"),
        ("dns:org.example.com", "https://org.example.com"),
        ("dns:org.example.com:443", "https://org.example.com:443"),
        ("[::1]:8089", "https://[::1]:8089"),
        ("https://[::1]", "https://[::1]"),
    ] {
        let key = ApiKey::parse(&STANDARD.encode(format!("{given}:the id:the secret:the org"))).unwrap();
        assert_eq!(key.endpoint(), endpoint, "{given}");
        assert_eq!((key.client_id(), key.organization()), ("the id", Some("the org")), "{given}");
    }
}

#[test]
fn every_kind_of_base64_is_understood() {
    let text = "org.example.com:id:s>?>?secret:o";
    for encoded in [
        STANDARD.encode(text),
        STANDARD_NO_PAD.encode(text),
        URL_SAFE.encode(text),
        URL_SAFE_NO_PAD.encode(text),
        format!("  {}\n", STANDARD.encode(text)),
    ] {
        assert_eq!(ApiKey::parse(&encoded).unwrap().client_id(), "id", "{encoded}");
    }
}

#[test]
fn an_organization_may_be_missing() {
    for organization in ["", "None"] {
        let key = ApiKey::parse(&STANDARD.encode(format!("org.example.com:id:secret:{organization}"))).unwrap();
        assert_eq!(key.organization(), None, "{organization}");
    }
}

#[test]
fn what_is_no_key_is_refused_without_repeating_it() {
    let canary = Canary::new();
    let secret = canary.secret();
    for (key, expected) in [
        (format!("%{secret}"), "not base64"),
        (format!("org.example.com:id:{secret}:org"), "not base64"),
        (STANDARD.encode(format!("org.example.com:id:{secret}")), "3 of its 4 parts"),
        (STANDARD.encode(&secret), "1 of its 4 parts"),
        (STANDARD.encode(format!("org.example.com:id:{secret}:org:more")), "more than 4 parts"),
        (STANDARD.encode(format!("org.example.com:443:id:{secret}:org:more")), "more than 4 parts"),
        (STANDARD.encode(format!("org.example.com::{secret}:org")), "is empty"),
        (STANDARD.encode(format!(":id:{secret}:org")), "is empty"),
        (STANDARD.encode("org.example.com:id::org"), "is empty"),
        (STANDARD.encode(format!("ftp://org.example.com:id:{secret}:org")), "its endpoint is malformed"),
        (STANDARD.encode(format!("https://org[::1]:id:{secret}:org")), "its endpoint is malformed"),
        (STANDARD.encode(format!("https://org.example.com/{secret}:id:{secret}:org")), "its endpoint is malformed"),
        (STANDARD.encode(b"\xff\xfe"), "not text"),
        (String::new(), "1 of its 4 parts"),
    ] {
        let error = refused(&key).to_string();
        assert!(error.contains(expected), "{expected}: {error}");
        assert!(error.contains("endpoint:client_id:client_secret:org"), "{error}");
    }
}

#[test]
fn a_truncated_key_is_refused() {
    let key = STANDARD.encode("org.example.com:the id:the secret:the org");
    for length in 0..key.len() - 12 {
        refused(&key[..length]);
    }
}

/// Not a test of its own: what the test below runs in processes whose environment it sets.
#[test]
fn the_key_of_the_environment() {
    match ApiKey::from_env() {
        Ok(Some(key)) => println!("found {}", key.client_id()),
        Ok(None) => println!("found none"),
        Err(error) => println!("found nonsense: {error}"),
    }
}

#[tokio::test]
async fn a_key_is_read_from_the_environment_under_either_name() {
    let key = |id: &str| STANDARD.encode(format!("org.example.com:{id}:secret:org"));
    let (first, second) = (key("first"), key("second"));
    for (flyte, union, found) in [
        (first.as_str(), second.as_str(), "found first"),
        ("", &second, "found second"),
        (" \n", &second, "found second"),
        ("", "", "found none"),
        ("nonsense", &second, "found nonsense"),
    ] {
        let run = alone(module_path!(), "the_key_of_the_environment")
            .envs([("FLYTE_API_KEY", flyte), ("_UNION_EAGER_API_KEY", union)])
            .output();
        let output = within_reason("a process", run).await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains(found), "{flyte:?}, {union:?}: {said}");
    }
}
