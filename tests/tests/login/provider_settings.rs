//! What some providers want otherwise than most, and the settings for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::{Duration, SystemTime};

use auth_runtime::{
    AuthErrorKind, Authenticator, ExposeSecret as _, Flow, Interaction,
    flow::{ClientAuthentication, ClientCredentials, Pkce},
    store::MemoryStore,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use tests::{
    call::{Kind, call},
    canary::Canary,
    login::Login,
    token_endpoint::{Answer, TokenEndpoint},
    told::told,
};

fn world() -> Login {
    let login = Login::new();
    login.provider.set(|settings| settings.device = json!({ "expires_in": 600, "interval": 1 }));
    login
}

/// The values of a field, in the order in which they were sent.
fn values<'a>(fields: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    fields.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str()).collect()
}

// === Parameters ===

#[tokio::test]
async fn parameters_of_ones_own_are_in_each_request_that_they_are_for() {
    let login = world();
    let flow = login
        .pkce()
        .authorization_param("prompt", "consent")
        .authorization_param("login_hint", "")
        .authorization_param("resource", "https://flyte.example.com/")
        .token_param("resource", "https://flyte.example.com/");
    let authenticator = login.authenticator(flow);
    login.complete(&authenticator).await.unwrap();
    authenticator.refresh_credentials().await.unwrap();
    let asked = &login.provider.requests("/authorize")[0].fields;
    assert_eq!(values(asked, "prompt"), ["consent"]);
    assert_eq!(values(asked, "login_hint"), [""; 0], "what has no value is not sent");
    assert_eq!(values(asked, "resource"), ["https://flyte.example.com/"]);
    for request in login.provider.requests("/token") {
        assert_eq!(values(&request.fields, "resource"), ["https://flyte.example.com/"]);
        assert_eq!(values(&request.fields, "prompt"), [""; 0]);
    }
    assert_eq!(login.provider.requests("/token").len(), 2);

    let flow = login.device_code().authorization_param("acr_values", "mfa").token_param("organization", "acme");
    login.complete(&login.authenticator(flow)).await.unwrap();
    assert_eq!(values(&login.provider.requests("/device")[0].fields, "acr_values"), ["mfa"]);
    assert_eq!(values(&login.provider.requests("/token").pop().unwrap().fields, "organization"), ["acme"]);
}

#[tokio::test]
async fn a_programs_parameters_are_sent_as_often_as_they_are_set() {
    let canary = Canary::new();
    let endpoint = TokenEndpoint::answering([Answer::token("token", 3600)]);
    let flow = ClientCredentials::new("client", canary.secret()).token_url(endpoint.url());
    let flow = flow.token_param("resource", "https://one").token_param("resource", "https://two");
    Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap().login().await.unwrap();
    assert_eq!(values(&endpoint.only_request().form, "resource"), ["https://one", "https://two"]);
}

#[tokio::test]
async fn what_the_login_sets_itself_is_refused_before_anybody_is_asked() {
    for name in ["state", "redirect_uri", "code_challenge", "client_id", "scope", "response_type", "Request", ""] {
        let login = world();
        let as_authorization = login.pkce().authorization_param(name, "another");
        let as_token = login.pkce().token_param(name, "another");
        for (setting, flow) in [("authorization_param", as_authorization), ("token_param", as_token)] {
            let error = login.authenticator(flow).login().await.unwrap_err();
            assert_eq!(
                (error.kind(), error.setting()),
                (AuthErrorKind::Configuration, Some(setting)),
                "{name}: {error}"
            );
        }
        let flow = login.device_code().authorization_param(name, "another");
        assert_eq!(login.authenticator(flow).login().await.unwrap_err().setting(), Some("authorization_param"));
        assert!(login.prompt.shown().is_empty());
        assert!(login.provider.requests("/device").is_empty() && login.provider.requests("/token").is_empty());
    }
    let endpoint = TokenEndpoint::answering([]);
    let flow =
        ClientCredentials::new("client", "secret").token_url(endpoint.url()).token_param("grant_type", "password");
    let program = Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap();
    assert_eq!(program.login().await.unwrap_err().setting(), Some("token_param"));
    assert!(endpoint.requests().is_empty());
}

