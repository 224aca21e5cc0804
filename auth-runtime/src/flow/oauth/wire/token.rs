//! What a token endpoint's response brings.

use std::fmt;

use oauth2::{
    EndpointNotSet, EndpointSet, RequestTokenError, StandardRevocableToken, StandardTokenResponse, TokenResponse as _,
    basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType},
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{AuthError, Credentials};

/// The `oauth2` crate's client whose responses may hold an id token.
pub(crate) type Client<HasTokenUrl = EndpointSet> = oauth2::Client<
    BasicErrorResponse,
    TokenResponse,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    HasTokenUrl,
>;

/// The same for a client that revokes tokens.
pub(crate) type RevocationClient<HasRevocationUrl = EndpointNotSet> = oauth2::Client<
    BasicErrorResponse,
    TokenResponse,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    HasRevocationUrl,
    EndpointNotSet,
>;

/// The response to a token request.
pub(crate) type TokenResponse = StandardTokenResponse<IdToken, BasicTokenType>;

/// Why a token request failed, as the `oauth2` crate says it.
pub(crate) type TokenError = RequestTokenError<AuthError, BasicErrorResponse>;

/// The id token of OpenID Connect (Core 1.0, section 3.1.3.3).
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct IdToken {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

impl oauth2::ExtraTokenFields for IdToken {}

impl fmt::Debug for IdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdToken").finish_non_exhaustive()
    }
}

/// The credentials in a response. Their lifetime counts from the start of the request: by the time the response is
/// here, a part of it is over.
pub(crate) fn credentials(response: &TokenResponse, requested_at: Instant) -> Credentials {
    let mut credentials = Credentials::new(response.access_token().secret());
    if let Some(expires_in) = response.expires_in() {
        credentials = credentials.with_expires_in_since(expires_in, requested_at);
    }
    if let Some(refresh_token) = response.refresh_token() {
        credentials = credentials.with_refresh_token(refresh_token.secret());
    }
    if let Some(id_token) = &response.extra_fields().id_token {
        credentials = credentials.with_id_token(id_token);
    }
    credentials
}
