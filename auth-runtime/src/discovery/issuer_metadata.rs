//! What an issuer says about itself: where its metadata stands (RFC 8414 section 3, OpenID Connect Discovery section 4),
//! and what of it is of use.

use serde_json::{Map, Value};
use url::Url;

use super::endpoints::Endpoints;
use crate::limits;

/// An issuer's own metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IssuerMetadata {
    /// As the issuer itself writes it.
    pub(super) issuer: String,
    pub(super) endpoints: Endpoints,
    /// Those for clients with a certificate (RFC 8705 section 5).
    pub(super) with_certificate: Endpoints,
    /// Whether each authorization response names the issuer (RFC 9207 section 3).
    pub(super) names_itself: bool,
    /// Whether authorization requests must be pushed first (RFC 9126 section 5).
    pub(super) wants_pushed_requests: bool,
}

/// Why a document is not the metadata of an issuer. May stand behind "it".
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotMetadata {
    NoJson,
    /// The metadata of another issuer.
    Other(String),
    /// A document for all tenants of a provider.
    Template(String),
}

impl IssuerMetadata {
    /// Reads the document that was found for `issuer`.
    pub(super) fn read(issuer: &str, document: &[u8]) -> Result<Self, NotMetadata> {
        let Ok(Value::Object(fields)) = serde_json::from_slice(document) else { return Err(NotMetadata::NoJson) };
        let Some(named) = text(&fields, "issuer") else { return Err(NotMetadata::NoJson) };
        if named.contains('{') {
            return Err(NotMetadata::Template(shown(named)));
        }
        if !same_issuer(issuer, named) {
            return Err(NotMetadata::Other(shown(named)));
        }
        Ok(Self {
            issuer: named.to_owned(),
            endpoints: endpoints(&fields),
            with_certificate: field(&fields, "mtls_endpoint_aliases")
                .and_then(Value::as_object)
                .map(endpoints)
                .unwrap_or_default(),
            names_itself: flag(&fields, "authorization_response_iss_parameter_supported"),
            wants_pushed_requests: flag(&fields, "require_pushed_authorization_requests"),
        })
    }
}

fn endpoints(fields: &Map<String, Value>) -> Endpoints {
    let endpoint = |name| text(fields, name).map(str::to_owned);
    Endpoints {
        token: endpoint("token_endpoint"),
        authorization: endpoint("authorization_endpoint"),
        device_authorization: endpoint("device_authorization_endpoint"),
        revocation: endpoint("revocation_endpoint"),
    }
}

/// Another's words in messages.
fn shown(words: &str) -> String {
    words.chars().take(limits::MAX_DESCRIPTION_CHARS).flat_map(char::escape_debug).collect()
}

/// Equality is exact but for one slash at the end (RFC 8414 section 3.3).
pub(super) fn same_issuer(one: &str, other: &str) -> bool {
    let without_slash = |issuer: &str| issuer.strip_suffix('/').unwrap_or(issuer).to_owned();
    without_slash(one) == without_slash(other)
}

/// Where the metadata may stand, in the order in which it is looked for.
pub(super) fn locations(issuer: &Url) -> Vec<Url> {
    const OAUTH: &str = "/.well-known/oauth-authorization-server";
    const OPENID: &str = "/.well-known/openid-configuration";
    let path = issuer.path().strip_suffix('/').unwrap_or(issuer.path()).to_owned();
    let at = |path: String| {
        let mut url = issuer.clone();
        url.set_path(&path);
        url
    };
    let mut locations = vec![at(format!("{OAUTH}{path}")), at(format!("{path}{OAUTH}")), at(format!("{path}{OPENID}"))];
    locations.dedup();
    locations
}