#[tokio::test]
async fn stored_credentials_are_those_of_the_same_parameters() {
    let (login, store) = (world(), MemoryStore::new());
    let flow = || login.pkce().token_param("resource", "https://one").authorization_param("organization", "acme");
    login.complete(&login.builder(flow()).store(store.clone()).build().unwrap()).await.unwrap();
    let others = [
        login.pkce(),
        login.pkce().token_param("resource", "https://two").authorization_param("organization", "acme"),
        login.pkce().authorization_param("resource", "https://one").token_param("organization", "acme"),
        flow().token_param("resource", "https://two"),
        flow().use_id_token(true),
        flow().token_type("Bearer"),
    ];
    let without_a_person = |flow: Pkce| {
        let builder = login.builder(flow).store(store.clone()).interaction(Interaction::Never);
        async move { builder.build().unwrap().login().await }
    };
    for other in others {
        let error = without_a_person(other.clone()).await.unwrap_err();
        assert_eq!(error.kind(), AuthErrorKind::InteractionNeeded, "{other:?}");
    }
    without_a_person(flow()).await.unwrap();
}

// === Token types ===

#[tokio::test]
async fn a_type_with_a_name_of_its_own_can_be_used_where_the_user_says_how() {
    for (named, set, sent) in [("BearerToken", "Bearer", "Bearer"), ("N_A", "bearer", "Bearer"), ("jwt", "JWT", "JWT")]
    {
        let login = world();
        let token = login.canary.secret();
        login.tokens.accept(&token);
        let answer = json!({ "access_token": token, "token_type": named, "expires_in": 3600 });
        login.provider.then("/token", Answer::json(200, answer.clone())).then("/token", Answer::json(200, answer));
        let strict = login.complete(&login.authenticator(login.pkce())).await.unwrap_err();
        assert_eq!(strict.kind(), AuthErrorKind::InvalidResponse, "{strict}");
        let authenticator = login.authenticator(login.pkce().token_type(set));
        login.complete(&authenticator).await.unwrap();
        let (_, value) = authenticator.fetch_grpc_call_auth_metadata().await.unwrap().unwrap();
        assert_eq!(value.to_str().unwrap(), format!("{sent} {token}"));
    }
}

// === Id tokens ===

fn id_token(canary: &Canary, expires_in: u64) -> String {
    let exp = (SystemTime::now() + Duration::from_secs(expires_in)).duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let claims = json!({ "iss": "https://idp", "sub": canary.secret(), "exp": exp.as_secs() });
    let signature = canary.secret().replace('+', "-").replace('/', "_");
    format!("e30.{}.{signature}", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

#[tokio::test]
async fn the_id_token_is_sent_where_that_is_wanted_and_lasts_as_long_as_it_says() {
    let login = world();
    let id_token = id_token(&login.canary, 1800);
    login.provider.set(|settings| settings.id_token = Some(id_token.clone()));
    let authenticator = login.authenticator(login.pkce().use_id_token(true));
    login.complete(&authenticator).await.unwrap();
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.numbers(), [1]);
    let credentials = authenticator.get_credentials().unwrap();
    assert_eq!(credentials.access_token().expose_secret(), id_token);
    let left = credentials.expires_at().unwrap().duration_since(SystemTime::now()).unwrap();
    assert!(left > Duration::from_secs(1700) && left <= Duration::from_secs(1800), "{left:?}");

    // A refresh need not bring one.
    login.provider.set(|settings| settings.id_token = None);
    authenticator.refresh_credentials().await.unwrap();
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.numbers(), [1]);
}

#[tokio::test]
async fn a_login_without_an_id_token_says_what_is_missing() {
    let login = world();
    let error = login.complete(&login.authenticator(login.device_code().use_id_token(true))).await.unwrap_err();
    assert!(error.to_string().contains("no id token") && error.to_string().contains("openid"), "{error}");
}

// === Clients of people's logins that have a secret ===

#[tokio::test]
async fn a_secret_goes_by_basic_where_that_is_set_with_every_request() {
    let login = world();
    let secret = format!("{}: %", login.canary.secret());
    login.provider.set(|settings| settings.secret = Some(secret.clone()));
    let pkce = login.pkce().client_secret(&secret).client_authentication(ClientAuthentication::Basic);
    let device = login.device_code().client_secret(&secret).client_authentication(ClientAuthentication::Basic);
    let authenticators = [login.authenticator(pkce), login.authenticator(device)];
    for authenticator in authenticators {
        login.complete(&authenticator).await.unwrap();
        authenticator.refresh_credentials().await.unwrap();
    }
    for path in ["/token", "/device"] {
        for request in login.provider.requests(path) {
            assert_eq!(request.field("client_secret"), None, "{path}");
        }
    }
    // In the body, it is not taken.
    let error = login.complete(&login.authenticator(login.pkce().client_secret(&secret))).await.unwrap_err();
    assert_eq!(error.oauth_error(), Some("invalid_client"));
}

