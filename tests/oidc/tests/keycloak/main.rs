//! Logins at Keycloak, for gRPC calls that need them. `run keycloak` starts one for all tests; each has a client and a
//! person of its own.
#![allow(missing_docs, reason = "tests say what they are by their names")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod administrator;
mod keys;
mod machine;
mod offline;
mod people;
mod person;
mod processes;
