//! The grants of OAuth 2, each on top of [`ClientSettings`]: who asks, where, and for what.

mod agreement;
mod client;
mod client_authentication;
mod client_credentials;
mod client_secret;
mod device_code;
mod issued;
mod parameters;
#[cfg(fuzzing)]
pub(crate) mod person;
#[cfg(not(fuzzing))]
mod person;
mod personal;
#[cfg(fuzzing)]
pub(crate) mod pkce;
#[cfg(not(fuzzing))]
mod pkce;
mod refresh;
mod refresh_scope;
mod refusal;
mod requested;
mod revocation;
mod settings;
pub(crate) mod wire;

use self::client::ClientSettings;
pub use self::{
    client_authentication::ClientAuthentication, client_credentials::ClientCredentials, device_code::DeviceCode,
    pkce::Pkce,
};
