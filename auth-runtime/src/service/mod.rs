//! The service between a client and its transport: attaches credentials, and sends a rejected call once more.
//!
//! `call` has every way that a call can take. `request` keeps what was sent; `response` tells what came back.

mod anonymous;
mod call;
mod channel;
mod connect;
mod deadline;
mod layer;
pub(crate) mod method;
mod methods;
mod proxy;
mod request;
pub(crate) mod response;
mod single_call;
pub(crate) mod transport;

pub(crate) use self::single_call::SingleCall;
pub use self::{
    anonymous::AnonymousChannel,
    call::{CallAuth, ResponseFuture},
    channel::AuthenticatedChannel,
    layer::AuthLayer,
    methods::MethodTable,
    proxy::{ProxyAuthLayer, ProxyAuthService},
    response::ResponseBody,
};
