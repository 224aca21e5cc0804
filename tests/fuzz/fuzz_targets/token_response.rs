//! Answers to token requests, as `fuzz::answer` has them.
#![no_main]

use std::time::Duration;

use auth_runtime::{AuthError, Credentials, fuzzing::Provider, limits::Limits};
use fuzz::{
    answer, runtime,
    secret::{self, CANARY, assert_hidden, assert_plain},
};
use http::{HeaderValue, Response};
use libfuzzer_sys::fuzz_target;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

/// Longer lifetimes are cut to this.
const TEN_YEARS: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

fuzz_target!(|text: &[u8]| {
    let answer = answer::parse(text);
    let outcome = read(answer.clone());
    match &outcome {
        Ok((credentials, value)) => assert_usable(&answer, credentials, value),
        // The refresh token that was sent, however the provider repeats it.
        Err(error) => {
            assert_hidden(&format!("{error} {error:?}"));
            assert_plain(&format!("{error} {error:?}"));
        }
    }
    for name in ["access_token", "refresh_token", "id_token"] {
        let Some([as_it_is, with_another]) = with_another_token(&answer, name) else { continue };
        assert_eq!(shown(&read(as_it_is)), shown(&read(with_another)), "what is shown depends on the {name}");
    }
});

fn read(answer: Response<Vec<u8>>) -> Result<(Credentials, HeaderValue), AuthError> {
    thread_local!(static PROVIDER: Provider = runtime::run(Provider::new()).expect("a provider needs nothing"));
    PROVIDER.with(|provider| runtime::run(provider.token(answer, CANARY)))
}

fn assert_usable(answer: &Response<Vec<u8>>, credentials: &Credentials, value: &HeaderValue) {
    assert!(answer.status().is_success(), "a token came under {}", answer.status());
    let token = credentials.access_token().expose_secret();
    assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()), "{token:?}");
    assert_eq!(value, format!("Bearer {token}").as_str());
    assert!(value.is_sensitive());
    assert!(token.len() <= Limits::new().max_token_bytes());
    assert!(credentials.expires_in().is_none_or(|lifetime| lifetime <= TEN_YEARS));
    let further = [credentials.refresh_token(), credentials.id_token()];
    assert!(further.into_iter().flatten().map(SecretString::expose_secret).all(|token| !token.is_empty()));
}

fn shown(outcome: &Result<(Credentials, HeaderValue), AuthError>) -> String {
    match outcome {
        // Without the lifetime, which holds the time of the request.
        Ok((credentials, value)) => format!("{:?} {value:?}", credentials.clone().with_expires_in(Default::default())),
        Err(error) => format!("{error} {error:?}"),
    }
}

/// A JSON answer twice, with two tokens of the same shape.
fn with_another_token(answer: &Response<Vec<u8>>, name: &str) -> Option<[Response<Vec<u8>>; 2]> {
    let fields: Value = serde_json::from_slice(answer.body()).ok()?;
    let token = fields.get(name)?.as_str()?;
    let mut others = fields.clone();
    others[name] = secret::another(token).into();
    Some([fields, others].map(|fields| answer.clone().map(|_| fields.to_string().into_bytes())))
}
