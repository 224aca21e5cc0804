//! Logins that call the server whose login they are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use auth_runtime::{AuthError, Authenticator, Credentials, Discovery, Flow, FlowContext, ServerDetails};
use tests::{
    call::{Kind, call, numbered},
    calls::calls_client::AuthenticatedCallsClient,
    harness::Harness,
    transport::LocalTransport,
};
use tokio::time::Instant;
use tonic::Code;

type Client = AuthenticatedCallsClient<LocalTransport>;

/// A client of the session that asks it, which there is only once the session is built.
#[derive(Debug, Clone, Default)]
struct OwnClient(Arc<OnceLock<Client>>);

impl OwnClient {
    async fn call(&self) -> Result<(), AuthError> {
        self.0.get().unwrap().unary(numbered(1)).await?;
        Ok(())
    }
}

/// Asks the server for each token.
struct Renewing {
    own: OwnClient,
    token: Credentials,
}

impl Flow for Renewing {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        self.own.call().await?;
        Ok(self.token.clone())
    }
}

impl Discovery for OwnClient {
    async fn discover(&self) -> Result<ServerDetails, AuthError> {
        self.call().await?;
        Ok(ServerDetails::default())
    }
}

fn token(harness: &Harness<LocalTransport>) -> Credentials {
    Credentials::new(harness.valid_token())
}

/// With a flow that calls the server, and one whose discovery does.
fn of_both_kinds(harness: &Harness<LocalTransport>) -> [(Authenticator, Client); 2] {
    let builder = || Authenticator::builder("http://localhost:1");
    let (flow, discovery) = (OwnClient::default(), OwnClient::default());
    let renewing = builder().flow(Renewing { own: flow.clone(), token: token(harness) });
    let discovering = builder().flow(harness.flow.clone()).discovery(discovery.clone());
    [(renewing, flow), (discovering, discovery)].map(|(builder, own)| {
        let authenticator = builder.build().unwrap();
        let client = AuthenticatedCallsClient::new(authenticator.over(harness.peer.clone()));
        own.0.set(client.clone()).unwrap();
        (authenticator, client)
    })
}

#[tokio::test(start_paused = true)]
async fn a_login_that_would_wait_for_itself_is_told_so_at_once() {
    for kind in Kind::ALL {
        let harness = Harness::local_checking();
        for (authenticator, client) in of_both_kinds(&harness) {
            let started = Instant::now();
            let outcome = call(&client, kind).await;
            assert_ne!(outcome.code(), Code::Ok, "{kind:?}");
            let told = tests::told::told(outcome.status());
            assert!(told.contains("waits for that same login"), "{kind:?}: {told}");
            assert_eq!(started.elapsed(), Duration::ZERO, "{kind:?}: {told}");

            for error in [authenticator.login().await, authenticator.refresh_credentials().await] {
                let told = tests::told::told(&error.unwrap_err());
                assert!(told.contains("waits for that same login"), "{told}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_still_valid_serves_the_call_that_renews_it() {
    for lifetime in [3600, 200, 8] {
        let harness = Harness::local_checking();
        let own = OwnClient::default();
        let old = token(&harness).with_expires_in(Duration::from_secs(lifetime));
        let authenticator = Authenticator::builder("http://localhost:1")
            .flow(Renewing { own: own.clone(), token: token(&harness) })
            .credentials(old.clone())
            .build()
            .unwrap();
        own.0.set(AuthenticatedCallsClient::new(authenticator.over(harness.peer.clone()))).unwrap();
        // Within the last seconds of its life.
        tokio::time::advance(Duration::from_secs(lifetime) - Duration::from_millis(500)).await;

        let started = Instant::now();
        let renewed = authenticator.refresh_credentials().await.unwrap();
        assert_eq!(started.elapsed(), Duration::ZERO);
        assert!(!renewed.same_tokens(&old), "{lifetime}");
    }
}
