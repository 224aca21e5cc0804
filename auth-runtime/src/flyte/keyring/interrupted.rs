//! What a write leaves that is cut between any two entries.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use secrecy::ExposeSecret as _;

use super::{KeyringLayout, SharedKeyring};
use crate::{
    Credentials,
    store::{CredentialsStore as _, StoreKey, keyring::map::Map},
};

const OLD: &str = "https://old.test/token";
const NEW: &str = "https://new.test/token";

/// Whose the tokens are that a write replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    ThisLogin,
    AnotherLogin,
    AnotherProgram,
}

/// Access, refresh and id token.
type Tokens = (&'static str, Option<&'static str>, Option<&'static str>);

fn key(client: &str) -> StoreKey {
    StoreKey::new("https://flyte.example.com", client, "pkce")
}

fn login((access, refresh, id): Tokens, provider: &str) -> Credentials {
    let login = Credentials::new(access).with_token_endpoint(provider);
    let login = refresh.into_iter().fold(login, Credentials::with_refresh_token);
    id.into_iter().fold(login, Credentials::with_id_token)
}

async fn keyring(layout: KeyringLayout, before: Before, old: Tokens) -> (Arc<Map>, SharedKeyring) {
    let map = Arc::new(Map::default());
    let store = SharedKeyring::new().write_as(layout).over(Arc::clone(&map) as _);
    match before {
        Before::Nothing => {}
        Before::ThisLogin => store.save(&key(""), &login(old, OLD)).await.unwrap(),
        Before::AnotherLogin => store.save(&key("another"), &login(old, OLD)).await.unwrap(),
        Before::AnotherProgram => layout.write(&*map, &key(""), &login(old, OLD)).unwrap(),
    }
    (map, store)
}

/// What is found is of one login, and goes to the provider of that one.
fn assert_of_one_login(found: &Credentials, before: Before, (old, new): (Tokens, Tokens), cut: &str) {
    let text = |token: Option<&secrecy::SecretString>| token.map(|token| token.expose_secret().to_owned());
    let access = found.access_token().expose_secret();
    let (refresh, id) = (text(found.refresh_token()), text(found.id_token()));
    let fits = |of: Tokens| {
        let part = |found: &Option<String>, of: Option<&str>| found.is_none() || found.as_deref() == of;
        (access.is_empty() || access == of.0) && part(&refresh, of.1) && part(&id, of.2)
    };
    let was = match before {
        Before::Nothing | Before::AnotherLogin => None,
        Before::ThisLogin => Some(OLD),
        Before::AnotherProgram => Some(""),
    };
    let is_new = fits(new) && found.token_endpoint() == Some(NEW);
    let is_old = fits(old) && was == Some(found.token_endpoint().unwrap_or_default());
    assert!(is_new || is_old, "{cut}: {access} {refresh:?} {id:?} for {:?}", found.token_endpoint());
}

#[tokio::test]
async fn what_is_left_is_of_the_old_login_or_of_the_new_one_and_of_no_other_program() {
    let pairs: [(Tokens, Tokens); 5] = [
        (("a0", Some("r0"), Some("i0")), ("a1", Some("r1"), Some("i1"))),
        (("a0", Some("r0"), None), ("a1", Some("r1"), None)),
        (("a0", Some("r0"), Some("i0")), ("a1", None, Some("i1"))),
        (("a0", None, Some("i0")), ("a1", Some("r1"), None)),
        (("a0", None, None), ("a1", None, Some("i1"))),
    ];
    let starts = [Before::Nothing, Before::ThisLogin, Before::AnotherLogin, Before::AnotherProgram];
    for (layout, before) in KeyringLayout::ALL.iter().flat_map(|layout| starts.map(|before| (*layout, before))) {
        for (old, new) in pairs {
            let mut changes = 0;
            loop {
                let cut = format!("{layout:?}, {before:?}, {old:?} to {new:?}, after {changes} changes");
                let (map, store) = keyring(layout, before, old).await;
                map.end_after(Some(changes));
                let saved = store.save(&key(""), &login(new, NEW)).await.is_ok();
                map.end_after(None);
                let found = store.load(&key("")).await.unwrap();
                if let Some(found) = &found {
                    assert_of_one_login(found, before, (old, new), &cut);
                }
                let has_new = map.content().iter().any(|(.., secret)| new.1.is_some_and(|new| secret.contains(new)));
                let found_new = found.as_ref().and_then(Credentials::token_endpoint) == Some(NEW);
                assert!(!(has_new || saved) || found_new, "{cut}: the new login is lost");
                assert!(before != Before::ThisLogin || found.is_some(), "{cut}: nothing is left");
                // The next write is as good as ever, whatever the last one has left.
                store.save(&key(""), &login(new, NEW)).await.unwrap();
                let healed = store.load(&key("")).await.unwrap().unwrap();
                assert!(healed.same_tokens(&login(new, NEW)) && healed.token_endpoint() == Some(NEW), "{cut}");
                if saved {
                    break;
                }
                changes += 1;
            }
        }
    }
}

#[tokio::test]
async fn a_second_write_that_is_cut_as_well_leaves_no_token_to_another_program() {
    let (first, second, third) = (("a0", Some("r0"), None), ("a1", Some("r1"), None), ("a2", Some("r2"), None));
    for (one, two) in (0..4).flat_map(|one| (0..4).map(move |two| (one, two))) {
        let (map, store) = keyring(KeyringLayout::Flytekit, Before::ThisLogin, first).await;
        for (changes, tokens) in [(one, second), (two, third)] {
            map.end_after(Some(changes));
            let _ = store.save(&key(""), &login(tokens, NEW)).await;
        }
        map.end_after(None);
        let found = store.load(&key("")).await.unwrap().unwrap();
        let refresh_token = found.refresh_token().unwrap().expose_secret();
        let provider = if refresh_token == "r0" { OLD } else { NEW };
        assert_eq!(found.token_endpoint(), Some(provider), "{one} {two} {refresh_token}");
        let access = found.access_token().expose_secret();
        assert!(access.is_empty() || access[1..] == refresh_token[1..], "{one} {two} {access} {refresh_token}");
    }
}

#[tokio::test]
async fn a_logout_that_is_cut_leaves_no_token_to_another_program() {
    let old = ("a0", Some("r0"), Some("i0"));
    for (layout, changes) in KeyringLayout::ALL.iter().flat_map(|layout| (0..4).map(move |changes| (*layout, changes)))
    {
        let (map, store) = keyring(layout, Before::ThisLogin, old).await;
        map.end_after(Some(changes));
        let _ = store.log_out(&key("")).await;
        map.end_after(None);
        if let Some(found) = store.load(&key("")).await.unwrap() {
            assert_of_one_login(&found, Before::ThisLogin, (old, old), &format!("{layout:?} after {changes} changes"));
        }
    }
}
