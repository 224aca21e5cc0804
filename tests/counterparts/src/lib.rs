//! Servers and proxies that others have written, started and stopped by the tests of this package. `./run` has what
//! they need.

#![forbid(unsafe_code)]

mod calls;
mod cases;
mod kinds;
mod process;
mod provider;
mod proxy;
mod server;
mod visit;

/// The service that all counterparts serve.
#[allow(missing_docs, clippy::all, reason = "generated")]
pub mod testing {
    tonic::include_proto!("grpc.testing");
}

/// etcd's services.
#[allow(missing_docs, clippy::all, reason = "generated")]
pub mod etcd {
    /// Keys and values.
    pub mod mvccpb {
        tonic::include_proto!("mvccpb");
    }
    /// Users and roles.
    pub mod authpb {
        tonic::include_proto!("authpb");
    }
    /// The services.
    pub mod etcdserverpb {
        tonic::include_proto!("etcdserverpb");
    }
}

pub use self::{
    calls::{Calls, Plain, plain},
    cases::interop_cases,
    kinds::{Kind, Rejection, call},
    process::Process,
    provider::{Provider, secret, signing_key},
    proxy::{Place, configured, free_addresses},
    server::{Server, descriptors, here, tool},
    visit::{Counterpart, Visit, at_once, visit},
};
