//! What is stored: for whom it is used, and where its refresh token goes.

use auth_runtime::{
    AuthErrorKind, Authenticator, Flow, Interaction, ServerDetails,
    flow::Pkce,
    store::{CredentialsStore as _, MemoryStore, StoreKey},
};
use serde_json::json;
use tests::{canary, identity_provider::CLIENT_ID, told::told};

use crate::world::World;

const SERVER: &str = "http://flyte.test:8089";

fn pkce() -> Pkce {
    Pkce::new().redirect_uri("http://127.0.0.1:0/callback")
}

/// A world with a login at the honest provider in the store, whose access token lasts no longer than a moment.
async fn logged_in() -> (World, MemoryStore) {
    let (world, store) = (World::new(), MemoryStore::new());
    world.publish_metadata(&json!({}));
    world.login.provider.set(|settings| settings.lifetime = 1);
    let client = world.client(pkce(), world.honest_details()).store(store.clone()).build().unwrap();
    world.log_in(&client).await.unwrap();
    (world, store)
}

async fn is_stored(store: &MemoryStore, flow: &impl Flow, endpoint: &str) -> bool {
    store.load(&flow.store_key(endpoint)).await.unwrap().is_some()
}

#[tokio::test]
async fn a_server_that_was_taken_over_does_not_get_the_refresh_token_of_its_provider() {
    let (world, store) = logged_in().await;
    let evil = world.attacker.url("");
    let own = |path: &str| world.attacker.url(path);
    // All of one piece: nothing is mixed.
    world.attacker.says(json!({
        "issuer": evil, "authorization_endpoint": own("/authorize"), "token_endpoint": own("/token"),
    }));
    let details = world.honest_details().with_issuer(&evil).with_token_endpoint(own("/token"));
    let details = details.with_authorization_endpoint(own("/authorize"));
    let victim = world.client(pkce(), details).store(store.clone()).interaction(Interaction::Never).build().unwrap();
    let error = victim.login().await.unwrap_err();
    canary::observe_error(&error);
    assert_eq!(error.kind(), AuthErrorKind::InteractionNeeded, "{error}");
    assert!(told(&error).contains("idp.test") && told(&error).contains("evil.test"), "{}", told(&error));
    world.attacker.leaves_empty_handed(&world.login.provider).await;
    assert!(is_stored(&store, &pkce(), SERVER).await, "it is good where it came from");

    let honest = world.client(pkce(), world.honest_details()).store(store).interaction(Interaction::Never);
    honest.build().unwrap().login().await.unwrap();
}

/// In two steps: its own issuer first names the endpoints of the honest provider, which any issuer can, and then its own.
#[tokio::test]
async fn an_issuer_that_named_the_honest_token_endpoint_does_not_get_the_refresh_token_by_moving_it() {
    let (world, store) = logged_in().await;
    let (evil, honest) = (world.attacker.url(""), |path: &str| world.honest(path));
    let names_endpoints_of = |endpoint: &dyn Fn(&str) -> String| {
        world.attacker.says(json!({
            "issuer": evil, "authorization_endpoint": endpoint("/authorize"), "token_endpoint": endpoint("/token"),
        }));
        ServerDetails::new().with_client_id(CLIENT_ID).with_issuer(&evil)
    };
    let run = |details| world.client(pkce(), details).store(store.clone()).interaction(Interaction::Never).build();
    run(names_endpoints_of(&honest)).unwrap().login().await.unwrap();
    let error = run(names_endpoints_of(&|path| world.attacker.url(path))).unwrap().login().await.unwrap_err();
    canary::observe_error(&error);
    assert_eq!(error.kind(), AuthErrorKind::InteractionNeeded, "{error}");
    world.attacker.leaves_empty_handed(&world.login.provider).await;
    assert_eq!(world.attacker.requests(), 0);
}

