//! How a client proves who it is.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderValue;
use oauth2::AuthType;
use secrecy::{ExposeSecret as _, SecretString};
use url::form_urlencoded;

use crate::AuthError;

/// How a client proves who it is to the token endpoint (RFC 6749 section 2.3.1). Each request uses one way only, as
/// section 2.3 demands.
///
/// [`ClientCredentials`](super::ClientCredentials) has an example.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// HTTP Basic with id and secret form-encoded, as the RFC has it and every provider must support it. A space is
    /// `%20`: everybody reads that, and not everybody `+`.
    #[default]
    Basic,
    /// `client_id` and `client_secret` in the request's body.
    RequestBody,
    /// HTTP Basic with id and secret as they are, for providers that do not decode them. The same as
    /// [`Basic`](Self::Basic) where both are made of letters, digits, `-`, `.`, `_` and `*`.
    BasicUnencoded,
}

impl ClientAuthentication {
    pub(super) fn auth_type(self) -> AuthType {
        match self {
            Self::Basic | Self::BasicUnencoded => AuthType::BasicAuth,
            Self::RequestBody => AuthType::RequestBody,
        }
    }

    /// What takes the place of the `authorization` that the `oauth2` crate writes, with `+` for a space.
    pub(super) fn own_header(self, id: &str, secret: &SecretString) -> Result<Option<HeaderValue>, AuthError> {
        match self {
            Self::Basic => basic(&encoded(id), &encoded(secret.expose_secret())).map(Some),
            Self::BasicUnencoded => unencoded_basic(id, secret).map(Some),
            Self::RequestBody => Ok(None),
        }
    }
}

/// HTTP Basic as RFC 7617 section 2 has it: the first colon ends the id.
fn unencoded_basic(id: &str, secret: &SecretString) -> Result<HeaderValue, AuthError> {
    if id.contains(':') {
        return Err(AuthError::configuration(
            "client_id",
            "it has a colon, which unencoded Basic cannot carry; use another ClientAuthentication",
        ));
    }
    basic(id, secret.expose_secret())
}

/// `application/x-www-form-urlencoded`, in the spelling that decoders of URLs read as well: some providers have one of
/// those. An encoded `+` is `%2B`, so that each `+` stands for a space.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

fn basic(id: &str, secret: &str) -> Result<HeaderValue, AuthError> {
    let value = SecretString::from(format!("{id}:{secret}"));
    HeaderValue::try_from(format!("Basic {}", STANDARD.encode(value.expose_secret())))
        .map_err(|_| AuthError::configuration("client_id", "it cannot stand in a header; check its characters"))
}
