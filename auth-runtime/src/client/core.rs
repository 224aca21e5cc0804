//! The one field of each generated authenticated client.

use std::fmt;

use tonic::{client::Grpc, codec::CompressionEncoding};

use crate::{
    AnonymousChannel, AuthenticatedChannel, Authenticator, MethodTable, Transport,
    service::{SingleCall, method::Method},
};

/// A channel, and the settings that tonic's generated clients have.
#[derive(Clone)]
pub struct ClientCore<T> {
    channel: AuthenticatedChannel<T>,
    send_compressed: Option<CompressionEncoding>,
    // As many as tonic has encodings, so that the settings are copied without an allocation.
    accept_compressed: [Option<CompressionEncoding>; 3],
    max_decoding_message_size: Option<usize>,
    max_encoding_message_size: Option<usize>,
}

impl<T> ClientCore<T> {
    /// Over a channel, whose other clients are held to the same table.
    pub fn new(channel: AuthenticatedChannel<T>, methods: &'static MethodTable) -> Self {
        channel.register(methods);
        Self {
            max_decoding_message_size: channel.authenticator().policy().max_decoding_message_size,
            channel,
            send_compressed: None,
            accept_compressed: [None; 3],
            max_encoding_message_size: None,
        }
    }

    /// The channel's session.
    pub fn authenticator(&self) -> &Authenticator {
        self.channel.authenticator()
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

    /// Writes the client's `Debug`, without secrets.
    ///
    /// # Errors
    ///
    /// Those of the formatter.
    pub fn debug(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name).field("authenticator", self.authenticator()).finish_non_exhaustive()
    }
}

impl<T: Transport> ClientCore<T> {
    /// What one call of a method is made with: a clone of the transport and of the settings. It need not be asked whether
    /// it is ready: it always is.
    pub(super) fn grpc(&self, method: &'static Method) -> Grpc<SingleCall<AnonymousChannel<T>>> {
        let mut grpc = Grpc::new(self.channel.single_call(method));
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
