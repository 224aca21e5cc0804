//! A stream whose first answer was rejected late goes on with the second answer, whatever shape that has.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use tests::{
    call::{Kind, call, numbered},
    harness::Harness,
    message::{frame, gzip_frame, zstd_frame},
    peer::Answer,
};
use tonic::{Code, codec::CompressionEncoding};

async fn spliced(second: Answer, kind: Kind) -> (Harness, tests::call::Outcome) {
    let harness = Harness::answering([Answer::rejected_late(), second]);
    let outcome = call(&harness.client(), kind).await;
    assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (2, 1), "{kind:?}");
    (harness, outcome)
}

#[tokio::test]
async fn a_trailers_only_second_response_ends_the_stream_with_exactly_its_status() {
    for kind in Kind::WITH_STREAMED_ANSWER {
        let second = Answer::new().trailers_only_with(Code::NotFound, "no such project", &[("x-region", "north")]);
        let (_harness, outcome) = spliced(second, kind).await;

        let status = outcome.status();
        assert_eq!((status.code(), status.message()), (Code::NotFound, "no such project"), "{kind:?}");
        assert_eq!(status.metadata().get("x-region").unwrap(), "north", "{kind:?}");
        assert!(outcome.messages.is_empty(), "{kind:?}");
    }
}

#[tokio::test]
async fn a_trailers_only_ok_is_an_empty_stream() {
    for kind in Kind::WITH_STREAMED_ANSWER {
        let (_harness, outcome) = spliced(Answer::new().trailers_only(Code::Ok, ""), kind).await;

        assert_eq!((outcome.code(), outcome.messages.len()), (Code::Ok, 0), "{kind:?}: {:?}", outcome.status);
    }
}

#[tokio::test]
async fn ok_trailers_without_a_message_are_an_empty_stream() {
    for kind in Kind::WITH_STREAMED_ANSWER {
        let (_harness, outcome) = spliced(Answer::new().read_all().headers().status(Code::Ok), kind).await;

        assert_eq!((outcome.code(), outcome.messages.len()), (Code::Ok, 0), "{kind:?}: {:?}", outcome.status);
    }
}

#[tokio::test]
async fn an_error_behind_the_second_responses_messages_comes_behind_them() {
    for kind in Kind::WITH_STREAMED_ANSWER {
        let second = Answer::new().read_all().headers().and_message(&numbered(1)).and_message(&numbered(2));
        let (_harness, outcome) = spliced(second.status_with(Code::Aborted, "enough"), kind).await;

        assert_eq!(outcome.numbers(), [1, 2], "{kind:?}");
        assert_eq!((outcome.code(), outcome.status().message()), (Code::Aborted, "enough"), "{kind:?}");
    }
}

#[tokio::test]
async fn a_second_response_that_is_not_grpc_becomes_a_status_that_says_so() {
    for kind in Kind::WITH_STREAMED_ANSWER {
        for (status, code) in [(503, Code::Unavailable), (403, Code::PermissionDenied), (401, Code::Unauthenticated)] {
            let second = Answer::http(status, "text/html", "<html>sorry</html>");
            let (_harness, outcome) = spliced(second, kind).await;

            let message = outcome.status().message();
            assert_eq!(outcome.code(), code, "{kind:?} {status}: {message}");
            assert!(message.contains(&status.to_string()), "{kind:?} {status}: {message}");
        }
    }
}

#[tokio::test]
async fn a_second_response_that_is_reset_is_an_error_and_not_an_end() {
    for kind in Kind::WITH_STREAMED_ANSWER {
        let (_harness, outcome) = spliced(Answer::new().headers().reset(h2::Reason::INTERNAL_ERROR), kind).await;

        assert_eq!(outcome.code(), Code::Internal, "{kind:?}: {:?}", outcome.status);
    }
}

#[tokio::test]
async fn a_second_response_that_ends_without_trailers_is_an_error_and_not_an_end() {
    for kind in Kind::WITH_STREAMED_ANSWER {
        let second = Answer::new().read_all().headers().and_message(&numbered(1)).end();
        let (_harness, outcome) = spliced(second, kind).await;

        assert_eq!((outcome.code(), outcome.numbers()), (Code::Unknown, vec![1]), "{kind:?}: {:?}", outcome.status);
    }
}

