//! Another program's login, which does not say whom it is of: where its refresh token goes.

use std::time::{Duration, SystemTime};

use auth_runtime::{
    AuthErrorKind, Credentials, Flow as _, Interaction, ServerDetails,
    flow::Pkce,
    store::{CredentialsStore as _, MemoryStore},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tests::{canary, identity_provider::CLIENT_ID, told::told};

use crate::world::World;

fn pkce() -> Pkce {
    Pkce::new().redirect_uri("http://127.0.0.1:0/callback")
}

fn jwt(claims: &serde_json::Value) -> String {
    format!("e30.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// The entry that another program keeps for a server: an access token that has expired, and a good refresh token of the
/// honest provider.
async fn entry_of_another_program(world: &World, access_token: String) -> Credentials {
    world.publish_metadata(&json!({}));
    let maker = world.client(pkce(), world.honest_details()).build().unwrap();
    let pages = world.login.prompt.shown().len();
    let (made, _page) = tokio::join!(maker.login(), world.login.log_in(pages));
    let made = made.unwrap();
    Credentials::new(access_token)
        .with_refresh_token(made.refresh_token().unwrap().expose_secret())
        .with_expires_at(SystemTime::now() - Duration::from_secs(1))
}

async fn stored_for(server: &str, entry: &Credentials) -> MemoryStore {
    let store = MemoryStore::new();
    store.save(&pkce().store_key(server), entry).await.unwrap();
    store
}

/// What a server says that is its own provider.
fn own_provider(url: &dyn Fn(&str) -> String) -> ServerDetails {
    ServerDetails::new()
        .with_client_id(CLIENT_ID)
        .with_authorization_endpoint(url("/authorize"))
        .with_token_endpoint(url("/token"))
}

#[tokio::test]
async fn a_server_that_was_taken_over_does_not_get_another_programs_refresh_token_by_becoming_its_own_provider() {
    let world = World::new();
    let id_token = jwt(&json!({ "iss": world.issuer() }));
    let rows = [
        entry_of_another_program(&world, jwt(&json!({ "iss": world.issuer() }))).await,
        entry_of_another_program(&world, jwt(&json!({ "iss": "idp.test", "sub": "somebody" }))).await,
        entry_of_another_program(&world, "opaque".to_owned()).await.with_id_token(id_token),
    ];
    let server = world.attacker.url("");
    for entry in rows {
        let store = stored_for(&server, &entry).await;
        let details = own_provider(&|path| world.attacker.url(path));
        let victim = world.victim(pkce(), details).store(store.clone()).interaction(Interaction::Never);
        let error = victim.build().unwrap().login().await.unwrap_err();
        canary::observe_error(&error);
        assert_eq!(error.kind(), AuthErrorKind::InteractionNeeded, "{error}");
        assert!(told(&error).contains("evil.test"), "{}", told(&error));
        assert!(store.load(&pkce().store_key(&server)).await.unwrap().is_some(), "it is good where it came from");
    }
    world.attacker.leaves_empty_handed(&world.login.provider).await;
    assert_eq!(world.attacker.requests(), 0);
}

/// The tokens say nothing, but the last login at this server was with another provider.
#[tokio::test]
async fn a_server_that_was_taken_over_does_not_get_it_where_the_last_login_was_with_another_provider() {
    let world = World::new();
    let entry = entry_of_another_program(&world, "opaque".to_owned()).await;
    let (server, store) = (world.attacker.url(""), MemoryStore::new());
    let before = world.victim(pkce(), world.honest_details()).store(store.clone()).build().unwrap();
    let (outcome, _page) = tokio::join!(before.login(), world.login.log_in(1));
    outcome.unwrap();
    store.save(&pkce().store_key(&server), &entry).await.unwrap();

    let details = own_provider(&|path| world.attacker.url(path));
    let victim = world.victim(pkce(), details).store(store.clone()).interaction(Interaction::Never);
    let error = victim.build().unwrap().login().await.unwrap_err();
    canary::observe_error(&error);
    assert!(told(&error).contains("idp.test") && told(&error).contains("evil.test"), "{}", told(&error));
    world.attacker.leaves_empty_handed(&world.login.provider).await;
    assert_eq!(world.attacker.requests(), 0);
}

#[tokio::test]
async fn a_server_that_is_its_own_provider_refreshes_the_login_of_another_program() {
    let world = World::new();
    let server = world.honest("");
    let tokens = [json!({ "sub": "somebody" }), json!({ "iss": server })].map(|claims| jwt(&claims));
    for token in tokens.into_iter().chain(["opaque".to_owned()]) {
        let entry = entry_of_another_program(&world, token).await;
        let store = stored_for(&server, &entry).await;
        let details = own_provider(&|path| world.honest(path));
        let client = world.client_of(&server, pkce(), details).store(store).interaction(Interaction::Never);
        client.build().unwrap().login().await.unwrap();
    }
}
