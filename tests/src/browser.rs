//! As much of a browser as a redirect needs. Nothing of what it sees is logged.

use std::{io, sync::Mutex};

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
    /// Where it is.
    pub url: Url,
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

/// A person's browser: it keeps cookies, and sends them where they belong (RFC 6265). Its `Debug` shows none.
#[derive(Default)]
pub struct Browser {
    cookies: Mutex<Vec<Cookie>>,
}

#[derive(Clone)]
struct Cookie {
    host: String,
    path: String,
    pair: String,
    same_site: String,
}

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Browser").finish_non_exhaustive()
    }
}

impl Browser {
    /// A browser without cookies.
    pub fn new() -> Self {
        Self::default()
    }

    /// The person opens a page. Redirects are not followed.
    ///
    /// # Panics
    ///
    /// If there is no server.
    pub async fn get(&self, url: &str) -> Page {
        self.navigate("GET", url).await.unwrap()
    }

    /// The person opens a page and follows its redirects.
    ///
    /// # Panics
    ///
    /// If there is no server.
    pub async fn visit(&self, url: &str) -> Page {
        let (mut url, mut page) = (url.parse::<Url>().unwrap(), self.get(url).await);
        while page.status == 302 || page.status == 303 {
            url = url.join(page.headers["location"].to_str().unwrap()).unwrap();
            page = self.get(url.as_str()).await;
        }
        page.url = url;
        page
    }

    /// The person opens a page, or sends a form to it.
    ///
    /// # Errors
    ///
    /// If the server is not there, or goes away.
    pub async fn navigate(&self, method: &str, url: &str) -> io::Result<Page> {
        self.send(method, url, |_| true).await
    }

    /// A page of another site makes the browser ask, behind the person's back: as an image, a frame, a script.
    ///
    /// # Errors
    ///
    /// If the server is not there, or goes away.
    pub async fn fetch_from_another_site(&self, url: &str) -> io::Result<Page> {
        self.send("GET", url, |cookie| cookie.same_site == "None").await
    }

    async fn send(&self, method: &str, url: &str, fits: impl Fn(&Cookie) -> bool) -> io::Result<Page> {
        let parsed: Url = url.parse().unwrap();
        let cookies = self.cookies_for(&parsed, fits);
        let header = [("cookie", cookies.as_str())];
        let page = send(method, url, if cookies.is_empty() { &[] } else { &header }, "").await?;
        self.keep(&parsed, &page);
        Ok(page)
    }

    fn cookies_for(&self, url: &Url, fits: impl Fn(&Cookie) -> bool) -> String {
        let cookies = self.cookies.lock().unwrap();
        let sent = cookies.iter().filter(|cookie| {
            // They are another host's where it is spelled otherwise, and the same at all of its ports.
            let beneath = url.path().strip_prefix(&cookie.path);
            let path_fits =
                beneath.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie.path.ends_with('/'));
            url.host_str() == Some(&cookie.host) && path_fits && fits(cookie)
        });
        sent.map(|cookie| cookie.pair.as_str()).collect::<Vec<_>>().join("; ")
    }

    fn keep(&self, url: &Url, page: &Page) {
        for set in page.headers.get_all("set-cookie") {
            let mut parts = set.to_str().unwrap().split("; ");
            let pair = parts.next().unwrap().to_owned();
            let attributes: Vec<_> = parts.map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
            let attribute = |name| attributes.iter().find(|(given, _)| *given == name).map(|(_, value)| *value);
            assert!(attribute("Secure").is_none() || url.scheme() == "https", "a browser throws this cookie away");
            let cookie = Cookie {
                host: url.host_str().unwrap().to_owned(),
                path: attribute("Path").unwrap_or("/").to_owned(),
                pair,
                same_site: attribute("SameSite").unwrap_or("Lax").to_owned(),
            };
            self.cookies.lock().unwrap().push(cookie);
        }
    }
}

/// Opens a page as somebody who has no cookies, without following redirects.
///
/// # Panics
///
/// If there is no server.
pub async fn get(url: &str) -> Page {
    Browser::new().get(url).await
}

/// Opens a page in a new browser and follows its redirects.
pub async fn visit(url: &str) -> Page {
    Browser::new().visit(url).await
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
    let parsed: Url = url.parse().unwrap();
    let host = parsed.host_str().unwrap();
    // RFC 6761 section 6.2 keeps these names out of the Internet. Here they are all this machine.
    let host = if host.ends_with(".test") { "127.0.0.1" } else { host.trim_matches(['[', ']']) };
    let address = (host, parsed.port().unwrap());
    send_to(tokio::net::lookup_host(address).await?.collect(), method, url, headers, body).await
}

/// Sends a request for a URL to an address of one's choice, as a name does whose owner binds it to that address.
///
/// # Errors
///
/// If the server is not there, or goes away.
pub async fn get_at(address: std::net::SocketAddr, url: &str) -> io::Result<Page> {
    send_to(vec![address], "GET", url, &[], "").await
}

async fn send_to(
    addresses: Vec<std::net::SocketAddr>,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Page> {
    let url: Url = url.parse().unwrap();
    let mut stream = TcpStream::connect(&*addresses).await?;
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
    Ok(Page { status, headers, body: body.to_owned(), url })
}
