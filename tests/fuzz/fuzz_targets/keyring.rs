//! What stands in a keyring: as flytectl's and Flyte 2's secret the whole input, as flytekit's a line for each token.
#![no_main]

use auth_runtime::{Credentials, flyte::KeyringLayout, fuzzing::Keyring};
use fuzz::stored::{assert_a_session_goes_on, end, key, tokens};
use libfuzzer_sys::fuzz_target;

const HOST: &str = "flyte.example.com";
const LAYOUTS: [KeyringLayout; 3] = [KeyringLayout::Flytekit, KeyringLayout::Flytectl, KeyringLayout::Flyte2];

fuzz_target!(|text: &str| {
    let keyring = Keyring::default();
    keyring.put("flytectl", &format!("dns:///{HOST}:flytectl-user"), text);
    keyring.put(HOST, "tokens", text);
    for (user, token) in ["access_token", "refresh_token", "id_token"].into_iter().zip(text.lines()) {
        keyring.put(HOST, user, token);
    }
    for layout in LAYOUTS {
        let Some(credentials) = keyring.read(layout, &key()).expect("a map can be read") else { continue };
        assert!(tokens(&credentials).into_iter().take(2).flatten().any(|token| !token.is_empty()));
        for layout in LAYOUTS {
            assert_survives(&credentials, layout);
        }
        assert_a_session_goes_on(credentials);
    }
});

/// What a layout has a place for.
fn assert_survives(credentials: &Credentials, layout: KeyringLayout) {
    let keyring = Keyring::default();
    keyring.write(layout, &key(), credentials).expect("a map can be written");
    let again = keyring.read(layout, &key()).expect("a map can be read").expect("it was just written");
    let [access_token, refresh_token, id_token] = tokens(credentials);
    let id_token = id_token.filter(|_| layout == KeyringLayout::Flytekit);
    assert_eq!(tokens(&again), [access_token, refresh_token, id_token], "{layout:?}");
    if layout == KeyringLayout::Flytectl {
        assert_eq!(again.token_type(), credentials.token_type());
        // RFC 3339 has years of four digits.
        const YEAR_10000: u64 = 253_402_300_800;
        if let Some(end) = end(credentials).filter(|end| *end < YEAR_10000) {
            assert_eq!(fuzz::stored::end(&again), Some(end));
        }
    }
}
