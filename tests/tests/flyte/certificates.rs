//! `caCertFilePath` and `insecureSkipVerify`: for gRPC and for the identity provider alike.

use std::net::SocketAddr;

use auth_runtime::{AuthErrorKind, flyte::Connector};
use tests::{
    call::{Kind, call},
    canary::{Canary, Phrase},
    certificates::Certificates,
    peer::{Answer, Peer, Tokens},
    token_endpoint::TokenEndpoint,
};
use tonic::Code;

use crate::{
    connection::{Metadata, client, public, success},
    support::Surroundings,
};

/// A Flyte server and its provider, both behind certificates of an authority that no system trusts.
struct World {
    certificates: Certificates,
    provider: TokenEndpoint,
    peer: Peer,
    address: SocketAddr,
    secret: String,
    _canary: std::sync::Arc<Canary>,
}

impl World {
    async fn new() -> Self {
        let canary = std::sync::Arc::new(Canary::new());
        let (certificates, tokens) = (Certificates::naming(&["localhost", "127.0.0.1"]), Tokens::new());
        let secret = canary.secret();
        let provider = TokenEndpoint::issuing_over_tls(&certificates, "my-service", &secret, 600, {
            let (canary, tokens) = (canary.clone(), tokens.clone());
            move || {
                let token = canary.secret();
                tokens.accept(&token);
                token
            }
        });
        let metadata = Metadata { token_endpoint: provider.url() };
        let peer = Peer::start(move |exchange| {
            let answer = match public(exchange.record().path(), &metadata) {
                Some(answer) => answer,
                None if tokens.admit(exchange.headers(), "flyte-authorization") => success(),
                None => Answer::rejected(),
            };
            exchange.run(answer)
        });
        let address = certificates.in_front_of(peer.address()).await;
        Self { certificates, provider, peer, address, secret, _canary: canary }
    }

    /// With the folder that the secret is in, which is read at the login.
    fn connector(&self, more: &str) -> (Connector, Surroundings) {
        let mut surroundings = Surroundings::new();
        let secret = surroundings.write("secret", &self.secret);
        let text = format!(
            "admin:\n  endpoint: dns:///{}\n  clientId: my-service\n  clientSecretLocation: {}\n{more}",
            self.address,
            secret.display(),
        );
        let file = surroundings.write("named.yaml", &text);
        surroundings = surroundings.set("FLYTECTL_CONFIG", file);
        (Connector::new(surroundings.config()), surroundings)
    }
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_by_grpc_and_for_the_provider() {
    let world = World::new().await;
    let authority = world.certificates.authority_file();
    let (connector, _folder) = world.connector(&format!("  caCertFilePath: {}\n", authority.display()));
    let connection = connector.connect().await.unwrap();
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(world.provider.requests().len(), 1);
}

#[tokio::test]
async fn any_certificate_will_do_where_that_is_said_and_a_warning_tells_so() {
    let world = World::new().await;
    let phrase = Phrase::listen_for(&format!("not verified, so that anybody can pass for: https://{}", world.address));
    let (connector, _folder) = world.connector("  insecureSkipVerify: true\n");
    let connection = connector.connect().await.unwrap();
    assert!(phrase.was_said());
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(world.provider.requests().len(), 1);
}

#[tokio::test]
async fn without_either_the_error_names_what_to_set_and_nothing_is_sent() {
    let world = World::new().await;
    let error = world.connector("").0.connect().await.unwrap_err();
    assert!(error.kind() == AuthErrorKind::Untrusted, "{error:?}");
    assert!(error.to_string().contains("caCertFilePath"), "{error}");
    assert!(world.peer.requests().is_empty() && world.provider.requests().is_empty());
}

#[tokio::test]
async fn a_call_over_a_connection_that_is_made_when_it_is_needed_names_it_too() {
    let world = World::new().await;
    let connection = world.connector("").0.connect_lazy().unwrap();
    let outcome = call(&client(&connection), Kind::Unary).await;
    assert_eq!(outcome.code(), Code::Unavailable, "{outcome:?}");
    assert!(outcome.status().message().contains("admin.caCertFilePath"), "{outcome:?}");
    assert!(world.peer.requests().is_empty() && world.provider.requests().is_empty());
}

#[tokio::test]
async fn settings_of_tonics_hold_for_flytes_connection_too() {
    let world = World::new().await;
    let authority = world.certificates.authority_file();
    let (connector, _folder) = world.connector(&format!("  caCertFilePath: {}\n", authority.display()));
    let connection = connector.connect_with(|endpoint| endpoint.user_agent("ours").unwrap()).await.unwrap();
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Ok);
    assert!(world.peer.requests().iter().all(|request| request.header("user-agent").unwrap().starts_with("ours ")));
}
