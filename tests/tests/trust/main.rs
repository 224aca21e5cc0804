//! Attackers: servers that lie about who the identity provider is, and what they get. Each attack has an honest sibling
//! that logs in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod another_programs;
mod attacker;
mod device_pages;
mod issuer;
mod mix_up;
mod page;
mod providers;
mod proxy_credentials;
mod remembered;
mod revocation;
mod stored;
mod taken_over;
mod this_machine;
mod world;
