//! Where a call goes, and what carries it there.

mod authenticated_channel;
mod connect_endpoint;
mod destination;
mod lost_connection;
mod unverified;
