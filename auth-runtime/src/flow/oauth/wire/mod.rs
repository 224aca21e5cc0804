//! The wire: the `oauth2` crate knows the protocol, this module what real providers and networks do.

mod device_response;
mod endpoint;
mod request_error;
mod response;
mod revocation_response;
mod sent;
mod token;
mod token_response;

#[cfg(fuzzing)]
pub(crate) use self::{
    device_response::normalise as normalise_device_authorization, response::Sent,
    token_response::normalise as normalise_token,
};
pub(crate) use self::{
    endpoint::{Endpoint, host},
    request_error::request_error,
    token::{Client, RevocationClient, TokenError, TokenResponse, credentials},
};
pub(crate) use crate::net::http::Secrets;
