//! Flyte: its configuration, what its servers say about logging in, and a connection made of both.
//!
//! [`connect()`] is all of it in one call, with the settings that flytectl and flytekit use:
//!
//! ```no_run
//! # async fn connect() -> Result<(), auth_runtime::AuthError> {
//! let flyte = auth_runtime::flyte::connect().await?;
//! let channel = flyte.channel(); // AuthenticatedAdminServiceClient::new(channel)
//! # Ok(()) }
//! ```
//!
//! [`Config`] are the settings, and [`Connector`] makes a [`Connection`] of them: with logins that are kept
//! ([`Connector::keep_logins`]), with a prompt of your own, or with flows of your own where `admin.authType` names one.

mod api_key;
mod config;
mod connect;
mod discovery;
#[cfg(feature = "keyring")]
mod keyring;
mod login_store;
mod messages;
mod not_grpc;
mod registry;

#[cfg(feature = "keyring")]
pub use self::keyring::{KeyringLayout, SharedKeyring};
pub use self::{
    api_key::ApiKey,
    config::{AuthType, Config, ConfigSources, EffectiveSetting, Origin, Setting},
    connect::{Connection, Connector, NON_INTERACTIVE_VARIABLE, connect},
    discovery::AuthMetadata,
    login_store::{LOGIN_STORE_VARIABLE, LoginPlace, LoginStore},
};
