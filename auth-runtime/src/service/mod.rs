//! The service between a client and its transport: attaches credentials, and sends a rejected call once more.
//!
//! `future` runs a call, from what is in `begin` to what `answer` makes of a response; `classify` decides on answers,
//! after a `glance` that most need no more than; `head`, `kept` and `recording` keep what was sent; `response_body`
//! watches a response until its first message and splices a second one in after a late rejection.

mod anonymous;
mod answer;
mod attempt_body;
mod begin;
mod call;
mod channel;
pub(crate) mod classify;
mod connect;
mod deadline;
mod future;
mod glance;
mod head;
mod hops;
mod kept;
mod layer;
pub(crate) mod method;
mod methods;
mod proxy;
mod recording;
mod rejected;
mod response_body;
mod single_call;
pub(crate) mod transport;
mod witness;

pub(crate) use self::single_call::SingleCall;
pub use self::{
    anonymous::AnonymousChannel,
    channel::AuthenticatedChannel,
    future::ResponseFuture,
    layer::AuthLayer,
    methods::MethodTable,
    proxy::{ProxyAuthLayer, ProxyAuthService},
    response_body::ResponseBody,
};
