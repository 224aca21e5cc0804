//! Who is told of a logout: the provider of the login, and nobody whom only a server names.

use auth_runtime::{
    ServerDetails,
    flow::Pkce,
    store::{CredentialsStore as _, MemoryStore},
};
use serde_json::json;
use tests::identity_provider::CLIENT_ID;

use crate::world::World;

fn pkce() -> Pkce {
    Pkce::new().redirect_uri("http://127.0.0.1:0/callback")
}

/// A world with a login at the honest provider in the store.
async fn logged_in(flow: Pkce, details: impl FnOnce(&World) -> ServerDetails) -> (World, MemoryStore) {
    let (world, store) = (World::new(), MemoryStore::new());
    world.publish_metadata(&json!({ "revocation_endpoint": world.honest("/revoke") }));
    let details = details(&world);
    world.log_in(&world.client(flow, details).store(store.clone()).build().unwrap()).await.unwrap();
    (world, store)
}

/// What an attacker says whose issuer speaks for the honest provider's endpoints, and for one of its own.
fn mixed(world: &World) -> serde_json::Value {
    json!({
        "issuer": world.attacker.url(""),
        "authorization_endpoint": world.honest("/authorize"),
        "token_endpoint": world.honest("/token"),
        "revocation_endpoint": world.attacker.url("/revoke"),
        "authorization_response_iss_parameter_supported": true,
    })
}

#[tokio::test]
async fn tokens_do_not_reach_a_revocation_endpoint_that_only_the_servers_issuer_names() {
    let (world, store) = logged_in(pkce(), World::honest_details).await;
    world.attacker.says(mixed(&world));
    let details = world.honest_details().with_issuer(world.attacker.url(""));
    let victim = world.client(pkce(), details).store(store.clone()).build().unwrap();
    assert!(victim.logout().await.unwrap(), "the local logout stands");
    assert_eq!(world.attacker.site.requests("/revoke").len(), 0);
    world.attacker.leaves_empty_handed(&world.login.provider).await;
}

#[tokio::test]
async fn endpoints_that_the_user_has_set_are_not_joined_by_one_that_the_server_names() {
    let world = World::new();
    world.attacker.says(mixed(&world));
    let flow =
        || pkce().client_id(CLIENT_ID).authorization_url(world.honest("/authorize")).token_url(world.honest("/token"));
    let details = ServerDetails::new().with_issuer(world.attacker.url(""));
    let victim = world.victim(flow(), details).build().unwrap();
    world.log_in(&victim).await.unwrap();
    victim.logout().await.unwrap();
    assert_eq!(world.attacker.site.requests("/revoke").len(), 0);
    world.attacker.leaves_empty_handed(&world.login.provider).await;
}

#[tokio::test]
async fn a_server_that_was_taken_over_is_not_told_the_tokens_of_its_provider() {
    let (world, store) = logged_in(pkce(), World::honest_details).await;
    let own = |path: &str| world.attacker.url(path);
    // All of one piece: nothing is mixed.
    world.attacker.says(json!({
        "issuer": own(""), "authorization_endpoint": own("/authorize"), "token_endpoint": own("/token"),
        "revocation_endpoint": own("/revoke"),
    }));
    let details = ServerDetails::new().with_client_id(CLIENT_ID).with_issuer(own(""));
    let victim = world.client(pkce(), details).store(store.clone()).build().unwrap();
    assert!(victim.logout().await.unwrap());
    assert_eq!(world.attacker.site.requests("/revoke").len(), 0);
    world.attacker.leaves_empty_handed(&world.login.provider).await;
}

#[tokio::test]
async fn the_provider_of_the_login_is_told() {
    let (world, store) = logged_in(pkce(), World::honest_details).await;
    let client = world.client(pkce(), world.honest_details()).store(store.clone()).build().unwrap();
    assert!(client.logout().await.unwrap());
    assert_eq!(world.login.provider.requests("/revoke").len(), 2);
    assert_eq!(world.login.provider.refresh_tokens(), Vec::<String>::new());
    assert!(store.load(&auth_runtime::Flow::store_key(&pkce(), "http://flyte.test:8089")).await.unwrap().is_none());
}

/// A page of the honest provider's own, where what is sent can be read: an issue tracker, a paste bin, another tenant.
const READ_BY_ALL: &str = "/paste";

#[tokio::test]
async fn an_issuer_that_only_the_server_names_does_not_choose_a_page_of_the_providers_that_is_told() {
    let (world, store) = logged_in(pkce(), World::honest_details).await;
    world.login.provider.publish(READ_BY_ALL, tests::token_endpoint::Answer::status(200));
    // All on the origin of the login's token endpoint.
    world.attacker.says(json!({
        "issuer": world.attacker.url(""),
        "authorization_endpoint": world.honest("/authorize"),
        "token_endpoint": world.honest("/token"),
        "revocation_endpoint": world.honest(READ_BY_ALL),
    }));
    let details = ServerDetails::new().with_client_id(CLIENT_ID).with_issuer(world.attacker.url(""));
    let victim = world.client(pkce(), details).store(store.clone()).build().unwrap();
    assert!(victim.logout().await.unwrap(), "the local logout stands");
    assert_eq!(world.login.provider.requests(READ_BY_ALL).len(), 0);
    world.attacker.leaves_empty_handed(&world.login.provider).await;
}
