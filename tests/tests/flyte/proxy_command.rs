//! `admin.proxyCommand`: credentials for what stands before Flyte and before the identity provider.

use std::{fs, path::PathBuf, sync::Arc};

use auth_runtime::flyte::Connector;
use tests::{
    call::{Kind, call},
    canary::Canary,
    peer::{Answer, Peer, Tokens},
    token_endpoint::{self, TokenEndpoint},
};
use tonic::Code;

use crate::{
    connection::{Metadata, client, connect, public, success},
    support::{self, Surroundings},
};

/// Flyte behind a proxy that wants a token of its own, and a command that prints one.
struct Guarded {
    peer: Peer,
    provider: TokenEndpoint,
    surroundings: Surroundings,
    proxy_token: PathBuf,
    runs: PathBuf,
    proxy_tokens: Tokens,
    canary: Arc<Canary>,
}

impl Guarded {
    fn start() -> Self {
        let canary = Arc::new(Canary::new());
        let (tokens, proxy_tokens) = (Tokens::new(), Tokens::new());
        let secret = canary.secret();
        let provider = support::provider(&canary, &tokens, &secret, 600);
        let metadata = Metadata { token_endpoint: provider.url() };
        let peer = Peer::start({
            let proxy_tokens = proxy_tokens.clone();
            move |exchange| {
                let answer = if !proxy_tokens.admit(exchange.headers(), "proxy-authorization") {
                    Answer::http(401, "text/html", "<html>Invalid IAP credentials: empty token</html>")
                } else if let Some(answer) = public(exchange.record().path(), &metadata) {
                    answer
                } else if tokens.admit(exchange.headers(), "flyte-authorization") {
                    success()
                } else {
                    Answer::rejected()
                };
                exchange.run(answer)
            }
        });
        let surroundings = Surroundings::new();
        let secret = surroundings.write("secret", &secret);
        let proxy_token = surroundings.path("proxy-token");
        let runs = surroundings.write("runs", "");
        let script = format!("echo run >> '{}'; cat '{}'", runs.display(), proxy_token.display());
        let text = format!(
            "admin:\n  endpoint: {}\n  clientId: my-service\n  clientSecretLocation: {}\n  proxyCommand: [sh, -c, \"{script}\"]\n",
            peer.endpoint(),
            secret.display(),
        );
        let file = surroundings.write("named.yaml", &text);
        let surroundings = surroundings.set("FLYTECTL_CONFIG", file);
        let guarded = Self { peer, provider, surroundings, proxy_token, runs, proxy_tokens, canary };
        guarded.issue();
        guarded
    }

    /// From now on the command prints another token.
    fn issue(&self) -> String {
        let token = self.canary.secret();
        self.proxy_tokens.accept(&token);
        fs::write(&self.proxy_token, format!("{token}\n")).unwrap();
        token
    }

    fn runs(&self) -> usize {
        fs::read_to_string(&self.runs).unwrap().lines().count()
    }
}

#[tokio::test]
async fn every_call_and_every_request_to_the_provider_carries_the_proxys_token() {
    let guarded = Guarded::start();
    let token = guarded.issue();
    let connection = connect(guarded.surroundings.config()).await;
    for kind in Kind::ALL {
        assert_eq!(call(&client(&connection), kind).await.code(), Code::Ok, "{kind:?}");
    }
    let expected = format!("Bearer {token}");
    for request in guarded.peer.requests() {
        assert_eq!(request.header("proxy-authorization").as_ref(), Some(&expected), "{}", request.path());
    }
    let request = guarded.provider.only_request();
    assert_eq!(request.headers["proxy-authorization"], expected);
    assert!(request.form_encoded_basic().is_some(), "the client's own credentials are not displaced");
    assert_eq!(guarded.runs(), 1, "one token serves all of them");
}

#[tokio::test]
async fn a_proxys_token_that_ended_is_replaced_and_the_servers_stays() {
    let guarded = Guarded::start();
    let connection = connect(guarded.surroundings.config()).await;
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Ok);
    guarded.proxy_tokens.revoke_all();
    guarded.issue();
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Ok);
    assert_eq!((guarded.runs(), guarded.provider.requests().len()), (2, 1));
}

#[tokio::test]
async fn a_proxy_before_the_provider_that_says_no_gets_a_new_token_once() {
    let guarded = Guarded::start();
    guarded.provider.then(token_endpoint::Answer::text(401, "text/html", "<html>Invalid IAP credentials</html>"));
    let connection = connect(guarded.surroundings.config()).await;
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Ok);
    assert_eq!((guarded.runs(), guarded.provider.requests().len()), (2, 2));
}

#[tokio::test]
async fn a_provider_that_says_no_is_not_taken_for_a_proxy() {
    let guarded = Guarded::start();
    guarded.provider.then(token_endpoint::Answer::json(401, serde_json::json!({ "error": "invalid_client" })));
    let connection = connect(guarded.surroundings.config()).await;
    let outcome = call(&client(&connection), Kind::Unary).await;
    assert_eq!(outcome.code(), Code::Unauthenticated);
    assert_eq!((guarded.runs(), guarded.provider.requests().len()), (1, 1));
}

#[tokio::test]
async fn a_proxy_command_that_fails_fails_the_call_and_nothing_is_sent() {
    let guarded = Guarded::start();
    let surroundings = guarded.surroundings.set("FLYTE_AUTH_PROXY_COMMAND", "false");
    let connection = Connector::new(surroundings.config()).connect_lazy().unwrap();
    let outcome = call(&client(&connection), Kind::Unary).await;
    assert!(outcome.status().message().contains("false"), "{:?}", outcome.status());
    assert_eq!(guarded.peer.requests().len(), 0);
}
