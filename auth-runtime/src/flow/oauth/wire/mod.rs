//! The wire: the `oauth2` crate knows the protocol, this module what real providers and networks do.

mod device_response;
mod endpoint;
mod provider_words;
mod request_error;
mod response;
mod token;
mod token_response;

#[cfg(fuzzing)]
pub(crate) use self::{
    device_response::normalise as normalise_device_authorization, token_response::normalise as normalise_token,
};
pub(crate) use self::{
    endpoint::{Endpoint, host},
    provider_words::Secrets,
    request_error::request_error,
    token::{Client, TokenError, TokenResponse, credentials},
};
