#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::ExposeSecret as _;

use super::{KeyringLayout, SharedKeyring, names::spellings};
use crate::{
    Credentials,
    store::{
        CredentialsStore as _, StoreKey,
        keyring::{entries::Entries as _, map::Map},
    },
};

fn key(endpoint: &str) -> StoreKey {
    StoreKey::new(endpoint, "", "pkce")
}

fn tokens(credentials: Option<Credentials>) -> Option<(String, Option<String>, Option<String>)> {
    let text = |token: &secrecy::SecretString| token.expose_secret().to_owned();
    credentials.map(|found| (text(found.access_token()), found.refresh_token().map(text), found.id_token().map(text)))
}

fn some(access: &str, refresh: Option<&str>, id: Option<&str>) -> Option<(String, Option<String>, Option<String>)> {
    Some((access.to_owned(), refresh.map(str::to_owned), id.map(str::to_owned)))
}

#[test]
fn what_flytekit_stores_is_read() {
    let map = Map::with([
        ("flyte.example.com", "access_token", "access"),
        ("flyte.example.com", "refresh_token", "refresh"),
        ("flyte.example.com", "id_token", "id"),
        ("other.example.com", "access_token", "other"),
    ]);
    let found = KeyringLayout::Flytekit.read(&map, &key("https://flyte.example.com")).unwrap();
    assert_eq!(tokens(found), some("access", Some("refresh"), Some("id")));
}

#[test]
fn the_default_port_may_be_written_or_not() {
    for (stored, endpoint) in [
        ("flyte.example.com:443", "https://flyte.example.com"),
        ("flyte.example.com", "https://flyte.example.com:443"),
        ("localhost:80", "http://localhost"),
        ("[::1]:443", "https://[::1]"),
    ] {
        let map = Map::with([(stored, "access_token", "access")]);
        let found = KeyringLayout::Flytekit.read(&map, &key(endpoint)).unwrap();
        assert_eq!(tokens(found), some("access", None, None), "{stored} for {endpoint}");
        // Written where it was read, so that both programs go on sharing it.
        KeyringLayout::Flytekit.write(&map, &key(endpoint), &Credentials::new("newer")).unwrap();
        assert_eq!(map.content(), [(stored.into(), "access_token".into(), "newer".into())]);
    }
    let map = Map::with([("flyte.example.com:8089", "access_token", "access")]);
    assert!(KeyringLayout::Flytekit.read(&map, &key("https://flyte.example.com")).unwrap().is_none());
}

#[test]
fn an_id_token_alone_is_no_login() {
    let map = Map::with([("flyte.example.com", "id_token", "id")]);
    assert!(KeyringLayout::Flytekit.read(&map, &key("https://flyte.example.com")).unwrap().is_none());
}

