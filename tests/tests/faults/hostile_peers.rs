//! Servers, providers and proxies that mean no good, or know no better.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use auth_runtime::{AuthError, Authenticator, flow::ClientCredentials};
use tests::{
    call::{Kind, call, numbered},
    guard::within_reason,
    harness::Harness,
    peer::Answer,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tonic::Code;

// === gRPC servers ===

#[tokio::test]
async fn a_rejection_with_a_message_of_kilobytes_is_an_ordinary_one() {
    let long = "x".repeat(8000);
    for kind in Kind::ALL {
        for rejection in [
            Answer::new().trailers_only(Code::Unauthenticated, &long),
            Answer::new().headers().status_with(Code::Unauthenticated, &long),
        ] {
            let harness = Harness::answering([rejection.clone(), Answer::message(&numbered(2))]);
            assert_eq!(call(&harness.client(), kind).await.numbers(), [2], "{kind:?}");

            let harness = Harness::answering([rejection.clone(), rejection]);
            let outcome = call(&harness.client(), kind).await;
            let message = outcome.status().message();
            assert!(message.starts_with("new credentials were got and are rejected as well"), "{kind:?}: {message}");
            assert!(message.ends_with("xxx...") && message.len() < 1200, "{kind:?}: cut, {message}");
        }
    }
}

#[tokio::test]
async fn a_header_list_beyond_all_bounds_ends_the_call_and_not_the_client() {
    let flood: Vec<(&'static str, &str)> = vec![("x-flood", FLOOD); 64];
    for kind in Kind::ALL {
        for flooded in [
            Answer::new().headers_with(&flood).and_message(&numbered(1)).status(Code::Ok),
            Answer::new().trailers_only_with(Code::Unauthenticated, "no", &flood),
        ] {
            let harness = Harness::answering([flooded, Answer::message(&numbered(2)), Answer::message(&numbered(3))]);
            let client = harness.client();
            let outcome = within_reason("the flooded call", call(&client, kind)).await;
            assert_ne!(outcome.code(), Code::Ok, "{kind:?}");
            let next = within_reason("the next call", call(&client, kind)).await;
            assert_eq!(next.code(), Code::Ok, "{kind:?}: {:?}", next.status);
        }
    }
}

const FLOOD: &str = concat!(
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
);

#[tokio::test]
async fn a_server_that_says_goaway_to_every_call_gets_each_call_twice_at_most() {
    let requests = Arc::new(AtomicUsize::new(0));
    let harness = Harness::scripted({
        let requests = requests.clone();
        move |exchange| {
            requests.fetch_add(1, Ordering::SeqCst);
            exchange.run(Answer::new().go_away().and_then(Answer::rejected()))
        }
    });
    for kind in Kind::ALL {
        let before = requests.load(Ordering::SeqCst);
        let outcome = within_reason("the call", call(&harness.client(), kind)).await;
        assert_ne!(outcome.code(), Code::Ok, "{kind:?}");
        assert!(requests.load(Ordering::SeqCst) - before <= 2, "{kind:?}");
    }
}

#[tokio::test]
async fn a_rejection_that_is_torn_off_is_no_rejection() {
    for kind in Kind::ALL {
        for torn in [
            Answer::new().headers().reset(h2::Reason::INTERNAL_ERROR),
            Answer::new().headers().close(),
            Answer::new().headers().end(),
        ] {
            let harness = Harness::answering([torn, Answer::message(&numbered(2))]);
            harness.authenticate_with(|builder| builder.login_first(true));
            let outcome = within_reason("the call", call(&harness.client(), kind)).await;
            assert_ne!(outcome.code(), Code::Ok, "{kind:?}");
            assert_eq!((harness.flow.calls(), harness.peer.requests().len()), (1, 1), "{kind:?}: not sent again");
        }
    }
}

// === Token endpoints ===

/// A login at a server that says these bytes, whatever it is asked, and closes the connection.
async fn login_at(answer: &'static [u8]) -> Result<(), AuthError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    let flow = ClientCredentials::new("client", "a secret of the client").token_url(url);
    let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap();
    let outcome = within_reason("a login", authenticator.login()).await.map(drop);
    if let Err(error) = &outcome {
        assert!(!error.to_string().contains("a secret of the client"), "{error}");
    }
    outcome
}

#[tokio::test]
async fn a_response_that_breaks_the_rules_of_http_brings_no_token() {
    let answers: [&[u8]; 9] = [
        b"",
        b"\0\0\0\0",
        b"HTTP/1.1 200",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\ncontent-length: 60\r\n\r\n{\"access_token\":\"a\",\"token_type\":\"bearer\",\"expires_in\":60}  ",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"access_token\":\"a\",\"token_type\":\"bearer\"}",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{\"access_token\":\"a\"}\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
    ];
    for answer in answers {
        let shown = String::from_utf8_lossy(answer);
        assert!(login_at(answer).await.is_err(), "{shown}");
    }
}

#[tokio::test]
async fn interim_responses_before_the_real_one_are_passed_over() {
    let answer = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
        content-length: 58\r\n\r\n{\"access_token\":\"a\",\"token_type\":\"bearer\",\"expires_in\":60}";
    login_at(answer).await.unwrap();
}
