//! The listener on the redirect URI, besieged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::io::ErrorKind;

use tests::{canary, gate::Gate, guard::within_reason, login::Login, token_endpoint::Answer};
use tokio::net::TcpStream;

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
    let link: url::Url = login.prompt.page(0).await.parse().unwrap();
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
