//! Tokens in the shape and of the size of a real flyteadmin's: JWTs without `iss`, of 600 characters for a client and
//! twice that for a person. The signature is random: [`Tokens`](super::Tokens) knows what it issued.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{Caller, token_kind::TokenKind};

/// The bytes of an RSA signature with a key of 2,048 bits.
const SIGNATURE_BYTES: usize = 256;

pub(super) fn sign(kind: &TokenKind, caller: &Caller, lifetime: Duration) -> Result<String, getrandom::Error> {
    let mut signature = [0; SIGNATURE_BYTES];
    getrandom::fill(&mut signature)?;
    let header = json!({ "alg": "RS256", "kid": "flyte-admin-demo", "typ": "JWT" });
    let parts = [encode(&header), encode(&claims(kind, caller, lifetime)), URL_SAFE_NO_PAD.encode(signature)];
    Ok(parts.join("."))
}

fn claims(kind: &TokenKind, caller: &Caller, lifetime: Duration) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    let mut claims = json!({
        "aud": ["http://flyte.example"],
        "client_id": caller.client_id,
        "exp": now.saturating_add(lifetime.as_secs()),
        "iat": now,
        "scp": caller.scopes,
        "sub": caller.person.as_ref().unwrap_or(&caller.client_id),
    });
    if let Some(person) = &caller.person {
        claims["form"] = json!({ "grant": format!("{kind:?}") });
        claims["user_info"] = json!({
            "sub": person, "name": person, "preferred_username": person, "given_name": person,
            "family_name": "of the demonstration", "email": format!("{person}@flyte.example"),
            "picture": "https://flyte.example/people/picture.png", "locale": "en",
            "groups": ["everybody", "people", "forecasts-readers", "forecasts-writers", "genomes-readers",
                "genomes-writers", "ranking-readers", "ranking-writers", "development", "staging", "production"],
        });
    }
    claims
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}
