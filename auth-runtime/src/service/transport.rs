//! What calls travel over.

use bytes::Bytes;
use http_body::Body as HttpBody;
use tonic::{body::Body, client::GrpcService, codegen::StdError};

/// A service that gRPC calls can be sent over: tonic's `Channel`, a channel with layers, or any tower service of that
/// shape.
///
/// Implemented for all that qualify; there is nothing to implement. Clones must be cheap, since each call takes one,
/// and the response body must be `Unpin`, as those of tonic are. A client is `Sync` only over a transport that is:
/// `tower::util::BoxCloneSyncService` rather than `BoxCloneService`.
/// [`AuthLayer`](crate::AuthLayer) has an example.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a transport for gRPC calls",
    note = "a transport is a cloneable tower service from `http::Request<tonic::body::Body>` to an `http::Response` \
            whose body is `Send + Unpin + 'static`, such as `tonic::transport::Channel`"
)]
pub trait Transport:
    GrpcService<
        Body,
        ResponseBody: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send + Unpin + 'static,
        Error: Into<StdError>,
        Future: Send + 'static,
    > + Clone
    + Send
    + 'static
{
}

impl<T> Transport for T where
    T: GrpcService<
            Body,
            ResponseBody: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send + Unpin + 'static,
            Error: Into<StdError>,
            Future: Send + 'static,
        > + Clone
        + Send
        + 'static
{
}
