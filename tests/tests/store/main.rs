//! Credentials that outlive the program.

mod browser_or_device;
mod entries;
mod file;
mod logout;
mod notes;
mod notices;
mod other_kinds_of_file;
mod processes;
mod refused;
mod revocation;
mod session;
