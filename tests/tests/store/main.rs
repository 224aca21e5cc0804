//! Credentials that outlive the program.

mod entries;
mod file;
mod processes;
mod session;
