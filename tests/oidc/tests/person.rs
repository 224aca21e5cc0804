//! A person's logins at the provider, clicked through in Chromium, for a gRPC call that needs them.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use std::sync::Arc;

use auth_runtime::{Authenticator, Flow, Interaction};
use oidc::{Browser, Provider, server};
use secrecy::ExposeSecret as _;
use tests::{
    call::{Kind, call, spawn},
    calls::calls_client::AuthenticatedCallsClient,
    canary::{self, Canary},
    peer::Peer,
    prompt::{RecordingPrompt, Shown},
};
use tonic::{Code, transport::Channel};
use url::Url;

/// The marks of our pages.
const GREEN: [u8; 3] = [0x1a, 0x7f, 0x4b];
const RED: [u8; 3] = [0xb3, 0x26, 0x1e];

struct World {
    provider: Arc<Provider>,
    prompt: RecordingPrompt,
    authenticator: Authenticator,
    client: AuthenticatedCallsClient<Channel>,
    peer: Peer,
    // Last: it looks for secrets in all that the others said.
    _canary: Canary,
}

async fn world<F: Flow + std::fmt::Debug>(token_seconds: u64, flow: impl FnOnce(&Provider) -> F) -> World {
    let canary = Canary::new();
    let provider = Provider::start(&canary, token_seconds).await;
    let peer = server(&provider);
    let prompt = RecordingPrompt::new();
    let flow = flow(&provider);
    canary::observe(&flow);
    let builder = Authenticator::builder(peer.endpoint()).flow(flow).prompt(prompt.clone());
    let authenticator = builder.interaction(Interaction::Always).without_provider_notes().build().unwrap();
    let client = AuthenticatedCallsClient::new(authenticator.connect_lazy().unwrap());
    World { provider, prompt, authenticator, client, peer, _canary: canary }
}

impl World {
    fn access_token(&self) -> String {
        self.authenticator.get_credentials().unwrap().access_token().expose_secret().to_owned()
    }

    fn refresh_token(&self) -> String {
        self.authenticator.get_credentials().unwrap().refresh_token().unwrap().expose_secret().to_owned()
    }

    async fn wait_for_the_tokens_end(&self) {
        let token = self.access_token();
        while self.provider.knows(&token).await {
            tokio::task::yield_now().await;
        }
    }
}

