//! What the caller is told of a call whose connection broke.
//!
//! A transport speaks of what happened to itself: "operation was canceled", "broken pipe". gRPC has words for what that
//! means to a call.

use std::{error::Error as StdErrorTrait, io, sync::Arc};

use h2::Reason;
use tonic::{Code, Status, codegen::StdError};

/// The same error, with the code that gRPC has for it: UNAVAILABLE where the connection was lost, and what its mapping
/// says (doc/PROTOCOL-HTTP2.md, "Errors") where the server reset the call. Any other error is left as it is.
#[cold]
pub(crate) fn in_words_of_grpc(error: StdError) -> StdError {
    let given = error.downcast_ref::<Status>().map(Status::code);
    let (code, what) = match evidence(&*error) {
        // A transport's own words for the same.
        Some(Evidence::Lost) if matches!(given, None | Some(Code::Unknown | Code::Internal | Code::Cancelled)) => {
            (Code::Unavailable, "the connection was lost during the call")
        }
        Some(Evidence::Abandoned) => (
            Code::Unavailable,
            "the tokio runtime on which the channel was connected was shut down, so that nothing serves it; connect again \
             on one that lasts",
        ),
        Some(Evidence::Reset(reason)) if matches!(given, None | Some(Code::Unknown)) => {
            (code_of(reason), "the server reset the call")
        }
        _ => return error,
    };
    let words = error.downcast_ref::<Status>().map_or_else(|| error.to_string(), |status| status.message().to_owned());
    let mut status = Status::new(code, format!("{what}: {words}"));
    status.set_source(Arc::from(error));
    status.into()
}

enum Evidence {
    /// The connection broke, or closed.
    Lost,
    /// The task that serves tonic's channel is gone.
    #[cfg_attr(not(feature = "transport"), allow(dead_code, reason = "only tonic's channel has one"))]
    Abandoned,
    /// The server ended this call alone.
    Reset(Reason),
}

fn evidence(error: &(dyn StdErrorTrait + 'static)) -> Option<Evidence> {
    told_by(error).or_else(|| evidence(error.source()?))
}

fn told_by(error: &(dyn StdErrorTrait + 'static)) -> Option<Evidence> {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
    #[cfg(feature = "transport")]
    if error.is::<tower::buffer::error::Closed>() {
        return Some(Evidence::Abandoned);
    }
    #[cfg(feature = "transport")]
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        // "dispatch task is gone" counts as the user's error, and is the only one of those without a cause.
        let dispatch_is_gone = error.is_user() && error.source().is_none();
        return (error.is_canceled() || error.is_closed() || error.is_incomplete_message() || dispatch_is_gone)
            .then_some(Evidence::Lost);
    }
    if let Some(error) = error.downcast_ref::<h2::Error>() {
        return match error.reason() {
            _ if error.is_io() || error.is_go_away() => Some(Evidence::Lost),
            Some(reason) if error.is_remote() => Some(Evidence::Reset(reason)),
            _ => None,
        };
    }
    let kind = error.downcast_ref::<io::Error>()?.kind();
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof)
        .then_some(Evidence::Lost)
}

fn code_of(reason: Reason) -> Code {
    match reason {
        Reason::REFUSED_STREAM => Code::Unavailable,
        Reason::CANCEL => Code::Cancelled,
        Reason::ENHANCE_YOUR_CALM => Code::ResourceExhausted,
        Reason::INADEQUATE_SECURITY => Code::PermissionDenied,
        _ => Code::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(error: impl Into<StdError>) -> Status {
        Status::from_error(in_words_of_grpc(error.into()))
    }

    #[test]
    fn a_connection_that_breaks_is_unavailable_however_the_transport_puts_it() {
        let kinds = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset, io::ErrorKind::UnexpectedEof];
        for kind in kinds {
            assert_eq!(told(io::Error::from(kind)).code(), Code::Unavailable, "{kind:?}");
            // As tonic hands out what breaks behind the head.
            let mut wrapped = Status::unknown("error reading a body from connection");
            wrapped.set_source(Arc::new(io::Error::from(kind)));
            let told = told(wrapped);
            assert_eq!(told.code(), Code::Unavailable, "{kind:?}");
            assert!(told.message().ends_with("error reading a body from connection"), "{told:?}");
            assert!(std::error::Error::source(&told).is_some(), "{told:?}");
        }
    }

    #[test]
    fn what_a_server_or_a_caller_says_stays() {
        for code in [Code::Unauthenticated, Code::NotFound, Code::DeadlineExceeded, Code::Unavailable] {
            let mut said = Status::new(code, "so it is");
            said.set_source(Arc::new(io::Error::from(io::ErrorKind::BrokenPipe)));
            assert_eq!((told(said).code(), code), (code, code));
        }
        assert_eq!(told(Status::cancelled("by the caller")).code(), Code::Cancelled);
        assert_eq!(told(io::Error::other("a disk")).code(), Code::Unknown);
        // A reset of our own.
        assert!(evidence(&h2::Error::from(Reason::CANCEL)).is_none());
    }
}
