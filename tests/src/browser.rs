//! As much of a browser as a redirect needs. Nothing of what it sees is logged.

use std::io;

use http::HeaderMap;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use url::Url;

/// What came back.
#[derive(Debug, Clone)]
pub struct Page {
    /// HTTP's status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The text.
    pub body: String,
}

impl Page {
    /// Where it redirects to.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn location(&self) -> Url {
        self.headers["location"].to_str().unwrap().parse().unwrap()
    }
}

/// Opens a page, without following redirects.
///
/// # Panics
///
/// If there is no server.
pub async fn get(url: &str) -> Page {
    request("GET", url).await.unwrap()
}

/// Opens a page and follows its redirects.
pub async fn visit(url: &str) -> Page {
    let mut page = get(url).await;
    while page.status == 302 || page.status == 303 {
        page = get(page.location().as_str()).await;
    }
    page
}

/// Sends a request without a body.
///
/// # Errors
///
/// If the server is not there, or goes away.
pub async fn request(method: &str, url: &str) -> io::Result<Page> {
    send(method, url, &[], "").await
}

/// Sends a form, as a program does.
///
/// # Errors
///
/// If the server is not there, or goes away.
pub async fn post_form(url: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> io::Result<Page> {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let form = ("content-type", "application/x-www-form-urlencoded");
    send("POST", url, &[headers, &[form]].concat(), &body).await
}

async fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> io::Result<Page> {
    let url: Url = url.parse().unwrap();
    let host = url.host_str().unwrap();
    // RFC 6761 section 6.2 keeps these names out of the Internet. Here they are all this machine.
    let address = if host.ends_with(".test") { "127.0.0.1" } else { host.trim_matches(['[', ']']) };
    let mut stream = TcpStream::connect((address, url.port().unwrap())).await?;
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut lines = head.lines();
    let status =
        lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        headers.append(http::HeaderName::try_from(name).unwrap(), value.trim().parse().unwrap());
    }
    Ok(Page { status, headers, body: body.to_owned() })
}
