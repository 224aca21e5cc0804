//! The builder methods that grants share.

/// What any grant may ask for, and where. Behind the flow stands the field that has the client's settings.
macro_rules! request_settings {
    ($flow:ident, $($client:ident).+) => {
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
                self.$($client).+.endpoints.token = Some(url.into()).filter(|url| !url.is_empty());
                self
            }

            /// The provider's issuer, before that of the authenticator
            /// ([`issuer`](crate::AuthenticatorBuilder::issuer)).
            #[must_use]
            pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
                self.$($client).+.issuer = Some(issuer.into()).filter(|issuer| !issuer.is_empty());
                self
            }

            /// The scopes to ask for (RFC 6749 section 3.3), instead of those that the server names. Empty ones are
            /// left out; an empty list asks for none, even if the server names some.
            #[must_use]
            pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
                self.$($client).+.scopes = Some(scopes.into_iter().map(Into::into).collect());
                self
            }

            /// The audience to ask for, instead of the one that the server names. Not in RFC 6749, but some providers
            /// issue no token without it (Auth0).
            #[must_use]
            pub fn audience(mut self, audience: impl Into<String>) -> Self {
                self.$($client).+.audience = Some(audience.into()).filter(|audience| !audience.is_empty());
                self
            }

            /// One more parameter of every token request, such as the `resource` of RFC 8707. May be called again, also
            /// with the same name. Parameters that the login sets itself are refused when it begins.
            ///
            /// Stored credentials are those of one set of parameters: it is kept beside them, so it is no place for a
            /// secret.
            #[must_use]
            pub fn token_param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
                self.$($client).+.token_params.add(name.into(), value.into());
                self
            }

            /// What stands before the token in the header, whatever the provider calls the token's type: `Bearer` for
            /// providers that call it `BearerToken` or the like. Without it, a type other than Bearer is refused (RFC
            /// 6749 section 7.1).
            #[must_use]
            pub fn token_type(mut self, token_type: impl Into<String>) -> Self {
                self.$($client).+.sent_token.token_type = Some(token_type.into());
                self
            }

            /// Where the provider can be told that tokens are not used any more (RFC 7009), instead of where its issuer
            /// says: asked by [`logout`](crate::Authenticator::logout). `https://`, but for this machine.
            #[must_use]
            pub fn revocation_url(mut self, url: impl Into<String>) -> Self {
                self.$($client).+.endpoints.revocation = Some(url.into()).filter(|url| !url.is_empty());
                self
            }

            /// How id and secret are sent.
            #[must_use]
            pub fn client_authentication(mut self, authentication: crate::flow::ClientAuthentication) -> Self {
                self.$($client).+.authentication = authentication;
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
                self.login.client.id = Some(id.into()).filter(|id| !id.is_empty());
                self
            }

            /// A client secret, for the providers that want one even of programs that cannot keep it. It is sent in
            /// the request's body, unless [`client_authentication`](Self::client_authentication) says otherwise.
            #[must_use]
            pub fn client_secret(mut self, secret: impl Into<String>) -> Self {
                self.login.client.secret =
                    Some($crate::flow::oauth::client_secret::ClientSecret::Value(secret.into().into()));
                self
            }

            /// One more parameter of the request that a login begins with, such as `prompt`, `login_hint`, `acr_values`,
            /// `organization`, or the `resource` of RFC 8707, which belongs into
            /// [`token_param`](Self::token_param) as well. Otherwise as there.
            #[must_use]
            pub fn authorization_param(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
                self.login.client.authorization_params.add(name.into(), value.into());
                self
            }

            /// Whether a refresh says which scopes it is for, as some providers want it (Entra ID). By default it does
            /// once the provider has refused one that did not.
            #[must_use]
            pub fn scope_on_refresh(mut self, scope_on_refresh: bool) -> Self {
                self.login.client.refresh_scope.set = Some(scope_on_refresh);
                self
            }

            /// Whether the id token of OpenID Connect is sent to the server instead of the access token, as
            /// identity-aware proxies and Kubernetes want it. It lasts as long as it says itself. Needs the scope
            /// `openid`.
            #[must_use]
            pub fn use_id_token(mut self, use_id_token: bool) -> Self {
                self.login.client.sent_token.is_id_token = use_id_token;
                self
            }

            $(#[$timeout])*
            #[must_use]
            pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
                self.login.timeout = timeout;
                self
            }
        }
    };
}

pub(super) use {personal_settings, request_settings};