#[test]
fn a_refresh_token_alone_is_worth_keeping() {
    for (layout, map) in [
        (KeyringLayout::Flytekit, Map::with([("flyte.example.com", "refresh_token", "refresh")])),
        (
            KeyringLayout::Flyte2,
            Map::with([("flyte.example.com", "tokens", r#"{"access_token": null, "refresh_token": "refresh"}"#)]),
        ),
    ] {
        let found = layout.read(&map, &key("https://flyte.example.com")).unwrap();
        assert_eq!(tokens(found), some("", Some("refresh"), None), "{layout:?}");
    }
}

#[test]
fn tokens_of_an_earlier_login_do_not_stay_beside_those_of_a_new_one() {
    let map = Map::with([
        ("flyte.example.com", "access_token", "old"),
        ("flyte.example.com", "refresh_token", "old"),
        ("flyte.example.com", "id_token", "old"),
    ]);
    KeyringLayout::Flytekit.write(&map, &key("https://flyte.example.com"), &Credentials::new("new")).unwrap();
    assert_eq!(map.content(), [("flyte.example.com".into(), "access_token".into(), "new".into())]);
}

#[test]
fn what_flytectl_stores_is_read() {
    let json = |expiry| {
        format!(r#"{{"access_token":"access","token_type":"bearer","refresh_token":"refresh","expiry":"{expiry}"}}"#)
    };
    for (user, endpoint) in [
        ("dns:///flyte.example.com:flytectl-user", "https://flyte.example.com"),
        ("flyte.example.com:flytectl-user", "https://flyte.example.com"),
        ("dns:///flyte.example.com:443:flytectl-user", "https://flyte.example.com"),
        ("dns:///localhost:30080:flytectl-user", "http://localhost:30080"),
    ] {
        let text = json("2030-01-01T01:00:00.5+01:00");
        let found = KeyringLayout::Flytectl.read(&Map::with([("flytectl", user, text.as_str())]), &key(endpoint));
        let found = found.unwrap().unwrap();
        assert_eq!(found.expires_at(), Some(UNIX_EPOCH + Duration::from_millis(1_893_456_000_500)));
        assert_eq!(found.token_type(), None);
        assert_eq!(tokens(Some(found)), some("access", Some("refresh"), None), "{user}");
    }
    let unending = json("0001-01-01T00:00:00Z");
    let map = Map::with([("flytectl", "dns:///flyte.example.com:flytectl-user", unending.as_str())]);
    let found = KeyringLayout::Flytectl.read(&map, &key("https://flyte.example.com")).unwrap().unwrap();
    assert_eq!(found.expires_at(), None);
}

#[test]
fn what_flytectl_stores_on_macos_is_read() {
    let encoded = "go-keyring-base64:eyJhY2Nlc3NfdG9rZW4iOiJhY2Nlc3MifQ==";
    let map = Map::with([("flytectl", "dns:///flyte.example.com:flytectl-user", encoded)]);
    let found = KeyringLayout::Flytectl.read(&map, &key("https://flyte.example.com")).unwrap();
    assert_eq!(tokens(found), some("access", None, None));
}

#[test]
fn flytectl_and_flyte_2_can_read_what_is_written_for_them() {
    let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_893_456_000);
    let credentials = Credentials::new("access").with_refresh_token("refresh").with_expires_at(end);
    let map = Map::default();
    for layout in [KeyringLayout::Flytectl, KeyringLayout::Flyte2] {
        layout.write(&map, &key("https://flyte.example.com"), &credentials).unwrap();
    }
    let expected = [
        (
            "flytectl",
            "dns:///flyte.example.com:flytectl-user",
            concat!(
                r#"{"access_token":"access","token_type":"Bearer","refresh_token":"refresh","#,
                r#""expiry":"2030-01-01T00:00:00Z"}"#
            ),
        ),
        ("flyte.example.com", "tokens", r#"{"access_token":"access","refresh_token":"refresh"}"#),
    ];
    for (service, user, secret) in expected {
        assert_eq!(map.get(service, user).unwrap().unwrap().as_str(), secret);
    }
}

#[test]
fn an_end_beyond_all_dates_is_left_out_for_flytectl() {
    let map = Map::default();
    let end = UNIX_EPOCH + Duration::from_secs(1 << 60);
    let credentials = Credentials::new("access").with_expires_at(end);
    KeyringLayout::Flytectl.write(&map, &key("https://flyte.example.com"), &credentials).unwrap();
    let found = KeyringLayout::Flytectl.read(&map, &key("https://flyte.example.com")).unwrap().unwrap();
    assert_eq!(found.expires_at(), None);
}

#[test]
fn an_entry_that_is_something_else_counts_as_none() {
    for secret in ["", "{", "[]", "null", r#"{"access_token":""}"#, r#"{"access_token":1}"#, "go-keyring-base64:%"] {
        let map = Map::with([
            ("flytectl", "dns:///flyte.example.com:flytectl-user", secret),
            ("flyte.example.com", "tokens", secret),
        ]);
        for layout in [KeyringLayout::Flytectl, KeyringLayout::Flyte2] {
            let found = layout.read(&map, &key("https://flyte.example.com")).unwrap();
            assert!(found.is_none(), "{secret} as {layout:?}");
        }
    }
}

#[test]
fn what_is_deleted_is_gone() {
    let map = Map::default();
    for layout in KeyringLayout::ALL {
        let credentials = Credentials::new("access").with_refresh_token("refresh").with_id_token("id");
        layout.write(&map, &key("https://flyte.example.com"), &credentials).unwrap();
        assert!(!map.content().is_empty());
        layout.delete(&map, &key("https://flyte.example.com")).unwrap();
        assert!(map.content().is_empty(), "{layout:?}");
    }
}

#[test]
fn a_jwt_says_when_it_ends() {
    let jwt = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(r#"{"sub":"me","exp":1893456000}"#));
    let map = Map::with([("flyte.example.com", "access_token", jwt.as_str())]);
    let found = KeyringLayout::Flytekit.read(&map, &key("https://flyte.example.com")).unwrap().unwrap();
    assert_eq!(found.expires_at(), Some(UNIX_EPOCH + Duration::from_secs(1_893_456_000)));

    let odd_claims = ["{}", r#"{"exp":"soon"}"#, r#"{"exp":-1}"#, r#"{"exp":1e300}"#, "no JSON"];
    let with_odd_claims = odd_claims.map(|claims| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims)));
    let of_other_parts = [format!("{jwt}.more"), "e30.e30".to_owned(), "opaque".to_owned()];
    for token in with_odd_claims.iter().chain(&of_other_parts) {
        let map = Map::with([("flyte.example.com", "access_token", token.as_str())]);
        let found = KeyringLayout::Flytekit.read(&map, &key("https://flyte.example.com")).unwrap().unwrap();
        assert_eq!(found.expires_at(), None, "{token}");
    }
}

#[test]
fn an_endpoint_is_spelled_with_and_without_the_default_port_and_never_with_two_ports() {
    for (endpoint, expected) in [
        ("https://flyte.example.com", &["flyte.example.com", "flyte.example.com:443"][..]),
        ("https://flyte.example.com:443", &["flyte.example.com:443", "flyte.example.com"]),
        ("https://flyte.example.com:8443", &["flyte.example.com:8443"]),
        ("http://localhost", &["localhost", "localhost:80"]),
        ("http://[::1]", &["[::1]", "[::1]:80"]),
        ("http://[::1]:8089", &["[::1]:8089"]),
    ] {
        assert_eq!(spellings(&key(endpoint)), expected, "{endpoint}");
    }
}

#[test]
fn a_token_type_is_kept_unless_it_is_the_default_and_an_empty_id_token_is_none() {
    for (written, read) in [("Bearer", None), ("bearer", None), ("", None), ("DPoP", Some("DPoP"))] {
        let json = format!(r#"{{"access_token":"access","token_type":"{written}"}}"#);
        let map = Map::with([("flytectl", "dns:///flyte.example.com:flytectl-user", json.as_str())]);
        let found = KeyringLayout::Flytectl.read(&map, &key("https://flyte.example.com")).unwrap().unwrap();
        assert_eq!(found.token_type(), read, "{written}");
    }
    let map = Map::with([("flyte.example.com", "access_token", "access"), ("flyte.example.com", "id_token", "")]);
    let found = KeyringLayout::Flytekit.read(&map, &key("https://flyte.example.com")).unwrap();
    assert_eq!(tokens(found), some("access", None, None));
}

#[tokio::test]
async fn a_store_writes_one_layout_reads_that_one_first_and_deletes_from_that_one_alone() {
    let (key, map) = (key("https://flyte.example.com"), Arc::new(Map::default()));
    for layout in KeyringLayout::ALL {
        layout.write(&*map, &key, &Credentials::new(format!("{layout:?}"))).unwrap();
    }
    for layout in KeyringLayout::ALL {
        let store = SharedKeyring::new().write_as(layout).store.over(map.clone());
        let access = format!("{layout:?}");
        let found = store.load(&key).await.unwrap().unwrap();
        assert_eq!((found.access_token().expose_secret(), found.endpoint()), (&*access, Some(key.endpoint())));
        store.save(&key, &Credentials::new("the same everywhere")).await.unwrap();
    }

    let store = SharedKeyring::new().store.over(map.clone());
    store.delete(&key, &Credentials::new("another")).await.unwrap();
    assert!(store.load(&key).await.unwrap().is_some());
    store.delete(&key, &Credentials::new("the same everywhere")).await.unwrap();
    assert!(store.load(&key).await.unwrap().is_none(), "what the provider refused is refused in every layout");
    let left = map.content();
    for (service, user) in [("flytectl", "dns:///flyte.example.com:flytectl-user"), ("flyte.example.com", "tokens")] {
        assert!(left.iter().any(|entry| (&*entry.0, &*entry.1) == (service, user)), "{service} {user}");
    }
    assert!(!left.iter().any(|(_, user, _)| user == "access_token"));
}

// === Logging out ===

/// What flytectl and Flyte 2 keep, with tokens of this name.
fn kept_by_others(map: &Map, key: &StoreKey, name: &str) {
    for layout in [KeyringLayout::Flytectl, KeyringLayout::Flyte2] {
        let login = Credentials::new(format!("{layout:?} {name}")).with_refresh_token(format!("{layout:?} {name} r"));
        layout.write(map, key, &login).unwrap();
    }
}

fn others(map: &Map) -> Vec<(String, String, String)> {
    map.content().into_iter().filter(|(_, user, _)| user.contains("flytectl-user") || user == "tokens").collect()
}

#[tokio::test]
async fn a_logout_deletes_the_layout_that_is_written_whoever_wrote_it_and_leaves_and_names_the_others() {
    let key = key("https://flyte.example.com");
    for written_here in [true, false] {
        let map = Arc::new(Map::default());
        kept_by_others(&map, &key, "old");
        let before = others(&map);
        match written_here {
            true => shared(&map).save(&key, &Credentials::new("access")).await.unwrap(),
            false => KeyringLayout::Flytekit.write(&*map, &key, &Credentials::new("access")).unwrap(),
        }
        let outcome = shared(&map).log_out(&key).await.unwrap();
        assert!(outcome.was_stored());
        let named = [
            "the login of flytectl (service flytectl, user dns:///flyte.example.com:flytectl-user)",
            "the login of Flyte 2 (service flyte.example.com, user tokens)",
        ];
        assert_eq!(outcome.left().collect::<Vec<_>>(), named);
        assert_eq!(others(&map), before);
        assert!(!map.content().iter().any(|(_, user, _)| user == "access_token"));
        assert!(map.content().iter().all(|(_, _, secret)| !secret.contains("\"old")), "no secret beside the tokens");
    }
}

#[tokio::test]
async fn what_a_logout_left_is_not_used_by_any_later_run_until_it_changes() {
    let (key, map) = (key("https://flyte.example.com"), Arc::new(Map::default()));
    kept_by_others(&map, &key, "old");
    let outcome = shared(&map).log_out(&key).await.unwrap();
    assert_eq!((outcome.was_stored(), outcome.left().count()), (false, 2));
    assert!(shared(&map).load(&key).await.unwrap().is_none());
    let again = shared(&map).log_out(&key).await.unwrap();
    assert!(!again.was_stored() && again.left().eq(outcome.left()), "they are still there");

    // A login of this program's own comes and goes meanwhile.
    shared(&map).save(&key, &Credentials::new("own")).await.unwrap();
    assert_eq!(tokens(shared(&map).load(&key).await.unwrap()), some("own", None, None));
    shared(&map).log_out(&key).await.unwrap();
    assert!(shared(&map).load(&key).await.unwrap().is_none());

    kept_by_others(&map, &key, "new");
    let found = shared(&map).load(&key).await.unwrap();
    assert_eq!(tokens(found), some("Flytectl new", Some("Flytectl new r"), None));
}

#[tokio::test]
async fn a_refused_login_of_another_program_is_left_and_the_next_one_behind_it_is_used() {
    let (key, map) = (key("https://flyte.example.com"), Arc::new(Map::default()));
    kept_by_others(&map, &key, "old");
    let before = others(&map);
    for expected in ["Flytectl old", "Flyte2 old"] {
        let found = shared(&map).load(&key).await.unwrap().unwrap();
        assert_eq!(found.access_token().expose_secret(), expected);
        shared(&map).delete(&key, &found).await.unwrap();
    }
    assert!(shared(&map).load(&key).await.unwrap().is_none());
    assert_eq!(others(&map), before);
}

#[tokio::test]
async fn a_logout_leaves_what_is_of_another_login_usable_for_that_one() {
    let (map, secure) = (Arc::new(Map::default()), key("https://flyte.example.com"));
    kept_by_others(&map, &secure, "old");
    let outcome = shared(&map).log_out(&key("http://flyte.example.com")).await.unwrap();
    assert_eq!(
        (outcome.was_stored(), outcome.left().count()),
        (false, 0),
        "they may be those of the https:// endpoint"
    );
    assert!(shared(&map).load(&secure).await.unwrap().is_some());
}

// === Whose login it is ===

fn shared(map: &Arc<Map>) -> SharedKeyring {
    SharedKeyring { store: SharedKeyring::new().store.over(Arc::clone(map) as _) }
}

#[tokio::test]
async fn what_is_written_here_is_used_for_that_login_alone_and_left_where_it_is() {
    let (map, secure) = (Arc::new(Map::default()), key("https://flyte.example.com"));
    let login = Credentials::new("access").with_refresh_token("refresh");
    let login = login.with_issuer("https://idp").with_token_endpoint("https://idp/token");
    shared(&map).save(&secure, &login).await.unwrap();
    let found = shared(&map).load(&key("https://FLYTE.example.com:443")).await.unwrap().unwrap();
    assert_eq!((found.issuer(), found.token_endpoint()), (Some("https://idp"), Some("https://idp/token")));
    let others = [
        key("http://flyte.example.com"),
        key("http://flyte.example.com:443"),
        StoreKey::new("https://flyte.example.com", "another", "pkce"),
        StoreKey::new("https://flyte.example.com", "", "device_code"),
        key("https://flyte.example.com").with_scopes(["all"]),
        key("https://flyte.example.com").with_issuer("https://another"),
    ];
    let before = map.content();
    for other in others {
        assert!(shared(&map).load(&other).await.unwrap().is_none(), "{other:?}");
        shared(&map).delete(&other, &login).await.unwrap();
        assert_eq!(map.content(), before, "{other:?}");
    }
    let without_tokens = before.iter().filter(|(service, ..)| service.ends_with("-bindings"));
    for (_, _, content) in without_tokens {
        assert!(!content.contains("\"access\"") && !content.contains("refresh\""), "{content}");
    }
    shared(&map).delete(&secure, &login).await.unwrap();
    assert_eq!(map.content(), []);
}

#[tokio::test]
async fn what_another_program_wrote_since_then_is_that_programs() {
    let (map, key) = (Arc::new(Map::default()), key("https://flyte.example.com"));
    let login = Credentials::new("access").with_refresh_token("refresh").with_issuer("https://idp");
    shared(&map).save(&key, &login).await.unwrap();
    map.set("flyte.example.com", "access_token", "of another program").unwrap();
    let found = shared(&map).load(&key).await.unwrap().unwrap();
    assert_eq!(found.issuer(), None, "nobody knows who issued it");
}

#[tokio::test]
async fn another_programs_login_is_not_used_without_tls_beyond_this_machine() {
    for layout in KeyringLayout::ALL {
        for (endpoint, used) in [
            ("https://flyte.example.com", true),
            ("http://flyte.example.com", false),
            ("http://flyte.example.com:8089", false),
            ("http://localhost:8089", true),
            ("http://127.0.0.1", true),
            ("http://[::1]:8089", true),
        ] {
            let map = Arc::new(Map::default());
            layout.write(&*map, &key(endpoint), &Credentials::new("access")).unwrap();
            let found = shared(&map).load(&key(endpoint)).await.unwrap();
            assert_eq!(found.is_some(), used, "{layout:?} {endpoint}");
        }
    }
}
