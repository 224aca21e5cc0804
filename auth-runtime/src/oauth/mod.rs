//! OAuth 2 over HTTP: the `oauth2` crate knows the protocol, this module what real providers and networks do.

mod client_secret;
mod device_authorization;
mod endpoint;
pub(crate) mod http;
mod provider_words;
mod token_endpoint;
pub(crate) mod token_response;

pub(crate) use self::{
    client_secret::ClientSecret,
    device_authorization::DeviceAuthorizationEndpoint,
    endpoint::parse_endpoint,
    provider_words::Secrets,
    token_endpoint::{Client, TokenEndpoint, TokenResponse, credentials, token_error},
};
