//! Who has logged in, for that person to see.

use secrecy::ExposeSecret as _;

use crate::{Credentials, discovery::claims, limits, plain_text::brief};

/// The names that a provider has for a person, the one that people know first (OpenID Connect Core section 5.1).
const NAMES: [&str; 3] = ["preferred_username", "email", "sub"];

/// Whom the credentials are of, as the id token says, or else an access token that can be read. Nothing is verified: it
/// decides nothing.
pub(crate) fn person(credentials: &Credentials) -> Option<String> {
    let tokens = credentials.id_token().into_iter().chain([credentials.access_token()]);
    let mut names = tokens.filter_map(|token| {
        let claims = claims(token.expose_secret())?;
        NAMES.iter().find_map(|name| {
            let name = brief(claims.get(name)?.as_str()?, limits::MAX_SHOWN_CHARS);
            Some(name.trim().to_owned()).filter(|name| !name.is_empty())
        })
    });
    names.next()
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    use super::*;

    fn jwt(claims: &Value) -> String {
        format!("e30.{}.signature", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn a_person_is_named_as_people_know_them_and_the_id_token_knows_best() {
        let rows = [
            (json!({ "sub": "1", "email": "jane@example.com", "preferred_username": "jane" }), Some("jane")),
            (json!({ "sub": "1", "email": "jane@example.com" }), Some("jane@example.com")),
            (json!({ "sub": "1", "email": " ", "preferred_username": 7 }), Some("1")),
            (json!({ "sub": "\u{1b}[2J<b>jane\n" }), Some("[2J<b>jane")),
            (json!({ "iss": "https://idp.example" }), None),
            (json!([]), None),
        ];
        for (claims, expected) in rows {
            let of_access_token = Credentials::new(jwt(&claims));
            assert_eq!(person(&of_access_token).as_deref(), expected, "{claims}");
            let of_id_token = Credentials::new(jwt(&json!({ "sub": "another" }))).with_id_token(jwt(&claims));
            assert_eq!(person(&of_id_token).as_deref(), expected.or(Some("another")), "{claims}");
        }
        for opaque in ["opaque", "a.b.c", "..", "", "e30.!.x"] {
            assert_eq!(person(&Credentials::new(opaque)), None, "{opaque}");
        }
        let long = person(&Credentials::new(jwt(&json!({ "sub": "x".repeat(4000) }))));
        assert_eq!(long.map(|name| name.chars().count()), Some(limits::MAX_SHOWN_CHARS + 1));
    }
}
