//! A trailers-only UNAUTHENTICATED: one login, one replay, and the second answer is the caller's, whatever it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::error::Error as _;

use auth_runtime::AuthError;
use tests::{
    call::{Calls, Kind, Outcome, call, call_with, numbered},
    calls::Message,
    flow::Login,
    harness::Harness,
    peer::{Answer, binary_metadata},
};
use tonic::Code;

fn accepted() -> Answer {
    Answer::new().read_all().headers_with(&[("answer", "second")]).and_message(&numbered(2)).status(Code::Ok)
}

async fn is_replayed_once(harness: &Harness, client: &impl Calls, kind: Kind) {
    let outcome = call(client, kind).await;

    assert_eq!((outcome.code(), outcome.numbers()), (Code::Ok, vec![2]), "{kind:?}");
    assert_eq!(outcome.metadata("answer"), Some("second"), "{kind:?}");
    assert_eq!(harness.flow.calls(), 1, "{kind:?}");
    assert_eq!(harness.tokens_seen(), [Some(harness.stale_token().to_owned()), harness.issued().pop()], "{kind:?}");
    let requests = harness.peer.requests();
    assert!(requests.iter().all(|request| request.path() == kind.path()), "{kind:?}");
    assert_eq!(requests[0].previous_attempts(), None, "{kind:?}");
    assert_eq!(requests[1].previous_attempts().as_deref(), Some("1"), "{kind:?}");
    assert_eq!(requests[1].messages::<Message>(), [numbered(7)], "{kind:?}");
}

#[tokio::test]
async fn a_rejected_call_is_sent_again_after_one_login_and_gets_the_second_response_whole() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::rejected(), accepted()]);
        is_replayed_once(&harness, &harness.client(), kind).await;
    }
}

#[tokio::test]
async fn a_layer_over_tonics_own_client_replays_as_well() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::rejected(), accepted()]);
        is_replayed_once(&harness, &harness.layered_client(), kind).await;
    }
}

#[tokio::test]
async fn a_rejection_after_the_whole_request_was_read_is_replayed_as_well() {
    for kind in Kind::ALL {
        let rejection = Answer::new().read_all().trailers_only(Code::Unauthenticated, "no");
        let harness = Harness::answering([rejection, accepted()]);
        is_replayed_once(&harness, &harness.client(), kind).await;
        assert_eq!(harness.peer.requests()[0].messages::<Message>(), [numbered(7)]);
    }
}

#[tokio::test]
async fn a_call_with_a_valid_token_is_sent_once_and_not_marked_as_a_replay() {
    for kind in Kind::ALL {
        let harness = Harness::checking(Answer::rejected(), accepted());
        let token = harness.valid_token();
        harness.authenticate_with(|builder| builder.credentials(auth_runtime::Credentials::new(&token)));
        let outcome = call(&harness.client(), kind).await;

        assert_eq!(outcome.numbers(), [2], "{kind:?}");
        assert_eq!((harness.tokens_seen(), harness.flow.calls()), (vec![Some(token)], 0), "{kind:?}");
        assert_eq!(harness.peer.requests()[0].previous_attempts(), None, "{kind:?}");
    }
}

#[tokio::test]
async fn the_second_rejection_is_final_and_reaches_the_caller_with_our_reason_in_front_of_the_servers_words() {
    let details = binary_metadata(b"details of the second answer");
    let second = Answer::new().trailers_only_with(
        Code::Unauthenticated,
        "the second answer",
        &[("grpc-status-details-bin", &details), ("x-region", "north")],
    );
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::rejected(), second.clone()]);
        let outcome = call(&harness.client(), kind).await;

        let status = outcome.status();
        assert_eq!(status.code(), Code::Unauthenticated, "{kind:?}");
        assert_eq!(
            status.message(),
            "new credentials were got and are rejected as well: check their audience and scopes; the server says: the second answer",
            "{kind:?}"
        );
        assert_eq!(status.details(), b"details of the second answer", "{kind:?}");
        assert_eq!(status.metadata().get("x-region").unwrap(), "north", "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (2, 1), "{kind:?}");
    }
}

#[tokio::test]
async fn no_other_code_costs_a_login_a_replay_or_the_token() {
    let codes = (0..=16).map(Code::from).filter(|code| !matches!(code, Code::Ok | Code::Unauthenticated));
    let answers = codes.clone().flat_map(|code| {
        let early = Answer::new().trailers_only(code, "no");
        let late = Answer::new().headers().status_with(code, "no");
        [(code, early), (code, late)]
    });
    for kind in Kind::ALL {
        for (code, answer) in answers.clone() {
            let harness = Harness::answering([answer, accepted()]);
            let client = harness.client();
            let first = call(&client, kind).await;
            let second = call(&client, kind).await;

            assert_eq!((first.code(), first.status().message()), (code, "no"), "{kind:?}");
            assert_eq!(second.code(), Code::Ok, "{kind:?} {code:?}");
            let stale = Some(harness.stale_token().to_owned());
            assert_eq!(harness.tokens_seen(), [stale.clone(), stale], "{kind:?} {code:?}");
            assert_eq!(harness.flow.calls(), 0, "{kind:?} {code:?}");
        }
    }
}

#[tokio::test]
async fn a_token_that_a_refresh_does_not_change_is_not_sent_twice() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::rejected(), accepted()]);
        harness.flow.then(Login::token(harness.stale_token()));
        let outcome = call(&harness.client(), kind).await;

        assert_eq!(outcome.status().message(), "the token is not valid", "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 1), "{kind:?}");
    }
}

