//! What is configured needs no word of the server.

use std::sync::Arc;

use auth_runtime::{Interaction, flow::Pkce, flyte::Connector};
use tests::{
    browser,
    call::{Kind, call, spawn},
    canary::{Canary, Phrase},
    identity_provider::CLIENT_ID,
    login::Login,
    peer::{Answer, Peer, Tokens},
    prompt::Shown,
    token_endpoint::TokenEndpoint,
};
use tonic::Code;

use crate::{
    connection::{client, connect, success},
    support::{self, Surroundings},
};

const FAILURES: [Code; 4] = [Code::Unknown, Code::Internal, Code::PermissionDenied, Code::Unauthenticated];

/// A Flyte that wants tokens, and whose `AuthMetadataService` fails.
fn silent(tokens: Tokens, code: Code) -> Peer {
    Peer::start(move |exchange| {
        let answer = match exchange.record().path() {
            path if path.contains("AuthMetadataService") => Answer::new().trailers_only(code, "no metadata today"),
            _ if tokens.admit(exchange.headers(), "x-auth") => success(),
            _ => Answer::rejected(),
        };
        exchange.run(answer)
    })
}

fn questions(flyte: &Peer) -> usize {
    flyte.requests().iter().filter(|request| request.path().contains("AuthMetadataService")).count()
}

struct Machine {
    flyte: Peer,
    provider: TokenEndpoint,
    surroundings: Surroundings,
    secret: String,
    _canary: Arc<Canary>,
}

impl Machine {
    fn start(code: Code) -> Self {
        let (canary, tokens) = (Arc::new(Canary::new()), Tokens::new());
        let secret = canary.secret();
        let provider = support::provider(&canary, &tokens, &secret, 600);
        let surroundings = Surroundings::new();
        surroundings.write("secret", &secret);
        Self { flyte: silent(tokens, code), provider, surroundings, secret, _canary: canary }
    }

    async fn call(&self, more: &str) -> Code {
        let yaml = format!(
            "admin:\n  endpoint: {}\n  clientId: my-service\n  clientSecretLocation: {}\n  tokenUrl: {}\n{more}",
            self.flyte.endpoint(),
            self.surroundings.path("secret").display(),
            self.provider.url(),
        );
        let connection = connect(Surroundings::with_yaml(&yaml).config()).await;
        call(&client(&connection), Kind::Unary).await.code()
    }
}

#[tokio::test]
async fn a_client_with_token_url_scopes_audience_and_header_logs_in_although_the_server_says_nothing() {
    for code in FAILURES {
        for audience in ["audience: a", "useAudienceFromAdmin: false", "audience: a\n  useAudienceFromAdmin: false"] {
            let machine = Machine::start(code);
            let more = format!("  scopes: [all]\n  authorizationHeader: x-auth\n  {audience}\n");
            assert_eq!(machine.call(&more).await, Code::Ok, "{code:?} {audience}");
            assert_eq!(questions(&machine.flyte), 0, "nothing has to be asked");
            assert_eq!(machine.provider.only_request().field("scope"), Some("all"));
            assert_eq!(machine.provider.only_request().field("audience"), audience.contains(": a").then_some("a"));
        }
    }
}

#[tokio::test]
async fn what_is_not_configured_is_asked_for_and_its_failure_is_told() {
    for more in [
        "  scopes: [all]\n  audience: a\n",
        "  audience: a\n  authorizationHeader: x-auth\n",
        "  scopes: [all]\n  authorizationHeader: x-auth\n",
        "  scopes: [all]\n  authorizationHeader: x-auth\n  audience: a\n  useAudienceFromAdmin: true\n",
    ] {
        let machine = Machine::start(Code::Internal);
        assert_ne!(machine.call(more).await, Code::Ok, "{more}");
        assert!(questions(&machine.flyte) > 0, "{more}");
        assert!(machine.provider.requests().is_empty());
        drop(machine.secret);
    }
}

#[tokio::test]
async fn a_command_needs_the_header_only() {
    let (canary, tokens) = (Canary::new(), Tokens::new());
    let token = canary.secret();
    tokens.accept(&token);
    let flyte = silent(tokens, Code::Internal);
    let surroundings = Surroundings::new();
    let file = surroundings.write("token", &token);
    let surroundings = surroundings
        .set("FLYTE_PLATFORM_URL", flyte.endpoint())
        .set("FLYTE_AUTH_TYPE", "ExternalCommand")
        .set("FLYTE_AUTH_COMMAND", format!("cat '{}'", file.display()))
        .set("FLYTE_ADMIN_AUTHORIZATIONHEADER", "x-auth");
    assert_eq!(call(&client(&connect(surroundings.config()).await), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(questions(&flyte), 0);
}

#[tokio::test]
async fn people_log_in_as_it_is_configured_although_the_server_says_nothing() {
    for client_key in ["publicClientId", "clientId"] {
        for auth_type in ["Pkce", "DeviceFlow"] {
            let login = Login::new();
            let flyte = silent(login.tokens.clone(), Code::Unknown);
            login.provider.set(|settings| settings.device = serde_json::json!({ "expires_in": 600, "interval": 1 }));
            let yaml = format!(
                "admin:\n  endpoint: {}\n  authType: {auth_type}\n  {client_key}: {CLIENT_ID}\n  scopes: [all]\n  \
                 audience: a\n  authorizationHeader: x-auth\n  tokenUrl: {}\n  authorizationUrl: {}\n  \
                 deviceAuthorizationUrl: {}\n",
                flyte.endpoint(),
                login.provider.url("/token"),
                login.provider.url("/authorize"),
                login.provider.url("/device"),
            );
            let phrase = Phrase::listen_for("the login goes on as it is configured");
            let prompt = login.prompt.clone();
            let connector = Connector::new(Surroundings::with_yaml(&yaml).config()).prompt(prompt);
            // The usual port may be another's at the moment.
            let pkce = Pkce::new()
                .redirect_uri("http://127.0.0.1:0/callback")
                .token_url(login.provider.url("/token"))
                .authorization_url(login.provider.url("/authorize"));
            let connector = connector.adjust(move |builder| match auth_type {
                "Pkce" => builder.flow(pkce.client_id(if client_key == "clientId" { "" } else { CLIENT_ID })),
                _ => builder,
            });
            let connector = connector.adjust(|builder| builder.interaction(Interaction::Always));
            let connection = connector.connect().await.unwrap();
            let waiting = spawn(&client(&connection), Kind::Unary);
            match login.prompt.nth(0).await {
                Shown::DeviceCode { user_code, .. } => login.provider.decide(&user_code, true),
                Shown::Browser { .. } => drop(browser::visit(&login.prompt.page(0).await).await),
            }
            assert_eq!(waiting.await.unwrap().code(), Code::Ok, "{auth_type} {client_key}");
            let asks_nothing = auth_type == "DeviceFlow" && client_key == "publicClientId";
            assert_eq!(questions(&flyte) == 0, asks_nothing, "{auth_type} {client_key}");
            assert_eq!(phrase.was_said(), !asks_nothing, "{auth_type} {client_key}");
        }
    }
}
