//! JSON that a program printed: the credential of a Kubernetes plugin, or something that is no token.

use std::{
    collections::BTreeMap,
    time::{Duration, UNIX_EPOCH},
};

use serde::{Deserialize, de::IgnoredAny};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{Credentials, limits};

const KIND: &str = "ExecCredential";

/// The API group of the plugins, whatever the version.
const GROUP: &str = "client.authentication.k8s.io/";

/// Where other programs have their token in what they print.
const TOKEN_KEYS: [&str; 8] =
    ["access_token", "accessToken", "AccessToken", "id_token", "idToken", "IdToken", "token", "Token"];

/// Why JSON brought no token. It stands behind "it printed".
#[derive(Debug, thiserror::Error)]
pub(super) enum NoToken {
    #[error("something that begins like JSON and is none; it must print one line, the token")]
    Malformed,
    #[error("JSON of the kind `{0}`; it must print a token, or an ExecCredential of Kubernetes")]
    OtherKind(String),
    #[error("JSON that has a token in `{0}`; have it print that alone, or print an ExecCredential of Kubernetes")]
    Within(&'static str),
    #[error("JSON that is no ExecCredential of Kubernetes; it must print a token, or one of these")]
    Object,
    #[error("a list in JSON; it must print one line, the token")]
    List,
    #[error("a text between JSON's quotes; have it print the text alone (`jq --raw-output`)")]
    Quoted,
    #[error("`{0}`, which is JSON's and no token; is there a token where it looked?")]
    Word(&'static str),
    #[error("an ExecCredential that cannot be read; its status must have a `token`")]
    MalformedCredential,
    #[error("an ExecCredential of another version than {GROUP}...; use a plugin of Kubernetes")]
    OtherVersion,
    #[error("an ExecCredential with a client certificate and no token; only tokens can be sent with calls")]
    CertificateOnly,
    #[error("an ExecCredential without a token; log in with that program by hand")]
    Empty,
    #[error("an ExecCredential whose `expirationTimestamp` is no date of RFC 3339")]
    NoDate,
}

#[derive(Deserialize)]
struct Head {
    kind: Option<String>,
}

/// <https://kubernetes.io/docs/reference/config-api/client-authentication.v1/>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecCredential {
    #[serde(default)]
    api_version: String,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Option<String>,
    expiration_timestamp: Option<String>,
    client_certificate_data: Option<IgnoredAny>,
}

/// Whether a text is meant as JSON: no token begins with its signs, or is one of its words.
pub(super) fn looks_like_it(text: &str) -> bool {
    text.starts_with(['{', '[', '"']) || word(text).is_some()
}

fn word(text: &str) -> Option<&'static str> {
    ["null", "true", "false"].into_iter().find(|word| *word == text)
}

pub(super) fn credentials(text: &str) -> Result<Credentials, NoToken> {
    if let Some(word) = word(text) {
        return Err(NoToken::Word(word));
    }
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return Err(NoToken::Malformed);
    }
    if text.starts_with('[') {
        return Err(NoToken::List);
    }
    let Ok(keys) = serde_json::from_str::<BTreeMap<String, IgnoredAny>>(text) else {
        return Err(NoToken::Quoted);
    };
    match serde_json::from_str::<Head>(text).ok().and_then(|head| head.kind) {
        Some(kind) if kind == KIND => exec_credential(text),
        Some(kind) if is_fit_to_be_shown(&kind) => Err(NoToken::OtherKind(kind)),
        _ => Err(TOKEN_KEYS.into_iter().find(|key| keys.contains_key(*key)).map_or(NoToken::Object, NoToken::Within)),
    }
}