#[tokio::test]
async fn a_login_that_fails_for_good_after_a_rejection_leaves_the_servers_own_status_with_the_reason_in_front() {
    let details = binary_metadata(b"what the server had to say");
    for kind in Kind::ALL {
        let rejection = Answer::new().trailers_only_with(
            Code::Unauthenticated,
            "the server's own words",
            &[("grpc-status-details-bin", &details), ("x-region", "north")],
        );
        let harness = Harness::answering([rejection]);
        harness.flow.then(Login::permanent("the secret was rotated"));
        let outcome = call(&harness.client(), kind).await;

        let status = outcome.status();
        assert_eq!(status.code(), Code::Unauthenticated, "{kind:?}");
        assert_eq!(status.message(), "the secret was rotated; the server says: the server's own words", "{kind:?}");
        assert_eq!(status.details(), b"what the server had to say", "{kind:?}");
        assert_eq!(status.metadata().get("x-region").unwrap(), "north", "{kind:?}");
        let source = status.source().unwrap().downcast_ref::<AuthError>().unwrap();
        assert!(source.to_string().contains("the secret was rotated"), "{kind:?}: {source}");
        assert_eq!(harness.peer.requests().len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn permission_denied_counts_as_a_rejection_only_where_allowed_and_only_without_credentials() {
    let denied = || Answer::new().trailers_only(Code::PermissionDenied, "RBAC: access denied");
    for kind in Kind::ALL {
        for (allowed, late) in [(false, false), (true, false), (true, true)] {
            let denied = if late { Answer::new().headers().status(Code::PermissionDenied) } else { denied() };
            let harness = Harness::answering([denied, accepted()]);
            harness.authenticate_with(|builder| builder.login_on_permission_denied(allowed));
            let outcome = call(&harness.client(), kind).await;

            let expected = if allowed { Code::Ok } else { Code::PermissionDenied };
            assert_eq!(outcome.code(), expected, "{kind:?} allowed: {allowed}, late: {late}");
            assert_eq!(harness.flow.calls(), usize::from(allowed), "{kind:?}");
        }
        let harness = Harness::answering([denied(), accepted()]);
        let token = harness.secret();
        harness.authenticate_with(|builder| {
            builder.login_on_permission_denied(true).credentials(auth_runtime::Credentials::new(token))
        });
        assert_eq!(call(&harness.client(), kind).await.code(), Code::PermissionDenied, "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn a_users_own_predicate_decides_about_further_statuses() {
    let expired = |late: bool| {
        let answer = Answer::new();
        match late {
            false => answer.trailers_only(Code::Unavailable, "session expired"),
            true => answer.headers().status_with(Code::Unavailable, "session expired"),
        }
    };
    for (kind, late) in Kind::ALL.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        let unrelated = Answer::new().trailers_only(Code::Unavailable, "overloaded");
        let harness = Harness::answering([expired(late), accepted(), unrelated]);
        harness.authenticate_with(|builder| {
            let token = harness.stale_token();
            builder
                .credentials(auth_runtime::Credentials::new(token))
                .retry_on(|status| status.code() == Code::Unavailable && status.message() == "session expired")
        });
        let client = harness.client();
        let replayed: Outcome = call(&client, kind).await;
        let unrelated = call(&client, kind).await;

        assert_eq!(replayed.numbers(), [2], "{kind:?} late: {late}");
        assert_eq!(unrelated.status().message(), "overloaded", "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (3, 1), "{kind:?}");
    }
}

#[tokio::test]
async fn a_scope_that_does_not_suffice_causes_no_refresh() {
    for kind in Kind::ALL {
        let challenge = [("www-authenticate", "Bearer error=\"insufficient_scope\"")];
        let harness = Harness::answering([Answer::new().trailers_only_with(Code::Unauthenticated, "no", &challenge)]);
        assert_eq!(call(&harness.client(), kind).await.code(), Code::Unauthenticated, "{kind:?}");
        assert_eq!((harness.flow.calls(), harness.peer.requests().len()), (0, 1), "{kind:?}");
    }
}

#[tokio::test]
async fn a_response_that_is_ok_is_no_rejection_whatever_the_predicate_says() {
    let whole = Answer::new().trailers_only(Code::Ok, "");
    let detailed = Answer::new().headers().trailers(&[("grpc-status", "0"), ("grpc-status-details-bin", "")]);
    for answer in [accepted(), whole, detailed] {
        for kind in Kind::ALL {
            let harness = Harness::answering([answer.clone()]);
            harness.authenticate_with(|builder| builder.retry_on(|_status| true));
            call(&harness.client(), kind).await;
            assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn the_replay_has_the_headers_of_the_first_attempt_whatever_they_are() {
    for kind in Kind::ALL {
        for layered in [false, true] {
            let harness = Harness::answering([Answer::rejected(), accepted()]);
            let mut request = tonic::Request::new(numbered(7));
            for (key, value) in
                [("x-te", "trailers"), ("x-type", "application/grpc"), ("x-twice", "1"), ("x-twice", "2")]
            {
                request.metadata_mut().append(key, value.parse().unwrap());
            }
            let outcome = match layered {
                true => call_with(&harness.layered_client(), kind, request).await,
                false => call_with(&harness.client(), kind, request).await,
            };
            assert_eq!(outcome.code(), Code::Ok, "{kind:?}: {:?}", outcome.status);
            let [first, second] = [0, 1].map(|number| {
                let headers = harness.peer.requests()[number].headers.clone();
                let differs = ["authorization", "grpc-previous-rpc-attempts", "grpc-accept-encoding"];
                let mut headers: Vec<_> = headers
                    .iter()
                    .filter(|(name, _)| !differs.contains(&name.as_str()))
                    .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                    .collect();
                headers.sort();
                headers
            });
            assert_eq!(first, second, "{kind:?} layered: {layered}");
        }
    }
}
