//! Where a call goes, and what carries it there.

mod authenticated_channel;
mod certificates;
mod connect_endpoint;
mod destination;
mod errors;
mod indexed_token;
mod lost_connection;
mod proxies;
mod silent_path;
mod system_authorities;
mod unverified;
