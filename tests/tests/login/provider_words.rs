//! Errors that are not OAuth's: what a provider, or whatever stands before it, says to people is in our error, without
//! secrets and bounded.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use auth_runtime::{
    AuthError, AuthErrorKind, Authenticator, Discovery, Interaction, ServerDetails, flow::ClientCredentials,
};
use serde_json::json;
use tests::{
    canary::{self, Canary},
    identity_provider::CLIENT_ID,
    login::Login,
    token_endpoint::{Answer, TokenEndpoint},
    told::told,
};

async fn refusal(secret: &str, answer: Answer) -> AuthError {
    let endpoint = TokenEndpoint::answering([answer.clone(), answer]);
    let flow = ClientCredentials::new("client", secret).token_url(endpoint.url());
    let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap();
    let error = authenticator.login().await.unwrap_err();
    canary::observe_error(&error);
    error
}

#[tokio::test]
async fn words_for_people_are_shown_wherever_they_stand() {
    let canary = Canary::new();
    let page = "<html><head><title>Access denied</title><style>p { color: red }</style></head>\
                <body><h1>Sorry</h1><p>Your network is not\n allowed &amp; will not be.</p></body></html>";
    let rows = [
        (
            Answer::json(
                401,
                json!({ "errorCode": "E0000011", "errorSummary": "Invalid token provided", "errorId": "oae1" }),
            ),
            "HTTP 401 with content type application/json without an OAuth 2 `error` in it, \
             which says \"E0000011: Invalid token provided\"",
        ),
        (Answer::json(403, json!({ "message": "Limit exceeded" })), "which says \"Limit exceeded\""),
        (
            Answer::json(400, json!({ "error": { "code": 400, "message": "API key not valid" } })),
            "which says \"API key not valid\"",
        ),
        (
            Answer::text(403, "application/problem+json", json!({ "title": "No", "detail": "not you" }).to_string()),
            "which says \"not you: No\"",
        ),
        (Answer::text(403, "text/plain", "RBAC: access denied\n"), "which says \"RBAC: access denied\""),
        (
            Answer::text(403, "text/html", page),
            "where JSON was expected, which says \"Access denied: Sorry Your network is not allowed & will not be.\"",
        ),
        (
            Answer::text(200, "text/html", page),
            "HTTP 200 with content type text/html where JSON was expected, which says \"Access denied\";",
        ),
        (
            Answer::text(503, "text/html", page),
            "answered with HTTP 503 Service Unavailable, which says \"Access denied: Sorry",
        ),
        (Answer::json(429, json!({ "errorSummary": "Too many requests" })), "which says \"Too many requests\""),
    ];
    for (answer, words) in rows {
        let error = refusal(&canary.secret(), answer).await;
        assert!(told(&error).contains(words), "`{}` should say `{words}`", told(&error));
    }
}

#[tokio::test]
async fn what_was_sent_and_what_looks_like_a_token_is_not_repeated() {
    let canary = Arc::new(Canary::new());
    let secret = format!("{}  with blanks", canary.secret());
    let echoes = [
        format!("<p>the secret {secret} is wrong, and {} too</p>", canary.secret()),
        format!("<p>session {}</p>", canary.long_secret(300)),
        "<p>".to_owned() + &"x ".repeat(10_000),
    ];
    for echo in echoes {
        for status in [400, 500] {
            let error = refusal(&secret, Answer::text(status, "text/html", echo.clone())).await;
            assert!(told(&error).chars().count() < 600, "{}", told(&error));
        }
        let document = json!({ "message": echo, "error_description": echo, "access_token": canary.secret() });
        refusal(&secret, Answer::json(400, document)).await;
    }
    // Whatever a document is called, or a part of one.
    for content_type in ["text/html", "text/plain"] {
        for status in [400, 503] {
            let document = json!({ "access_token": canary.secret(), "message": "not now" }).to_string();
            let part = document[..document.len() - 30].to_owned();
            let told_of_document = told(&refusal(&secret, Answer::text(status, content_type, document)).await);
            assert!(told_of_document.contains("\"not now\""), "{told_of_document}");
            refusal(&secret, Answer::text(status, content_type, part)).await;
        }
    }
    // Of a success, only the title.
    let page = format!("<title>Done</title><p>Your token is {}</p>", canary.secret());
    assert!(told(&refusal(&secret, Answer::text(200, "text/html", page)).await).contains("\"Done\""));
    let other_name = json!({ "message": canary.secret(), "token": canary.secret() });
    refusal(&secret, Answer::json(200, other_name)).await;
}

