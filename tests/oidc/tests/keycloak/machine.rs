//! Clients that act for themselves.

use auth_runtime::Authenticator;
use oidc::{Access, Keycloak};
use tests::{
    call::{Kind, call},
    calls::calls_client::AuthenticatedCallsClient,
    canary::{self, Canary},
};

use super::person::until_over;

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
    keycloak.enable_client(false).await;
    let disabled = login(keycloak.client_credentials()).await;
    assert_eq!(disabled.oauth_error(), Some("invalid_client"), "{disabled:?}");
}
