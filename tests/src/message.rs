//! gRPC's length-prefixed messages (PROTOCOL-HTTP2.md, "Length-Prefixed-Message").

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

const PREFIX: usize = 5;

/// A message as it stands on the wire, uncompressed.
pub fn frame(message: &impl prost::Message) -> Bytes {
    frame_bytes(0, &message.encode_to_vec())
}

/// A message compressed with gzip, flagged so.
pub fn gzip_frame(message: &impl prost::Message) -> Bytes {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&message.encode_to_vec()).unwrap();
    frame_bytes(1, &encoder.finish().unwrap())
}

/// A message compressed with zstd, flagged so.
pub fn zstd_frame(message: &impl prost::Message) -> Bytes {
    frame_bytes(1, &zstd::encode_all(message.encode_to_vec().as_slice(), 0).unwrap())
}

fn frame_bytes(flag: u8, bytes: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(PREFIX + bytes.len());
    frame.put_u8(flag);
    frame.put_u32(u32::try_from(bytes.len()).unwrap());
    frame.put_slice(bytes);
    frame.freeze()
}

/// A message that arrived: its bytes behind the prefix, and whether they are compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMessage {
    /// The compressed flag.
    pub compressed: bool,
    /// The bytes behind the prefix.
    pub bytes: Bytes,
}

/// Cuts a body into messages, however it was cut into DATA frames.
#[derive(Debug, Default)]
pub struct Deframer {
    buffer: BytesMut,
}

impl Deframer {
    /// Adds bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message, if it is complete.
    pub fn next_message(&mut self) -> Option<ReceivedMessage> {
        let prefix = self.buffer.get(..PREFIX)?;
        let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize;
        if self.buffer.len() < PREFIX + length {
            return None;
        }
        let compressed = self.buffer.get_u8() == 1;
        self.buffer.advance(PREFIX - 1);
        Some(ReceivedMessage { compressed, bytes: self.buffer.split_to(length).freeze() })
    }

    /// Bytes of a message that is not complete.
    pub fn pending_bytes(&self) -> usize {
        self.buffer.len()
    }
}
