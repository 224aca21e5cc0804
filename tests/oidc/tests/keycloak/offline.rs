//! Sessions that outlive the browser's.

use auth_runtime::flow::Pkce;
use oidc::{Browser, Keycloak};
use tests::call::{Kind, call, spawn};
use tonic::Code;

use super::person::Person;

fn offline(keycloak: &Keycloak) -> Pkce {
    keycloak.pkce().scopes(["openid", "offline_access"])
}

#[tokio::test]
async fn an_offline_session_goes_on_when_the_browsers_has_ended_until_the_grant_is_taken_back() {
    let person = Person::new(offline).await;
    let browser = Browser::start().await;
    person.log_in(&browser).await;
    person.keycloak.end_browser_sessions().await;
    for _ in 0..2 {
        let before = person.refresh_token();
        person.until_over().await;
        assert_eq!(call(&person.client, Kind::Unary).await.numbers(), [1]);
        assert_ne!(person.refresh_token(), before, "offline tokens rotate as well");
    }
    assert_eq!(person.prompt.shown().len(), 1);

    person.keycloak.end_grants().await;
    person.until_over().await;
    person.log_in(&browser).await;
    assert_eq!(person.prompt.shown().len(), 2);
    browser.close().await;
}

#[tokio::test]
async fn who_may_not_have_one_is_told_and_asked_once() {
    let person = Person::new(offline).await;
    person.keycloak.take_roles().await;
    let browser = Browser::start().await;
    let waiting = spawn(&person.client, Kind::Unary);
    browser.open(&person.prompt.page(0).await).await;
    person.type_password(&browser).await;
    let refused = waiting.await.unwrap();
    assert_eq!(refused.code(), Code::Unauthenticated);
    let message = refused.status().message();
    assert!(message.contains("not_allowed") && message.contains("Offline tokens not allowed"), "{message}");
    assert_eq!(call(&person.client, Kind::Unary).await.code(), Code::Unauthenticated);
    assert_eq!(person.prompt.shown().len(), 1);
    browser.close().await;
}
