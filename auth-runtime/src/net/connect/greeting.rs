//! The first bytes of an HTTP/2 connection: who does not answer them as HTTP/2 does is recognised while the connection
//! is made. Later there is nobody to be told but calls, which would end as cancelled.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use super::{
    super::connection_error::{connection_failed, no_answer},
    BoxedStream, OPERATION,
};
use crate::{
    AuthError,
    error::Obstacle,
    net::{route::Route, warn_once::warn_once},
};

/// What a client says first (RFC 9113 section 3.4). A server answers with its settings, without waiting for more.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The last words of servers of gRPC to a client whose pings come too often, in a GOAWAY. Nobody above learns of it: what
/// tonic's channel is told of the end of a connection it keeps to itself.
const TOO_MANY_PINGS: &[u8] = b"too_many_pings";

/// Types of frames (RFC 9113 sections 6.5 and 6.8).
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

/// As many bytes as tell who is there: the head of a frame (RFC 9113 section 4.1).
const ENOUGH: usize = 9;

/// A connection whose preface is sent, and whose first answer is read.
pub(in crate::net) struct Greeted {
    stream: BoxedStream,
    /// What was read, and has to be handed out.
    heard: BytesMut,
    /// How much of what comes was said already.
    said: usize,
    peer: String,
}

/// Sends the preface, and looks at what comes back.
///
/// # Errors
///
/// For what is not HTTP/2, and for a connection that ends before anything was said.
pub(super) async fn greet(mut stream: BoxedStream, route: &Route) -> Result<Greeted, AuthError> {
    let mut heard = BytesMut::with_capacity(1024);
    let greeting = async {
        stream.write_all(PREFACE).await?;
        stream.flush().await
    };
    // A server that speaks something else may have answered and be gone before all is sent: its answer tells more.
    let sent = greeting.await;
    let end = loop {
        if heard.len() >= ENOUGH {
            break None;
        }
        match stream.read_buf(&mut heard).await {
            Ok(0) => break Some(io::Error::new(io::ErrorKind::UnexpectedEof, GONE)),
            Ok(_) => {}
            Err(error) => break Some(error),
        }
    };
    if let Some(obstacle) = obstacle(&heard, &route.peer) {
        return Err(AuthError::unreachable(obstacle));
    }
    match end.or(sent.err()) {
        None => Ok(Greeted { stream, heard, said: PREFACE.len(), peer: route.peer.clone() }),
        Some(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(no_answer(OPERATION, &route.peer, error)),
        Some(error) => Err(connection_failed(OPERATION, route, error)),
    }
}

const GONE: &str = "it closed the connection before it said anything; is this the port of a gRPC server, and does \
                    http:// or https:// in the endpoint fit it?";

/// What is not HTTP/2: bytes of an alert or a handshake of TLS (RFC 8446 section 5.1), a response of HTTP/1, or anything
/// else that is not the head of a first frame: settings, or a GOAWAY in their place (RFC 9113 sections 3.4 and 4.1).
fn obstacle(heard: &[u8], peer: &str) -> Option<Obstacle> {
    let peer = peer.to_owned();
    match heard {
        [0x15 | 0x16, 0x03, ..] => Some(Obstacle::IsTls { peer }),
        _ if heard.starts_with(b"HTTP/") => Some(Obstacle::IsHttp1 { peer }),
        [_, _, _, SETTINGS | GOAWAY, _, _, _, _, _, ..] => None,
        _ if heard.len() >= ENOUGH => Some(Obstacle::NotHttp2 { peer }),
        _ => None,
    }
}

// === impl Greeted ===

impl AsyncRead for Greeted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.heard.is_empty() {
            let outcome = Pin::new(&mut self.stream).poll_read(cx, buf);
            if buf.filled().ends_with(TOO_MANY_PINGS) {
                warn_once(
                    "a server closes connections because it is pinged too often, set keep_alive_interval(..)",
                    &self.peer,
                );
            }
            return outcome;
        }
        let length = self.heard.len().min(buf.remaining());
        buf.put_slice(&self.heard[..length]);
        self.heard.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Greeted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.said == 0 {
            return Pin::new(&mut self.stream).poll_write(cx, bytes);
        }
        let length = self.said.min(bytes.len());
        self.said -= length;
        Poll::Ready(Ok(length))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.said == 0 {
            return Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        }
        let first = slices.iter().find(|slice| !slice.is_empty());
        self.poll_write(cx, first.map_or(&[], |slice| slice))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
