//! The HTTP side of a Flyte, on loopback: its authorization server, and what it publishes about it.
//!
//! It behaves as flyteadmin's own provider does (fosite 0.42), down to what is odd about it; `tests/contract` holds
//! it to that, a row for each observation.

mod authorize;
mod client_authentication;
mod clients;
mod endpoint;
mod grant;
mod grant_error;
mod issuer;
mod jwt;
mod metadata;
mod token_kind;
mod tokens;

pub use clients::PUBLIC_CLIENT_ID;
pub use endpoint::{TokenEndpoint, TokenEndpointSettings};
pub use issuer::{Issuer, Provider};
pub use token_kind::InvalidToken;
pub use tokens::{Caller, Tokens};
