//! A certified OpenID provider and a real browser, for the tests of this package. `./run` has what they need.

#![forbid(unsafe_code)]

mod chromium;
mod process;
mod provider;
mod server;

pub use self::{
    chromium::{Browser, Screenshot},
    provider::{Client, Provider},
    server::server,
};
