//! Logins of people.

use oidc::{Browser, Keycloak};
use tests::{
    call::{Kind, call, spawn},
    prompt::Shown,
};

use super::person::Person;

#[tokio::test]
async fn a_person_logs_in_with_the_issuer_alone_and_refresh_tokens_rotate() {
    let person = Person::new(Keycloak::pkce).await;
    let browser = Browser::start().await;
    let waiting: Vec<_> = (0..20).map(|number| spawn(&person.client, Kind::ALL[number % 4])).collect();
    browser.open(&person.prompt.page(0).await).await;
    person.type_password(&browser).await;
    browser.see("You are logged in").await;
    for call in waiting {
        assert_eq!(call.await.unwrap().numbers(), [1]);
    }
    let mut tokens = vec![person.refresh_token()];
    for _ in 0..2 {
        person.until_over().await;
        assert_eq!(call(&person.client, Kind::Unary).await.numbers(), [1]);
        tokens.push(person.refresh_token());
    }
    tokens.dedup();
    assert_eq!((tokens.len(), person.prompt.shown().len()), (3, 1));

    // Somebody has stolen an old one. Keycloak ends the session, and one login mends it.
    assert_eq!(person.refreshed_by_hand(&tokens[0]).await, 400);
    person.until_over().await;
    let waiting = spawn(&person.client, Kind::Unary);
    browser.open(&person.prompt.page(1).await).await;
    if browser.url().await.contains("/realms/") {
        person.type_password(&browser).await;
    }
    browser.see("You are logged in").await;
    assert_eq!(waiting.await.unwrap().numbers(), [1]);
    assert_eq!(person.prompt.shown().len(), 2);
    browser.close().await;
}

#[tokio::test]
async fn a_logout_is_seen_in_keycloaks_own_log() {
    let person = Person::new(Keycloak::pkce).await;
    let browser = Browser::start().await;
    person.log_in(&browser).await;
    let refresh_token = person.refresh_token();
    person.authenticator.logout().await.unwrap();
    let events = person.keycloak.events().await;
    assert!(events.iter().any(|event| event == "REVOKE_GRANT"), "{events:?}");
    assert_eq!(person.refreshed_by_hand(&refresh_token).await, 400);
    browser.close().await;
}

#[tokio::test]
async fn a_person_logs_in_on_another_device() {
    let person = Person::new(Keycloak::device_code).await;
    let browser = Browser::start().await;
    let waiting = spawn(&person.client, Kind::BidiStreaming);
    let Shown::DeviceCode { verification_uri_complete, .. } = person.prompt.nth(0).await else {
        panic!("a page was shown");
    };
    browser.open(&verification_uri_complete.unwrap()).await;
    person.type_password(&browser).await;
    browser.click("[name=accept]").await;
    assert_eq!(waiting.await.unwrap().numbers(), [1]);
    browser.close().await;
}
