//! Flyte: its configuration, what its servers say about logging in, and a connection made of both.
//!
//! [`connect()`] is all of it in one call. [`Config`] are the settings, [`Connector`] makes a [`Connection`] of them,
//! with flows of your own where `admin.authType` names one.

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
