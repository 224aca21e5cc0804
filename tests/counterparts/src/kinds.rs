//! One call of each kind, with what must come of it.

use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Request, Status};

use crate::{
    Calls,
    testing::{Payload, ResponseParameters, SimpleRequest, StreamingInputCallRequest, StreamingOutputCallRequest},
};

/// A kind of RPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "gRPC's own")]
pub enum Kind {
    Unary,
    ServerStreaming,
    ClientStreaming,
    Bidi,
}

impl Kind {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Unary, Self::ServerStreaming, Self::ClientStreaming, Self::Bidi];
}

/// When a server is to reject a call without good credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// At once.
    Early,
    /// Behind the response's headers, or as the server's HTTP layer does.
    Late,
    /// When it has read the first message of the request.
    BehindMessage,
}

impl Rejection {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Early, Self::Late, Self::BehindMessage];

    fn header(self) -> &'static str {
        match self {
            Self::Early => "head",
            Self::Late => "late",
            Self::BehindMessage => "message",
        }
    }
}

/// Zeros, as the service's own cases have them.
pub(crate) fn payload(size: usize) -> Option<Payload> {
    Some(Payload { body: vec![0; size], ..Default::default() })
}

/// A request for responses of these sizes.
pub(crate) fn wanting(sizes: &[i32], own: usize) -> StreamingOutputCallRequest {
    let response_parameters = sizes.iter().map(|&size| ResponseParameters { size, ..Default::default() }).collect();
    StreamingOutputCallRequest { response_parameters, payload: payload(own), ..Default::default() }
}

/// How long a payload is that a server has sent.
pub(crate) fn size(payload: Option<Payload>) -> usize {
    payload.map_or(0, |payload| payload.body.len())
}

/// Makes a call, and checks that each message has arrived once.
///
/// # Errors
///
/// The status of a call that failed.
///
/// # Panics
///
/// If a call succeeds with anything else than it asked for.
pub async fn call(client: &impl Calls, kind: Kind, rejection: Rejection) -> Result<(), Status> {
    match kind {
        Kind::Unary => {
            let request = SimpleRequest { response_size: 314, payload: payload(271), ..Default::default() };
            let response = client.unary(asking(request, rejection)).await?.into_inner();
            assert_eq!(size(response.payload), 314, "{kind:?} {rejection:?}");
        }
        Kind::ServerStreaming => {
            let request = asking(wanting(&[31, 9, 2653], 10), rejection);
            let mut responses = client.output(request).await?.into_inner();
            let mut sizes = Vec::new();
            while let Some(response) = responses.message().await? {
                sizes.push(size(response.payload));
            }
            assert_eq!(sizes, [31, 9, 2653], "{kind:?} {rejection:?}");
        }
        Kind::ClientStreaming => {
            let messages =
                [271, 8, 1828].map(|size| StreamingInputCallRequest { payload: payload(size), ..Default::default() });
            let request = asking(tokio_stream::iter(messages), rejection);
            let total = client.input(request).await?.into_inner().aggregated_payload_size;
            assert_eq!(total, 271 + 8 + 1828, "{kind:?} {rejection:?}");
        }
        Kind::Bidi => {
            let (requests, stream) = mpsc::unbounded_channel();
            let send = |size: i32| requests.send(wanting(&[size], 27)).map_err(|_| Status::internal("not read"));
            send(31)?;
            let mut responses =
                client.duplex(asking(UnboundedReceiverStream::new(stream), rejection)).await?.into_inner();
            for (expected, next) in [(31, Some(9)), (9, Some(2653)), (2653, None)] {
                let response = responses.message().await?.expect("a response for each request");
                assert_eq!(size(response.payload), expected, "{kind:?} {rejection:?}");
                if let Some(next) = next {
                    send(next)?;
                }
            }
            drop(requests);
            assert_eq!(responses.message().await?, None, "{kind:?} {rejection:?}");
        }
    }
    Ok(())
}

fn asking<M>(message: M, rejection: Rejection) -> Request<M> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("reject", rejection.header().parse().expect("ASCII"));
    request
}