/// RFC 8414's names; flyteadmin writes them in camel case where it is not asked for JSON.
fn field<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).or_else(|| fields.get(&camel_case(name)))
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    field(fields, name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn flag(fields: &Map<String, Value>, name: &str) -> bool {
    field(fields, name).and_then(Value::as_bool).unwrap_or_default()
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |camel, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        camel + &initial.to_ascii_uppercase() + rest
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use serde_json::json;

    use super::*;

    fn looked_for(issuer: &str) -> Vec<String> {
        locations(&issuer.parse().unwrap()).into_iter().map(String::from).collect()
    }

    #[test]
    fn an_issuers_path_is_behind_the_well_known_one_then_before_it() {
        let expected = [
            "https://idp/.well-known/oauth-authorization-server/realms/flyte",
            "https://idp/realms/flyte/.well-known/oauth-authorization-server",
            "https://idp/realms/flyte/.well-known/openid-configuration",
        ];
        assert_eq!(looked_for("https://idp/realms/flyte"), expected);
        assert_eq!(looked_for("https://idp/realms/flyte/"), expected);
        let without_path =
            ["https://idp/.well-known/oauth-authorization-server", "https://idp/.well-known/openid-configuration"];
        assert_eq!(looked_for("https://idp"), without_path);
        assert_eq!(looked_for("https://idp/"), without_path);
    }

    #[test]
    fn both_spellings_of_the_fields_are_read_and_an_empty_text_says_nothing() {
        let snake = json!({
            "issuer": "https://idp", "token_endpoint": "https://idp/token", "authorization_endpoint": "https://idp/auth",
            "device_authorization_endpoint": "", "authorization_response_iss_parameter_supported": true,
        });
        let camel = json!({
            "issuer": "https://idp", "tokenEndpoint": "https://idp/token", "authorizationEndpoint": "https://idp/auth",
            "deviceAuthorizationEndpoint": "", "authorizationResponseIssParameterSupported": true,
        });
        for document in [snake, camel] {
            let metadata = IssuerMetadata::read("https://idp", document.to_string().as_bytes()).unwrap();
            assert_eq!(metadata.endpoints.token.as_deref(), Some("https://idp/token"));
            assert_eq!(metadata.endpoints.authorization.as_deref(), Some("https://idp/auth"));
            assert_eq!(metadata.endpoints.device_authorization, None);
            assert!(metadata.names_itself && !metadata.wants_pushed_requests);
        }
    }

    #[test]
    fn endpoints_for_clients_with_a_certificate_stand_beside_the_others() {
        let read = |aliases: Value| {
            let document = json!({
                "issuer": "https://idp", "token_endpoint": "https://idp/token", "mtls_endpoint_aliases": aliases,
            });
            IssuerMetadata::read("https://idp", document.to_string().as_bytes()).unwrap()
        };
        let metadata = read(json!({ "token_endpoint": "https://mtls.idp/token", "revocation_endpoint": 7 }));
        let expected = Endpoints { token: Some("https://mtls.idp/token".to_owned()), ..Endpoints::default() };
        assert_eq!(metadata.with_certificate, expected);
        assert_eq!(metadata.endpoints.token.as_deref(), Some("https://idp/token"));
        for broken in [json!(null), json!([]), json!("https://mtls.idp"), json!({})] {
            assert_eq!(read(broken).with_certificate, Endpoints::default());
        }
    }

    #[test]
    fn a_document_counts_only_for_the_issuer_that_was_asked() {
        let read =
            |named: &str| IssuerMetadata::read("https://idp/a", json!({ "issuer": named }).to_string().as_bytes());
        for same in ["https://idp/a", "https://idp/a/"] {
            assert_eq!(read(same).unwrap().issuer, same);
        }
        for other in ["https://idp/a//", "https://idp/A", "https://idp", "http://idp/a", "https://idp:443/a"] {
            assert_eq!(read(other).unwrap_err(), NotMetadata::Other(other.to_owned()));
        }
        let template = "https://login/{tenantid}/v2.0";
        assert_eq!(read(template).unwrap_err(), NotMetadata::Template(template.to_owned()));
        let hostile = read("https://evil\u{1b}[2J\n").unwrap_err();
        assert_eq!(hostile, NotMetadata::Other(r"https://evil\u{1b}[2J\n".to_owned()));
        for document in ["", "[]", "<html>", "{}", r#"{"issuer": 1}"#] {
            assert_eq!(IssuerMetadata::read("https://idp", document.as_bytes()).unwrap_err(), NotMetadata::NoJson);
        }
    }
}
