//! HTTP/1.1 as bytes, for servers that have to misbehave. Connections carry one request each.

use std::{io, net::SocketAddr};

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// A connection, with or without TLS.
pub trait Connection: AsyncRead + AsyncWrite + Send + Unpin {
    /// Makes the close of the connection a reset, as if the machine had lost it.
    fn reset_on_close(&self);
}

impl Connection for TcpStream {
    fn reset_on_close(&self) {
        self.set_zero_linger().unwrap();
    }
}

impl Connection for tokio_rustls::server::TlsStream<TcpStream> {
    fn reset_on_close(&self) {
        self.get_ref().0.reset_on_close();
    }
}

/// A server on this machine. It ends with its drop.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Listener {
    /// Serves each connection with `serve`, which may fail: clients of these tests hang up at any time.
    pub fn start<S, F>(tls: Option<TlsAcceptor>, serve: S) -> Self
    where
        S: Fn(Box<dyn Connection>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, serve) = (tls.clone(), serve.clone());
                tokio::spawn(async move {
                    let stream: Box<dyn Connection> = match tls {
                        Some(tls) => Box::new(tls.accept(stream).await?),
                        None => Box::new(stream),
                    };
                    serve(stream).await
                });
            }
        });
        Self { address, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What stands before a request's body.
#[derive(Debug, Clone)]
pub struct Head {
    /// `POST`, ...
    pub method: String,
    /// The path, or what else the request line says.
    pub target: String,
    /// All headers.
    pub headers: HeaderMap,
}

/// Reads one request with its body.
pub async fn read_request(stream: &mut dyn Connection) -> io::Result<(Head, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let mut body = bytes.split_off(end + 4);
    let head = parse_head(&String::from_utf8_lossy(&bytes)).ok_or(io::ErrorKind::InvalidData)?;
    let length = match head.headers.get("content-length") {
        Some(length) => length.to_str().ok().and_then(|text| text.parse().ok()).ok_or(io::ErrorKind::InvalidData)?,
        None => 0,
    };
    while body.len() < length {
        if stream.read_buf(&mut body).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok((head, body))
}

fn parse_head(text: &str) -> Option<Head> {
    let mut lines = text.lines();
    let mut request_line = lines.next()?.split(' ');
    let (method, target) = (request_line.next()?.to_owned(), request_line.next()?.to_owned());
    let mut headers = HeaderMap::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        headers.append(name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value.trim()).ok()?);
    }
    Some(Head { method, target, headers })
}
