//! Why a connection could not be made or broke, in words that help.

use std::{error::Error as StdError, fmt, io, sync::Arc};

use hyper_util::client::legacy::connect::{HttpConnector, proxy::Tunnel};
use tower_service::Service;

use super::{lookup::LookupFailed, route::Route, tls};
use crate::{AuthError, error::Obstacle};

type TunnelError = <Tunnel<HttpConnector> as Service<http::Uri>>::Error;

/// The error for a connection that failed.
///
/// What stays so until somebody acts is told apart from what may pass.
pub(crate) fn connection_failed<E>(operation: &'static str, route: &Route, error: E) -> AuthError
where
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    let error = error.into();
    if let Some(known) = find(&*error) {
        return AuthError::clone(known);
    }
    if let Some(reason) = find(&*error).and_then(|reason| tls::explain(route, reason)) {
        return reason;
    }
    if let Some(lookup) = find::<LookupFailed>(&*error).filter(|lookup| lookup.is_permanent()) {
        let (peer, host) = (route.who_is(&lookup.host).to_owned(), lookup.host.clone());
        return AuthError::unreachable(Obstacle::UnknownName { peer, host });
    }
    if let (Some(TunnelError::ProxyAuthRequired), Some(proxy)) = (find(&*error), &route.proxy) {
        return AuthError::unreachable(Obstacle::ProxyAuthorization {
            proxy: proxy.name.clone(),
            setting: proxy.setting,
        });
    }
    #[cfg(feature = "oauth")]
    if find(&*error).is_some_and(is_no_http) {
        return AuthError::unreachable(Obstacle::NotHttp { peer: route.peer.clone() });
    }
    // Below a proxy's tunnel there is no other connection.
    let peer = match find::<TunnelError>(&*error).is_some() || find::<rustls::Error>(&*error).is_none() {
        true => route.first_stop(),
        false => &route.peer,
    };
    no_answer(operation, peer, error)
}

/// A connection that may come about at another time.
pub(super) fn no_answer(
    operation: &'static str,
    peer: &str,
    source: impl Into<Box<dyn StdError + Send + Sync>>,
) -> AuthError {
    AuthError::unavailable(operation, None, Arc::new(NoAnswer { peer: peer.to_owned(), source: source.into() }))
}

/// A peer that was waited for in vain.
#[cfg(feature = "transport")]
pub(super) fn nothing_said(operation: &'static str, peer: &str, after: std::time::Duration) -> AuthError {
    no_answer(operation, peer, io::Error::new(io::ErrorKind::TimedOut, format!("nothing came within {after:?}")))
}

/// Whether what came back is no response of HTTP at all.
#[cfg(feature = "oauth")]
fn is_no_http(error: &hyper::Error) -> bool {
    error.is_parse() && !error.is_parse_too_large() && !error.is_parse_status()
}

/// The first cause of this type.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    match error.downcast_ref() {
        Some(found) => Some(found),
        None => find(cause(error)?),
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
struct NoAnswer {
    peer: String,
    source: Box<dyn StdError + Send + Sync>,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer from {}", self.peer)
    }
}

/// The first cause: what is wrapped around it ("transport error", "error sending request") helps nobody.
impl StdError for NoAnswer {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let mut first: &(dyn StdError + 'static) = &*self.source;
        while let Some(earlier) = cause(first) {
            first = earlier;
        }
        Some(first)
    }
}
