//! The connection is lost between a rejection and the replay.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use tests::{
    call::{Kind, call, numbered, spawn},
    calls::calls_client::AuthenticatedCallsClient,
    harness::Harness,
    peer::Answer,
};
use tonic::Code;

fn rejections() -> impl Iterator<Item = (Kind, Answer)> {
    Kind::ALL.into_iter().flat_map(|kind| [(kind, Answer::rejected()), (kind, Answer::rejected_late())])
}

#[tokio::test]
async fn the_replay_goes_over_a_new_connection() {
    for (kind, rejection) in rejections() {
        let harness = Harness::answering([rejection, Answer::message(&numbered(2))]);
        let login = harness.flow.hold();
        let calling = spawn(&harness.client(), kind);
        login.arrived(1).await;
        harness.peer.go_away().await;
        login.open();

        assert_eq!(calling.await.unwrap().numbers(), [2], "{kind:?}");
        let connections: Vec<_> = harness.peer.requests().iter().map(|request| request.connection).collect();
        assert_eq!(connections, [0, 1], "{kind:?}");
    }
}

#[tokio::test]
async fn where_there_is_no_new_connection_the_call_is_unavailable() {
    for (kind, rejection) in rejections() {
        let harness = Harness::answering([rejection]);
        let login = harness.flow.hold();
        let calling = spawn(&harness.client(), kind);
        login.arrived(1).await;
        harness.peer.go_away().await;
        harness.peer.stop().await;
        login.open();
        let outcome = calling.await.unwrap();

        assert_eq!(outcome.code(), Code::Unavailable, "{kind:?}: {:?}", outcome.status);
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 1), "{kind:?}");
    }
}

#[tokio::test]
async fn a_replay_whose_connection_breaks_is_not_sent_a_third_time() {
    for (kind, rejection) in rejections() {
        for broken in [Answer::new().reset(h2::Reason::INTERNAL_ERROR), Answer::new().read_all().close()] {
            let harness = Harness::answering([rejection.clone(), broken, Answer::message(&numbered(3))]);
            let outcome = call(&harness.client(), kind).await;

            assert_ne!(outcome.code(), Code::Ok, "{kind:?}");
            assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (2, 1), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn a_first_attempt_whose_connection_breaks_costs_no_login() {
    for kind in Kind::ALL {
        let harness = Harness::answering([Answer::new().read_all().close(), Answer::message(&numbered(3))]);
        let client = harness.client();

        assert_ne!(call(&client, kind).await.code(), Code::Ok, "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (1, 0), "{kind:?}");
        assert_eq!(call(&client, kind).await.numbers(), [3], "{kind:?}");
    }
}

fn refused() -> Answer {
    Answer::new().reset(h2::Reason::REFUSED_STREAM)
}

#[tokio::test]
async fn an_attempt_that_the_server_refused_unprocessed_is_sent_again_and_is_no_replay() {
    for kind in Kind::ALL {
        let harness = Harness::answering([refused(), Answer::rejected(), Answer::message(&numbered(3))]);
        let outcome = call(&harness.client(), kind).await;

        assert_eq!(outcome.numbers(), [3], "{kind:?}: {:?}", outcome.status);
        let requests = harness.peer.requests();
        let attempts: Vec<_> = requests.iter().map(|request| request.previous_attempts()).collect();
        assert_eq!(attempts, [None, None, Some("1".to_owned())], "{kind:?}");
        assert_eq!(harness.flow.calls(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_replay_that_the_server_refused_unprocessed_is_sent_again_too() {
    for (kind, rejection) in rejections() {
        let harness = Harness::answering([rejection, refused(), Answer::message(&numbered(3))]);
        let outcome = call(&harness.client(), kind).await;

        assert_eq!(outcome.numbers(), [3], "{kind:?}: {:?}", outcome.status);
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (3, 1), "{kind:?}");
    }
}

#[tokio::test]
async fn so_are_methods_without_credentials_and_those_that_are_never_replayed() {
    let harness = Harness::answering([refused(), Answer::message(&numbered(3))]);
    assert_eq!(harness.client().once(numbered(7)).await.unwrap().into_inner(), numbered(3));
    let harness = Harness::answering([refused(), Answer::message(&numbered(3))]);
    assert_eq!(harness.client().open(numbered(7)).await.unwrap().into_inner(), numbered(3));
    assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (2, 0));
}

#[tokio::test]
async fn a_server_that_refuses_again_is_not_asked_a_third_time() {
    for kind in Kind::ALL {
        let harness = Harness::answering([refused(), refused(), Answer::message(&numbered(3))]);
        let outcome = call(&harness.client(), kind).await;

        assert_ne!(outcome.code(), Code::Ok, "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (2, 0), "{kind:?}");
    }
}

#[tokio::test]
async fn a_call_whose_connection_breaks_is_unavailable_before_its_head_and_behind_its_messages() {
    for kind in Kind::ALL {
        let behind_a_message = Answer::new().read_all().headers().and_message(&numbered(1)).close();
        for broken in [Answer::new().read_all().close(), behind_a_message] {
            let harness = Harness::answering([broken]);
            let outcome = call(&harness.client(), kind).await;
            assert_eq!(outcome.code(), Code::Unavailable, "{kind:?}: {:?}", outcome.status);
        }
    }
}

#[tokio::test]
async fn a_replay_may_be_refused_unprocessed_once_as_the_first_attempt_was() {
    for kind in Kind::ALL {
        let answers = [refused(), Answer::rejected(), refused(), Answer::message(&numbered(4))];
        let harness = Harness::answering(answers);

        assert_eq!(call(&harness.client(), kind).await.numbers(), [4], "{kind:?}");
        assert_eq!((harness.peer.requests().len(), harness.flow.calls()), (4, 1), "{kind:?}");
    }
}

#[test]
fn a_channel_whose_runtime_was_shut_down_is_unavailable_and_says_why() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    let (harness, client) = first.block_on(async {
        let harness = Harness::answering([]);
        let channel = harness.builder().build().unwrap().connect_lazy().unwrap();
        (harness, AuthenticatedCallsClient::new(channel))
    });
    first.shutdown_timeout(Duration::from_secs(60));
    for kind in Kind::ALL {
        let outcome = second.block_on(call(&client, kind));
        assert_eq!(outcome.code(), Code::Unavailable, "{kind:?}: {:?}", outcome.status);
        assert!(outcome.status().message().contains("connect again"), "{kind:?}: {:?}", outcome.status);
    }
    assert_eq!(harness.flow.calls(), 0);
}
