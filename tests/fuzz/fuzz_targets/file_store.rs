//! What stands in a file of stored credentials.
#![no_main]

use auth_runtime::{
    Credentials,
    fuzzing::{read_file, write_file},
};
use fuzz::{
    secret::{self, assert_hidden},
    stored::{assert_a_session_goes_on, end, key, tokens},
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|content: &[u8]| {
    let credentials = match read_file(&key(), content) {
        Ok(credentials) => credentials,
        Err(reason) => return assert_hidden(&reason),
    };
    let written = write_file(&key(), &credentials).expect("what was read can be written");
    let again = read_file(&key(), &written).expect("what was written can be read");
    assert_eq!(parts(&credentials), parts(&again));
    assert_eq!(tokens(&credentials), tokens(&again));
    if let Some(others) = with_other_tokens(content) {
        let other = read_file(&key(), &others).expect("the shape is the same");
        assert_eq!(parts(&credentials), parts(&other), "what is shown depends on the tokens");
    }
    assert_a_session_goes_on(credentials);
});

/// All but the tokens.
fn parts(credentials: &Credentials) -> (String, Option<u64>) {
    (format!("{credentials:?}"), end(credentials))
}

fn with_other_tokens(content: &[u8]) -> Option<Vec<u8>> {
    let mut fields: Value = serde_json::from_slice(content).ok()?;
    for name in ["access_token", "refresh_token", "id_token"] {
        if let Some(Value::String(token)) = fields.get_mut(name) {
            *token = secret::another(token);
        }
    }
    serde_json::to_vec(&fields).ok()
}
