//! Answers that begin a device login, as `fuzz::answer` has them.
#![no_main]

use std::time::Duration;

use auth_runtime::{
    AuthError,
    fuzzing::{DeviceLogin, Provider},
};
use fuzz::{
    answer, runtime,
    secret::{self, CANARY, assert_hidden},
};
use http::Response;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// Longer lifetimes are cut to this.
const TEN_YEARS: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

fuzz_target!(|text: &[u8]| {
    let answer = answer::parse(text);
    match read(answer.clone()) {
        Ok(login) => assert_usable(&answer, &login),
        Err(error) => assert_hidden(&format!("{error} {error:?}")),
    }
    // What comes with a failure is no code that anybody could use, and the provider's words about it are shown.
    if let Some([as_it_is, with_another]) = with_another_code(&answer).filter(|_| answer.status().is_success()) {
        assert_eq!(shown(read(as_it_is)), shown(read(with_another)), "what is shown depends on the device code");
    }
});

fn read(answer: Response<Vec<u8>>) -> Result<DeviceLogin, AuthError> {
    thread_local!(static PROVIDER: Provider = runtime::run(Provider::new()).expect("a provider needs nothing"));
    PROVIDER.with(|provider| runtime::run(provider.device_login(answer, CANARY)))
}

fn assert_usable(answer: &Response<Vec<u8>>, login: &DeviceLogin) {
    assert!(answer.status().is_success(), "a code came under {}", answer.status());
    assert!(!login.device_code.is_empty() && !login.user_code.is_empty() && !login.verification_uri.is_empty());
    assert!(login.expires_in <= TEN_YEARS && login.interval <= TEN_YEARS);
    // Nothing but its own line breaks, whatever a provider sends to a terminal.
    let control = login.instruction.chars().find(|character| character.is_control() && *character != '\n');
    assert_eq!((control, login.instruction.lines().count()), (None, 5), "{:?}", login.instruction);
}

fn shown(outcome: Result<DeviceLogin, AuthError>) -> String {
    match outcome {
        Ok(login) => login.instruction,
        Err(error) => format!("{error} {error:?}"),
    }
}

/// A JSON answer twice, with two device codes of the same shape.
fn with_another_code(answer: &Response<Vec<u8>>) -> Option<[Response<Vec<u8>>; 2]> {
    let fields: Value = serde_json::from_slice(answer.body()).ok()?;
    let code = fields.get("device_code")?.as_str()?;
    let mut others = fields.clone();
    others["device_code"] = secret::another(code).into();
    Some([fields, others].map(|fields| answer.clone().map(|_| fields.to_string().into_bytes())))
}
