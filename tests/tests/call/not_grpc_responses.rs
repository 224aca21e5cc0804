//! Answers of proxies and login pages that know nothing of gRPC.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::Credentials;
use tests::{
    call::{Kind, call, numbered, spawn},
    harness::Harness,
    mock_body::MockBody,
    peer::Answer,
    transport::{self, LocalTransport},
};
use tonic::Code;

const PAGE: &str = "<!doctype html><title>Sign in</title>";

fn page(status: u16) -> Answer {
    Answer::http(status, "text/html; charset=utf-8", PAGE)
}

#[tokio::test]
async fn http_401_without_a_grpc_status_is_a_rejection_whatever_its_body() {
    let anonymous = Answer::new().http_headers_only(401, &[]);
    let grpc_content_type = Answer::http(401, "application/grpc", "");
    for rejection in [page(401), anonymous, grpc_content_type] {
        for kind in Kind::ALL {
            let harness = Harness::answering([rejection.clone(), Answer::message(&numbered(2))]);
            let outcome = call(&harness.client(), kind).await;

            assert_eq!((outcome.code(), outcome.numbers()), (Code::Ok, vec![2]), "{kind:?}");
            assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (2, 1), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn a_second_http_401_reaches_the_caller_as_unauthenticated() {
    for kind in Kind::ALL {
        let harness = Harness::answering([page(401), page(401)]);
        let outcome = call(&harness.client(), kind).await;

        assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}");
        assert!(outcome.status().message().contains("401"), "{kind:?}: {}", outcome.status().message());
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (2, 1), "{kind:?}");
    }
}

#[tokio::test]
async fn a_token_with_too_little_scope_is_not_refreshed() {
    let challenge = [("www-authenticate", "Bearer realm=\"flyte\", error=\"insufficient_scope\", scope=\"all\"")];
    let challenge_without_quotes = [("www-authenticate", "Bearer error=insufficient_scope")];
    for (status, challenge) in [(401, &challenge), (401, &challenge_without_quotes), (403, &challenge)] {
        for kind in Kind::ALL {
            let harness = Harness::answering([Answer::new().http_headers_only(status, challenge)]);
            let outcome = call(&harness.client(), kind).await;

            let expected = if status == 401 { Code::Unauthenticated } else { Code::PermissionDenied };
            assert_eq!(outcome.code(), expected, "{kind:?} {status}");
            assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?} {status}");
        }
    }
}

#[tokio::test]
async fn a_challenge_without_that_error_is_an_ordinary_rejection() {
    let challenge = [("www-authenticate", "Bearer error=\"invalid_token\"")];
    for kind in Kind::ALL {
        let rejection = Answer::new().http_headers_only(401, &challenge);
        let harness = Harness::answering([rejection, Answer::message(&numbered(2))]);

        assert_eq!(call(&harness.client(), kind).await.numbers(), [2], "{kind:?}");
        assert_eq!(harness.flow.calls(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_response_that_is_not_grpc_says_what_answered_and_costs_neither_login_nor_replay() {
    // The codes are those of gRPC's own mapping (doc/http-grpc-status-mapping.md).
    let answers = [
        (200, Code::Unknown),
        (302, Code::Unknown),
        (400, Code::Internal),
        (403, Code::PermissionDenied),
        (404, Code::Unimplemented),
        (407, Code::Unknown),
        (429, Code::Unavailable),
        (500, Code::Unknown),
        (502, Code::Unavailable),
        (503, Code::Unavailable),
        (504, Code::Unavailable),
    ];
    for kind in Kind::ALL {
        for (status, code) in answers {
            let harness = Harness::answering([page(status)]);
            let outcome = call(&harness.client(), kind).await;

            let message = outcome.status().message();
            assert_eq!(outcome.code(), code, "{kind:?} {status}: {message}");
            assert!(message.contains(&status.to_string()), "{kind:?} {status}: {message}");
            assert!(message.contains("text/html"), "{kind:?} {status}: {message}");
            assert!(message.contains("proxy or login page"), "{kind:?} {status}: {message}");
            assert!(!message.contains("Sign in"), "{kind:?} {status}: the page itself is in {message}");
            assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?} {status}");
        }
    }
}

#[tokio::test]
async fn what_is_too_large_is_said_and_what_to_do_about_it() {
    let large =
        [(431, "the token among them", "fewer scopes or claims"), (413, "the request is larger", "raise that limit")];
    for (kind, (status, what, advice)) in Kind::ALL.into_iter().flat_map(|kind| large.map(|large| (kind, large))) {
        for answer in [page(status), Answer::new().http_headers_only(status, &[])] {
            let harness = Harness::answering([answer]);
            let outcome = call(&harness.client(), kind).await;
            let message = outcome.status().message();
            assert!(message.contains(what) && message.contains(advice), "{kind:?} {status}: {message}");
            assert!(!message.contains("login page"), "{kind:?} {status}: {message}");
            assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?} {status}");
        }
    }
}

#[tokio::test]
async fn a_redirect_says_to_which_host_and_no_more() {
    for (location, told) in [
        ("https://login.example.test/authorize?state=hunter2", "a redirect to login.example.test; is a proxy"),
        ("https://me:hunter2@login.example.test:8443/", "a redirect to login.example.test; is a proxy"),
        ("/oauth2/start?rd=hunter2", "a redirect; is a proxy"),
    ] {
        let harness = Harness::answering([Answer::new().http_headers_only(302, &[("location", location)])]);
        let message = call(&harness.client(), Kind::Unary).await.status().message().to_owned();
        assert!(message.contains(told) && !message.contains("hunter2"), "{location}: {message}");
    }
}

#[tokio::test]
async fn a_response_without_a_content_type_is_not_grpc_unless_its_status_is_200() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::new().http_headers_only(503, &[])]);
        let outcome = call(&harness.client(), kind).await;
        assert_eq!(outcome.code(), Code::Unavailable, "{kind:?}");
        assert!(outcome.status().message().contains("HTTP status 503, no content type"), "{:?}", outcome.status);

        let lax = Answer::new().http_headers(200, &[]).and_message(&numbered(2)).status(Code::Ok);
        let harness = Harness::answering([lax]);
        assert_eq!(call(&harness.client(), kind).await.numbers(), [2], "{kind:?}");
    }
}

