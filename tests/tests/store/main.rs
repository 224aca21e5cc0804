//! Credentials that outlive the program.

mod entries;
mod file;
mod logout;
mod processes;
mod refused;
mod revocation;
mod session;
