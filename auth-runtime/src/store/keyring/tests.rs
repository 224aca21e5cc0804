#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use super::{KeyringStore, default_lock_directory, map::Map};
use crate::{
    Credentials,
    store::{CredentialsStore as _, StoreKey},
};

fn key(client_id: &str, flow: &'static str) -> StoreKey {
    StoreKey::new("https://service.example.com", client_id, flow)
}

#[tokio::test]
async fn each_login_has_an_entry_of_its_own_that_keeps_all_of_it() {
    let map = Arc::new(Map::default());
    let store = KeyringStore::new().over(map.clone());
    let credentials = Credentials::new("access")
        .with_refresh_token("refresh")
        .with_id_token("id")
        .with_token_type("DPoP")
        .with_header_key("x-token")
        .with_expires_at(UNIX_EPOCH + Duration::from_secs(1_893_456_000));
    let keys = [key("one", "pkce"), key("two", "pkce"), key("one", "device_code")];
    for key in &keys {
        assert!(store.load(key).await.unwrap().is_none(), "{key:?}");
        store.save(key, &credentials).await.unwrap();
    }
    assert_eq!(map.content().len(), keys.len());
    for key in &keys {
        let found = store.load(key).await.unwrap().unwrap();
        assert!(found.same_tokens(&credentials));
        assert_eq!(found.id_token().is_some(), credentials.id_token().is_some());
        assert_eq!((found.token_type(), found.header_key()), (Some("DPoP"), Some("x-token")));
        assert_eq!((found.expires_at(), found.endpoint()), (credentials.expires_at(), Some(key.endpoint())));
    }
    store.delete(&keys[0], &Credentials::new("another")).await.unwrap();
    assert!(store.load(&keys[0]).await.unwrap().is_some());
    store.delete(&keys[0], &credentials).await.unwrap();
    assert!(store.load(&keys[0]).await.unwrap().is_none());
    assert_eq!(map.content().len(), 2);
}

#[tokio::test]
async fn an_entry_that_is_malformed_or_anothers_counts_as_missing() {
    let map = Arc::new(Map::default());
    let store = KeyringStore::new().over(map.clone());
    store.save(&key("one", "pkce"), &Credentials::new("access")).await.unwrap();
    let (service, user, json) = map.content().remove(0);
    for malformed in
        ["", "{", "[]", &json.replace("\"one\"", "\"two\""), &json.replace("\"version\": 1", "\"version\": 9")]
    {
        let store = KeyringStore::new().over(Arc::new(Map::with([(&*service, &*user, malformed)])));
        assert!(store.load(&key("one", "pkce")).await.unwrap().is_none(), "{malformed}");
    }
}

#[test]
fn programs_take_turns_in_a_directory_of_this_user_unless_told_otherwise() {
    // Every environment that tests run in has a home.
    let directory = default_lock_directory().unwrap();
    assert!(directory.is_absolute() && directory.ends_with("auth-runtime-locks"), "{directory:?}");
    assert_eq!(KeyringStore::new().lock_directory, Some(directory));
    assert_eq!(
        KeyringStore::new().lock_directory("/elsewhere").lock_directory.as_deref(),
        Some(Path::new("/elsewhere"))
    );
}
