//! The command line, and the server and provider that stand in for a Flyte.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]
#![allow(clippy::type_complexity, reason = "a table of rows, each read once")]

mod command_line;
mod configured;
mod contract;
mod doctor;
mod doctor_over_tls;
#[cfg(target_os = "linux")]
mod environments;
mod front;
mod generated_clients;
mod home;
#[cfg(target_os = "linux")]
mod installations;
mod outages;
#[cfg(target_os = "linux")]
mod person;
mod server;
mod stand_in;
#[cfg(target_os = "linux")]
mod terminal;
mod token_endpoint;
