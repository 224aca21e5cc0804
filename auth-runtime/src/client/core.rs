//! The one field of each generated twin.

use std::fmt;

use http::Uri;
use tonic::{client::Grpc, codec::CompressionEncoding};

use crate::{
    Authenticator, Transport,
    service::{SingleCall, method::Method},
};

/// A transport, an authenticator, and the settings that tonic's generated clients have.
#[derive(Clone)]
pub struct ClientCore<T> {
    transport: T,
    authenticator: Authenticator,
    /// Without one it need not be copied for each call.
    origin: Option<Uri>,
    send_compressed: Option<CompressionEncoding>,
    // As many as tonic has encodings, so that the settings are copied without an allocation.
    accept_compressed: [Option<CompressionEncoding>; 3],
    max_decoding_message_size: Option<usize>,
    max_encoding_message_size: Option<usize>,
}

impl<T> ClientCore<T> {
    /// Over a transport to the authenticator's endpoint.
    pub fn new(transport: T, authenticator: Authenticator) -> Self {
        Self {
            max_decoding_message_size: authenticator.policy().max_decoding_message_size,
            transport,
            authenticator,
            origin: None,
            send_compressed: None,
            accept_compressed: [None; 3],
            max_encoding_message_size: None,
        }
    }

    /// Over a transport that does not add scheme and authority to requests, as tonic's channel does.
    pub fn with_origin(transport: T, authenticator: Authenticator, origin: Uri) -> Self {
        Self { origin: Some(origin), ..Self::new(transport, authenticator) }
    }

    /// As tonic's setter.
    #[must_use]
    pub fn send_compressed(mut self, encoding: CompressionEncoding) -> Self {
        self.send_compressed = Some(encoding);
        self
    }

    /// As tonic's setter.
    #[must_use]
    pub fn accept_compressed(mut self, encoding: CompressionEncoding) -> Self {
        let known = self.accept_compressed.contains(&Some(encoding));
        if let (false, Some(free)) = (known, self.accept_compressed.iter_mut().find(|slot| slot.is_none())) {
            *free = Some(encoding);
        }
        self
    }

    /// As tonic's setter: bytes.
    #[must_use]
    pub fn max_decoding_message_size(mut self, limit: usize) -> Self {
        self.max_decoding_message_size = Some(limit);
        self
    }

    /// As tonic's setter: bytes.
    #[must_use]
    pub fn max_encoding_message_size(mut self, limit: usize) -> Self {
        self.max_encoding_message_size = Some(limit);
        self
    }

    /// Writes the twin's `Debug`, without secrets.
    ///
    /// # Errors
    ///
    /// Those of the formatter.
    pub fn debug(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name).field("authenticator", &self.authenticator).finish_non_exhaustive()
    }
}

impl<T: Transport> ClientCore<T> {
    /// What one call of a method is made with: a clone of the transport and of the settings. It need not be asked whether
    /// it is ready: it always is.
    pub(super) fn grpc(&self, method: &'static Method) -> Grpc<SingleCall<T>> {
        let service = SingleCall::new(&self.transport, &self.authenticator, method);
        let mut grpc = match &self.origin {
            None => Grpc::new(service),
            Some(origin) => Grpc::with_origin(service, origin.clone()),
        };
        if let Some(encoding) = self.send_compressed {
            grpc = grpc.send_compressed(encoding);
        }
        for encoding in self.accept_compressed.iter().flatten() {
            grpc = grpc.accept_compressed(*encoding);
        }
        if let Some(limit) = self.max_decoding_message_size {
            grpc = grpc.max_decoding_message_size(limit);
        }
        if let Some(limit) = self.max_encoding_message_size {
            grpc = grpc.max_encoding_message_size(limit);
        }
        grpc
    }
}

impl<T> fmt::Debug for ClientCore<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.debug("ClientCore", f)
    }
}
