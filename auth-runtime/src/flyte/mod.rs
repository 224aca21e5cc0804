//! Flyte: its configuration, what its servers say about logging in, and a connection made of both.
//!
//! [`connect()`] is all of it in one call. [`Config`] are the settings, [`Connector`] makes a [`Connection`] of them,
//! with flows of your own where `admin.authType` names one.

mod answers;
mod config;
mod connect;
mod discovery;
mod messages;
mod registry;

pub use self::{
    config::{AuthType, Config, ConfigSources, EffectiveSetting, Origin, Setting},
    connect::{Connection, Connector, connect},
    discovery::AuthMetadata,
};
