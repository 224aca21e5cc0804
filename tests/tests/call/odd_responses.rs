//! Responses as load balancers, content delivery networks and servers of many makes give them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{sync::Arc, time::Duration};

use h2::Reason;
use tests::{
    call::{Kind, call, call_with, numbered, spawn},
    gate::Gate,
    harness::Harness,
    peer::{Answer, PeerOptions},
};
use tonic::{Code, Request};

#[tokio::test]
async fn a_rejection_in_the_headers_is_one_under_each_http_status_and_whatever_else_they_say() {
    const GRPC: (&str, &str) = ("content-type", "application/grpc");
    const STATUS: (&str, &str) = ("grpc-status", "16");
    let rejections: [(u16, &[(&'static str, &str)]); 7] = [
        (200, &[GRPC, STATUS]),
        (401, &[GRPC, STATUS]),
        (403, &[GRPC, STATUS]),
        (200, &[("content-type", "application/grpc+proto"), STATUS, ("grpc-encoding", "gzip")]),
        (200, &[GRPC, STATUS, ("grpc-message", "expired%20token"), ("retry-after", "30")]),
        // An old envoy.
        (200, &[STATUS]),
        (401, &[("content-type", "text/html"), STATUS, ("www-authenticate", "Bearer realm=\"flyte\"")]),
    ];
    for (status, headers) in rejections {
        for kind in Kind::ALL {
            let rejection = Answer::new().http_headers_only(status, headers);
            let harness = Harness::answering([rejection, Answer::message(&numbered(2))]);
            assert_eq!(call(&harness.client(), kind).await.numbers(), [2], "{kind:?} {status} {headers:?}");
            assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (2, 1), "{kind:?} {status}");
        }
    }
}

#[tokio::test]
async fn what_load_balancers_say_in_numbers_of_their_own_costs_no_login_and_is_told() {
    let said = [
        ("an application load balancer", 460, ""),
        ("an application load balancer that wants another protocol", 464, ""),
        ("one that has no healthy target", 503, "text/html"),
        ("Cloudflare, and its origin is broken", 520, "text/html; charset=UTF-8"),
        ("Cloudflare, and its origin is silent", 524, "text/html; charset=UTF-8"),
        ("Cloudflare, and its origin's certificate is none", 526, "text/plain"),
        ("a limit", 429, "application/json"),
        ("a captive portal", 511, "text/html"),
        ("a server for another name", 421, ""),
        ("nginx, whose client has gone", 499, "text/html"),
    ];
    for (who, status, content_type) in said {
        let headers: &[(&str, &str)] = &[("content-type", content_type), ("retry-after", "1"), ("server", "x")];
        let headers = if content_type.is_empty() { &headers[1..] } else { headers };
        for kind in Kind::ALL {
            let harness = Harness::answering([Answer::new().http_headers_only(status, headers)]);
            let outcome = call(&harness.client(), kind).await;
            assert!(
                !matches!(outcome.code(), Code::Ok | Code::Unauthenticated | Code::Cancelled),
                "{who}: {outcome:?}"
            );
            let message = outcome.status().message();
            assert!(message.contains(&format!("HTTP status {status}")), "{who} {kind:?}: {message}");
            assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{who} {kind:?}");
        }
    }
}

#[tokio::test]
async fn grpc_web_by_accident_is_called_what_it_is() {
    for content_type in ["application/grpc-web", "application/grpc-web+proto", "application/grpc-web-text"] {
        for kind in Kind::ALL {
            // Its trailers are in the body, behind a mark that means compression to gRPC.
            let harness = Harness::answering([Answer::http(200, content_type, "\u{0}\u{0}\u{0}\u{0}\u{2}\u{8}\u{2}")]);
            let outcome = call(&harness.client(), kind).await;
            let message = outcome.status().message();
            assert!(
                message.contains(&format!("the response is not gRPC: HTTP status 200, content type `{content_type}`")),
                "{message}"
            );
            assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn a_content_type_with_a_format_or_parameters_is_grpc() {
    for content_type in
        ["application/grpc+proto", "application/grpc;charset=utf-8", "application/GRPC", "application/grpc+json"]
    {
        for kind in Kind::ALL {
            let headers = [("content-type", content_type)];
            let answer = Answer::new().http_headers(200, &headers).and_message(&numbered(2)).status(Code::Ok);
            let harness = Harness::answering([answer]);
            assert_eq!(call(&harness.client(), kind).await.numbers(), [2], "{kind:?} {content_type}");
        }
    }
}

#[tokio::test]
async fn a_reset_is_told_in_grpcs_codes_and_costs_no_login() {
    for (reason, code) in [
        (Reason::HTTP_1_1_REQUIRED, Code::Internal),
        (Reason::ENHANCE_YOUR_CALM, Code::ResourceExhausted),
        (Reason::INADEQUATE_SECURITY, Code::PermissionDenied),
        (Reason::PROTOCOL_ERROR, Code::Internal),
    ] {
        for kind in Kind::ALL {
            let harness = Harness::answering([Answer::new().reset(reason)]);
            assert_eq!(call(&harness.client(), kind).await.code(), code, "{kind:?} {reason:?}");
            assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?} {reason:?}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_closed_in_anger_ends_its_calls_and_the_next_takes_another() {
    for reason in [Reason::ENHANCE_YOUR_CALM, Reason::PROTOCOL_ERROR, Reason::INTERNAL_ERROR] {
        for kind in Kind::ALL {
            let harness = Harness::answering([Answer::new().read(1).abort(reason), Answer::message(&numbered(2))]);
            let client = harness.client();
            let outcome = call(&client, kind).await;
            assert_eq!(outcome.code(), Code::Unavailable, "{kind:?} {reason:?}: {outcome:?}");
            assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?} {reason:?}");
            assert_eq!(harness.flow.calls(), 0, "{kind:?} {reason:?}");
        }
    }
}

#[tokio::test]
async fn calls_beyond_what_the_server_takes_at_a_time_wait_for_their_turn_and_their_deadline() {
    for kind in Kind::ALL {
        let gate = Gate::new();
        let held = Answer::new().pass(&gate).and_then(Answer::message(&numbered(2)));
        let harness =
            Harness::scripted_with(PeerOptions::default().streams(1), move |exchange| exchange.run(held.clone()));
        let client = harness.client();
        let first = spawn(&client, kind);
        gate.arrived(1).await;
        let mut late = Request::new(numbered(7));
        late.set_timeout(Duration::from_millis(50));
        let late = call_with(&client, kind, late).await;
        assert_eq!(late.code(), Code::DeadlineExceeded, "{kind:?}: {late:?}");
        let next = spawn(&client, kind);
        gate.open();
        for waiting in [first, next] {
            assert_eq!(waiting.await.unwrap().numbers(), [2], "{kind:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_takes_no_calls_at_all_keeps_them_to_their_deadline() {
    for kind in Kind::ALL {
        let harness = Harness::scripted_with(PeerOptions::default().streams(0), |exchange| {
            exchange.run(Answer::message(&numbered(2)))
        });
        let client = Arc::new(harness.client());
        // What the server takes is known once it has said so, which it does as it answers.
        let mut outcomes = Vec::new();
        for _ in 0..3 {
            let mut request = Request::new(numbered(7));
            request.set_timeout(Duration::from_millis(200));
            outcomes.push(call_with(&*client, kind, request).await.code());
        }
        assert_eq!(outcomes.last(), Some(&Code::DeadlineExceeded), "{kind:?}: {outcomes:?}");
        assert_eq!(harness.flow.calls(), 0, "{kind:?}");
    }
}