fn parameter(url: &str, name: &str) -> String {
    let url: Url = url.parse().unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// Where the login begins for a browser that opens its printed link: at the provider, with a cookie of the redirect URI's.
/// None of that reaches Chromium.
async fn another_visit(world: &World) -> (String, (String, String)) {
    let (_, shown) = world.prompt.pages(0).await;
    let page = tests::browser::get(&shown).await;
    let set = page.headers["set-cookie"].to_str().unwrap();
    let (name, value) = set.split(';').next().and_then(|pair| pair.split_once('=')).unwrap();
    (page.location().into(), (name.to_owned(), value.to_owned()))
}

fn callback(page: &str, parameters: &[(&str, &str)]) -> String {
    let mut url: Url = parameter(page, "redirect_uri").parse().unwrap();
    url.query_pairs_mut().extend_pairs(parameters);
    url.into()
}

#[tokio::test]
async fn a_call_gets_its_login_through_chromium_and_refreshes_it_with_rotation() {
    let world = world(4, Provider::pkce).await;
    let browser = Browser::start().await;
    let waiting: Vec<_> = (0..20).map(|number| spawn(&world.client, Kind::ALL[number % 4])).collect();
    browser.open(&world.prompt.page(0).await).await;
    browser.log_in_and_agree().await;
    browser.see("You are logged in").await;
    assert!(browser.text().await.contains("You can close this window"), "{}", browser.text().await);
    let picture = browser.screenshot("success").await;
    assert!(picture.count(GREEN) > 500 && picture.count(RED) == 0, "{}", picture.count(GREEN));
    assert!(picture.uniformity() < 0.95, "the page is empty");
    for call in waiting {
        assert_eq!(call.await.unwrap().numbers(), [1]);
    }
    assert_eq!(world.prompt.shown().len(), 1, "one window for 20 calls");

    let mut refresh_tokens = vec![world.refresh_token()];
    for _ in 0..2 {
        world.wait_for_the_tokens_end().await;
        assert_eq!(call(&world.client, Kind::Unary).await.numbers(), [1]);
        refresh_tokens.push(world.refresh_token());
    }
    refresh_tokens.dedup();
    assert_eq!(refresh_tokens.len(), 3, "the provider rotates");
    assert_eq!(world.prompt.shown().len(), 1, "nobody was asked again");

    // What the person ended elsewhere is not gone on with: they are asked again, and are still logged in at the provider.
    world.provider.revoke("browser", &world.refresh_token()).await;
    let waiting = spawn(&world.client, Kind::Unary);
    browser.open(&world.prompt.page(1).await).await;
    if browser.url().await.contains("/interaction/") {
        browser.click("button[type=submit]").await;
    }
    browser.see("You are logged in").await;
    assert_eq!(waiting.await.unwrap().numbers(), [1]);
    assert!(world.peer.requests().len() >= 24);

    let token = world.access_token();
    world.authenticator.logout().await.unwrap();
    assert!(!world.provider.knows(&token).await, "a logout ends the login at the provider as well");
    browser.close().await;
}

#[tokio::test]
async fn forged_callbacks_in_the_same_browser_get_nowhere() {
    let world = world(3600, Provider::pkce).await;
    let browser = Browser::start().await;
    let waiting = spawn(&world.client, Kind::Unary);
    browser.open(&world.prompt.page(0).await).await;
    // The state is right, and of a visit that this browser knows nothing of.
    let (page, _) = another_visit(&world).await;
    let state = parameter(&page, "state");
    for forged in [
        vec![("code", "stolen"), ("state", state.as_str())],
        vec![("code", "stolen"), ("state", "wrong")],
        vec![("code", "stolen")],
        vec![("error", "access_denied")],
        vec![("error", "access_denied"), ("state", "wrong")],
        vec![("code", "stolen"), ("state", state.as_str()), ("state", "wrong")],
    ] {
        let text = browser.text_in_new_window(&callback(&page, &forged)).await;
        assert!(text.contains("This is not the login that was started here"), "{forged:?}: {text}");
    }
    let stray = callback(&page, &[]).replace("/callback", "/favicon.ico");
    assert!(browser.text_in_new_window(&stray).await.contains("Nothing here"));
    assert!(!waiting.is_finished());
    assert!(world.prompt.finished().is_empty());

    browser.log_in_and_agree().await;
    browser.see("You are logged in").await;
    assert_eq!(waiting.await.unwrap().numbers(), [1]);
    assert!(!browser.url().await.contains("code="), "the code is in the address bar");
    // A reload. Nobody listens any more.
    let again = tests::browser::request("GET", &browser.url().await).await;
    assert_eq!(again.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
    browser.close().await;
}

#[tokio::test]
async fn a_person_who_declines_ends_the_login_with_that() {
    let world = world(3600, Provider::pkce).await;
    let browser = Browser::start().await;
    let waiting = spawn(&world.client, Kind::Unary);
    browser.open(&world.prompt.page(0).await).await;
    browser.click("a[href$='/abort']").await;
    browser.see("The login failed").await;
    assert!(browser.text().await.contains("access_denied"), "{}", browser.text().await);
    let picture = browser.screenshot("failure").await;
    assert!(picture.count(RED) > 500 && picture.count(GREEN) == 0, "{}", picture.count(RED));
    let outcome = waiting.await.unwrap();
    assert_eq!(outcome.code(), Code::Unauthenticated);
    let source = std::error::Error::source(outcome.status()).expect("the reason").to_string();
    assert!(source.contains("access_denied"), "{source}");
    browser.close().await;
}

#[tokio::test]
async fn a_callback_with_the_right_state_and_without_a_code_ends_the_login() {
    let world = world(3600, Provider::pkce).await;
    let browser = Browser::start().await;
    let waiting = spawn(&world.client, Kind::Unary);
    let (page, (name, value)) = another_visit(&world).await;
    // Any page of the listener's, so that its cookie can be set.
    browser.open(&callback(&page, &[])).await;
    browser.add_cookie(&name, &value).await;
    browser.open(&callback(&page, &[("state", &parameter(&page, "state"))])).await;
    browser.see("The login failed").await;
    assert!(browser.text().await.contains("without a code"), "{}", browser.text().await);
    assert_eq!(waiting.await.unwrap().code(), Code::Unauthenticated);
    browser.close().await;
}

#[tokio::test]
async fn a_code_that_the_provider_never_issued_is_shown_as_a_failure() {
    let world = world(3600, Provider::pkce).await;
    let browser = Browser::start().await;
    let waiting = spawn(&world.client, Kind::Unary);
    let (page, (name, value)) = another_visit(&world).await;
    browser.open(&callback(&page, &[])).await;
    browser.add_cookie(&name, &value).await;
    let state = parameter(&page, "state");
    browser.open(&callback(&page, &[("code", "made-up"), ("state", &state)])).await;
    browser.see("The login failed").await;
    assert!(browser.text().await.contains("invalid_grant"), "{}", browser.text().await);
    assert_eq!(waiting.await.unwrap().code(), Code::Unauthenticated);
    browser.close().await;
}

#[tokio::test]
async fn a_call_gets_its_login_from_another_device() {
    let world = world(4, Provider::device_code).await;
    let browser = Browser::start().await;
    let waiting: Vec<_> = (0..20).map(|number| spawn(&world.client, Kind::ALL[number % 4])).collect();
    let Shown::DeviceCode { verification_uri_complete, user_code, .. } = world.prompt.nth(0).await else {
        panic!("a page was shown");
    };
    let complete = verification_uri_complete.expect("this provider says it");
    assert!(complete.contains(&user_code), "{complete}");
    browser.open(&complete).await;
    browser.click("button[type=submit][form='op.deviceConfirmForm']").await;
    browser.log_in_and_agree().await;
    for call in waiting {
        assert_eq!(call.await.unwrap().numbers(), [1]);
    }
    browser.screenshot("device").await;
    assert_eq!(world.prompt.shown().len(), 1);

    let first = world.refresh_token();
    world.wait_for_the_tokens_end().await;
    assert_eq!(call(&world.client, Kind::Unary).await.numbers(), [1]);
    assert_ne!(world.refresh_token(), first);
    assert_eq!(world.prompt.shown().len(), 1, "nobody was asked again");
    browser.close().await;
}

#[tokio::test]
async fn a_person_who_declines_on_the_other_device_ends_the_login_with_that() {
    let world = world(3600, Provider::device_code).await;
    let browser = Browser::start().await;
    let waiting = spawn(&world.client, Kind::Unary);
    let Shown::DeviceCode { verification_uri_complete, .. } = world.prompt.nth(0).await else {
        panic!("a page was shown");
    };
    browser.open(&verification_uri_complete.unwrap()).await;
    browser.click("button[name=abort]").await;
    let outcome = waiting.await.unwrap();
    assert_eq!(outcome.code(), Code::Unauthenticated);
    let source = std::error::Error::source(outcome.status()).expect("the reason").to_string();
    assert!(source.contains("access_denied"), "{source}");
    browser.close().await;
}
