//! Any interleaving of calls, revocations, expiries and failures of the provider, against a model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use auth_runtime::{Authenticator, limits::Limits};
use proptest::{prelude::*, test_runner::FileFailurePersistence};
use tests::{
    call::{Kind, Outcome, numbered, spawn_with},
    calls::calls_client::AuthenticatedCallsClient,
    property::{run, turns},
    property_session::{Health, World},
    transport::LocalTransport,
};
use tokio::{task::JoinHandle, time::sleep};
use tonic::{Code, Request};

type Client = AuthenticatedCallsClient<LocalTransport>;

#[derive(Debug, Clone, Copy)]
enum Start {
    Anonymous,
    LoginFirst,
    Token(Option<u64>),
}

#[derive(Debug, Clone)]
enum Event {
    /// Calls on tasks of their own, all alike.
    Calls {
        count: usize,
        kind: Kind,
        /// Milliseconds.
        answer_after: u64,
        late: bool,
    },
    /// Somebody asks for new credentials by hand.
    Refresh,
    /// The caller of this call gives up.
    Drop(prop::sample::Index),
    Revoke,
    Provider(Health),
    /// Seconds.
    TokensLive(Option<u64>),
    Hold(bool),
    Turns(usize),
    /// Milliseconds.
    Pass(u64),
}

fn kind() -> impl Strategy<Value = Kind> {
    proptest::sample::select(&Kind::ALL[..])
}

fn lifetime() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![Just(None), (1..10_u64).prop_map(Some), (60..4000_u64).prop_map(Some)]
}

fn event() -> impl Strategy<Value = Event> {
    let answer_after = prop_oneof![3 => Just(0), 2 => 1..3000_u64];
    let health = prop_oneof![2 => Just(Health::Good), 1 => Just(Health::Transient), 1 => Just(Health::Permanent)];
    prop_oneof![
        10 => (1..4_usize, kind(), answer_after, any::<bool>())
            .prop_map(|(count, kind, answer_after, late)| Event::Calls { count, kind, answer_after, late }),
        2 => any::<prop::sample::Index>().prop_map(Event::Drop),
        1 => Just(Event::Refresh),
        4 => Just(Event::Revoke),
        3 => health.prop_map(Event::Provider),
        1 => lifetime().prop_map(Event::TokensLive),
        3 => any::<bool>().prop_map(Event::Hold),
        5 => (1..8_usize).prop_map(Event::Turns),
        4 => prop_oneof![3 => 1..5000_u64, 1 => 5000..400_000_u64].prop_map(Event::Pass),
    ]
}

fn start() -> impl Strategy<Value = Start> {
    prop_oneof![Just(Start::Anonymous), Just(Start::LoginFirst), lifetime().prop_map(Start::Token)]
}

/// A caller, who sees how the call ended unless it gives up.
struct Caller {
    call: String,
    outcome: JoinHandle<Outcome>,
}

fn calling(client: &Client, number: usize, kind: Kind, answer_after: u64, late: bool) -> Caller {
    let call = number.to_string();
    let mut request = Request::new(numbered(7));
    request.metadata_mut().insert("call", call.parse().unwrap());
    request.metadata_mut().insert("answer-after", answer_after.into());
    if late {
        request.metadata_mut().insert("late", "yes".parse().unwrap());
    }
    Caller { call, outcome: spawn_with(client, kind, request) }
}

async fn check(start: Start, events: Vec<Event>) {
    let world = World::new();
    let builder = Authenticator::builder("http://localhost:1").flow(world.clone());
    let builder = match start {
        Start::Anonymous => builder,
        Start::LoginFirst => builder.login_first(true),
        Start::Token(lifetime) => {
            world.tokens_live(lifetime.map(Duration::from_secs));
            builder.credentials(world.issue())
        }
    };
    let authenticator = builder.build().unwrap();
    let clients = [(); 2].map(|()| Client::new(authenticator.over(world.server())));
    let mut callers: Vec<Caller> = Vec::new();
    let mut refreshes = Vec::new();
    for event in events {
        match event {
            Event::Calls { count, kind, answer_after, late } => {
                for _ in 0..count {
                    let number = callers.len();
                    callers.push(calling(&clients[number % 2], number, kind, answer_after, late));
                }
            }
            Event::Refresh => {
                let (world, authenticator) = (world.clone(), authenticator.clone());
                refreshes.push(tokio::spawn(async move { world.force(authenticator).await }));
            }
            Event::Drop(index) if !callers.is_empty() => index.get(&callers).outcome.abort(),
            Event::Drop(_) => {}
            Event::Revoke => world.revoke(),
            Event::Provider(health) => world.provider(health),
            Event::TokensLive(lifetime) => world.tokens_live(lifetime.map(Duration::from_secs)),
            Event::Hold(held) => world.hold(held),
            Event::Turns(count) => turns(count).await,
            Event::Pass(milliseconds) => sleep(Duration::from_millis(milliseconds)).await,
        }
        assert_eq!(world.violations(), [""; 0]);
    }

    world.hold(false);
    world.provider(Health::Good);
    let number = callers.len();
    for Caller { call, outcome } in callers {
        let outcome = match outcome.await {
            Ok(outcome) => outcome,
            Err(error) => {
                assert!(error.is_cancelled(), "call {call} panicked: {error}");
                continue;
            }
        };
        let excused = world.may_fail() || world.sent(&call) == 2;
        match outcome.code() {
            Code::Ok => assert_eq!(outcome.numbers(), [2], "call {call}"),
            Code::Unauthenticated => assert!(excused, "call {call} failed: {:?}", outcome.status),
            Code::Unavailable => assert!(world.may_fail(), "call {call} failed: {:?}", outcome.status),
            _ => panic!("call {call} failed: {:?}", outcome.status),
        }
    }
    for refresh in refreshes {
        let refreshed = refresh.await.unwrap();
        assert!(refreshed.is_ok() || world.may_fail(), "{refreshed:?}");
    }
    // Whatever pause there was is over: everybody is served again.
    world.tokens_live(None);
    sleep(Limits::new().backoff_max() * 2).await;
    for (index, kind) in Kind::ALL.into_iter().enumerate() {
        let outcome = calling(&clients[0], number + index, kind, 0, false).outcome.await.unwrap();
        assert_eq!(outcome.code(), Code::Ok, "{kind:?} after all is well again: {:?}", outcome.status);
    }
    assert_eq!(world.violations(), [""; 0]);
    let statistics = authenticator.statistics();
    let counted = statistics.logins() + statistics.refreshes() + statistics.failures();
    assert_eq!(counted, world.logins() as u64, "each login is counted once: {statistics:?}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        // Says how to run a case that failed once more.
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_happens_in_whichever_order_a_session_keeps_its_promises(
        start in start(),
        events in proptest::collection::vec(event(), 0..50),
    ) {
        run(check(start, events));
    }
}
