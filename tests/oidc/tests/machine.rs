//! Client credentials at the provider, for a gRPC call that needs them.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use auth_runtime::{
    AuthError, Authenticator,
    flow::{ClientAuthentication, ClientCredentials},
};
use oidc::{Client, Provider, server};
use secrecy::ExposeSecret as _;
use tests::{
    call::{Kind, call},
    calls::calls_client::AuthenticatedCallsClient,
    canary::{self, Canary},
};

async fn login(provider: &Provider, flow: ClientCredentials) -> Result<(), AuthError> {
    canary::observe(&flow);
    let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap();
    let outcome = authenticator.login().await;
    match outcome {
        Ok(credentials) => {
            canary::observe(&credentials);
            assert!(provider.knows(credentials.access_token().expose_secret()).await);
            Ok(())
        }
        Err(error) => {
            canary::observe_error(&error);
            Err(error)
        }
    }
}

#[tokio::test]
async fn an_id_and_a_secret_full_of_special_characters_are_understood() {
    let canary = Canary::new();
    let provider = Provider::start(&canary, 3600).await;
    login(&provider, provider.client_credentials(Client::Basic)).await.unwrap();
    let in_body = provider.client_credentials(Client::RequestBody);
    login(&provider, in_body.client_authentication(ClientAuthentication::RequestBody)).await.unwrap();
}

#[tokio::test]
async fn what_the_provider_refuses_is_a_clear_error() {
    let canary = Canary::new();
    let provider = Provider::start(&canary, 3600).await;
    let refused = [
        // Another secret, and an id that nobody knows.
        ClientCredentials::new(Client::Basic.id(), canary.secret()).token_url(provider.url("/token")),
        ClientCredentials::new("nobody", provider.secret()).token_url(provider.url("/token")),
    ];
    for flow in refused {
        let error = login(&provider, flow).await.unwrap_err();
        assert!(error.oauth_error() == Some("invalid_client"), "{error:?}");
    }
}

#[tokio::test]
async fn a_call_logs_in_and_the_next_one_does_so_again_when_the_token_is_over() {
    let canary = Canary::new();
    let provider = Provider::start(&canary, 2).await;
    let peer = server(&provider);
    let flow = provider.client_credentials(Client::Basic);
    let authenticator = Authenticator::builder(peer.endpoint()).flow(flow).build().unwrap();
    let client = AuthenticatedCallsClient::new(authenticator.connect_lazy().unwrap());
    assert_eq!(call(&client, Kind::Unary).await.numbers(), [1]);
    let first = authenticator.get_credentials().unwrap();
    while provider.knows(first.access_token().expose_secret()).await {
        tokio::task::yield_now().await;
    }
    for kind in Kind::ALL {
        assert_eq!(call(&client, kind).await.numbers(), [1], "{kind:?}");
    }
    canary::observe(&authenticator);
}

#[tokio::test]
async fn a_logout_ends_the_token_at_the_provider() {
    let canary = Canary::new();
    let provider = Provider::start(&canary, 3600).await;
    let in_body = provider.client_credentials(Client::RequestBody);
    let flows =
        [provider.client_credentials(Client::Basic), in_body.client_authentication(ClientAuthentication::RequestBody)];
    for flow in flows {
        // The issuer says where.
        let flow = flow.issuer(provider.url(""));
        let authenticator = Authenticator::builder("https://flyte.example.com").flow(flow).build().unwrap();
        let credentials = authenticator.login().await.unwrap();
        let token = credentials.access_token().expose_secret();
        assert!(provider.knows(token).await);
        authenticator.logout().await.unwrap();
        assert!(!provider.knows(token).await);
    }
}
