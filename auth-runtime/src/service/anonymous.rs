//! What is below the server's credentials: the transport, and the credentials of a proxy where there is one.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{
    Request, Response, Uri,
    uri::{Authority, Scheme},
};
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::{body::Body, client::GrpcService, codegen::StdError};
use tower_service::Service;

use super::{
    call::{Known, ResponseFuture},
    response::ResponseBody,
};
use crate::{Authenticator, Transport};

/// A channel to the server without the server's credentials: what is beneath an
/// [`AuthenticatedChannel`](crate::AuthenticatedChannel), for calls that must carry none.
///
/// Where the channel has a proxy's credentials, calls carry those.
///
/// # Clone
///
/// Costs what a clone of the transport costs.
#[derive(Clone)]
pub struct AnonymousChannel<T> {
    route: Route<T>,
}

/// A call holds one: what few channels have must not make it larger.
#[derive(Clone)]
enum Route<T> {
    Direct(T),
    Dressed(Box<Dressed<T>>),
}

#[derive(Clone)]
struct Dressed<T> {
    transport: T,
    proxy: Option<Authenticator>,
    /// What is put on requests that have no scheme and authority.
    origin: Option<(Scheme, Authority)>,
}

// === impl AnonymousChannel ===

impl<T> AnonymousChannel<T> {
    pub(crate) fn new(transport: T) -> Self {
        Self { route: Route::Direct(transport) }
    }

    /// With a proxy's credentials on each request. A second proxy takes the place of the first.
    pub(crate) fn with_proxy(self, proxy: Authenticator) -> Self {
        self.dressed(|dressed| dressed.proxy = Some(proxy))
    }

    pub(super) fn with_origin(self, scheme: Scheme, authority: Authority) -> Self {
        self.dressed(|dressed| dressed.origin = Some((scheme, authority)))
    }

    fn dressed(self, put_on: impl FnOnce(&mut Dressed<T>)) -> Self {
        let mut dressed = match self.route {
            Route::Direct(transport) => Box::new(Dressed { transport, proxy: None, origin: None }),
            Route::Dressed(dressed) => dressed,
        };
        put_on(&mut dressed);
        Self { route: Route::Dressed(dressed) }
    }

    pub(super) fn is_proxied(&self) -> bool {
        matches!(&self.route, Route::Dressed(dressed) if dressed.proxy.is_some())
    }
}

impl<T: Transport> Service<Request<Body>> for AnonymousChannel<T> {
    type Response = Response<AnonymousBody<T::ResponseBody>>;
    type Error = StdError;
    type Future = AnonymousFuture<T>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StdError>> {
        let transport = match &mut self.route {
            Route::Direct(transport) => transport,
            // It is asked once there is a token.
            Route::Dressed(dressed) if dressed.proxy.is_some() => return Poll::Ready(Ok(())),
            Route::Dressed(dressed) => &mut dressed.transport,
        };
        transport.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, request: Request<Body>) -> AnonymousFuture<T> {
        let way = match &mut self.route {
            Route::Direct(transport) => Way::Direct { response: GrpcService::call(transport, request) },
            Route::Dressed(dressed) => dressed.call(request),
        };
        AnonymousFuture { way }
    }
}

impl<T: Transport> Dressed<T> {
    fn call(&mut self, mut request: Request<Body>) -> Way<T> {
        if let Some(origin) = &self.origin {
            put_origin(request.uri_mut(), origin);
        }
        match &self.proxy {
            None => Way::Direct { response: GrpcService::call(&mut self.transport, request) },
            Some(proxy) => {
                let (transport, proxy) = (self.transport.clone(), proxy.clone());
                let response = ResponseFuture::new(transport, proxy, Known::by_proxy(), request);
                Way::Proxied { response: Box::pin(response) }
            }
        }
    }
}

/// A request that says where it goes is left as it is: it was compared with the endpoint already.
fn put_origin(uri: &mut Uri, (scheme, authority): &(Scheme, Authority)) {
    if uri.scheme().is_some() || uri.authority().is_some() {
        return;
    }
    let path = uri.path_and_query().cloned();
    let path = path.unwrap_or_else(|| http::uri::PathAndQuery::from_static("/"));
    let absolute = Uri::builder().scheme(scheme.clone()).authority(authority.clone()).path_and_query(path).build();
    // All three parts are well formed: there is nothing that could be refused.
    if let Ok(absolute) = absolute {
        *uri = absolute;
    }
}

impl<T> fmt::Debug for AnonymousChannel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnonymousChannel").field("proxied", &self.is_proxied()).finish_non_exhaustive()
    }
}

// === AnonymousFuture ===

pin_project! {
    /// The response of an [`AnonymousChannel`] in the making.
    #[must_use = "futures do nothing unless polled"]
    pub struct AnonymousFuture<T: Transport> {
        #[pin]
        way: Way<T>,
    }
}

pin_project! {
    #[project = WayProjection]
    enum Way<T: Transport> {
        Direct { #[pin] response: T::Future },
        Proxied { response: Pin<Box<ResponseFuture<T>>> },
    }
}

impl<T: Transport> Future for AnonymousFuture<T> {
    type Output = Result<Response<AnonymousBody<T::ResponseBody>>, StdError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().way.project() {
            WayProjection::Direct { response } => response
                .poll(cx)
                .map(|response| Ok(response.map_err(Into::into)?.map(|body| AnonymousBody(BodyOf::Direct(body))))),
            WayProjection::Proxied { response } => response
                .as_mut()
                .poll(cx)
                .map(|response| Ok(response?.map(|body| AnonymousBody(BodyOf::Proxied(Box::new(body)))))),
        }
    }
}

impl<T: Transport> fmt::Debug for AnonymousFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnonymousFuture").finish_non_exhaustive()
    }
}

// === AnonymousBody ===

/// The body of a response over an [`AnonymousChannel`].
pub struct AnonymousBody<B>(BodyOf<B>);

enum BodyOf<B> {
    Direct(B),
    Proxied(Box<ResponseBody<B>>),
}

impl<B> HttpBody for AnonymousBody<B>
where
    B: HttpBody<Data = Bytes, Error: Into<StdError> + Send> + Send + Unpin + 'static,
{
    type Data = Bytes;
    type Error = StdError;

    // Always inlined: a frame is large, and would be moved once more.
    #[inline(always)]
    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        match &mut self.get_mut().0 {
            BodyOf::Direct(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
            BodyOf::Proxied(body) => Pin::new(body.as_mut()).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            BodyOf::Direct(body) => body.is_end_stream(),
            BodyOf::Proxied(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            BodyOf::Direct(body) => body.size_hint(),
            BodyOf::Proxied(body) => body.size_hint(),
        }
    }
}

impl<B> fmt::Debug for AnonymousBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnonymousBody").finish_non_exhaustive()
    }
}
