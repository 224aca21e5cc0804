//! API keys: base64, or the text that would be in it.
#![no_main]

use auth_runtime::{AuthError, flyte::ApiKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use fuzz::secret;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = ApiKey::parse(text);
    let outcome = parse(text);
    if let Some(other) = with_another_secret(text) {
        assert_eq!(shown(&outcome), shown(&parse(&other)), "what is shown depends on the secret");
    }
    let Ok(key) = outcome else { return };

    let uri: http::Uri = key.endpoint().parse().expect("an endpoint is a URL");
    let host = uri.host().expect("an endpoint has a host");
    let scheme = uri.scheme_str().expect("an endpoint has a scheme");
    assert!(["https", "http"].contains(&scheme), "{scheme}");
    assert!(!host.is_empty() && !key.client_id().is_empty());
    let authority = uri.authority().expect("an endpoint has an authority").as_str();
    let behind = authority.strip_prefix(host).expect("nothing stands before the host");
    let port = behind.strip_prefix(':').map(|port| port.parse().expect("a port is a number"));
    assert_eq!((uri.port_u16(), behind.is_empty()), (port, port.is_none()), "{key:?}");
    assert!(!host.trim_start_matches('[').trim_end_matches(']').contains(['[', ']']), "{key:?}");
    key.authenticator().allow_plaintext(true).build().expect("an authenticator can be built from a key");

    let (_, secret, _) = parts(text).expect("a key has its parts");
    let organization = key.organization().unwrap_or_default();
    let again = format!("{}:{}:{secret}:{organization}", key.endpoint(), key.client_id());
    assert_eq!(shown(&Ok(key)), shown(&parse(&again)), "what was read is read otherwise");
});

fn parse(text: &str) -> Result<ApiKey, AuthError> {
    ApiKey::parse(&STANDARD.encode(text))
}

fn shown(outcome: &Result<ApiKey, AuthError>) -> String {
    match outcome {
        Ok(key) => format!("{key:?} {:?} {:?}", key.flow(), key.authenticator()),
        Err(error) => format!("{error} {error:?}"),
    }
}

/// What stands before the secret, the secret, and what stands behind it.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let (rest, organization) = text.rsplit_once(':')?;
    let (before, secret) = rest.rsplit_once(':')?;
    Some((before, secret, organization))
}

fn with_another_secret(text: &str) -> Option<String> {
    let (before, secret, organization) = parts(text)?;
    Some(format!("{before}:{}:{organization}", secret::another(secret)))
}
