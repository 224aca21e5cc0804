//! Credentials that outlive the program.

mod entries;
mod file;
mod logout;
mod notes;
mod other_kinds_of_file;
mod processes;
mod refused;
mod revocation;
mod session;
