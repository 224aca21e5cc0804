//! Buffers for one message.
//!
//! tonic's have 8 KiB each, whatever is written into them: too large for what an allocator keeps at hand, and as much
//! memory to be fetched for each call under way. A codec's own sizes do not count here: they are for streams, and what is
//! too small grows.

use tonic::codec::{BufferSettings, DecodeBuf, Decoder, EncodeBuf, Encoder};

use crate::limits;

/// A codec's encoder, for a body of one message.
pub(super) struct EncodeOne<E>(pub(super) E);

impl<E: Encoder> Encoder for EncodeOne<E> {
    type Item = E::Item;
    type Error = E::Error;

    #[inline]
    fn encode(&mut self, message: E::Item, buffer: &mut EncodeBuf<'_>) -> Result<(), E::Error> {
        self.0.encode(message, buffer)
    }

    /// Hands a message on at once: no other comes.
    #[inline]
    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(limits::ENCODING_BUFFER_BYTES, 0)
    }
}

/// A codec's decoder, for a body of one message.
pub(super) struct DecodeOne<D> {
    decoder: D,
    buffer_bytes: usize,
}

impl<D> DecodeOne<D> {
    /// For a body of which so many bytes are here. tonic puts them into its buffer, and then makes room for as many as
    /// their message has, without a look at whether they are in it.
    #[inline]
    pub(super) fn new(decoder: D, bytes_here: usize) -> Self {
        Self { decoder, buffer_bytes: 2 * bytes_here }
    }
}

impl<D: Decoder> Decoder for DecodeOne<D> {
    type Item = D::Item;
    type Error = D::Error;

    #[inline]
    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<D::Item>, D::Error> {
        self.decoder.decode(buffer)
    }

    #[inline]
    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(self.buffer_bytes, 0)
    }
}
