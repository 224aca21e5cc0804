//! PERMISSION_DENIED for a call without credentials, which is what Istio answers in place of UNAUTHENTICATED.

use std::sync::Arc;

use tests::{
    call::{Kind, call},
    canary::Canary,
    peer::{Answer, Peer, Tokens},
    token_endpoint::TokenEndpoint,
};
use tonic::Code;

use crate::{
    connection::{Metadata, client, connect, public, success},
    support::{self, Surroundings},
};

struct Mesh {
    peer: Peer,
    provider: TokenEndpoint,
    surroundings: Surroundings,
    tokens: Tokens,
    _canary: Arc<Canary>,
}

impl Mesh {
    fn start(more: &str) -> Self {
        let (canary, tokens) = (Arc::new(Canary::new()), Tokens::new());
        let secret = canary.secret();
        let provider = support::provider(&canary, &tokens, &secret, 600);
        let metadata = Metadata { token_endpoint: provider.url() };
        let peer = Peer::start({
            let tokens = tokens.clone();
            move |exchange| {
                let denied = Answer::new().trailers_only(Code::PermissionDenied, "RBAC: access denied");
                let answer = match public(exchange.record().path(), &metadata) {
                    Some(answer) => answer,
                    None if tokens.admit(exchange.headers(), "flyte-authorization") => success(),
                    None => denied,
                };
                exchange.run(answer)
            }
        });
        let surroundings = Surroundings::new();
        let file = surroundings.write("secret", &format!("  {secret} \n"));
        let yaml = format!(
            "admin:\n  endpoint: {}\n  clientId: my-service\n  clientSecretLocation: {}\n{more}",
            peer.endpoint(),
            file.display()
        );
        let named = surroundings.write("named.yaml", &yaml);
        Self { peer, provider, surroundings: surroundings.set("FLYTECTL_CONFIG", named), tokens, _canary: canary }
    }
}

#[tokio::test]
async fn a_connection_to_flyte_logs_in_for_it() {
    for kind in Kind::ALL {
        let mesh = Mesh::start("");
        let connection = connect(mesh.surroundings.config()).await;
        assert_eq!(call(&client(&connection), kind).await.code(), Code::Ok, "{kind:?}");
        assert_eq!(connection.authenticator().statistics().logins(), 1);

        // Who is logged in and may not is not asked to log in again.
        mesh.tokens.revoke_all();
        assert_eq!(call(&client(&connection), kind).await.code(), Code::PermissionDenied, "{kind:?}");
        assert_eq!(mesh.provider.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_key_a_variable_and_the_program_turn_it_off() {
    let off = "  loginOnPermissionDenied: false\n";
    let by_key = Mesh::start(off);
    let by_variable = Mesh::start("");
    let variable = by_variable.surroundings.set("FLYTE_ADMIN_LOGINONPERMISSIONDENIED", "false");
    let by_program = Mesh::start("");
    for (config, mesh) in [
        (by_key.surroundings.config(), &by_key.provider),
        (variable.config(), &by_variable.provider),
        (by_program.surroundings.config().with_login_on_permission_denied(false), &by_program.provider),
    ] {
        let outcome = call(&client(&connect(config).await), Kind::Unary).await;
        assert_eq!(outcome.code(), Code::PermissionDenied);
        assert_eq!(outcome.status().message(), "RBAC: access denied");
        assert!(mesh.requests().is_empty());
    }
}

#[tokio::test]
async fn where_nobody_is_to_log_in_the_servers_answer_stays_as_it_is() {
    let mesh = Mesh::start("  authType: None\n");
    let outcome = call(&client(&connect(mesh.surroundings.config()).await), Kind::Unary).await;
    assert_eq!(outcome.code(), Code::PermissionDenied);
    assert_eq!(outcome.status().message(), "RBAC: access denied");
    assert_eq!(mesh.peer.requests().len(), 1);
}
