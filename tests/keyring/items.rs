//! Several items of one service and user name, as programs leave them that write other attributes.

use auth_runtime::flyte::SharedKeyring;
use serde_json::{Value, json};
use tests::{
    call::{Kind, call},
    login::Login,
    store::logged_in_before,
};
use tonic::Code;

use super::{
    access_token, entry,
    entry::{create_item, get, items, set},
    next_run, refresh_token, refreshed, service, stored_by_flytekit,
};

const TOKENS: [&str; 2] = ["access_token", "refresh_token"];
const PYTHON: (&str, &str) = ("application", "Python keyring library");

/// What other programs write beside service and user name.
fn layouts() -> [Value; 4] {
    [
        // Rust's `keyring` and go-keyring.
        json!({}),
        // libsecret, and `secret-tool`.
        json!({ "xdg:schema": "org.freedesktop.Secret.Generic" }),
        // Older versions of Rust's `keyring`.
        json!({ "application": "rust-keyring", "target": "default" }),
        json!({ PYTHON.0: PYTHON.1 }),
    ]
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn a_login_is_written_as_pythons_keyring_writes_it() {
    let login = Login::new();
    logged_in_before(&login, SharedKeyring::new()).await;
    for user in TOKENS {
        let items = items(&service(&login), user);
        assert_eq!(items.len(), 1, "{user}");
        let expected = json!({ "service": service(&login), "username": user, PYTHON.0: PYTHON.1 });
        let mut written = items[0].attributes.clone();
        written.as_object_mut().unwrap().remove("xdg:schema");
        assert_eq!(written, expected);
    }
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn an_item_of_another_layout_is_read_updated_in_place_and_made_flytekits() {
    for layout in layouts() {
        let login = Login::new();
        let credentials = logged_in_before(&login, auth_runtime::store::MemoryStore::new()).await;
        create_item(&service(&login), "access_token", &layout, access_token(&credentials));
        create_item(&service(&login), "refresh_token", &layout, refresh_token(&credentials));
        login.tokens.revoke(access_token(&credentials));

        let authenticator = next_run(&login, SharedKeyring::new());
        assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok, "{layout}");
        let now = authenticator.get_credentials().unwrap();
        assert_eq!(get(&service(&login), "access_token").as_deref(), Some(access_token(&now)), "{layout}");
        // What flytekit writes next replaces it.
        let next = refreshed(&login, &now).await;
        stored_by_flytekit(&login, &next);
        for (user, token) in TOKENS.into_iter().zip([access_token(&next), refresh_token(&next)]) {
            let items = items(&service(&login), user);
            assert_eq!((items.len(), &*items[0].secret), (1, token), "{layout} {user}");
        }
        assert_eq!(login.prompt.shown().len(), 1, "{layout}");
    }
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn of_two_items_the_newest_is_used_and_the_other_is_removed() {
    for layout in layouts().into_iter().take(3) {
        let login = Login::new();
        let old = logged_in_before(&login, auth_runtime::store::MemoryStore::new()).await;
        create_item(&service(&login), "access_token", &layout, access_token(&old));
        create_item(&service(&login), "refresh_token", &layout, refresh_token(&old));
        let new = refreshed(&login, &old).await;
        // Python's keyring does not take the other item for its own.
        set(&service(&login), "access_token", access_token(&new));
        set(&service(&login), "refresh_token", refresh_token(&new));
        assert_eq!(items(&service(&login), "access_token").len(), 2, "{layout}");
        login.tokens.revoke_all();

        let authenticator = next_run(&login, SharedKeyring::new());
        assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok, "{layout}");
        let now = authenticator.get_credentials().unwrap();
        for (user, token) in TOKENS.into_iter().zip([access_token(&now), refresh_token(&now)]) {
            let items = items(&service(&login), user);
            assert_eq!((items.len(), &*items[0].secret), (1, token), "{layout} {user}");
        }
        assert_eq!(login.prompt.shown().len(), 1, "{layout}");
    }
}

#[tokio::test]
#[ignore = "needs a Secret Service: tests/keyring/run"]
async fn an_item_that_another_tool_says_more_of_is_not_removed_beside_a_newer_one() {
    let login = Login::new();
    let theirs = json!({ "environment": "staging" });
    create_item(&service(&login), "access_token", &theirs, "of another tool");
    let credentials = logged_in_before(&login, auth_runtime::store::MemoryStore::new()).await;
    stored_by_flytekit(&login, &credentials);
    login.tokens.revoke(access_token(&credentials));
    let authenticator = next_run(&login, SharedKeyring::new());
    assert_eq!(call(&login.client(&authenticator), Kind::Unary).await.code(), Code::Ok);
    let left = items(&service(&login), "access_token");
    assert_eq!(left.len(), 2);
    assert!(left.iter().any(|item| item.secret == "of another tool" && item.attributes["environment"] == "staging"));
    entry::delete(&service(&login), "access_token");
}
