//! The head of a request, kept so that it can be sent again.

use http::{
    Extensions, HeaderMap, HeaderName, HeaderValue, Method as HttpMethod, Request, Uri, Version, header,
    uri::PathAndQuery,
};
use tonic::{GrpcMethod, body::Body};

use crate::service::method::{Method, RpcKind};

/// The head of a request without credentials. Nothing is copied that can be made again: of most calls, nothing but the path
/// differs from those of other methods.
#[derive(Debug)]
pub(crate) struct SavedHead {
    origin: Origin,
    /// Those that tonic does not put on each request.
    other_headers: Vec<(HeaderName, HeaderValue)>,
}

/// Whose head it is. In a box, what few calls have.
#[derive(Debug)]
enum Origin {
    /// An authenticated client's.
    Generated(&'static Method),
    /// That of another of tonic's generated clients.
    Tonic(PathAndQuery, GrpcMethod<'static>),
    /// Anybody's.
    Other(Box<OtherHead>),
}

#[derive(Debug)]
struct OtherHead {
    uri: Uri,
    method: HttpMethod,
    version: Version,
    /// Whether the headers are there that tonic puts on each request.
    te: bool,
    content_type: bool,
    extensions: Extensions,
}

const TE: HeaderValue = HeaderValue::from_static("trailers");
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");

/// How many headers tonic puts on each request: these two.
const TONICS_HEADERS: usize = 2;

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
    /// The head of a request that an authenticated client made for a method.
    #[inline]
    pub(crate) fn of_generated(request: &Request<Body>, method: &'static Method) -> Self {
        let mut saved = Self { origin: Origin::Generated(method), other_headers: Vec::new() };
        if request.headers().len() > TONICS_HEADERS {
            saved.copy_headers(request);
        }
        saved
    }

    /// The head of a request that is yet to be made, with these headers besides tonic's.
    #[inline]
    pub(crate) fn of_message(headers: HeaderMap, method: &'static Method) -> Self {
        let other_headers = if headers.is_empty() { Vec::new() } else { in_order(headers) };
        Self { origin: Origin::Generated(method), other_headers }
    }

    /// `method` is tonic's extension, where it is the only one.
    pub(crate) fn of(request: &Request<Body>, method: Option<GrpcMethod<'static>>) -> Self {
        let mut saved = Self { origin: Origin::Generated(Method::unknown()), other_headers: Vec::new() };
        let (te, content_type) = saved.copy_headers(request);
        let uri = request.uri();
        saved.origin = match (method, uri.path_and_query()) {
            (Some(method), Some(path))
                if te
                    && content_type
                    && uri.scheme().is_none()
                    && uri.authority().is_none()
                    && *request.method() == HttpMethod::POST
                    && request.version() == Version::HTTP_2 =>
            {
                Origin::Tonic(path.clone(), method)
            }
            _ => Origin::Other(Box::new(OtherHead {
                uri: uri.clone(),
                method: request.method().clone(),
                version: request.version(),
                te,
                content_type,
                extensions: request.extensions().clone(),
            })),
        };
        saved
    }

    /// Copies the headers but for tonic's. Whether each of those was there.
    fn copy_headers(&mut self, request: &Request<Body>) -> (bool, bool) {
        let (mut te, mut content_type) = (false, false);
        for (name, value) in request.headers() {
            if *name == header::TE && *value == TE {
                te = true;
            } else if *name == header::CONTENT_TYPE && *value == CONTENT_TYPE {
                content_type = true;
            } else {
                if self.other_headers.capacity() == 0 {
                    self.other_headers.reserve_exact(request.headers().len());
                }
                self.other_headers.push((name.clone(), value.clone()));
            }
        }
        (te, content_type)
    }

    /// Where the request goes, unless a path is all that says it.
    pub(crate) fn uri(&self) -> Option<&Uri> {
        match &self.origin {
            Origin::Generated(_) | Origin::Tonic(..) => None,
            Origin::Other(other) => Some(&other.uri),
        }
    }

    pub(crate) fn path(&self) -> &str {
        match &self.origin {
            Origin::Generated(method) => method.path_str(),
            Origin::Tonic(path, _) => path.path(),
            Origin::Other(other) => other.uri.path(),
        }
    }

    /// Whether there is no header but those that tonic puts on each request.
    #[inline]
    pub(crate) fn is_bare(&self) -> bool {
        self.other_headers.is_empty()
    }

    /// A header other than those that tonic puts on each request.
    #[inline]
    pub(crate) fn get(&self, name: &HeaderName) -> Option<&HeaderValue> {
        self.other_headers.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// Sets such a header.
    pub(crate) fn set(&mut self, name: HeaderName, value: HeaderValue) {
        self.other_headers.retain(|(other, _)| *other != name);
        self.other_headers.push((name, value));
    }

    /// The request that was saved, with another body.
    #[inline]
    pub(crate) fn request(&self, body: Body) -> Request<Body> {
        let mut request = Request::new(body);
        let (te, content_type) = match &self.origin {
            Origin::Generated(method) => as_tonic_makes_it(&mut request, method.path(), method.mark()),
            Origin::Tonic(path, method) => as_tonic_makes_it(&mut request, path.clone(), method.clone()),
            Origin::Other(other) => {
                *request.uri_mut() = other.uri.clone();
                *request.method_mut() = other.method.clone();
                *request.version_mut() = other.version;
                *request.extensions_mut() = other.extensions.clone();
                (other.te, other.content_type)
            }
        };
        for (name, value) in &self.other_headers {
            request.headers_mut().append(name.clone(), value.clone());
        }
        if te {
            request.headers_mut().append(header::TE, TE);
        }
        if content_type {
            request.headers_mut().append(header::CONTENT_TYPE, CONTENT_TYPE);
        }
        request
    }
}

fn in_order(headers: HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let mut in_order = Vec::with_capacity(headers.len());
    let mut last = None;
    for (name, value) in headers {
        // Only the first of several values comes with its name.
        last = name.or(last);
        in_order.extend(last.clone().map(|name| (name, value)));
    }
    in_order
}

/// Whether tonic's headers belong on it: both do.
fn as_tonic_makes_it(request: &mut Request<Body>, path: PathAndQuery, method: GrpcMethod<'static>) -> (bool, bool) {
    *request.uri_mut() = Uri::from(path);
    *request.method_mut() = HttpMethod::POST;
    *request.version_mut() = Version::HTTP_2;
    request.extensions_mut().insert(method);
    (true, true)
}
