//! Logins at Keycloak, for gRPC calls that need them. `run keycloak` starts one for all tests; each has a client and a
//! person of its own.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use std::{sync::Arc, time::Duration};

use auth_runtime::{Authenticator, Flow, Interaction};
use oidc::{Access, Browser, Keycloak};
use secrecy::ExposeSecret as _;
use tests::{
    browser as http,
    call::{Kind, call, spawn},
    calls::calls_client::AuthenticatedCallsClient,
    canary::{self, Canary},
    peer::Peer,
    prompt::{RecordingPrompt, Shown},
};

async fn until_over(keycloak: &Keycloak, authenticator: &Authenticator) {
    let credentials = authenticator.get_credentials().unwrap();
    while keycloak.knows(credentials.access_token().expose_secret()).await {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_client_gets_its_tokens_one_after_the_other() {
    let canary = Canary::new();
    let keycloak = Keycloak::client(&canary, Access::Machine).await;
    let peer = keycloak.server();
    let authenticator = Authenticator::builder(peer.endpoint()).flow(keycloak.client_credentials()).build().unwrap();
    let client = AuthenticatedCallsClient::new(authenticator.connect_lazy().unwrap());
    for kind in Kind::ALL {
        assert_eq!(call(&client, kind).await.numbers(), [1], "{kind:?}");
        until_over(&keycloak, &authenticator).await;
    }
    let logins = keycloak.events().await.iter().filter(|event| *event == "CLIENT_LOGIN").count();
    assert_eq!(logins, Kind::ALL.len());
    canary::observe(&authenticator);
}

#[tokio::test]
async fn what_it_refuses_a_client_is_told_with_its_code() {
    let canary = Canary::new();
    let keycloak = Keycloak::client(&canary, Access::Machine).await;
    let login = async |flow: auth_runtime::flow::ClientCredentials| {
        let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap();
        let error = authenticator.login().await.unwrap_err();
        canary::observe_error(&error);
        assert!(!error.is_transient(), "{error:?}");
        error
    };
    let scopes = login(keycloak.client_credentials().scopes(["openid", "everything"])).await;
    assert_eq!(scopes.oauth_error(), Some("invalid_scope"), "{scopes:?}");
    keycloak.disable().await;
    let disabled = login(keycloak.client_credentials()).await;
    assert_eq!(disabled.oauth_error(), Some("invalid_client"), "{disabled:?}");
}

struct Person {
    keycloak: Arc<Keycloak>,
    prompt: RecordingPrompt,
    authenticator: Authenticator,
    client: AuthenticatedCallsClient,
    _peer: Peer,
    // Last: it looks for secrets in all that the others said.
    _canary: Canary,
}

async fn person<F: Flow>(flow: impl FnOnce(&Keycloak) -> F) -> Person {
    let canary = Canary::new();
    let keycloak = Keycloak::client(&canary, Access::People).await;
    let peer = keycloak.server();
    let prompt = RecordingPrompt::new();
    let builder = Authenticator::builder(peer.endpoint()).issuer(keycloak.issuer()).flow(flow(&keycloak));
    let authenticator = builder.prompt(prompt.clone()).interaction(Interaction::Always).build().unwrap();
    let client = AuthenticatedCallsClient::new(authenticator.connect_lazy().unwrap());
    Person { keycloak, prompt, authenticator, client, _peer: peer, _canary: canary }
}

impl Person {
    fn refresh_token(&self) -> String {
        self.authenticator.get_credentials().unwrap().refresh_token().unwrap().expose_secret().to_owned()
    }

    async fn type_password(&self, browser: &Browser) {
        browser.fill("input[name=username]", self.keycloak.person()).await;
        browser.fill("input[name=password]", self.keycloak.secret()).await;
        browser.click("[name=login]").await;
    }
}

#[tokio::test]
async fn a_person_logs_in_with_the_issuer_alone_and_refresh_tokens_rotate() {
    let person = person(Keycloak::pkce).await;
    let browser = Browser::start().await;
    let waiting: Vec<_> = (0..20).map(|number| spawn(&person.client, Kind::ALL[number % 4])).collect();
    browser.open(&person.prompt.page(0).await).await;
    person.type_password(&browser).await;
    browser.see("You are logged in").await;
    for call in waiting {
        assert_eq!(call.await.unwrap().numbers(), [1]);
    }
    let mut tokens = vec![person.refresh_token()];
    for _ in 0..2 {
        until_over(&person.keycloak, &person.authenticator).await;
        assert_eq!(call(&person.client, Kind::Unary).await.numbers(), [1]);
        tokens.push(person.refresh_token());
    }
    tokens.dedup();
    assert_eq!((tokens.len(), person.prompt.shown().len()), (3, 1));

    // Somebody has stolen an old one. Keycloak ends the session, and one login mends it.
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", person.keycloak.client_id()),
        ("refresh_token", tokens[0].as_str()),
    ];
    let stolen = http::post_form(&person.keycloak.token_url(), &[], &form).await.unwrap();
    assert_eq!(stolen.status, 400, "{}", stolen.body);
    until_over(&person.keycloak, &person.authenticator).await;
    let waiting = spawn(&person.client, Kind::Unary);
    browser.open(&person.prompt.page(1).await).await;
    if browser.url().await.contains("/realms/") {
        person.type_password(&browser).await;
    }
    browser.see("You are logged in").await;
    assert_eq!(waiting.await.unwrap().numbers(), [1]);
    assert_eq!(person.prompt.shown().len(), 2);

    // The administrator ends the session: the same.
    person.keycloak.end_sessions().await;
    until_over(&person.keycloak, &person.authenticator).await;
    let waiting = spawn(&person.client, Kind::Unary);
    browser.open(&person.prompt.page(2).await).await;
    person.type_password(&browser).await;
    browser.see("You are logged in").await;
    assert_eq!(waiting.await.unwrap().numbers(), [1]);
    browser.close().await;
}

#[tokio::test]
async fn a_logout_is_seen_in_keycloaks_own_log() {
    let person = person(Keycloak::pkce).await;
    let browser = Browser::start().await;
    let waiting = spawn(&person.client, Kind::Unary);
    browser.open(&person.prompt.page(0).await).await;
    person.type_password(&browser).await;
    browser.see("You are logged in").await;
    assert_eq!(waiting.await.unwrap().numbers(), [1]);
    let refresh_token = person.refresh_token();
    person.authenticator.logout().await.unwrap();
    let events = person.keycloak.events().await;
    assert!(events.iter().any(|event| event == "REVOKE_GRANT"), "{events:?}");
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", person.keycloak.client_id()),
        ("refresh_token", refresh_token.as_str()),
    ];
    let dead = http::post_form(&person.keycloak.token_url(), &[], &form).await.unwrap();
    assert_eq!(dead.status, 400, "{}", dead.body);
    browser.close().await;
}

#[tokio::test]
async fn a_person_logs_in_on_another_device() {
    let person = person(Keycloak::device_code).await;
    let browser = Browser::start().await;
    let waiting = spawn(&person.client, Kind::BidiStreaming);
    let Shown::DeviceCode { verification_uri_complete, .. } = person.prompt.nth(0).await else {
        panic!("a page was shown");
    };
    browser.open(&verification_uri_complete.unwrap()).await;
    person.type_password(&browser).await;
    browser.click("[name=accept]").await;
    assert_eq!(waiting.await.unwrap().numbers(), [1]);
    browser.close().await;
}
