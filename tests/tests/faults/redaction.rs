//! Secrets are not shown: what the canaries look for by themselves is searched here in all that can be printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::{AuthLayer, Authenticator, Credentials, Flow, FlowContext, flow::StaticToken};
use tests::{
    call::{Kind, call, numbered},
    canary::{Canary, observe, observe_error},
    flow::Login,
    harness::Harness,
    peer::Answer,
    transport::{self, LocalTransport},
};
use tower::Layer as _;

#[test]
fn nothing_that_holds_a_secret_shows_it() {
    let canary = Canary::new();
    let credentials = Credentials::new(canary.secret())
        .with_refresh_token(canary.secret())
        .with_id_token(canary.secret())
        .with_expires_in(std::time::Duration::from_secs(60));
    let proxy = format!("http://user:{}@proxy.example.com:3128", canary.secret());
    let flow = StaticToken::new(canary.secret());
    observe(&credentials);
    observe(&flow);
    let builder = Authenticator::builder("http://localhost:1").credentials(credentials).http_proxy(proxy).flow(flow);
    observe(&builder);
    let authenticator = builder.build().unwrap();
    observe(&authenticator);
    observe(&authenticator.get_credentials());
    observe(&authenticator.statistics());
    observe(&AuthLayer::new(authenticator.clone()));
    let transport = LocalTransport::answering([]);
    let service = AuthLayer::new(authenticator.clone()).layer(transport.clone());
    observe(&service);
    observe(&tests::calls::calls_client::AuthenticatedCallsClient::new(authenticator.over(transport)));
}

struct LooksAtItsContext;

impl Flow for LooksAtItsContext {
    async fn refresh_credentials(
        &self,
        context: &FlowContext,
        previous: Option<&Credentials>,
    ) -> Result<Credentials, auth_runtime::AuthError> {
        observe(context);
        observe(&previous);
        Err(auth_runtime::AuthError::permanent("looked"))
    }
}

#[tokio::test]
async fn what_a_flow_is_given_shows_no_secret() {
    let canary = Canary::new();
    let authenticator = Authenticator::builder("http://localhost:1")
        .http_proxy(format!("http://user:{}@proxy.example.com:3128", canary.secret()))
        .credentials(Credentials::new(canary.secret()))
        .flow(LooksAtItsContext)
        .build()
        .unwrap();
    observe_error(&authenticator.refresh_credentials().await.unwrap_err());
}

#[tokio::test]
async fn the_header_is_marked_sensitive_on_every_attempt() {
    for kind in Kind::ALL {
        for rejection in [transport::rejected as fn() -> _, transport::rejected_late as fn() -> _] {
            let answers = [rejection(), transport::message(&numbered(2))];
            let harness = Harness::local(LocalTransport::answering(answers));
            assert_eq!(call(&harness.client(), kind).await.numbers(), [2], "{kind:?}");

            let requests = harness.peer.requests();
            assert_eq!(requests.len(), 2, "{kind:?}");
            for request in requests {
                let value = &request.headers["authorization"];
                assert!(value.is_sensitive(), "{kind:?}");
                assert_eq!(format!("{value:?}"), "Sensitive", "{kind:?}");
                observe(&request);
            }
        }
    }
}

#[tokio::test]
async fn the_metadata_handed_out_is_marked_sensitive_too() {
    let harness = Harness::answering([]);
    let (key, value) = harness.authenticator().fetch_grpc_call_auth_metadata().await.unwrap().unwrap();
    observe(&(key, value.clone()));

    assert!(value.is_sensitive());
}

#[tokio::test]
async fn a_token_under_a_key_of_its_own_is_not_shown_either() {
    let harness = Harness::answering([Answer::rejected(), Answer::message(&numbered(2))]);
    harness.authenticate_with(|builder| {
        builder.header_key("flyte-authorization").credentials(Credentials::new(harness.stale_token()))
    });

    assert_eq!(call(&harness.client(), Kind::Unary).await.numbers(), [2]);
}

#[tokio::test]
async fn a_token_that_cannot_be_sent_is_not_shown_in_the_error() {
    for spoil in ["\n", "\u{0}", "é", " "] {
        let canary = Canary::new();
        let token = format!("{}{spoil}{}", canary.secret(), canary.secret());
        let error = Authenticator::builder("http://localhost:1").credentials(Credentials::new(&token)).build();
        observe_error(&error.unwrap_err());

        let harness = Harness::answering([]);
        harness.flow.then(Login::token(token));
        observe_error(&harness.authenticator().refresh_credentials().await.unwrap_err());
    }
}
