//! What a person is told of a login beyond the link: what the server has chosen for it, and as whom they are logged in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::{
    AuthError, Discovery, ServerDetails, ServersChoice,
    flow::{DeviceCode, Pkce},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tests::{browser::Page, canary, identity_provider::CLIENT_ID, login::Login, prompt::Shown, token_endpoint::Answer};

fn jwt(claims: &Value) -> String {
    format!("e30.{}.signature", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// A token that is that of somebody.
fn token(login: &Login, id_token: Option<&Value>) -> Answer {
    let mut token = json!({ "access_token": login.canary.secret(), "token_type": "Bearer", "expires_in": 3600 });
    if let Some(claims) = id_token {
        token["id_token"] = jwt(claims).into();
    }
    Answer::json(200, token)
}

async fn logged_in(id_token: Option<&Value>) -> (Login, Page) {
    let login = Login::new();
    login.provider.then("/token", token(&login, id_token));
    let authenticator = login.authenticator(login.pkce());
    let (outcome, page) = tokio::join!(authenticator.login(), login.log_in(0));
    canary::observe(&outcome.unwrap());
    (login, page)
}

#[tokio::test]
async fn page_and_prompt_say_who_has_logged_in() {
    let (login, page) = logged_in(Some(&json!({ "sub": "1", "email": "jane@example.com" }))).await;
    assert!(page.body.contains("As jane@example.com: if that is not you, log out"), "{}", page.body);
    assert_eq!(login.prompt.people(), [Some("jane@example.com".to_owned())]);

    let (login, page) = logged_in(None).await;
    assert!(page.body.contains("You are logged in") && !page.body.contains("not you"), "{}", page.body);
    assert_eq!(login.prompt.people(), [None], "an opaque token says nothing");
}

#[tokio::test]
async fn whoever_it_is_said_to_be_is_text_and_no_more_than_a_line() {
    let hostile = format!("\u{1b}[2J</p><script>alert(1)</script>\u{202e}\r\n{}", "x".repeat(10_000));
    let (login, page) = logged_in(Some(&json!({ "preferred_username": hostile }))).await;
    assert!(!page.body.contains("<script") && page.body.contains("&lt;script&gt;"), "{}", page.body);
    assert!(page.body.len() < 5000, "{} bytes", page.body.len());
    let person = login.prompt.people().remove(0).unwrap();
    assert!(!person.contains(|character: char| character.is_control() || character == '\u{202e}'), "{person:?}");
    assert!(person.chars().count() < 200, "{person}");
}

struct Published(ServerDetails);

impl Discovery for Published {
    async fn discover(&self) -> Result<ServerDetails, AuthError> {
        Ok(self.0.clone())
    }
}

fn published(login: &Login) -> ServerDetails {
    ServerDetails::new()
        .with_client_id(CLIENT_ID)
        .with_authorization_endpoint(login.provider.url("/authorize"))
        .with_device_authorization_endpoint(login.provider.url("/device"))
        .with_token_endpoint(login.provider.url("/token"))
        .with_redirect_uri("http://127.0.0.1:0/callback")
        .with_scopes(["all", "off\u{1b}[2Jline"])
        .with_audience("https://api.example")
}

fn chosen(choice: &ServersChoice) -> [Option<String>; 4] {
    let scopes = Some(choice.scopes().join(",")).filter(|scopes| !scopes.is_empty());
    let text = |words: Option<&str>| words.map(str::to_owned);
    [text(choice.client_id()), scopes, text(choice.audience()), text(choice.redirect_uri())]
}

#[tokio::test]
async fn a_person_is_shown_what_the_server_has_chosen_and_not_what_is_set() {
    let redirect_uri = "http://127.0.0.1:0/callback";
    let all = [CLIENT_ID, "all,off [2Jline", "https://api.example", redirect_uri].map(|words| Some(words.to_owned()));
    let own = Pkce::new().client_id(CLIENT_ID).scopes(["all"]).audience("mine").redirect_uri(redirect_uri);
    for (flow, expected) in [(Pkce::new(), all.clone()), (own, [const { None }; 4])] {
        let login = Login::new();
        let authenticator = login.builder(flow).discovery(Published(published(&login))).build().unwrap();
        let attempt = tokio::spawn(async move { authenticator.login().await.map(drop) });
        let Shown::Browser { choice, .. } = login.prompt.nth(0).await else { panic!("a code") };
        assert_eq!(chosen(&choice), expected);
        attempt.abort();
    }
    let login = Login::new();
    let authenticator = login.builder(DeviceCode::new()).discovery(Published(published(&login))).build().unwrap();
    let attempt = tokio::spawn(async move { authenticator.login().await.map(drop) });
    let Shown::DeviceCode { choice, provider, server, .. } = login.prompt.nth(0).await else { panic!("a page") };
    let [client, scopes, audience, _] = all;
    assert_eq!(chosen(&choice), [client, scopes, audience, None], "a device has no redirect URI");
    assert_eq!((format!("http://{provider}/token"), server), (login.provider.url("/token"), login.peer.endpoint()));
    attempt.abort();
}
