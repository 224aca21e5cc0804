//! Logins at ory/fosite 0.42.2, which flyteadmin's own provider is made of, for gRPC calls that need them.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use std::{sync::Arc, time::Duration};

use auth_runtime::{Authenticator, Interaction, flow::ClientCredentials};
use oidc::Fosite;
use secrecy::ExposeSecret as _;
use tests::{
    browser,
    call::{Kind, call, spawn},
    calls::calls_client::AuthenticatedCallsClient,
    canary::{self, Canary},
    prompt::RecordingPrompt,
};
use tonic::Code;

async fn until_over(provider: &Arc<Fosite>, authenticator: &Authenticator) {
    let credentials = authenticator.get_credentials().unwrap();
    while provider.knows(credentials.access_token().expose_secret()).await {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn client_credentials_with_both_kinds_of_tokens_outlive_them() {
    for kind in [&["-access=2s"][..], &["-access=2s", "-jwt"]] {
        let canary = Canary::new();
        let provider = Fosite::start(&canary, kind).await;
        let peer = provider.server();
        let flow = provider.client_credentials();
        let authenticator = Authenticator::builder(peer.endpoint()).flow(flow).build().unwrap();
        let client = AuthenticatedCallsClient::new(authenticator.connect_lazy().unwrap());
        for kind in Kind::ALL {
            assert_eq!(call(&client, kind).await.numbers(), [1], "{kind:?}");
            until_over(&provider, &authenticator).await;
        }
        canary::observe(&authenticator);
    }
}

#[tokio::test]
async fn what_it_refuses_is_told_with_its_code() {
    let canary = Canary::new();
    let provider = Fosite::start(&canary, &[]).await;
    let rows = [
        (
            ClientCredentials::new("machine", canary.secret().to_uppercase()).token_url(provider.url("token")),
            "invalid_client",
        ),
        (ClientCredentials::new("nobody", canary.secret()).token_url(provider.url("token")), "invalid_client"),
        (provider.client_credentials().scopes(["everything"]), "invalid_scope"),
    ];
    for (flow, code) in rows {
        let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap();
        let error = authenticator.login().await.unwrap_err();
        canary::observe_error(&error);
        assert_eq!((error.oauth_error(), error.is_transient()), (Some(code), false), "{error:?}");
    }
}

struct Person {
    provider: Arc<Fosite>,
    prompt: RecordingPrompt,
    authenticator: Authenticator,
    client: AuthenticatedCallsClient,
    _peer: tests::peer::Peer,
    _canary: Canary,
}

async fn person(arguments: &[&str]) -> Person {
    let canary = Canary::new();
    let provider = Fosite::start(&canary, arguments).await;
    let peer = provider.server();
    let prompt = RecordingPrompt::new();
    let builder = Authenticator::builder(peer.endpoint()).flow(provider.pkce()).prompt(prompt.clone());
    let authenticator = builder.interaction(Interaction::Always).without_provider_notes().build().unwrap();
    let client = AuthenticatedCallsClient::new(authenticator.connect_lazy().unwrap());
    Person { provider, prompt, authenticator, client, _peer: peer, _canary: canary }
}

impl Person {
    /// A call is made that needs a login, and the person goes through with it: the n-th, from 0.
    async fn log_in(&self, number: usize) {
        let waiting = spawn(&self.client, Kind::Unary);
        let page = browser::visit(&self.prompt.page(number).await).await;
        assert!(page.body.contains("You are logged in"), "{}", page.body);
        assert_eq!(waiting.await.unwrap().numbers(), [1]);
    }
}

#[tokio::test]
async fn a_person_logs_in_once_and_refresh_tokens_rotate() {
    let person = person(&["-access=2s"]).await;
    person.log_in(0).await;
    let mut tokens = vec![];
    for _ in 0..3 {
        until_over(&person.provider, &person.authenticator).await;
        assert_eq!(call(&person.client, Kind::ServerStreaming).await.numbers(), [1]);
        let credentials = person.authenticator.get_credentials().unwrap();
        tokens.push(credentials.refresh_token().unwrap().expose_secret().to_owned());
    }
    tokens.dedup();
    assert_eq!((tokens.len(), person.prompt.shown().len()), (3, 1));
}

#[tokio::test]
async fn a_refresh_token_that_is_over_leads_to_one_login() {
    // Shorter than the access token's life, so that both are over when that is.
    let person = person(&["-access=3s", "-refresh=1s"]).await;
    person.log_in(0).await;
    until_over(&person.provider, &person.authenticator).await;
    person.log_in(1).await;
    assert_eq!(person.prompt.shown().len(), 2);
}

/// Somebody else has used it: fosite says `token_inactive` with 401, an error that no standard knows.
#[tokio::test]
async fn a_refresh_token_that_was_used_before_leads_to_one_login() {
    // fosite tells a second less, and zero would be none.
    let person = person(&["-access=3s"]).await;
    person.log_in(0).await;
    let credentials = person.authenticator.get_credentials().unwrap();
    let token = credentials.refresh_token().unwrap().expose_secret();
    let form = [("grant_type", "refresh_token"), ("client_id", "flytectl"), ("refresh_token", token)];
    let used = browser::post_form(&person.provider.url("token"), &[], &form).await.unwrap();
    assert_eq!(used.status, 200);
    until_over(&person.provider, &person.authenticator).await;
    person.log_in(1).await;
    assert_eq!(person.prompt.shown().len(), 2);
}

#[tokio::test]
async fn where_nobody_may_be_asked_the_call_says_so() {
    let person = person(&["-access=3s"]).await;
    let builder = Authenticator::builder(person._peer.endpoint()).flow(person.provider.pkce());
    let authenticator = builder.interaction(Interaction::Never).login_command("flyte-admin login").build().unwrap();
    let client = AuthenticatedCallsClient::new(authenticator.connect_lazy().unwrap());
    let outcome = call(&client, Kind::Unary).await;
    assert_eq!(outcome.code(), Code::Unauthenticated);
    assert!(outcome.status().message().contains("flyte-admin login"), "{}", outcome.status());
}
