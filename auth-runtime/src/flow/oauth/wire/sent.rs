//! What in a request is a secret, so that no error repeats it from the response.

use oauth2::HttpRequest;
use url::form_urlencoded;

use crate::net::http::Secrets;

/// What is a secret however short it is.
const SECRETS: [&str; 11] = [
    "client_secret",
    "code",
    "code_verifier",
    "refresh_token",
    "device_code",
    "token",
    "password",
    "assertion",
    "client_assertion",
    "subject_token",
    "actor_token",
];

/// What says who asks, and for what.
const NO_SECRETS: [&str; 11] = [
    "grant_type",
    "client_id",
    "scope",
    "audience",
    "resource",
    "redirect_uri",
    "token_type_hint",
    "code_challenge",
    "code_challenge_method",
    "client_assertion_type",
    "requested_token_type",
];

/// Shorter values of other parameters are words, and give nothing away.
const SHORTEST: usize = 8;

/// The secrets in a form-encoded request, and the client's, which may be in a header.
pub(super) fn secrets_of(request: &HttpRequest, client_secret: Option<&str>) -> Secrets {
    let fields: Vec<_> = form_urlencoded::parse(request.body()).collect();
    let secret = fields.iter().filter(|(name, value)| {
        SECRETS.contains(&&**name) || (!NO_SECRETS.contains(&&**name) && value.len() >= SHORTEST)
    });
    Secrets::new(secret.map(|(_, value)| &**value).chain(client_secret))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_not_repeated_unless_it_says_who_asks_and_for_what() {
        let body = "grant_type=refresh_token&refresh_token=r1&scope=all+offline&tenant=acme&hint=an-unknown+parameter";
        let request = http::Request::builder().body(body.as_bytes().to_vec()).unwrap();
        let words = "refresh_token r1 of acme for all offline, an-unknown parameter, hunter22";
        let cleaned = secrets_of(&request, Some("hunter22")).clean(words);
        assert_eq!(cleaned, "refresh_token [redacted] of acme for all offline, [redacted], [redacted]");
    }
}