/// The same, of a login that the person made where they trust the page.
#[tokio::test]
async fn a_login_at_endpoints_that_an_issuer_of_the_attackers_named_is_not_its_own() {
    let (world, store) = (World::new(), MemoryStore::new());
    world.login.provider.set(|settings| settings.lifetime = 1);
    let evil = world.attacker.url("");
    let names_endpoints_of = |endpoint: &dyn Fn(&str) -> String| {
        world.attacker.says(json!({
            "issuer": evil, "authorization_endpoint": endpoint("/authorize"), "token_endpoint": endpoint("/token"),
        }));
        ServerDetails::new().with_client_id(CLIENT_ID).with_issuer(&evil)
    };
    let run = |details| world.client(pkce(), details).store(store.clone());
    let first = run(names_endpoints_of(&|path| world.honest(path))).build().unwrap();
    world.log_in(&first).await.unwrap();
    let next = run(names_endpoints_of(&|path| world.attacker.url(path))).interaction(Interaction::Never);
    let error = next.build().unwrap().login().await.unwrap_err();
    canary::observe_error(&error);
    world.attacker.leaves_empty_handed(&world.login.provider).await;
    assert_eq!(world.attacker.requests(), 0);
}

#[tokio::test]
async fn a_provider_that_moves_its_token_endpoint_gets_its_refresh_token_there() {
    let (world, store) = logged_in().await;
    world.publish_metadata(&json!({ "token_endpoint": world.honest("/new-token") }));
    world.login.provider.publish("/new-token", tests::token_endpoint::Answer::token("new", 3600));
    let details = ServerDetails::new().with_client_id(CLIENT_ID).with_issuer(world.issuer());
    let client = world.client(pkce(), details).store(store).interaction(Interaction::Never).build().unwrap();
    client.login().await.unwrap();
    assert_eq!(world.login.provider.requests("/new-token")[0].field("grant_type"), Some("refresh_token"));
}

#[tokio::test]
async fn other_settings_are_another_login_and_the_one_that_is_there_stays() {
    let (world, store) = logged_in().await;
    world.login.provider.set(|settings| settings.lifetime = 3600);
    let changed = [
        pkce().scopes(["all"]),
        pkce().audience("another"),
        pkce().client_id(CLIENT_ID),
        pkce().issuer(world.issuer()),
        pkce().token_url(world.honest("/token")),
    ];
    let mut logins = 1;
    for flow in changed {
        let client = || world.client(flow.clone(), world.honest_details()).store(store.clone());
        let error = client().interaction(Interaction::Never).build().unwrap().login().await.unwrap_err();
        assert_eq!(error.kind(), AuthErrorKind::InteractionNeeded, "{flow:?}: {error}");
        let client = client().build().unwrap();
        let (outcome, _page) = tokio::join!(client.login(), world.login.log_in(logins));
        outcome.unwrap();
        logins += 1;
        assert!(is_stored(&store, &flow, SERVER).await && is_stored(&store, &pkce(), SERVER).await, "{flow:?}");
    }
    assert_eq!(world.login.prompt.shown().len(), logins);
    let same = [pkce().scopes(["", "all", "all"]), pkce().scopes(["all"])];
    for flow in same {
        let client = world.client(flow, world.honest_details()).store(store.clone()).interaction(Interaction::Never);
        client.build().unwrap().login().await.unwrap();
    }
}

#[tokio::test]
async fn an_endpoint_without_tls_has_another_login_and_one_that_is_spelled_otherwise_the_same() {
    let store = MemoryStore::new();
    let kept = auth_runtime::Credentials::new("kept");
    store.save(&StoreKey::new("https://flyte.test", "", "person"), &kept).await.unwrap();
    for (endpoint, same) in [
        ("https://flyte.test", true),
        ("https://flyte.test:443", true),
        ("HTTPS://FLYTE.test", true),
        ("dns:///Flyte.test:443", true),
        ("flyte.test", true),
        ("http://flyte.test", false),
        ("http://flyte.test:443", false),
        ("https://flyte.test:8443", false),
    ] {
        let builder = Authenticator::builder(endpoint).flow(pkce()).store(store.clone());
        let authenticator = builder.allow_plaintext(true).interaction(Interaction::Never).build().unwrap();
        assert_eq!(authenticator.login().await.is_ok(), same, "{endpoint}");
    }
}
