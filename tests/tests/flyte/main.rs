//! Flyte's settings: where they are found, what is made of them, and what is said about bad ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod api_key;
mod certificates;
mod connection;
mod discovery;
mod documentation;
mod environment;
mod files;
mod hostile_directory;
mod people;
mod proxy_command;
mod registry;
mod secrets;
mod support;
mod values;