#[tokio::test]
async fn words_that_a_terminal_would_obey_are_plain() {
    let canary = Canary::new();
    let error = refusal(&canary.secret(), Answer::json(403, json!({ "message": "no\u{1b}[2J\u{202e}\nway" }))).await;
    assert!(error.to_string().contains("\"no [2J  way\""), "{error}");
}

// === Who said what was asked for ===

struct Published(ServerDetails);

impl Discovery for Published {
    async fn discover(&self) -> Result<ServerDetails, AuthError> {
        Ok(self.0.clone())
    }
}

async fn login_of_a_program(
    answer: Answer,
    change: impl FnOnce(ClientCredentials) -> ClientCredentials,
) -> (Option<AuthError>, Option<String>) {
    let endpoint = TokenEndpoint::answering([answer]);
    let scopes = ["openid", "offline_access", "profile", "email", "all", "flyte"];
    let details = ServerDetails::new().with_token_endpoint(endpoint.url()).with_scopes(scopes).with_audience("theirs");
    let flow = change(ClientCredentials::new("client", "no secret"));
    let builder = Authenticator::builder("https://127.0.0.1:8443").discovery(Published(details)).flow(flow);
    let error = builder.build().unwrap().login().await.err();
    (error, endpoint.only_request().field("scope").map(str::to_owned))
}

#[tokio::test]
async fn a_program_is_not_given_scopes_that_speak_of_people_unless_they_are_set() {
    let (_, scope) = login_of_a_program(Answer::token("token", 3600), |flow| flow).await;
    assert_eq!(scope.as_deref(), Some("all flyte"));
    let (_, scope) = login_of_a_program(Answer::token("token", 3600), |flow| flow.scopes(["openid", "mine"])).await;
    assert_eq!(scope.as_deref(), Some("openid mine"), "what is set is what is asked for");

    let login = Login::new();
    let details = ServerDetails::new()
        .with_token_endpoint(login.provider.url("/token"))
        .with_authorization_endpoint(login.provider.url("/authorize"))
        .with_client_id(CLIENT_ID)
        .with_redirect_uri("http://127.0.0.1:0/callback")
        .with_scopes(["openid", "offline_access", "all"]);
    let builder = Authenticator::builder(login.peer.endpoint()).flow(auth_runtime::flow::Pkce::new());
    let builder = builder.discovery(Published(details)).prompt(login.prompt.clone());
    let person = builder.interaction(Interaction::Always).without_provider_notes().build().unwrap();
    let (outcome, _page) = tokio::join!(person.login(), login.log_in(0));
    outcome.unwrap();
    let asked = login.provider.requests("/authorize").pop().unwrap();
    assert_eq!(asked.field("scope"), Some("openid offline_access all"));
}

#[tokio::test]
async fn a_refusal_of_scopes_or_audience_says_who_named_them() {
    let refused = |code: &str, words: &str| Answer::json(400, json!({ "error": code, "error_description": words }));
    for (code, words) in [("invalid_scope", "no"), ("invalid_request", "Invalid scopes: all flyte")] {
        let (error, _) = login_of_a_program(refused(code, words), |flow| flow).await;
        let told = told(&error.unwrap());
        assert!(told.contains("the scopes `all flyte`, which the server names, where none are set here"), "{told}");
        let (error, _) = login_of_a_program(refused(code, words), |flow| flow.scopes(["mine"])).await;
        let told = tests::told::told(&error.unwrap());
        assert!(told.contains("the scopes `mine`, which are set here"), "{told}");
    }
    let (error, _) = login_of_a_program(refused("access_denied", "unknown audience"), |flow| flow).await;
    let told = told(&error.unwrap());
    assert!(told.contains("the audience `theirs`, which the server names"), "{told}");
    let (error, _) = login_of_a_program(refused("invalid_client", "no such client"), |flow| flow).await;
    let error = error.unwrap();
    assert_eq!(error.kind(), AuthErrorKind::Rejected);
    assert!(!error.to_string().contains("asked for"), "{error}");
}
