//! Real providers and a real browser, for the tests of this package. `./run` has what they need.

#![forbid(unsafe_code)]

mod chromium;
mod fosite;
mod keycloak;
mod process;
mod provider;
mod server;

pub use self::{
    chromium::{Browser, Screenshot},
    fosite::Fosite,
    keycloak::{Access, Keycloak},
    provider::{Client, Provider},
    server::{server, server_that_asks},
};