// === PKCE on the device grant ===

#[tokio::test]
async fn a_device_login_has_a_challenge_where_the_user_or_the_provider_wants_one() {
    for (wanted, set, requests) in [(false, false, 1), (true, true, 1), (true, false, 2), (false, true, 1)] {
        let login = world();
        login.provider.set(|settings| settings.device_challenge = wanted);
        let authenticator = login.authenticator(login.device_code().pkce(set));
        login.complete(&authenticator).await.unwrap();
        let begun = login.provider.requests("/device");
        assert_eq!(begun.len(), requests, "wanted: {wanted}, set: {set}");
        assert_eq!(begun[requests - 1].field("code_challenge").is_some(), wanted || set);
        assert_eq!(login.prompt.shown().len(), 1);
        let poll = login.provider.requests("/token").pop().unwrap();
        let verifier = poll.field("code_verifier").map(str::len);
        assert_eq!(verifier, (wanted || set).then_some(43));
    }
}

// === Redirect URIs ===

#[tokio::test]
async fn the_redirect_uri_is_sent_byte_for_byte() {
    for written in ["http://127.0.0.1:0", "http://127.0.0.1:0/", "HTTP://LocalHost:0/Call%2fback"] {
        let login = world();
        let authenticator = login.authenticator(login.pkce().redirect_uri(written));
        login.complete(&authenticator).await.unwrap();
        let authorization = login.provider.requests("/authorize")[0].clone();
        let sent = authorization.field("redirect_uri").unwrap();
        let (before, after) = written.split_once(":0").unwrap();
        let port =
            sent.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).unwrap_or_else(|| panic!("{sent}"));
        assert!(port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port > 0)), "{sent}");
        assert_eq!(login.provider.requests("/token")[0].field("redirect_uri"), Some(sent));
    }
}

// === Scopes of a refresh ===

fn scopes_of_refreshes(login: &Login) -> Vec<Option<String>> {
    let requests = login.provider.requests("/token");
    let refreshes = requests.iter().filter(|request| request.field("refresh_token").is_some());
    refreshes.map(|request| request.field("scope").map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_provider_that_wants_scopes_on_a_refresh_gets_them_from_the_first_refusal_on() {
    let login = world();
    login.provider.set(|settings| settings.refresh_scope = true);
    let authenticator = login.authenticator(login.pkce());
    login.complete(&authenticator).await.unwrap();
    for _ in 0..2 {
        authenticator.refresh_credentials().await.unwrap();
    }
    let scopes = Some("all offline".to_owned());
    assert_eq!(scopes_of_refreshes(&login), [None, scopes.clone(), scopes]);
    assert_eq!(login.prompt.shown().len(), 1, "nobody was asked again");
}

#[tokio::test]
async fn whether_a_refresh_says_its_scopes_can_be_set() {
    let login = world();
    for set in [true, false] {
        let authenticator = login.authenticator(login.pkce().scope_on_refresh(set));
        login.complete(&authenticator).await.unwrap();
        authenticator.refresh_credentials().await.unwrap();
        assert_eq!(scopes_of_refreshes(&login).pop().unwrap().is_some(), set);
    }
    // Some providers use the code for it.
    let authenticator = login.authenticator(login.pkce());
    login.complete(&authenticator).await.unwrap();
    let refusal = json!({ "error": "invalid_scope", "error_description": "The Scope parameter is missing" });
    login.provider.then("/token", Answer::json(400, refusal));
    authenticator.refresh_credentials().await.unwrap();
    assert!(scopes_of_refreshes(&login).pop().unwrap().is_some());
    // Where it was said not to, the refusal stands.
    let authenticator = login.authenticator(login.pkce().scope_on_refresh(false));
    login.complete(&authenticator).await.unwrap();
    login.provider.then("/token", Answer::json(400, json!({ "error": "invalid_scope" })));
    let error = authenticator.refresh_credentials().await.unwrap_err();
    assert_eq!(error.oauth_error(), Some("invalid_scope"));
    assert!(told(&error).contains("the scopes `all offline`, which are set here"), "{}", told(&error));
}

#[test]
fn settings_are_shown_without_the_values_of_parameters() {
    let flow = Pkce::new().token_param("organization", "hunter2");
    assert!(format!("{flow:?}").contains("organization") && !format!("{flow:?}").contains("hunter2"), "{flow:?}");
    assert_eq!(Flow::name(&flow), "pkce");
}
