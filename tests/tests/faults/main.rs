//! What is promised for when things go wrong: secrets stay secret, bounds hold, and nothing stays broken.

mod auth_error;
mod canary_itself;
mod hostile_peers;
mod limits;
mod matrix;
mod redaction;
mod restarts;
mod user_code;
