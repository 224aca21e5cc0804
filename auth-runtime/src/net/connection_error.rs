//! Why a connection could not be made or broke, in words that help.

use std::{error::Error as StdError, fmt, io, sync::Arc};

use crate::AuthError;

/// The error for a connection that failed.
///
/// A certificate that is not trusted stays so until somebody acts; everything else may pass.
pub(crate) fn connection_failed<E>(operation: &'static str, peer: &str, error: E) -> AuthError
where
    E: StdError + Send + Sync + 'static,
{
    match find_rustls_error(&error) {
        Some(reason @ (rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)) => {
            AuthError::untrusted(peer.to_owned(), reason.to_string())
        }
        _ => {
            let source = Unreachable { peer: peer.to_owned(), source: Box::new(error) };
            AuthError::unavailable(operation, None, Arc::new(source))
        }
    }
}

fn find_rustls_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    match error.downcast_ref() {
        Some(found) => Some(found),
        None => find_rustls_error(cause(error)?),
    }
}

/// What an error was caused by. An I/O error's `source` skips the error that it holds, so that one is asked for.
fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(held) => Some(held),
        None => error.source(),
    }
}

/// A peer that could not be reached, or was lost on the way.
#[derive(Debug)]
struct Unreachable {
    peer: String,
    source: Box<dyn StdError + Send + Sync>,
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer from {}", self.peer)
    }
}

/// The first cause: what is wrapped around it ("transport error", "error sending request") helps nobody.
impl StdError for Unreachable {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let mut first: &(dyn StdError + 'static) = &*self.source;
        while let Some(earlier) = cause(first) {
            first = earlier;
        }
        Some(first)
    }
}
