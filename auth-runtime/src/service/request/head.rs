//! The head of a request, kept so that it can be sent again.

use http::{Extensions, HeaderName, HeaderValue, Request, Uri, Version, header};
use tonic::{GrpcMethod, body::Body};

use crate::service::method::{Method, RpcKind};

/// The head of a request without credentials: what differs from one call to the next. Most have nothing to copy but the
/// path.
#[derive(Debug)]
pub(crate) struct SavedHead {
    uri: Uri,
    method: http::Method,
    version: Version,
    /// Whether the headers are there that tonic puts on each request.
    te: bool,
    content_type: bool,
    other_headers: Vec<(HeaderName, HeaderValue)>,
    extensions: SavedExtensions,
}

const TE: HeaderValue = HeaderValue::from_static("trailers");
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");

/// tonic puts one extension on each request of a generated client. Copying that one costs nothing; copying a map of
/// them, three allocations.
#[derive(Debug)]
enum SavedExtensions {
    Method(GrpcMethod<'static>),
    All(Extensions),
}

/// tonic's extension, where it is the only one. An authenticated client has put it there, and it need not be looked for.
pub(crate) fn sole_method(extensions: &Extensions, method: &Method) -> Option<GrpcMethod<'static>> {
    if extensions.len() != 1 {
        None
    } else if method.kind == RpcKind::Unknown {
        extensions.get().cloned()
    } else {
        Some(method.mark())
    }
}

impl SavedHead {
    /// `method` is tonic's extension, where it is the only one.
    #[inline]
    pub(crate) fn of(request: &Request<Body>, method: Option<GrpcMethod<'static>>) -> Self {
        let mut saved = Self {
            uri: request.uri().clone(),
            method: request.method().clone(),
            version: request.version(),
            te: false,
            content_type: false,
            other_headers: Vec::new(),
            extensions: match method {
                Some(method) => SavedExtensions::Method(method),
                None => SavedExtensions::All(request.extensions().clone()),
            },
        };
        for (name, value) in request.headers() {
            if *name == header::TE && *value == TE {
                saved.te = true;
            } else if *name == header::CONTENT_TYPE && *value == CONTENT_TYPE {
                saved.content_type = true;
            } else {
                if saved.other_headers.capacity() == 0 {
                    saved.other_headers.reserve_exact(request.headers().len());
                }
                saved.other_headers.push((name.clone(), value.clone()));
            }
        }
        saved
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// A header other than those that tonic puts on each request.
    pub(crate) fn get(&self, name: &HeaderName) -> Option<&HeaderValue> {
        self.other_headers.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// Sets such a header.
    pub(crate) fn set(&mut self, name: HeaderName, value: HeaderValue) {
        self.other_headers.retain(|(other, _)| *other != name);
        self.other_headers.push((name, value));
    }

    /// The request that was saved, with another body.
    pub(crate) fn request(&self, body: Body) -> Request<Body> {
        let mut request = Request::new(body);
        *request.uri_mut() = self.uri.clone();
        *request.method_mut() = self.method.clone();
        *request.version_mut() = self.version;
        for (name, value) in &self.other_headers {
            request.headers_mut().append(name.clone(), value.clone());
        }
        if self.te {
            request.headers_mut().append(header::TE, TE);
        }
        if self.content_type {
            request.headers_mut().append(header::CONTENT_TYPE, CONTENT_TYPE);
        }
        match &self.extensions {
            SavedExtensions::Method(method) => {
                request.extensions_mut().insert(method.clone());
            }
            SavedExtensions::All(extensions) => *request.extensions_mut() = extensions.clone(),
        }
        request
    }
}
