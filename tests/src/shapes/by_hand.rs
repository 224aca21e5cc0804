//! A service without a proto file, and a codec without prost.

use std::marker::PhantomData;

use bytes::{Buf as _, BufMut as _};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

include!(concat!(env!("OUT_DIR"), "/shapes/by_hand/shapes.by_hand.rs"));

/// Both request and response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note(
    /// Any bytes.
    pub Vec<u8>,
);

/// A note is its bytes.
#[derive(Debug, Clone, Copy)]
pub struct NoteCodec<T, U>(PhantomData<fn(T) -> U>);

/// Encodes and decodes notes.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoteCoder;

// === impl NoteCodec ===

impl<T, U> Default for NoteCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl Codec for NoteCodec<Note, Note> {
    type Encode = Note;
    type Decode = Note;
    type Encoder = NoteCoder;
    type Decoder = NoteCoder;

    fn encoder(&mut self) -> NoteCoder {
        NoteCoder
    }

    fn decoder(&mut self) -> NoteCoder {
        NoteCoder
    }
}

// === impl NoteCoder ===

impl Encoder for NoteCoder {
    type Item = Note;
    type Error = Status;

    fn encode(&mut self, item: Note, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item.0);
        Ok(())
    }
}

impl Decoder for NoteCoder {
    type Item = Note;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Note>, Status> {
        Ok(Some(Note(buffer.copy_to_bytes(buffer.remaining()).to_vec())))
    }
}
