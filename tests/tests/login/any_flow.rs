//! A flow without its type does as the flow itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::{
    Flow,
    flow::{AnyFlow, StaticToken},
    store::FileStore,
};
use tests::{
    call::{Kind, call},
    login::Login,
    store::logged_in_before,
};
use tonic::Code;

#[tokio::test]
async fn it_says_the_same_of_itself() {
    fn said(flow: &impl Flow) -> String {
        let key = flow.store_key("https://flyte.example.com");
        let (name, id) = (flow.name(), flow.client_id());
        format!("{key:?} {name} {id:?} {:?} {} {}", flow.timeout(), flow.login_first(), flow.persistent())
    }
    let login = Login::new();
    let token = StaticToken::new("token");
    assert_eq!(said(&AnyFlow::new(token.clone())), said(&token));
    assert_eq!(said(&AnyFlow::new(login.pkce())), said(&login.pkce()));
    assert_ne!(said(&token), said(&login.pkce()));
}

#[tokio::test]
async fn authenticators_that_share_it_use_and_end_the_stored_login_of_the_flow_itself() {
    let (login, directory) = (Login::new(), tempfile::tempdir().unwrap());
    let store = || FileStore::new(directory.path());
    logged_in_before(&login, store()).await;
    let flow = AnyFlow::new(login.pkce().revocation_url(login.provider.url("/revoke")));
    let [first, second] = [(); 2].map(|()| login.builder(flow.clone()).store(store()).build().unwrap());
    for authenticator in [&first, &second] {
        assert_eq!(call(&login.client(authenticator), Kind::Unary).await.code(), Code::Ok);
    }
    login.tokens.revoke_all();
    assert_eq!(call(&login.client(&first), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(login.prompt.shown().len(), 1, "refreshed");
    second.logout().await.unwrap();
    assert!(!login.provider.requests("/revoke").is_empty());
}
