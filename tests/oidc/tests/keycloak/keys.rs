//! The keys of a realm are rotated while somebody is logged in.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use oidc::{Browser, Keycloak};
use serde_json::Value;
use tests::call::{Kind, call};

use super::person::Person;

fn key_of(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split_once('.').unwrap().0).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn new_keys_for_access_tokens_cost_a_refresh_and_new_keys_for_refresh_tokens_a_login() {
    let person = Person::in_own_realm(Keycloak::pkce).await;
    let browser = Browser::start().await;
    person.log_in(&browser).await;
    let old = key_of(&person.access_token());

    person.keycloak.add_signing_key().await;
    person.keycloak.remove_old_keys("rsa-generated").await;
    assert!(!person.keycloak.knows(&person.access_token()).await, "what the old key has signed is bad");
    assert_eq!(call(&person.client, Kind::Unary).await.numbers(), [1]);
    assert_ne!(key_of(&person.access_token()), old);
    assert_eq!(person.prompt.shown().len(), 1, "the refresh token is good");

    person.keycloak.remove_old_keys("hmac-generated").await;
    assert_eq!(person.refreshed_by_hand(&person.refresh_token()).await, 400, "as is what signs refresh tokens");
    person.until_over().await;
    person.log_in(&browser).await;
    assert_eq!(person.prompt.shown().len(), 2);
    browser.close().await;
}

#[tokio::test]
async fn tokens_of_both_keys_are_good_while_a_realm_has_both() {
    let person = Person::in_own_realm(Keycloak::pkce).await;
    let browser = Browser::start().await;
    person.log_in(&browser).await;
    let (old, requests) = (person.access_token(), person.peer.requests().len());
    person.keycloak.add_signing_key().await;
    person.authenticator.refresh_credentials().await.unwrap();
    assert_ne!(key_of(&person.access_token()), key_of(&old));
    assert_eq!(call(&person.client, Kind::Unary).await.numbers(), [1]);
    assert_eq!(person.peer.requests().len(), requests + 1, "it was not rejected");
    assert_eq!(person.prompt.shown().len(), 1);
    browser.close().await;
}
