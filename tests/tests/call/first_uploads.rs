//! The first call of a session is a request stream that may become longer than what is held of it: it could not be sent
//! again, so that it does not find out by a rejection whether the server wants credentials.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use tests::{
    call::{Kind, Outcome, call, numbered},
    calls::Message,
    flow::Login,
    harness::Harness,
    peer::Answer,
};
use tonic::{Code, Request};

/// 3 MiB, which do not wait for the response.
async fn upload(harness: &Harness, kind: Kind) -> Outcome {
    let messages = (1..=48)
        .map(|number| Message { number, payload: vec![0; 64 * 1024], ..Message::default() })
        .collect::<Vec<_>>();
    let (client, messages) = (harness.client(), Request::new(tokio_stream::iter(messages)));
    match kind {
        Kind::ClientStreaming => Outcome::of_message(client.client_streaming(messages).await),
        _ => Outcome::of_stream(client.bidi_streaming(messages).await).await,
    }
}

const STREAMING: [Kind; 2] = [Kind::ClientStreaming, Kind::BidiStreaming];

fn success() -> Answer {
    Answer::new().read_all().and_then(Answer::message(&numbered(2)))
}

#[tokio::test]
async fn it_logs_in_first_and_is_sent_once_whole() {
    for kind in STREAMING {
        // Rejected in the middle of it: too late to send it again.
        let harness = Harness::checking(Answer::new().read(8).trailers_only(Code::Unauthenticated, "no"), success());
        harness.authenticate_with(|builder| builder);
        assert_eq!(upload(&harness, kind).await.numbers(), [2], "{kind:?}");
        assert_eq!(harness.tokens_seen(), [harness.issued().pop()], "{kind:?}");
        assert_eq!(harness.peer.requests()[0].message_count(), 48, "{kind:?}");
        assert_eq!(harness.flow.calls(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn behind_a_call_that_was_accepted_without_credentials_it_needs_none() {
    for kind in STREAMING {
        let harness = Harness::answering([Answer::message(&numbered(1)), success()]);
        harness.authenticate_with(|builder| builder);
        assert_eq!(call(&harness.client(), Kind::Unary).await.numbers(), [1], "{kind:?}");
        assert_eq!(upload(&harness, kind).await.numbers(), [2], "{kind:?}");
        assert_eq!((harness.tokens_seen(), harness.flow.calls()), (vec![None, None], 0), "{kind:?}");
    }
}

#[tokio::test]
async fn a_login_that_fails_keeps_it_from_being_sent() {
    for kind in STREAMING {
        let harness = Harness::answering([success()]);
        harness.authenticate_with(|builder| builder);
        harness.flow.then(Login::permanent("the account is closed"));
        let outcome = upload(&harness, kind).await;
        assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}: {outcome:?}");
        assert!(harness.peer.requests().is_empty(), "{kind:?}");
    }
}
