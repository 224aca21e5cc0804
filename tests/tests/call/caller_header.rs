//! A caller who brings credentials of their own is left alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::{AuthError, Credentials, Discovery, ServerDetails};
use tests::{
    call::{Kind, call_with, numbered},
    calls::Message,
    harness::Harness,
    peer::Answer,
    property::turns,
};
use tonic::{Code, Request};

fn with_header(key: &'static str, value: &str) -> Request<Message> {
    let mut request = Request::new(numbered(7));
    request.metadata_mut().insert(key, value.parse().unwrap());
    request
}

#[tokio::test]
async fn the_callers_own_header_is_kept_and_its_rejection_is_final() {
    for (kind, rejection) in
        Kind::ALL.into_iter().flat_map(|kind| [(kind, Answer::rejected()), (kind, Answer::rejected_late())])
    {
        let harness = Harness::answering([rejection, Answer::message(&numbered(2))]);
        let own = harness.secret();
        let request = with_header("authorization", &format!("Bearer {own}"));
        let outcome = call_with(&harness.client(), kind, request).await;

        assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}");
        assert_eq!((harness.tokens_seen(), harness.flow.calls()), (vec![Some(own)], 0), "{kind:?}");
    }
}

#[tokio::test]
async fn the_rejection_of_a_callers_own_header_says_nothing_about_the_sessions_token() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::rejected(), Answer::message(&numbered(2))]);
        let client = harness.client();
        let own = harness.secret();
        call_with(&client, kind, with_header("authorization", &own)).await;
        let next = call_with(&client, kind, Request::new(numbered(7))).await;

        assert_eq!(next.numbers(), [2], "{kind:?}");
        assert_eq!(harness.tokens_seen()[1].as_deref(), Some(harness.stale_token()), "{kind:?}");
        assert_eq!(harness.flow.calls(), 0, "{kind:?}");
    }
}

#[tokio::test]
async fn a_callers_own_header_under_the_configured_key_is_kept_too() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::rejected()]);
        harness.authenticate_with(|builder| {
            builder.header_key("flyte-authorization").credentials(Credentials::new(harness.stale_token()))
        });
        let own = harness.secret();
        let outcome = call_with(&harness.client(), kind, with_header("flyte-authorization", &own)).await;

        assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}");
        let request = &harness.peer.requests()[0];
        assert_eq!(request.header("flyte-authorization"), Some(own), "{kind:?}");
        assert_eq!(request.header("authorization"), None, "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn a_call_with_the_callers_own_header_never_logs_in() {
    for (kind, login_first) in Kind::ALL.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        for key in ["authorization", "flyte-authorization"] {
            for rejection in [Answer::rejected(), Answer::rejected_late()] {
                let harness = Harness::answering([rejection]);
                harness.authenticate_with(|builder| builder.header_key("flyte-authorization").login_first(login_first));
                let own = harness.secret();
                let outcome = call_with(&harness.client(), kind, with_header(key, &own)).await;

                assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?} {key}");
                // In the background neither.
                turns(20).await;
                assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?} {key}");
            }
        }
    }
}

#[tokio::test]
async fn with_another_key_configured_authorization_by_the_caller_still_wins() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::rejected()]);
        harness.authenticate_with(|builder| {
            builder.header_key("flyte-authorization").credentials(Credentials::new(harness.stale_token()))
        });
        let own = harness.secret();
        let outcome = call_with(&harness.client(), kind, with_header("authorization", &own)).await;

        assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}");
        let request = &harness.peer.requests()[0];
        assert_eq!(request.header("authorization"), Some(own), "{kind:?}");
        assert_eq!(request.header("flyte-authorization"), None, "{kind:?}: a server that finds both takes one of them");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?}");
    }
}

struct Published(&'static str);

impl Discovery for Published {
    async fn discover(&self) -> Result<ServerDetails, AuthError> {
        let details = ServerDetails::new().with_header_key(self.0);
        Ok(details)
    }
}

#[tokio::test]
async fn a_callers_own_header_under_the_key_that_the_server_publishes_is_kept_too() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::rejected()]);
        let authenticator =
            harness.authenticate_with(|builder| builder.discovery(Published("flyte-authorization")).login_first(true));
        authenticator.login().await.unwrap();
        let own = harness.secret();
        let outcome = call_with(&harness.client(), kind, with_header("flyte-authorization", &own)).await;

        assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}");
        assert_eq!(harness.peer.requests()[0].header("flyte-authorization"), Some(own), "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 1), "{kind:?}");
    }
}

#[tokio::test]
async fn a_callers_own_header_is_kept_although_its_key_becomes_known_only_after_the_first_response() {
    for (kind, rejection) in
        Kind::ALL.into_iter().flat_map(|kind| [(kind, Answer::rejected()), (kind, Answer::rejected_late())])
    {
        let harness = Harness::answering([rejection, Answer::message(&numbered(2))]);
        harness.authenticate_with(|builder| builder.discovery(Published("flyte-authorization")));
        let own = harness.secret();
        let outcome = call_with(&harness.client(), kind, with_header("flyte-authorization", &own)).await;

        assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}");
        assert_eq!(harness.peer.requests().len(), 1, "{kind:?}: the caller's own credentials were replaced");
    }
}
