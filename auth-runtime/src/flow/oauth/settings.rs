//! The builder methods that grants share. Each flow keeps its settings in a field `client`.

/// What any grant may ask for, and where.
macro_rules! request_settings {
    ($flow:ident) => {
        impl $flow {
            /// The token endpoint, instead of the server's
            /// ([`ServerDetails::token_endpoint`](crate::ServerDetails::token_endpoint)).
            ///
            /// The other endpoints that the login needs must then be set as well, or the issuer must name this one too:
            /// all of them are believed for one reason. It must be `https://`, but for this machine or with
            /// [`allow_plaintext`](crate::AuthenticatorBuilder::allow_plaintext) (RFC 6749 section 3.2). Redirects are
            /// not followed.
            #[doc(alias = "tokenUrl")]
            #[must_use]
            pub fn token_url(mut self, url: impl Into<String>) -> Self {
                self.client.endpoints.token = Some(url.into()).filter(|url| !url.is_empty());
                self
            }

            /// The provider's issuer, before that of the authenticator
            /// ([`issuer`](crate::AuthenticatorBuilder::issuer)).
            #[must_use]
            pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
                self.client.issuer = Some(issuer.into()).filter(|issuer| !issuer.is_empty());
                self
            }

            /// The scopes to ask for (RFC 6749 section 3.3), instead of those that the server names. Empty ones are
            /// left out; an empty list asks for none, even if the server names some.
            #[must_use]
            pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
                self.client.scopes = Some(scopes.into_iter().map(Into::into).collect());
                self
            }

            /// The audience to ask for, instead of the one that the server names. Not in RFC 6749, but some providers
            /// issue no token without it (Auth0).
            #[must_use]
            pub fn audience(mut self, audience: impl Into<String>) -> Self {
                self.client.audience = Some(audience.into()).filter(|audience| !audience.is_empty());
                self
            }
        }
    };
}

/// What a login in which a person takes part has besides.
macro_rules! personal_settings {
    ($flow:ident, timeout $(#[$timeout:meta])*) => {
        impl $flow {
            /// The id that the provider knows this client by, instead of the one that the server names.
            #[must_use]
            pub fn client_id(mut self, id: impl Into<String>) -> Self {
                self.client.id = Some(id.into()).filter(|id| !id.is_empty());
                self
            }

            /// A client secret, for the providers that want one even of programs that cannot keep it. It is sent in
            /// the request's body.
            #[must_use]
            pub fn client_secret(mut self, secret: impl Into<String>) -> Self {
                self.client.secret = Some(ClientSecret::Value(SecretString::from(secret.into())));
                self
            }

            $(#[$timeout])*
            #[must_use]
            pub fn timeout(mut self, timeout: Duration) -> Self {
                self.timeout = timeout;
                self
            }
        }
    };
}

pub(super) use {personal_settings, request_settings};