fn exec_credential(text: &str) -> Result<Credentials, NoToken> {
    let credential: ExecCredential = serde_json::from_str(text).map_err(|_| NoToken::MalformedCredential)?;
    if !credential.api_version.starts_with(GROUP) {
        return Err(NoToken::OtherVersion);
    }
    let Some(status) = credential.status else { return Err(NoToken::Empty) };
    let token = status.token.as_deref().map(str::trim).unwrap_or_default();
    if token.is_empty() {
        let certificate = status.client_certificate_data.is_some();
        return Err(if certificate { NoToken::CertificateOnly } else { NoToken::Empty });
    }
    let credentials = Credentials::new(token);
    let Some(end) = status.expiration_timestamp else { return Ok(credentials) };
    let end = OffsetDateTime::parse(end.trim(), &Rfc3339).map_err(|_| NoToken::NoDate)?;
    // Before 1970: what Go writes where there is no end.
    let end = u64::try_from(end.unix_timestamp()).ok().and_then(|end| UNIX_EPOCH.checked_add(Duration::from_secs(end)));
    Ok(match end {
        Some(end) => credentials.with_expires_at(end),
        None => credentials,
    })
}

/// A program may have anything there.
fn is_fit_to_be_shown(kind: &str) -> bool {
    (1..=limits::MAX_SHOWN_KIND_BYTES).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use std::time::SystemTime;

    use secrecy::ExposeSecret as _;

    use super::*;

    fn credential(status: &str) -> String {
        format!(r#"{{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {status}}}"#)
    }

    fn told(text: &str) -> String {
        assert!(looks_like_it(text), "{text}");
        credentials(text).unwrap_err().to_string()
    }

    #[test]
    fn a_credential_of_kubernetes_is_its_token_and_its_end() {
        let read = credentials(&credential(
            r#"{"token": "abc\n", "expirationTimestamp": "2030-01-02T03:04:05.6+01:00", "clientKeyData": ""}"#,
        ));
        let read = read.unwrap();
        assert_eq!(read.access_token().expose_secret(), "abc");
        let end: SystemTime = UNIX_EPOCH + Duration::from_secs(1_893_549_845);
        assert_eq!(read.expires_at(), Some(end));
        for without in [r#"{"token": "abc"}"#, r#"{"token": "abc", "expirationTimestamp": null}"#] {
            assert_eq!(credentials(&credential(without)).unwrap().expires_at(), None);
        }
        let go = credential(r#"{"token": "abc", "expirationTimestamp": "0001-01-01T00:00:00Z"}"#);
        assert_eq!(credentials(&go).unwrap().expires_at(), None);
    }

    #[test]
    fn a_credential_without_a_usable_token_says_why() {
        for (status, expected) in [
            ("{}", "without a token"),
            ("null", "without a token"),
            (r#"{"token": " "}"#, "without a token"),
            (r#"{"clientCertificateData": "x", "clientKeyData": "y"}"#, "a client certificate and no token"),
            (r#"{"token": 7}"#, "cannot be read"),
            (r#"{"token": "a", "expirationTimestamp": "tomorrow"}"#, "no date"),
        ] {
            assert!(told(&credential(status)).contains(expected), "{status}");
        }
        let other = r#"{"kind": "ExecCredential", "apiVersion": "v1", "status": {"token": "a"}}"#;
        assert!(told(other).contains("another version"));
    }

    #[test]
    fn other_json_is_refused_by_name_and_without_its_content() {
        for (text, expected) in [
            (r#"{"kind": "Secret", "data": {"token": "hunter2"}}"#, "the kind `Secret`"),
            (r#"{"kind": "hunter 2", "data": 1}"#, "no ExecCredential"),
            (r#"{"kind": 2, "accessToken": "hunter2"}"#, "a token in `accessToken`"),
            (r#"{"access_token": "hunter2", "expires_in": 3}"#, "a token in `access_token`"),
            (r#"{"Credentials": {"SessionToken": "hunter2"}}"#, "no ExecCredential"),
            (r#"["hunter2"]"#, "a list"),
            (r#""hunter2""#, "between JSON's quotes"),
            ("null", "`null`"),
            ("{hunter2", "begins like JSON"),
            (r#"{"token": "hunter2"} x"#, "begins like JSON"),
        ] {
            let told = told(text);
            assert!(told.contains(expected) && !told.contains("hunter"), "{text}: {told}");
        }
        for token in ["eyJ.a.b", "nullable", "123", "-"] {
            assert!(!looks_like_it(token));
        }
    }
}
