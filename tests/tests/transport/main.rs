//! Where a call goes, and what carries it there.

mod authenticated_channel;
mod connect_endpoint;
mod destination;
mod errors;
mod lost_connection;
