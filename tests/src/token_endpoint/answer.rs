//! What a token endpoint answers, well or badly.

use std::{io, time::Duration};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::{gate::Gate, http1::Connection};

/// One answer.
#[derive(Clone)]
pub struct Answer {
    gate: Option<Gate>,
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
}

#[derive(Clone)]
enum Body {
    Whole(Bytes),
    /// Announced as longer, then the connection closes.
    Torn(Bytes),
    /// Its end is the connection's end.
    UntilClose(Bytes),
    /// Without an end.
    Endless {
        piece: Bytes,
        pause: Duration,
    },
    /// The connection is reset instead of an answer.
    Reset,
    /// Nothing ever comes.
    Silence,
}

impl Answer {
    /// A token that lasts `expires_in`, which need not be a sensible value.
    pub fn token(token: impl Into<String>, expires_in: impl Into<Value>) -> Self {
        let token: String = token.into();
        let expires_in: Value = expires_in.into();
        Self::json(200, json!({ "access_token": token, "token_type": "Bearer", "expires_in": expires_in }))
    }

    /// A JSON answer.
    pub fn json(status: u16, body: Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    /// Any answer with a body.
    pub fn text(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { body: Body::Whole(body.into()), ..Self::status(status) }.header("content-type", content_type)
    }

    /// An answer without a body.
    pub fn status(status: u16) -> Self {
        Self { gate: None, status, headers: Vec::new(), body: Body::Whole(Bytes::new()) }
    }

    /// The connection is reset instead of an answer.
    pub fn reset() -> Self {
        Self { body: Body::Reset, ..Self::status(0) }
    }

    /// Nothing ever comes.
    pub fn silence() -> Self {
        Self { body: Body::Silence, ..Self::status(0) }
    }

    /// A 200 whose JSON never ends: `piece` again and again, with a pause after each.
    pub fn endless(piece: impl Into<Bytes>, pause: Duration) -> Self {
        let body = Body::Endless { piece: piece.into(), pause };
        Self { body, ..Self::status(200) }.header("content-type", "application/json")
    }

    /// The same answer with one header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same answer, cut off after half of its body although its length was announced.
    #[must_use]
    pub fn torn(mut self) -> Self {
        if let Body::Whole(whole) = self.body {
            self.body = Body::Torn(whole);
        }
        self
    }

    /// The same answer without its second half, which nothing had announced.
    #[must_use]
    pub fn cut(mut self) -> Self {
        if let Body::Whole(whole) = self.body {
            self.body = Body::UntilClose(whole.slice(..whole.len() / 2));
        }
        self
    }

    /// The same answer, once the gate is open.
    #[must_use]
    pub fn held_at(mut self, gate: &Gate) -> Self {
        self.gate = Some(gate.clone());
        self
    }

    pub(crate) async fn write_to(self, mut stream: Box<dyn Connection>) -> io::Result<()> {
        if let Some(gate) = &self.gate {
            gate.pass().await;
        }
        let mut head = format!("HTTP/1.1 {} \r\nconnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        match self.body {
            Body::Reset => stream.reset_on_close(),
            Body::Silence => std::future::pending().await,
            Body::Whole(whole) => {
                stream.write_all(format!("{head}content-length: {}\r\n\r\n", whole.len()).as_bytes()).await?;
                stream.write_all(&whole).await?;
                stream.shutdown().await?;
            }
            Body::Torn(whole) => {
                stream.write_all(format!("{head}content-length: {}\r\n\r\n", whole.len()).as_bytes()).await?;
                stream.write_all(&whole[..whole.len() / 2]).await?;
                stream.shutdown().await?;
            }
            Body::UntilClose(part) => {
                stream.write_all(format!("{head}\r\n").as_bytes()).await?;
                stream.write_all(&part).await?;
                stream.shutdown().await?;
            }
            Body::Endless { piece, pause } => {
                stream.write_all(format!("{head}transfer-encoding: chunked\r\n\r\n").as_bytes()).await?;
                loop {
                    stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
                    stream.write_all(&piece).await?;
                    stream.write_all(b"\r\n").await?;
                    stream.flush().await?;
                    tokio::time::sleep(pause).await;
                }
            }
        }
        Ok(())
    }
}

/// Without the body: it may hold a token.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}
