//! Flyte's settings: where they are found, what is made of them, and what is said about bad ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod api_key;
mod attacker;
mod certificates;
mod connection;
mod discovery;
mod discovery_not_needed;
mod documentation;
mod environment;
mod file_order;
mod files;
mod hostile_directory;
mod own_directory;
mod people;
mod permission_denied;
mod proxy_command;
mod registry;
mod secrets;
mod settings_of_others;
mod spellings;
mod support;
mod values;
