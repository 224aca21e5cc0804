//! The one field of each generated authenticated client.

use std::fmt;

use tonic::{Request, client::Grpc, codec::CompressionEncoding};

use crate::{
    AnonymousChannel, AuthenticatedChannel, Authenticator, MethodTable, Transport,
    service::{SingleCall, method::Method},
};

/// A channel, and the settings that tonic's generated clients have.
#[derive(Clone)]
pub struct ClientCore<T> {
    channel: AuthenticatedChannel<T>,
    settings: Settings,
}

/// Those of tonic's generated clients.
#[derive(Clone, Copy)]
struct Settings {
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
        let settings = Settings {
            send_compressed: None,
            accept_compressed: [None; 3],
            max_decoding_message_size: channel.authenticator().policy().max_decoding_message_size,
            max_encoding_message_size: None,
        };
        Self { channel, settings }
    }

    /// The channel's session.
    pub fn authenticator(&self) -> &Authenticator {
        self.channel.authenticator()
    }

    /// As tonic's setter.
    #[must_use]
    pub fn send_compressed(mut self, encoding: CompressionEncoding) -> Self {
        self.settings.send_compressed = Some(encoding);
        self
    }

    /// As tonic's setter.
    #[must_use]
    pub fn accept_compressed(mut self, encoding: CompressionEncoding) -> Self {
        let accepted = &mut self.settings.accept_compressed;
        let known = accepted.contains(&Some(encoding));
        if let (false, Some(free)) = (known, accepted.iter_mut().find(|slot| slot.is_none())) {
            *free = Some(encoding);
        }
        self
    }

    /// As tonic's setter: bytes.
    #[must_use]
    pub fn max_decoding_message_size(mut self, limit: usize) -> Self {
        self.settings.max_decoding_message_size = Some(limit);
        self
    }

    /// As tonic's setter: bytes.
    #[must_use]
    pub fn max_encoding_message_size(mut self, limit: usize) -> Self {
        self.settings.max_encoding_message_size = Some(limit);
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
    /// What one call of a method is made with: a clone of the transport and of the settings.
    #[inline]
    pub(super) fn call<M>(&self, method: &'static Method, request: &Request<M>) -> PreparedCall<T> {
        // A handle by which the caller may cancel is an extension.
        let is_bare = request.extensions().is_empty();
        PreparedCall { service: self.channel.single_call(method), settings: self.settings, is_bare }
    }
}

/// How large messages may be, in bytes. tonic has limits of its own.
#[derive(Clone, Copy)]
pub(super) struct SizeLimits {
    pub(super) decoding: Option<usize>,
    pub(super) encoding: Option<usize>,
}

/// A call that is about to be made.
pub(super) struct PreparedCall<T> {
    pub(super) service: SingleCall<AnonymousChannel<T>>,
    settings: Settings,
    is_bare: bool,
}

impl<T: Transport> PreparedCall<T> {
    /// Whether there is nothing about it that only tonic's own client knows how to do: to compress, and to let itself be
    /// cancelled.
    #[inline]
    pub(super) fn is_simple(&self) -> bool {
        let Settings { send_compressed, accept_compressed, .. } = &self.settings;
        self.is_bare && send_compressed.is_none() && accept_compressed.iter().all(Option::is_none)
    }

    #[inline]
    pub(super) fn limits(&self) -> SizeLimits {
        let Settings { max_decoding_message_size, max_encoding_message_size, .. } = self.settings;
        SizeLimits { decoding: max_decoding_message_size, encoding: max_encoding_message_size }
    }

    /// tonic's client for it. It need not be asked whether it is ready: it always is.
    ///
    /// Made where it is used: it is large.
    #[inline]
    pub(super) fn into_grpc(self) -> Grpc<SingleCall<AnonymousChannel<T>>> {
        let Settings { send_compressed, accept_compressed, max_decoding_message_size, max_encoding_message_size } =
            self.settings;
        let mut grpc = Grpc::new(self.service);
        if let Some(encoding) = send_compressed {
            grpc = grpc.send_compressed(encoding);
        }
        for encoding in accept_compressed.into_iter().flatten() {
            grpc = grpc.accept_compressed(encoding);
        }
        if let Some(limit) = max_decoding_message_size {
            grpc = grpc.max_decoding_message_size(limit);
        }
        if let Some(limit) = max_encoding_message_size {
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
