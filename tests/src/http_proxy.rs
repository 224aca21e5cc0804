//! An HTTP proxy: tunnels by CONNECT, and requests passed on. Whatever name it is asked for, it goes to this machine,
//! so that a test can see that the client did not resolve the name itself.

use std::{
    io,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Uri;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;

use crate::http1::{Connection, Head, Listener, read_request};

/// A proxy on this machine. It ends with its drop.
#[derive(Debug)]
pub struct HttpProxy {
    listener: Listener,
    scheme: &'static str,
    seen: Arc<Mutex<Vec<Head>>>,
}

impl HttpProxy {
    /// A proxy for everybody.
    pub fn open() -> Self {
        Self::start("http", None, Wanted::default())
    }

    /// A proxy whose answer to CONNECT comes in one piece with what the server says first.
    pub fn answering_with_the_server() -> Self {
        Self::start("http", None, Wanted { credentials: None, server_first: true })
    }

    /// A proxy that wants user and password.
    pub fn guarded(user: &str, password: &str) -> Self {
        let credentials = Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))));
        Self::start("http", None, Wanted { credentials, server_first: false })
    }

    /// A proxy that speaks TLS itself.
    pub fn over_tls(tls: TlsAcceptor) -> Self {
        Self::start("https", Some(tls), Wanted::default())
    }

    fn start(scheme: &'static str, tls: Option<TlsAcceptor>, wanted: Wanted) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let listener = Listener::start(tls, {
            let seen = seen.clone();
            move |stream| pass_on(stream, wanted.clone(), seen.clone())
        });
        Self { listener, scheme, seen }
    }

    /// Its address, as a setting would have it.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.listener.address())
    }

    /// The same with user and password.
    pub fn url_with(&self, credentials: &str) -> String {
        format!("{}://{credentials}@{}", self.scheme, self.listener.address())
    }

    /// Method and target of each request that it saw.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|head| format!("{} {}", head.method, head.target)).collect()
    }
}

/// How it treats its clients.
#[derive(Clone, Default)]
struct Wanted {
    /// The header that they have to send.
    credentials: Option<String>,
    server_first: bool,
}

async fn pass_on(mut stream: Box<dyn Connection>, wanted: Wanted, seen: Arc<Mutex<Vec<Head>>>) -> io::Result<()> {
    let (head, body) = read_request(&mut *stream).await?;
    seen.lock().unwrap().push(head.clone());
    let given = head.headers.get("proxy-authorization").and_then(|value| value.to_str().ok());
    if wanted.credentials.is_some() && wanted.credentials.as_deref() != given {
        let answer =
            "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n";
        return stream.write_all(answer.as_bytes()).await;
    }
    let target: Uri = head.target.parse().map_err(|_| io::ErrorKind::InvalidData)?;
    let mut server = TcpStream::connect(("127.0.0.1", target.port_u16().unwrap_or(80))).await?;
    if head.method == "CONNECT" {
        let mut answer = b"HTTP/1.1 200 Connection established\r\n\r\n".to_vec();
        if wanted.server_first {
            server.read_buf(&mut answer).await?;
        }
        stream.write_all(&answer).await?;
    } else {
        let mut request = format!("{} {} HTTP/1.1\r\n", head.method, target.path()).into_bytes();
        for (name, value) in &head.headers {
            request.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        request.extend_from_slice(b"\r\n");
        request.extend(body);
        server.write_all(&request).await?;
    }
    tokio::io::copy_bidirectional(&mut stream, &mut server).await?;
    Ok(())
}
