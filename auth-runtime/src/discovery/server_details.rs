//! How a server wants its clients to log in.

/// How a server wants its clients to log in, as far as it says so.
///
/// Settings made locally win over each of these. An empty text says nothing.
///
/// ```
/// use auth_runtime::ServerDetails;
///
/// let details = ServerDetails::new().with_client_id("my-tool").with_scopes(["all", "offline"]);
/// assert_eq!(details.client_id(), Some("my-tool"));
/// assert_eq!(details.token_endpoint(), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerDetails {
    issuer: Option<String>,
    token_endpoint: Option<String>,
    authorization_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
    client_id: Option<String>,
    redirect_uri: Option<String>,
    scopes: Vec<String>,
    audience: Option<String>,
    header_key: Option<String>,
    wants_no_credentials: bool,
}

impl ServerDetails {
    /// A server that says nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A server that is known to want no credentials, such as one whose metadata service is not implemented. Empty
    /// details prove nothing: they are those of a server that says nothing.
    ///
    /// ```
    /// use auth_runtime::ServerDetails;
    ///
    /// assert!(ServerDetails::without_authentication().wants_no_credentials());
    /// assert!(!ServerDetails::new().wants_no_credentials());
    /// ```
    #[must_use]
    pub fn without_authentication() -> Self {
        Self { wants_no_credentials: true, ..Self::default() }
    }

    /// Whether the server is known to want no credentials.
    pub fn wants_no_credentials(&self) -> bool {
        self.wants_no_credentials
    }

    /// The provider's issuer identifier (RFC 8414 section 2).
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = said(issuer);
        self
    }

    /// The provider's token endpoint.
    #[must_use]
    pub fn with_token_endpoint(mut self, url: impl Into<String>) -> Self {
        self.token_endpoint = said(url);
        self
    }

    /// Where a person logs in with a browser on the same machine.
    #[must_use]
    pub fn with_authorization_endpoint(mut self, url: impl Into<String>) -> Self {
        self.authorization_endpoint = said(url);
        self
    }

    /// Where a login on another device begins (RFC 8628).
    #[must_use]
    pub fn with_device_authorization_endpoint(mut self, url: impl Into<String>) -> Self {
        self.device_authorization_endpoint = said(url);
        self
    }

    /// The client for the logins of people.
    #[must_use]
    pub fn with_client_id(mut self, id: impl Into<String>) -> Self {
        self.client_id = said(id);
        self
    }

    /// That client's redirect URI.
    #[must_use]
    pub fn with_redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = said(uri);
        self
    }

    /// The scopes to ask for.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().filter_map(said).collect();
        self
    }

    /// The audience to ask for.
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = said(audience);
        self
    }

    /// The header that the server reads the token from.
    #[must_use]
    pub fn with_header_key(mut self, key: impl Into<String>) -> Self {
        self.header_key = said(key);
        self
    }

    /// The provider's issuer identifier.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The provider's token endpoint.
    pub fn token_endpoint(&self) -> Option<&str> {
        self.token_endpoint.as_deref()
    }

    /// Where a person logs in with a browser on the same machine.
    pub fn authorization_endpoint(&self) -> Option<&str> {
        self.authorization_endpoint.as_deref()
    }

    /// Where a login on another device begins.
    pub fn device_authorization_endpoint(&self) -> Option<&str> {
        self.device_authorization_endpoint.as_deref()
    }

    /// The client for the logins of people.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// That client's redirect URI.
    pub fn redirect_uri(&self) -> Option<&str> {
        self.redirect_uri.as_deref()
    }

    /// The scopes to ask for.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The audience to ask for.
    pub fn audience(&self) -> Option<&str> {
        self.audience.as_deref()
    }

    /// The header that the server reads the token from.
    pub fn header_key(&self) -> Option<&str> {
        self.header_key.as_deref()
    }
}

fn said(text: impl Into<String>) -> Option<String> {
    Some(text.into()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_says_nothing() {
        let empty = ServerDetails::new()
            .with_issuer("")
            .with_token_endpoint("")
            .with_authorization_endpoint("")
            .with_device_authorization_endpoint("")
            .with_client_id("")
            .with_redirect_uri("")
            .with_scopes(["", ""])
            .with_audience("")
            .with_header_key("");
        assert_eq!(empty, ServerDetails::new());
    }
}
