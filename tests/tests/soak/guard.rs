//! Who may call: looked at once for each attempt, before the service sees it.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    middleware::Next,
};
use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use tests::peer::bearer;
use tonic::{Status, metadata::GRPC_CONTENT_TYPE};

use super::{
    ledger::{CALL, CallId, Ledger, Rejected},
    tokens::{Invalid, Tokens},
};

/// The metadata of each answer that says which of the servers at the address gave it.
pub(crate) const INCARNATION: &str = "soak-incarnation";

pub(crate) struct Guard {
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) rejections: AtomicU64,
}

/// The guard of one server.
#[derive(Clone)]
pub(crate) struct Post {
    pub(crate) guard: Arc<Guard>,
    pub(crate) incarnation: u64,
}

/// Lets an attempt pass, or turns it away in one of the shapes that servers do it in.
pub(crate) async fn guard(State(post): State<Post>, request: Request, next: Next) -> Response<Body> {
    let Post { guard, incarnation } = post;
    let call = request.headers().get(CALL).and_then(|value| value.to_str().ok()?.parse::<CallId>().ok());
    let Some(call) = call else { return Status::invalid_argument("a call without a name").into_http() };
    let token = bearer(request.headers(), "authorization");
    let verdict = token.as_ref().map_or(Err(Invalid::Missing), |token| guard.tokens.check(token));
    let mut response = match verdict {
        Ok(()) => {
            guard.ledger.enter(call, |attempts| attempts.admitted += 1);
            next.run(request).await
        }
        Err(reason) => {
            let rejected = Rejected { token, reason, at: Instant::now(), revocations: guard.tokens.revocations() };
            guard.ledger.enter(call, |attempts| attempts.rejected.push(rejected));
            rejection(guard.rejections.fetch_add(1, Ordering::SeqCst))
        }
    };
    response.headers_mut().insert(INCARNATION, HeaderValue::from(incarnation));
    response
}

fn rejection(number: u64) -> Response<Body> {
    let status = Status::unauthenticated("the token is not valid");
    match number % 3 {
        0 => status.into_http(),
        1 => headers_then_trailers(&status),
        // A proxy in front of the server.
        _ => {
            let mut response = Response::new(Body::from("<html>who are you?</html>"));
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
            response
        }
    }
}

fn headers_then_trailers(status: &Status) -> Response<Body> {
    let mut trailers = HeaderMap::new();
    status.add_header(&mut trailers).unwrap();
    let body = StreamBody::new(stream::iter([Ok::<_, Infallible>(Frame::trailers(trailers))]));
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, GRPC_CONTENT_TYPE);
    response
}
