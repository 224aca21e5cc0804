//! Which header carries the token.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::{AuthError, AuthErrorKind, Authenticator, Credentials, Discovery, ServerDetails};
use tests::{
    call::{Kind, call, numbered},
    flow::Login,
    harness::Harness,
    peer::Answer,
};
use tonic::Code;

struct Published(&'static str);

impl Discovery for Published {
    async fn discover(&self) -> Result<ServerDetails, AuthError> {
        let details = ServerDetails::new().with_header_key(self.0);
        Ok(details)
    }
}

/// The header that a call carries behind a login, and only that one.
async fn key_of(harness: &Harness) -> String {
    call(&harness.client(), Kind::Unary).await;
    let token = harness.issued().pop().unwrap();
    let requests = harness.peer.requests();
    let headers = &requests.last().unwrap().headers;
    let mut carrying = headers.iter().filter(|(_, value)| value.to_str().is_ok_and(|value| value.contains(&token)));
    let (key, _) = carrying.next().expect("the token was sent");
    assert!(carrying.next().is_none(), "the token was sent in two headers");
    key.as_str().to_owned()
}

fn answering() -> Harness {
    Harness::answering([Answer::message(&numbered(2))])
}

#[tokio::test]
async fn without_a_word_from_anybody_it_is_authorization() {
    let harness = answering();
    harness.authenticate_with(|builder| builder.login_first(true));
    assert_eq!(key_of(&harness).await, "authorization");
}

#[tokio::test]
async fn an_empty_key_means_the_default_whoever_gives_it() {
    let configured = answering();
    configured.authenticate_with(|builder| builder.login_first(true).header_key(""));
    assert_eq!(key_of(&configured).await, "authorization");

    let published = answering();
    published.authenticate_with(|builder| builder.login_first(true).discovery(Published("")));
    assert_eq!(key_of(&published).await, "authorization");
}

#[tokio::test]
async fn the_servers_key_is_taken_where_none_is_configured() {
    let harness = answering();
    harness.authenticate_with(|builder| builder.login_first(true).discovery(Published("flyte-authorization")));
    assert_eq!(key_of(&harness).await, "flyte-authorization");
}

#[tokio::test]
async fn the_configured_key_wins_over_the_servers() {
    let harness = answering();
    harness.authenticate_with(|builder| {
        builder.login_first(true).header_key("x-token").discovery(Published("flyte-authorization"))
    });
    assert_eq!(key_of(&harness).await, "x-token");
}

#[tokio::test]
async fn an_empty_configured_key_leaves_the_choice_to_the_server() {
    let harness = answering();
    harness.authenticate_with(|builder| {
        builder.login_first(true).header_key("").discovery(Published("flyte-authorization"))
    });
    assert_eq!(key_of(&harness).await, "flyte-authorization");
}

#[tokio::test]
async fn upper_case_is_lowered_whoever_gives_it() {
    let configured = answering();
    configured.authenticate_with(|builder| builder.login_first(true).header_key("Flyte-Authorization"));
    assert_eq!(key_of(&configured).await, "flyte-authorization");

    let published = answering();
    published.authenticate_with(|builder| builder.login_first(true).discovery(Published("Flyte-Authorization")));
    assert_eq!(key_of(&published).await, "flyte-authorization");
}

#[tokio::test]
async fn a_key_that_changes_between_the_attempts_leaves_no_stale_header_behind() {
    for (kind, rejection) in
        Kind::ALL.into_iter().flat_map(|kind| [(kind, Answer::rejected()), (kind, Answer::rejected_late())])
    {
        let harness = Harness::answering([rejection, Answer::message(&numbered(2))]);
        let token = harness.secret();
        harness.flow.then(Login::Issue(Credentials::new(&token).with_header_key("flyte-authorization")));
        let outcome = call(&harness.client(), kind).await;

        assert_eq!(outcome.numbers(), [2], "{kind:?}");
        let requests = harness.peer.requests();
        assert_eq!(requests[0].bearer().as_deref(), Some(harness.stale_token()), "{kind:?}");
        assert_eq!(requests[0].header("flyte-authorization"), None, "{kind:?}");
        assert_eq!(requests[1].header("flyte-authorization"), Some(format!("Bearer {token}")), "{kind:?}");
        assert_eq!(requests[1].header("authorization"), None, "{kind:?}: the stale header was sent again");
    }
}

#[tokio::test]
async fn keys_that_no_request_can_carry_are_refused_when_the_authenticator_is_built() {
    let refused = [
        "authorization ",
        "x\n",
        "x\r\ny: z",
        ":path",
        ":authority",
        "grpc-status",
        "grpc-timeout",
        "Grpc-Encoding",
        "te",
        "proxy-connection",
        "keep-alive",
        "content-type",
        "Content-Length",
        "host",
        "connection",
        "user-agent",
        "token-bin",
        "schlüssel",
        "a b",
    ];
    for key in refused {
        let error = Authenticator::builder("http://localhost:1").header_key(key).build().unwrap_err();

        assert!(error.kind() == AuthErrorKind::Configuration, "{key:?}: {error:?}");
        assert!(error.to_string().contains("header key"), "{key:?}: {error}");
        assert!(!error.to_string().contains('\n'), "{key:?}: the error spans lines: {error:?}");
    }
}

#[tokio::test]
async fn keys_that_a_flow_or_a_server_brings_are_checked_too_and_nothing_is_sent() {
    for kind in Kind::ALL {
        for key in ["authorization ", "x\n", ":path", "grpc-status", "token-bin"] {
            let by_flow = Harness::answering([]);
            let token = by_flow.secret();
            by_flow.flow.then(Login::Issue(Credentials::new(token).with_header_key(key)));
            by_flow.authenticate_with(|builder| builder.login_first(true));
            let outcome = call(&by_flow.client(), kind).await;
            assert_eq!(outcome.code(), Code::Internal, "{kind:?} {key:?}: {:?}", outcome.status);
            assert!(by_flow.peer.requests().is_empty(), "{kind:?} {key:?}");

            let by_server = Harness::answering([]);
            by_server.authenticate_with(|builder| builder.login_first(true).discovery(Published(key)));
            let outcome = call(&by_server.client(), kind).await;
            assert_eq!(outcome.code(), Code::Internal, "{kind:?} {key:?}: {:?}", outcome.status);
            assert!(by_server.peer.requests().is_empty(), "{kind:?} {key:?}");
        }
    }
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_an_error_without_the_token_and_nothing_is_sent() {
    for kind in Kind::ALL {
        for spoil in [
            |token: String| format!("{token}\nx-admin: yes"),
            |token: String| format!("{token}\r"),
            |token: String| format!("{token}é"),
            |token: String| format!("{token} {token}"),
            |_| String::new(),
        ] {
            let harness = Harness::answering([]);
            harness.authenticate_with(|builder| builder.login_first(true));
            harness.flow.then(Login::token(spoil(harness.secret())));
            let outcome = call(&harness.client(), kind).await;

            assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}: {:?}", outcome.status);
            assert!(harness.peer.requests().is_empty(), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn the_token_type_stands_in_front_of_the_token() {
    let harness = Harness::answering([Answer::message(&numbered(2)), Answer::message(&numbered(2))]);
    let client = harness.client();
    for (given, sent) in [("bEARER", "Bearer"), ("IDToken", "IDToken")] {
        let token = harness.secret();
        harness.flow.then(Login::Issue(Credentials::new(&token).with_token_type(given)));
        harness.authenticator().refresh_credentials().await.unwrap();
        call(&client, Kind::Unary).await;

        let requests = harness.peer.requests();
        assert_eq!(requests.last().unwrap().header("authorization"), Some(format!("{sent} {token}")));
    }
}

#[tokio::test]
async fn a_raw_token_stands_alone_in_the_header_that_it_names() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::rejected(), Answer::message(&numbered(2))]);
        let token = harness.secret();
        harness.flow.then(Login::Issue(Credentials::raw(&token).with_header_key("token")));

        assert_eq!(call(&harness.client(), kind).await.numbers(), [2], "{kind:?}");
        let requests = harness.peer.requests();
        let last = requests.last().unwrap();
        assert_eq!((last.header("token"), last.header("authorization")), (Some(token), None), "{kind:?}");
    }
}
