//! What servers and providers say is shown, and never obeyed: no terminal is cleared by it, no line of a log made up, no
//! direction of writing turned.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::{AuthError, AuthErrorKind, Authenticator, Discovery, ServerDetails, flow::ClientCredentials};
use serde_json::json;
use tests::{
    call::{Kind, call, spawn},
    canary::{self, Canary},
    login::Login,
    peer::{Answer as ServersAnswer, Peer},
    prompt::Shown,
    token_endpoint::{Answer, TokenEndpoint},
    told::told,
};
use tonic::Code;

/// Clears a terminal, begins a line, turns the writing, and more of the kind.
const HOSTILE: &str = "no\u{1b}[2J\r\nERROR all is lost\u{202e}\u{2066}\u{200f}\u{9b}31m\u{2028}!";
const HARMLESS: &str = "no [2J  ERROR all is lost    31m !";

fn assert_plain(shown: &str) {
    let obeyed = |character: char| {
        character.is_control()
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!shown.contains(obeyed), "{shown:?}");
}

#[tokio::test]
async fn a_providers_description_is_one_plain_line() {
    let canary = Canary::new();
    let refusal = json!({ "error": format!("invalid_client{HOSTILE}"), "error_description": HOSTILE });
    let endpoint = TokenEndpoint::answering([Answer::json(400, refusal)]);
    let flow = ClientCredentials::new("client", canary.secret()).token_url(endpoint.url());
    let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap();
    let error = authenticator.login().await.unwrap_err();
    canary::observe_error(&error);
    assert_plain(&told(&error));
    assert_plain(&format!("{error:?}"));
    assert!(error.to_string().contains(HARMLESS), "{error}");
    assert_eq!(error.oauth_error_description(), Some(HARMLESS));
    assert_plain(error.oauth_error().unwrap());
}

#[tokio::test]
async fn what_comes_back_with_the_browser_is_plain_on_the_page_and_in_the_error() {
    for parameter in ["error_description", "iss"] {
        let login = Login::new();
        let authenticator = login.authenticator(login.pkce().issuer("https://idp.example"));
        let attempt = tokio::spawn(async move { authenticator.login().await.map(drop) });
        let mut callback: url::Url = login.callback(0).await.parse().unwrap();
        if parameter == "error_description" {
            callback.query_pairs_mut().append_pair("error", "access_denied");
        }
        callback.query_pairs_mut().append_pair(parameter, HOSTILE);
        let page = login.browser.visit(callback.as_str()).await;
        let (_, text) = page.body.split_once("<p>").unwrap();
        let (text, _) = text.split_once("</p>").unwrap();
        assert_plain(text);
        assert!(text.contains(HARMLESS), "{text}");
        let error = attempt.await.unwrap().unwrap_err();
        assert_plain(&told(&error));
    }
}

#[tokio::test]
async fn a_servers_words_behind_our_reason_are_plain() {
    struct Refusing;
    impl auth_runtime::Flow for Refusing {
        async fn refresh_credentials(
            &self,
            _context: &auth_runtime::FlowContext,
            _previous: Option<&auth_runtime::Credentials>,
        ) -> Result<auth_runtime::Credentials, AuthError> {
            Err(AuthError::permanent(HOSTILE))
        }
    }
    for kind in Kind::ALL {
        let encoded = HOSTILE.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let rejection = ServersAnswer::new().trailers_only(Code::Unauthenticated, &encoded);
        let peer = Peer::answering([rejection]);
        let channel = tonic::transport::Endpoint::from_shared(peer.endpoint()).unwrap().connect_lazy();
        let authenticator = Authenticator::builder(peer.endpoint()).flow(Refusing).build().unwrap();
        let client = tests::calls::calls_client::AuthenticatedCallsClient::new(authenticator.over(channel));
        let outcome = call(&client, kind).await;
        assert_eq!(outcome.code(), Code::Unauthenticated, "{kind:?}");
        assert_plain(outcome.status().message());
        assert_eq!(outcome.status().message().matches(HARMLESS).count(), 2, "{}", outcome.status().message());
    }
}

#[tokio::test]
async fn what_a_device_login_shows_is_plain_and_leads_to_an_encrypted_page_only() {
    let login = Login::new();
    let begun = |page: &str| {
        Answer::json(
            200,
            json!({ "device_code": login.canary.secret(), "user_code": HOSTILE, "verification_uri": page, "expires_in": 600 }),
        )
    };
    login.provider.then("/device", begun("http://idp.example/device"));
    let error = login.authenticator(login.device_code()).login().await.unwrap_err();
    assert!(error.to_string().contains("`http://idp.example/device`"), "{error}");
    assert!(login.prompt.shown().is_empty(), "somebody was sent to a page that anybody on the network can write");

    login.provider.then("/device", begun("https://idp.example/device"));
    let client = login.client(&login.authenticator(login.device_code()));
    let waiting = spawn(&client, Kind::Unary);
    let Shown::DeviceCode { user_code, verification_uri, .. } = login.prompt.nth(0).await else { panic!("a page") };
    assert_eq!((user_code.as_str(), verification_uri.as_str()), (HARMLESS, "https://idp.example/device"));
    waiting.abort();
}

#[tokio::test]
async fn a_device_login_with_an_absurdly_long_code_or_page_is_refused_before_anything_is_shown() {
    let login = Login::new();
    let long = |length: usize| format!("https://idp.example/{}", "d".repeat(length - 20));
    let short = || ("ABCD-EFGH".to_owned(), long(2048));
    let begun = |(code, page): (String, String), complete: Option<String>| {
        let mut body = json!({ "device_code": login.canary.secret(), "user_code": code, "verification_uri": page, "expires_in": 600 });
        if let Some(complete) = complete {
            body["verification_uri_complete"] = complete.into();
        }
        Answer::json(200, body)
    };
    for absurd in [
        begun(("A".repeat(65), short().1), None),
        begun(("A\n".repeat(100_000), short().1), None),
        begun((short().0, long(2049)), None),
        begun(short(), Some(long(2049))),
    ] {
        login.provider.then("/device", absurd);
        let error = login.authenticator(login.device_code()).login().await.unwrap_err();
        assert!(error.kind() == AuthErrorKind::InvalidResponse && error.to_string().len() < 300, "{error}");
        assert!(login.prompt.shown().is_empty());
    }
    login.provider.then("/device", begun(("A".repeat(64), short().1), None));
    let client = login.client(&login.authenticator(login.device_code()));
    let waiting = spawn(&client, Kind::Unary);
    assert!(matches!(login.prompt.nth(0).await, Shown::DeviceCode { .. }));
    waiting.abort();
}

#[tokio::test]
async fn an_error_of_ones_own_code_that_repeats_others_is_one_plain_line() {
    struct Repeats;
    impl Discovery for Repeats {
        async fn discover(&self) -> Result<ServerDetails, AuthError> {
            Err(AuthError::permanent(format!("the server says {HOSTILE}")))
        }
    }
    let login = Login::new();
    let authenticator = login.builder(login.pkce()).discovery(Repeats).build().unwrap();
    let error = authenticator.login().await.unwrap_err();
    assert_eq!(error.to_string(), format!("the server says {HARMLESS}"));
}
