//! grpc-go's own interop server.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use std::time::{Duration, Instant};

use counterparts::{
    Calls, Counterpart, Kind, Provider, Rejection, Server, Visit, at_once, call, interop_cases, plain, testing::*,
    tool, visit,
};
use tokio::process::Command;
use tonic::{Code, Request};

const VERSIONS: [&str; 2] = ["before-1.84", "newest"];

fn interop(version: &str) -> Command {
    Command::new(tool(&format!("grpc-go-{version}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_in_plaintext() {
    for version in VERSIONS {
        let provider = Provider::start().await;
        let server = Server::start(&mut interop(version)).await;
        visit(&server.counterpart, &provider, Visit::WHOLE, |number| server.revoke(number)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_over_tls() {
    for version in VERSIONS {
        let provider = Provider::start().await;
        let server = Server::start_over_tls(&mut interop(version)).await;
        visit(&server.counterpart, &provider, Visit::WHOLE, |number| server.revoke(number)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_interoperability_cases_with_credentials_and_without_beside_plain_tonic() {
    for version in VERSIONS {
        for tls in [false, true] {
            let provider = Provider::start().await;
            let (mut open, mut closed) = (interop(version), interop(version));
            open.arg("-open");
            let (open, closed) = match tls {
                false => (Server::start(&mut open).await, Server::start(&mut closed).await),
                true => (Server::start_over_tls(&mut open).await, Server::start_over_tls(&mut closed).await),
            };
            interop_cases(&plain(&open.counterpart, None).await).await;
            interop_cases(&plain(&closed.counterpart, Some(provider.token())).await).await;
            interop_cases(&open.counterpart.client(&provider).await).await;
            assert_eq!(provider.logins(), 0, "a server that wants no credentials");
            interop_cases(&closed.counterpart.client(&provider).await).await;
            assert_eq!(provider.logins(), 1, "a server that wants some");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn empty_request_streams_that_are_rejected_end_on_the_replay_too() {
    for version in VERSIONS {
        let provider = Provider::start().await;
        let server = Server::start(&mut interop(version)).await;
        for _ in 0..2 {
            // The first call of a session: anonymous, rejected, and replayed.
            let client = server.counterpart.client(&provider).await;
            let nothing = tokio_stream::empty::<StreamingInputCallRequest>();
            let response = client.input(Request::new(nothing)).await.unwrap();
            assert_eq!(response.into_inner().aggregated_payload_size, 0);
            server.revoke(provider.revoke()).await;
            let nothing = tokio_stream::empty::<StreamingOutputCallRequest>();
            let mut responses = client.duplex(Request::new(nothing)).await.unwrap().into_inner();
            assert_eq!(responses.message().await.unwrap(), None);
        }
        assert_eq!(provider.logins(), 4);
    }
}

fn output(sizes: &[i32], pause: Duration) -> StreamingOutputCallRequest {
    let interval_us = i32::try_from(pause.as_micros()).unwrap();
    let response_parameters =
        sizes.iter().map(|&size| ResponseParameters { size, interval_us, ..Default::default() }).collect();
    StreamingOutputCallRequest { response_parameters, ..Default::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_still_behind_its_first_message_does_not_outlast_the_deadline() {
    let provider = Provider::start().await;
    let server = Server::start(&mut interop(VERSIONS[0])).await;
    let client = server.counterpart.client(&provider).await;
    call(&client, Kind::Unary, Rejection::Early).await.unwrap();
    let mut request = Request::new(output(&[10, 10], Duration::from_millis(300)));
    request.set_timeout(Duration::from_secs(1));
    let mut responses = client.output(request).await.unwrap().into_inner();
    server.process.signal("STOP").await;
    let ended = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            match responses.message().await {
                Ok(Some(_)) => {}
                ended => break ended,
            }
        }
    });
    let ended = ended.await.expect("the deadline ends it").unwrap_err();
    assert_eq!(ended.code(), Code::DeadlineExceeded, "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_time_is_up_says_so_whoever_noticed() {
    let provider = Provider::start().await;
    for version in VERSIONS {
        let server = Server::start(&mut interop(version)).await;
        let client = server.counterpart.client(&provider).await;
        call(&client, Kind::Unary, Rejection::Early).await.unwrap();
        let mut calls = tokio::task::JoinSet::new();
        for index in 0..300 {
            let client = client.clone();
            calls.spawn(async move {
                let mut request = Request::new(output(&[1; 50], Duration::from_millis(20)));
                request.set_timeout(Duration::from_millis(10 + index % 40));
                let mut responses = client.output(request).await?.into_inner();
                while responses.message().await?.is_some() {}
                Ok::<_, tonic::Status>(())
            });
        }
        while let Some(ended) = calls.join_next().await {
            let error = ended.unwrap().unwrap_err();
            assert_eq!(error.code(), Code::DeadlineExceeded, "{error:?}");
        }
    }
}

/// Makes calls for a while, and returns which did not succeed.
async fn keep_calling(client: &impl Calls, callers: usize, time: Duration) -> (usize, Vec<(Kind, tonic::Status)>) {
    let end = Instant::now() + time;
    let mut tasks = tokio::task::JoinSet::new();
    for caller in 0..callers {
        let client = client.clone();
        tasks.spawn(async move {
            let (mut count, mut failed) = (0, Vec::new());
            while Instant::now() < end {
                let kind = Kind::ALL[(caller + count) % 4];
                if let Err(status) = call(&client, kind, Rejection::Early).await {
                    failed.push((kind, status));
                }
                count += 1;
            }
            (count, failed)
        });
    }
    let (mut count, mut failed) = (0, Vec::new());
    for (calls, failures) in tasks.join_all().await {
        count += calls;
        failed.extend(failures);
    }
    (count, failed)
}

async fn until_revoked(
    counterpart: &Counterpart,
    provider: &Provider,
    server: &Server,
) -> (usize, Vec<(Kind, tonic::Status)>) {
    let client = counterpart.client(provider).await;
    let revocations = async {
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(900)).await;
            server.revoke(provider.revoke()).await;
        }
    };
    let (outcome, ()) = tokio::join!(keep_calling(&client, 16, Duration::from_secs(4)), revocations);
    outcome
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_age_out_lose_no_call_that_plain_tonic_would_not_have_lost() {
    let provider = Provider::start().await;
    for version in VERSIONS {
        let mut command = interop(version);
        let server = Server::start(command.args(["-age", "150ms"])).await;
        let client = plain(&server.counterpart, Some(provider.token())).await;
        let (plain_calls, lost) = keep_calling(&client, 16, Duration::from_secs(2)).await;
        println!("{version}: plain tonic lost {} of {plain_calls}: {lost:?}", lost.len());
        let (calls, failed) = until_revoked(&server.counterpart, &provider, &server).await;
        println!("{version}: the authenticated client lost {} of {calls}: {failed:?}", failed.len());
        // A call that nobody cancelled never ends as cancelled.
        let wrong: Vec<_> = failed.iter().filter(|(_, status)| status.code() != Code::Unavailable).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        assert!(failed.len() * 1000 <= calls.max(1000), "{} of {calls}: {failed:?}", failed.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_during_calls_is_unavailable() {
    let provider = Provider::start().await;
    let mut server = Server::start(&mut interop(VERSIONS[1])).await;
    let client = server.counterpart.client(&provider).await;
    call(&client, Kind::Unary, Rejection::Early).await.unwrap();
    let mut calls = Vec::new();
    for _ in 0..20 {
        let request = Request::new(output(&[1; 100], Duration::from_millis(100)));
        let mut responses = client.output(request).await.unwrap().into_inner();
        responses.message().await.unwrap();
        calls.push(responses);
    }
    server.process.kill().await;
    for mut responses in calls {
        let error = loop {
            match responses.message().await {
                Ok(message) => assert!(message.is_some(), "it has ended too early"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.code(), Code::Unavailable, "{error:?}");
    }
    let error = call(&client, Kind::Unary, Rejection::Early).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_call_at_a_time_is_enough_for_a_thousand_rejected_at_once() {
    for version in VERSIONS {
        let provider = Provider::start().await;
        let mut command = interop(version);
        let server = Server::start(command.args(["-streams", "1"])).await;
        let client = server.counterpart.client(&provider).await;
        call(&client, Kind::Unary, Rejection::Early).await.unwrap();
        server.revoke(provider.revoke()).await;
        let failed = at_once(&client, 1000).await;
        assert!(failed.is_empty(), "{failed:#?}");
        assert_eq!(provider.logins(), 2);
    }
}
