//! The network: where credentials may go, over which connections, in which header.

#[cfg(feature = "transport")]
pub(crate) mod channel;
#[cfg(feature = "_http")]
pub(crate) mod client_identity;
#[cfg(feature = "transport")]
mod connect;
#[cfg(feature = "_http")]
pub(crate) mod connection_error;
pub(crate) mod destination;
pub(crate) mod header;
#[cfg(feature = "oauth")]
pub(crate) mod header_source;
#[cfg(feature = "oauth")]
pub(crate) mod http;
#[cfg(feature = "_http")]
mod lookup;
#[cfg(feature = "_http")]
pub(crate) mod names;
#[cfg(feature = "_http")]
pub(crate) mod proxy;
#[cfg(feature = "_http")]
pub(crate) mod route;
#[cfg(feature = "_http")]
pub(crate) mod tls;
pub(crate) mod verify;
pub(crate) mod warn_once;
