//! Union's API keys: endpoint, client and secret in one text.

use std::fmt;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    AuthError, Authenticator, AuthenticatorBuilder,
    flow::ClientCredentials,
    net::destination::{Destination, without_resolver},
};

/// The environment variables that hold an API key, the first that is set wins.
const VARIABLES: [&str; 2] = ["FLYTE_API_KEY", "_UNION_EAGER_API_KEY"];

const SETTING: &str = "API key";
const PARTS: &str = "an API key is `endpoint:client_id:client_secret:org` in base64";

/// What an API key holds: base64 of `endpoint:client_id:client_secret:org`.
///
/// The endpoint may have a scheme and a port; without a scheme it means `https://`. The other parts are found from the
/// right, so that its colons are no trouble.
///
/// ```
/// use auth_runtime::flyte::ApiKey;
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let key = ApiKey::parse("Zmx5dGUuZXhhbXBsZS5jb206aWQ6c2VjcmV0Om9yZw==")?;
/// assert_eq!(key.endpoint(), "https://flyte.example.com");
/// assert_eq!((key.client_id(), key.organization()), ("id", Some("org")));
/// let authenticator = key.authenticator().build()?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ApiKey {
    endpoint: String,
    client_id: String,
    client_secret: SecretString,
    organization: Option<String>,
}

impl ApiKey {
    /// Reads an API key. Whitespace around it is left out; both alphabets of base64 are understood, with and without
    /// padding.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for what is no API key, without any of it.
    pub fn parse(text: &str) -> Result<Self, AuthError> {
        let decoded = SecretString::from(decode(text.trim())?);
        let mut from_right = decoded.expose_secret().rsplitn(4, ':');
        let (Some(organization), Some(secret), Some(id), Some(endpoint)) =
            (from_right.next(), from_right.next(), from_right.next(), from_right.next())
        else {
            let count = decoded.expose_secret().split(':').count();
            return Err(AuthError::configuration(
                SETTING,
                format!("it has {count} of its 4 parts; {PARTS}, copy the whole key"),
            ));
        };
        if endpoint.is_empty() || id.is_empty() || secret.is_empty() {
            return Err(AuthError::configuration(
                SETTING,
                format!("its endpoint, client id or secret is empty; {PARTS}"),
            ));
        }
        Ok(Self {
            endpoint: parse_endpoint(endpoint)?,
            client_id: id.to_owned(),
            client_secret: SecretString::from(secret),
            // What Python writes where there is none.
            organization: Some(organization).filter(|name| !matches!(*name, "" | "None")).map(str::to_owned),
        })
    }

    /// Reads the API key in the environment: `FLYTE_API_KEY`, else `_UNION_EAGER_API_KEY`. `None` where neither is set.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn from_env() -> Result<Option<Self>, AuthError> {
        let set = |variable| std::env::var(variable).ok().filter(|value: &String| !value.trim().is_empty());
        VARIABLES
            .into_iter()
            .find_map(set)
            .map(SecretString::from)
            .map(|key| Self::parse(key.expose_secret()))
            .transpose()
    }

    /// The endpoint: scheme, host and port.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The client's id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The organization that the key was made in.
    #[doc(alias = "org")]
    pub fn organization(&self) -> Option<&str> {
        self.organization.as_deref()
    }

    /// The login with the key's client and secret. The token endpoint comes from the server, unless set on the flow.
    pub fn flow(&self) -> ClientCredentials {
        ClientCredentials::new(&self.client_id, self.client_secret.expose_secret())
    }

    /// An authenticator for the key's endpoint with [`flow`](Self::flow), to be changed further.
    pub fn authenticator(&self) -> AuthenticatorBuilder {
        Authenticator::builder(&self.endpoint).flow(self.flow())
    }
}

fn decode(text: &str) -> Result<String, AuthError> {
    let alphabet = if text.contains(['-', '_']) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(alphabet, lenient).decode(text).map_err(|_| {
        AuthError::configuration(SETTING, format!("it is not base64; {PARTS}, copy the whole key and nothing else"))
    })?;
    String::from_utf8(bytes)
        .map_err(|_| AuthError::configuration(SETTING, format!("what it holds is not text; {PARTS}")))
}

/// A part too many ends up here, as a port that is none.
fn parse_endpoint(endpoint: &str) -> Result<String, AuthError> {
    let without_resolver = without_resolver(endpoint);
    let without_scheme = without_resolver.split_once("://").map_or(without_resolver, |(_, rest)| rest);
    let port = without_scheme.rsplit_once(':').map(|(_, port)| port);
    if port.is_some_and(|port| !port.ends_with(']') && port.parse::<u16>().is_err()) {
        return Err(AuthError::configuration(SETTING, format!("it has more than 4 parts; {PARTS}")));
    }
    match Destination::parse(endpoint, true) {
        Ok(destination) => Ok(destination.origin()),
        // The reason may quote the text, which may hold the secret if the parts are not in order.
        Err(_) => Err(AuthError::configuration(SETTING, format!("its endpoint is malformed; {PARTS}"))),
    }
}

/// Without the secret.
impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey")
            .field("endpoint", &self.endpoint)
            .field("client_id", &self.client_id)
            .field("organization", &self.organization)
            .finish_non_exhaustive()
    }
}
