//! An identity provider that is away while the server is there: what fifty callers with a deadline see of it.

use std::time::Duration;

use flyte_admin::{
    Flyte,
    proto::admin::GetVersionRequest,
    server::{FlyteServer, WireShape},
    token_endpoint::{TokenEndpoint, TokenEndpointSettings},
};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::sleep,
};
use tonic::{Request, Status};

use crate::{
    front::{Behaviour, Front, UNAVAILABLE},
    stand_in::{CLIENT_ID, CLIENT_SECRET, connection, server},
};

const CALLERS: usize = 50;
const DEADLINE: Duration = Duration::from_secs(10);
/// As long as a flyteadmin's HTTP side was seen to take after its gRPC side, and more.
const OUTAGE: Duration = Duration::from_secs(3);

/// A Flyte whose HTTP side is behind a front, and a client that has made a call.
struct World {
    provider: Front,
    tokens: TokenEndpoint,
    server: FlyteServer,
    flyte: Flyte,
}

impl World {
    async fn logged_in() -> Self {
        let mut provider = Front::new();
        let public_origin = Some(format!("http://{}", provider.address()));
        let settings =
            TokenEndpointSettings { public_origin, ..TokenEndpointSettings::new(CLIENT_ID, CLIENT_SECRET.into()) };
        let tokens = TokenEndpoint::start(settings).await.unwrap();
        let server = server(&tokens, WireShape::TrailersOnly, true).await;
        provider.behave(passes(&tokens)).await;
        let connection = connection(server.endpoint());
        let (flyte, _) = connection.open().unwrap();
        version(&flyte).await.unwrap();
        Self { provider, tokens, server, flyte }
    }

    /// As a restart with a new signing key does.
    fn end_all_tokens(&self) {
        self.tokens.tokens().rotate_signing_key();
    }

    /// Fifty calls begin, are rejected, and find the provider as it is.
    async fn rejected_calls(&self) -> JoinHandle<Vec<Status>> {
        let rejected = self.server.rejections();
        self.end_all_tokens();
        let calls: JoinSet<_> = (0..CALLERS)
            .map(|_| {
                let flyte = self.flyte.clone();
                async move { version(&flyte).await }
            })
            .collect();
        while self.server.rejections() < rejected + CALLERS as u64 {
            tokio::task::yield_now().await;
        }
        tokio::spawn(async { calls.join_all().await.into_iter().filter_map(Result::err).collect() })
    }

    async fn provider_is_back(&mut self) {
        let passes = passes(&self.tokens);
        self.provider.behave(passes).await;
    }
}

fn passes(tokens: &TokenEndpoint) -> Behaviour {
    Behaviour::Passes { grpc: tokens.address(), http: tokens.address() }
}

async fn version(flyte: &Flyte) -> Result<(), Status> {
    let mut request = Request::new(GetVersionRequest {});
    request.set_timeout(DEADLINE);
    flyte.admin.get_version(request).await.map(drop)
}

/// The provider behaves so for three seconds, beginning with the rejections, and is as ever then.
async fn outage(behaviour: Behaviour) -> Vec<Status> {
    let mut world = World::logged_in().await;
    world.provider.behave(behaviour).await;
    let calls = world.rejected_calls().await;
    sleep(OUTAGE).await;
    assert!(!calls.is_finished(), "nobody has an answer before the provider is back");
    world.provider_is_back().await;
    let failed = calls.await.unwrap();
    assert_eq!(world.tokens.requests(), 2, "one login before the outage and one after it");
    failed
}

#[tokio::test]
async fn a_provider_that_comes_up_three_seconds_after_the_server_fails_no_call() {
    assert!(outage(Behaviour::Gone).await.is_empty());
}

#[tokio::test]
async fn a_provider_that_answers_503_at_first_fails_no_call() {
    assert!(outage(UNAVAILABLE).await.is_empty());
}

#[tokio::test]
async fn a_provider_that_hangs_and_is_restarted_fails_no_call() {
    assert!(outage(Behaviour::Silent).await.is_empty());
}

#[tokio::test]
async fn a_provider_that_goes_away_in_the_middle_of_a_storm_fails_no_call() {
    let mut world = World::logged_in().await;
    let (storm, over) = watch::channel(false);
    let mut callers: JoinSet<_> = (0..CALLERS)
        .map(|_| {
            let (flyte, over) = (world.flyte.clone(), over.clone());
            async move {
                let (mut calls, mut failed) = (0, vec![]);
                while !*over.borrow() {
                    failed.extend(version(&flyte).await.err());
                    calls += 1;
                }
                (calls, failed)
            }
        })
        .collect();
    for _ in 0..2 {
        let before = world.server.rejections();
        world.provider.behave(Behaviour::Gone).await;
        world.end_all_tokens();
        while world.server.rejections() == before {
            tokio::task::yield_now().await;
        }
        sleep(OUTAGE).await;
        world.provider_is_back().await;
        // Everybody has made a call since.
        for _ in 0..CALLERS {
            version(&world.flyte).await.unwrap();
        }
    }
    storm.send_replace(true);
    let mut calls = 0;
    while let Some(outcome) = callers.join_next().await {
        let (count, failed) = outcome.unwrap();
        assert!(failed.is_empty(), "{failed:?}");
        calls += count;
    }
    assert!(calls >= 3 * CALLERS, "{calls}");
    assert_eq!(world.tokens.requests(), 3);
}
