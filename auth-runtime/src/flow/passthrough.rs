//! Credentials that belong to one call: a server that acts on behalf of its own callers.

use http::{HeaderMap, HeaderValue};

use crate::{AuthError, Credentials, Flow, FlowContext, net::header};

/// A session without credentials of its own: each call brings its own in [`PassthroughHeaders`].
///
/// A call that brings none goes out anonymous, and fails if the server wants credentials.
///
/// ```
/// use auth_runtime::{Authenticator, flow::{Passthrough, PassthroughHeaders}};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let authenticator = Authenticator::builder("https://flyte.example.com").flow(Passthrough).build()?;
/// // In the handler of a request that came with a token:
/// let mut request = tonic::Request::new(());
/// request.extensions_mut().insert(PassthroughHeaders::new([("authorization", "Bearer their-token")])?);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Passthrough;

impl Flow for Passthrough {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        Err(AuthError::configuration(
            "passthrough",
            "the call brought no credentials that the server accepts, and this session has none of its own; \
                     put PassthroughHeaders into the request's extensions"
                .to_owned(),
        ))
    }
}

/// Headers for one call, put into the extensions of its request. [`Passthrough`] has an example.
///
/// They count as the caller's own, whatever the flow: nothing else is attached, and a rejection is final, because
/// nothing here could get better ones. They are marked sensitive, go to the authenticator's endpoint only, and never to
/// a method that was declared `unauthenticated`.
#[derive(Debug, Clone)]
#[doc(alias = "auth_metadata")]
pub struct PassthroughHeaders {
    headers: HeaderMap,
}

impl PassthroughHeaders {
    /// Checks the headers.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for a key or value that no header can carry, or that belongs to HTTP/2 or gRPC; the
    /// value is not in the error.
    pub fn new<K, V>(headers: impl IntoIterator<Item = (K, V)>) -> Result<Self, AuthError>
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let mut checked = HeaderMap::new();
        for (key, value) in headers {
            let key = header::parse_key(key.as_ref())?;
            let mut value = HeaderValue::from_str(value.as_ref()).map_err(|_| {
                AuthError::configuration(
                    "passthrough",
                    format!("the value for `{key}` has a character that no header can carry, such as a line break"),
                )
            })?;
            value.set_sensitive(true);
            checked.insert(key, value);
        }
        Ok(Self { headers: checked })
    }

    /// Puts them in the place of whatever the request has under the same keys.
    pub(crate) fn put(self, headers: &mut HeaderMap) {
        for (key, value) in self.headers {
            if let Some(key) = key {
                headers.insert(key, value);
            }
        }
    }
}
