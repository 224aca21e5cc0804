//! `docs/errors.md`: each message of the code is on the page, and each of the page is in the code and is provoked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod command;
mod elsewhere;
mod flyte;
#[allow(dead_code, reason = "the checks of the house need more of it")]
#[path = "../house/modules.rs"]
mod modules;
#[cfg(target_os = "linux")]
mod own_process;
mod page;
mod printed;
mod provider;
mod provoked;
mod quoted;
mod settings;
#[allow(dead_code, reason = "the tests of configurations need more of it")]
#[path = "../flyte/support.rs"]
mod support;
mod texts;
mod transports;
