//! What the administrator does while somebody is logged in.

use oidc::{Browser, Keycloak};
use tests::call::{Kind, call, spawn};
use tonic::Code;

use super::person::Person;

#[tokio::test]
async fn a_session_that_the_administrator_ends_costs_one_login() {
    let person = Person::new(Keycloak::pkce).await;
    let browser = Browser::start().await;
    person.log_in(&browser).await;
    person.keycloak.end_sessions().await;
    person.until_over().await;
    person.log_in(&browser).await;
    assert_eq!(person.prompt.shown().len(), 2);
    browser.close().await;
}

#[tokio::test]
async fn a_client_that_is_disabled_is_named_nobody_is_asked_and_all_goes_on_when_it_is_enabled_again() {
    let person = Person::new(Keycloak::pkce).await;
    let browser = Browser::start().await;
    person.log_in(&browser).await;
    person.keycloak.enable_client(false).await;
    person.until_over().await;

    let refused = call(&person.client, Kind::Unary).await;
    assert_eq!(refused.code(), Code::Unauthenticated);
    let message = refused.status().message();
    assert!(message.contains("`invalid_client`") && message.contains("check the client id"), "{message}");
    let error = person.authenticator.refresh_credentials().await.unwrap_err();
    assert_eq!((error.oauth_error(), error.is_transient()), (Some("invalid_client"), false), "{error:?}");

    person.keycloak.enable_client(true).await;
    person.authenticator.refresh_credentials().await.unwrap();
    assert_eq!(call(&person.client, Kind::Unary).await.numbers(), [1]);
    assert_eq!(person.prompt.shown().len(), 1, "nobody could have helped");
    browser.close().await;
}

#[tokio::test]
async fn a_person_who_is_disabled_is_asked_once_reads_it_at_keycloak_and_can_go_on_when_enabled_again() {
    let person = Person::new(Keycloak::pkce).await;
    let browser = Browser::start().await;
    person.log_in(&browser).await;
    person.keycloak.enable_person(false).await;
    person.until_over().await;

    let waiting = spawn(&person.client, Kind::Unary);
    browser.open(&person.prompt.page(1).await).await;
    if browser.url().await.contains("/realms/") && !browser.text().await.contains("disabled") {
        person.type_password(&browser).await;
    }
    let text = browser.text().await;
    assert!(text.contains("disabled"), "{text}");
    assert!(!waiting.is_finished(), "the person may still succeed");

    person.keycloak.enable_person(true).await;
    browser.open(&person.prompt.page(1).await).await;
    person.type_password(&browser).await;
    browser.see("You are logged in").await;
    assert_eq!(waiting.await.unwrap().numbers(), [1]);
    assert_eq!(person.prompt.shown().len(), 2);
    browser.close().await;
}