#[tokio::test]
async fn a_layer_over_tonics_own_client_says_so_too() {
    for kind in Kind::ALL {
        let harness = Harness::answering([page(302)]);
        let outcome = call(&harness.layered_client(), kind).await;

        let message = outcome.status().message();
        assert!(message.contains("302") && message.contains("text/html"), "{kind:?}: {message}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn a_grpc_status_decides_whatever_the_http_status_says() {
    for kind in Kind::ALL {
        let denied = Answer::new().http_headers_only(
            401,
            &[("content-type", "application/grpc"), ("grpc-status", "7"), ("grpc-message", "not yours")],
        );
        let harness = Harness::answering([denied]);
        let outcome = call(&harness.client(), kind).await;

        assert_eq!((outcome.code(), outcome.status().message()), (Code::PermissionDenied, "not yours"), "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn status_details_that_are_not_base64_do_not_bring_the_client_down() {
    for kind in Kind::ALL {
        let broken = |code| {
            Answer::new().trailers_only_with(code, "broken details", &[("grpc-status-details-bin", "%%%not base64%%%")])
        };
        let harness = Harness::answering([broken(Code::Unauthenticated), broken(Code::Unauthenticated)]);
        let outcome = call(&harness.client(), kind).await;

        assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}");
        let message = outcome.status().message();
        assert!(message.ends_with("; the server says: broken details"), "{kind:?}: {message}");
        assert_eq!(harness.peer.requests().len(), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn nor_do_such_details_of_a_call_that_went_well() {
    for kind in Kind::ALL {
        let trailers = [("grpc-status", "0"), ("grpc-status-details-bin", "%%%not base64%%%")];
        let harness = Harness::answering([Answer::new().headers().and_message(&numbered(2)).trailers(&trailers)]);
        let outcome = call(&harness.client(), kind).await;
        assert_eq!((outcome.code(), outcome.numbers()), (Code::Ok, vec![2]), "{kind:?}: {:?}", outcome.status);
    }
}

#[tokio::test]
async fn a_page_that_denies_an_anonymous_call_is_a_denial_as_any() {
    for kind in Kind::ALL {
        let page = Answer::http(403, "text/html", "<html>Forbidden</html>");
        let harness = Harness::answering([page.clone(), Answer::message(&numbered(2))]);
        harness.authenticate_with(|builder| builder.login_on_permission_denied(true));
        // A stream might not be sent again, and logs in before.
        let outcome = call(&harness.client(), kind).await;
        assert_eq!(outcome.numbers(), [2], "{kind:?}: {:?}", outcome.status);
        assert_eq!(harness.tokens_seen(), [None, harness.issued().pop()], "{kind:?}");

        // Who had credentials is denied for good.
        let harness = Harness::answering([page]);
        harness.authenticate_with(|builder| {
            builder.credentials(Credentials::new(harness.stale_token())).login_on_permission_denied(true)
        });
        assert_eq!(call(&harness.client(), kind).await.code(), Code::PermissionDenied, "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn a_rule_of_the_users_is_asked_about_the_status_that_the_caller_would_see() {
    for kind in Kind::ALL {
        let page = Answer::new().http_headers_only(302, &[("location", "https://login.example.com/")]);
        let harness = Harness::answering([page, Answer::message(&numbered(2))]);
        harness.authenticate_with(|builder| {
            let builder = builder.credentials(Credentials::new(harness.stale_token()));
            builder.retry_on(|status| status.code() == Code::Unknown && status.message().contains("HTTP status 302"))
        });
        let outcome = call(&harness.client(), kind).await;

        assert_eq!(outcome.numbers(), [2], "{kind:?}: {:?}", outcome.status);
        assert_eq!(harness.flow.calls(), 1, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_page_behind_a_rejection_is_read_so_that_the_call_is_not_reset_unless_it_does_not_end() {
    for (kind, ends) in Kind::ALL.into_iter().flat_map(|kind| [(kind, true), (kind, false)]) {
        let (body, rest) = MockBody::open();
        rest.data(PAGE);
        let answers = [transport::page(401, body), transport::message(&numbered(2))];
        let harness = Harness::local(LocalTransport::answering(answers));
        let login = harness.flow.hold();
        let calling = spawn(&harness.client(), kind);
        login.arrived(1).await;
        assert!(!rest.is_dropped(), "{kind:?}");
        if ends {
            rest.data(PAGE).end();
        }
        login.open();
        assert_eq!(calling.await.unwrap().numbers(), [2], "{kind:?}");
        // Two parts, and each time that there was nothing more; the last of them is the end.
        assert!(rest.polls() >= if ends { 4 } else { 2 }, "{kind:?}: {}", rest.polls());
    }
}
