//! The listener on the redirect URI, besieged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::io::ErrorKind;

use tests::{
    canary,
    gate::Gate,
    guard::within_reason,
    login::{Login, end, start},
    token_endpoint::Answer,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use url::Url;

/// Whether the other end has not closed it.
fn is_open(stream: &TcpStream) -> bool {
    stream.try_read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[tokio::test]
async fn forty_silent_connections_do_not_delay_the_callback() {
    let login = Login::new();
    let gate = Gate::new();
    login.provider.then("/token", Answer::token(login.canary.secret(), 3600).held_at(&gate));
    let authenticator = login.authenticator(login.pkce());
    let attempt = tokio::spawn(async move { authenticator.login().await });
    let link: Url = login.prompt.page(0).await.parse().unwrap();
    let address = link.socket_addrs(|| None).unwrap()[0];
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let callback = login.callback(0).await;
    let mut end = std::pin::pin!(login.browser.visit(&callback));
    tokio::select! {
        page = &mut end => panic!("the login ended before the code was redeemed: {}", page.body),
        () = gate.arrived(1) => {}
    }
    // Nobody waited until the silent ones were given up: then all that were accepted at first would be closed. It is the
    // oldest that have made room.
    assert!(is_open(&silent[31]), "the callback had to wait");
    assert!(!is_open(&silent[0]));
    gate.open();
    assert_eq!(within_reason("the page at the end", end).await.status, 200);
    canary::observe(&attempt.await.unwrap().unwrap());
}

const HOST: &str = "{host}";
const TARGET: &str = "{target}";

async fn said_to(url: &Url, bytes: &[u8]) -> String {
    let address = url.socket_addrs(|| None).unwrap();
    let mut stream = TcpStream::connect(&*address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut response = Vec::new();
    // A connection may end with a reset.
    let _ = within_reason("the listener's last word", stream.read_to_end(&mut response)).await;
    String::from_utf8_lossy(&response).into_owned()
}

#[tokio::test]
async fn requests_as_no_browser_makes_them_get_nowhere_and_the_login_goes_on() {
    let login = Login::new();
    let attempt = start(&login.authenticator(login.pkce()));
    let callback = login.callback(0).await;
    for head in [
        // As a proxy is asked, for the listener and for somebody else.
        format!("GET http://evil.example{TARGET} HTTP/1.1\r\nhost: {HOST}\r\n\r\n"),
        format!("GET {TARGET} HTTP/1.1\r\nhost: {HOST}\r\nhost: evil.example\r\n\r\n"),
        format!("GET {TARGET} HTTP/1.0\r\n\r\n"),
        // A link that is looked at before it is opened, and a response by a form.
        format!("HEAD {TARGET} HTTP/1.1\r\nhost: {HOST}\r\n\r\n"),
        format!("POST {TARGET} HTTP/1.1\r\nhost: {HOST}\r\ntransfer-encoding: chunked\r\n\r\n4\r\na=bc\r\n0\r\n\r\n"),
        format!("GET {TARGET} HTTP/1.1\r\nhost: {HOST}\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
    ] {
        let url: Url = callback.parse().unwrap();
        let host = url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
        let head = head.replace(HOST, &host).replace(TARGET, &url[url::Position::BeforePath..]);
        let response = said_to(&url, head.as_bytes()).await;
        let status = response.split(' ').nth(1).unwrap_or_default().to_owned();
        assert!(["400", "405", "505", ""].contains(&&*status), "{head}: {response}");
    }
    assert!(login.provider.requests("/token").is_empty());
    assert!(login.prompt.finished().is_empty());
    assert_eq!(login.browser.visit(&callback).await.status, 200);
    end(attempt).await.unwrap();
}
