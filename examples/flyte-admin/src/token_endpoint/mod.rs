//! An OAuth 2 authorization server on loopback, as far as the client credentials grant needs one.

mod client_authentication;
mod endpoint;
mod grant;
mod grant_error;
mod tokens;

pub use endpoint::{TokenEndpoint, TokenEndpointSettings};
pub use tokens::{Caller, InvalidToken, Tokens};
