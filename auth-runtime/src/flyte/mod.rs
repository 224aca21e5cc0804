//! Flyte: its configuration, what its servers say about logging in, and a connection made of both.

mod answers;
mod config;
mod discovery;
mod messages;

pub use self::{
    config::{AuthType, Config, ConfigSources, EffectiveSetting, Origin, Setting},
    discovery::AuthMetadata,
};