#[tokio::test]
async fn the_replay_accepts_only_the_encoding_that_the_first_response_declared() {
    let cases = [
        (None, frame(&numbered(2))),
        (Some("gzip"), gzip_frame(&numbered(2))),
        (Some("zstd"), zstd_frame(&numbered(2))),
    ];
    for kind in Kind::WITH_STREAMED_ANSWER {
        for (encoding, frame) in cases.clone() {
            let declared: Vec<_> = encoding.map(|encoding| ("grpc-encoding", encoding)).into_iter().collect();
            let first = Answer::new().headers_with(&declared).status(Code::Unauthenticated);
            let second = Answer::new().read_all().headers_with(&declared).data(frame).status(Code::Ok);
            let harness = Harness::answering([first, second]);
            let client = harness.client();
            let client =
                client.accept_compressed(CompressionEncoding::Gzip).accept_compressed(CompressionEncoding::Zstd);
            let outcome = call(&client, kind).await;

            assert_eq!((outcome.code(), outcome.numbers()), (Code::Ok, vec![2]), "{kind:?} {encoding:?}");
            let accepted: Vec<_> =
                harness.peer.requests().iter().map(|request| request.header("grpc-accept-encoding")).collect();
            let accepted_first = accepted[0].as_deref().unwrap();
            assert!(accepted_first.contains("gzip") && accepted_first.contains("zstd"), "{kind:?}: {accepted_first}");
            let accepted_again = accepted[1].as_deref().unwrap_or_default();
            for other in ["gzip", "zstd"] {
                let expected = encoding == Some(other);
                assert_eq!(accepted_again.contains(other), expected, "{kind:?} {encoding:?}: {accepted_again}");
            }
        }
    }
}

#[tokio::test]
async fn a_second_response_in_an_encoding_that_was_not_asked_for_is_an_error_and_not_garbage() {
    let frames = [("gzip", gzip_frame(&numbered(2))), ("zstd", zstd_frame(&numbered(2)))];
    for kind in Kind::WITH_STREAMED_ANSWER {
        for (declared, (encoding, frame)) in [("identity", &frames[0]), ("identity", &frames[1]), ("gzip", &frames[1])]
        {
            let first = Answer::new().headers_with(&[("grpc-encoding", declared)]).status(Code::Unauthenticated);
            let second = Answer::new().read_all().headers_with(&[("grpc-encoding", encoding)]);
            let harness = Harness::answering([first, second.data(frame.clone()).status(Code::Ok)]);
            let client = harness.client();
            let client =
                client.accept_compressed(CompressionEncoding::Gzip).accept_compressed(CompressionEncoding::Zstd);
            let outcome = call(&client, kind).await;

            let message = outcome.status().message();
            assert_eq!(outcome.code(), Code::Internal, "{kind:?} {declared} {encoding}: {message}");
            assert!(message.contains("second response"), "{kind:?} {declared} {encoding}: {message}");
        }
    }
}

#[tokio::test]
async fn a_call_that_gets_the_second_response_whole_may_change_the_encoding() {
    for kind in Kind::WITH_ONE_ANSWER {
        for (encoding, frame) in [("gzip", gzip_frame(&numbered(2))), ("zstd", zstd_frame(&numbered(2)))] {
            let second = Answer::new().read_all().headers_with(&[("grpc-encoding", encoding)]).data(frame);
            let harness = Harness::answering([Answer::rejected_late(), second.status(Code::Ok)]);
            let client = harness.client();
            let client =
                client.accept_compressed(CompressionEncoding::Gzip).accept_compressed(CompressionEncoding::Zstd);

            assert_eq!(call(&client, kind).await.numbers(), [2], "{kind:?} {encoding}");
        }
    }
}

#[tokio::test]
async fn an_uncompressed_second_response_is_read_although_the_first_declared_compression() {
    let first = Answer::new().headers_with(&[("grpc-encoding", "gzip")]).status(Code::Unauthenticated);
    let second = Answer::new().read_all().headers().and_message(&numbered(2)).status(Code::Ok);
    let harness = Harness::answering([first, second]);
    let client = harness.client().accept_compressed(CompressionEncoding::Gzip);
    let outcome = call(&client, Kind::ServerStreaming).await;
    assert_eq!((outcome.code(), outcome.numbers()), (Code::Ok, vec![2]), "{:?}", outcome.status);
}
