//! `docs/logging-in.md`: the set-ups that are refused, the message that each reads, and the settings that mend it.

use auth_runtime::{AuthError, Authenticator, Flow, ServerDetails, flow::Pkce, store::MemoryStore};
use serde_json::json;
use tests::{canary, http_proxy::HttpProxy, identity_provider::CLIENT_ID, token_endpoint::Answer, told::told};

use crate::world::World;

const PAGE: &str = include_str!("../../../docs/logging-in.md");

fn pkce() -> Pkce {
    Pkce::new().redirect_uri("http://127.0.0.1:0/callback")
}

/// A message in the words of the page, where the provider has a name that is nobody's.
fn in_the_pages_words(world: &World, message: &str) -> String {
    let names = [(world.issuer(), "https://login.example.com"), (world.attacker.url(""), "https://other.example.com")];
    names.iter().fold(message.to_owned(), |message, (name, instead)| message.replace(name, instead))
}

fn assert_documented(world: &World, error: &AuthError) {
    canary::observe_error(error);
    let message = in_the_pages_words(world, &error.to_string());
    assert!(PAGE.contains(&format!("```text\n{message}\n```")), "not in docs/logging-in.md:\n{message}");
}

async fn refused(world: &World, details: ServerDetails) -> AuthError {
    world.client(pkce(), details).build().unwrap().login().await.unwrap_err()
}

async fn logs_in(world: &World, flow: impl Flow + std::fmt::Debug, details: ServerDetails, issuer: Option<String>) {
    let builder = world.client(flow, details);
    let client = match issuer {
        Some(issuer) => builder.issuer(issuer),
        None => builder,
    };
    world.log_in(&client.build().unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_provider_without_metadata() {
    let world = World::new();
    assert_documented(&world, &refused(&world, world.honest_details()).await);
    assert_documented(&world, &refused(&world, world.honest_details().with_issuer("")).await);
    let set = pkce().authorization_url(world.honest("/authorize")).token_url(world.honest("/token"));
    logs_in(&world, set, world.honest_details(), None).await;
}

#[tokio::test]
async fn metadata_at_another_issuer() {
    let world = World::new();
    let well_known = "/realms/flyte/.well-known/openid-configuration";
    let metadata = |issuer: &str| {
        Answer::json(
            200,
            json!({
                "issuer": issuer,
                "authorization_endpoint": world.honest("/authorize"), "token_endpoint": world.honest("/token"),
            }),
        )
    };
    world.login.provider.publish(well_known, metadata("https://keycloak.internal/realms/flyte"));
    let details = || world.honest_details().with_issuer(world.honest("/realms/flyte"));
    assert_documented(&world, &refused(&world, details()).await);
    // The name that the metadata has leads to the provider.
    let itself = world.login.provider.url_as("keycloak.test", "/realms/flyte");
    world.login.provider.publish(well_known, metadata(&itself));
    let at_another_name = world.honest_details().with_authorization_endpoint("").with_token_endpoint("");
    logs_in(&world, pkce(), at_another_name, Some(itself)).await;
    let set = pkce().authorization_url(world.honest("/authorize")).token_url(world.honest("/token"));
    world.login.prompt.page(0).await;
    let client = world.client(set, details()).build().unwrap();
    let (outcome, _) = tokio::join!(client.login(), world.login.log_in(1));
    canary::observe(&outcome.unwrap());
}

#[tokio::test]
async fn a_private_provider_behind_a_proxy() {
    let world = World::new();
    world.publish_metadata(&json!({}));
    let client = || world.client(pkce(), world.honest_details());
    // Names below `.test` lead nowhere but through a proxy, and this one is not there any more.
    let nowhere = HttpProxy::open().url();
    let error = client().http_proxy(nowhere).build().unwrap().login().await.unwrap_err();
    canary::observe_error(&error);
    assert!(error.is_transient() && PAGE.contains(&format!("```text\n{error}\n```")), "{}", told(&error));
    world.log_in(&client().build().unwrap()).await.unwrap();

    let guarded = HttpProxy::guarded("user", "password");
    let error = client().http_proxy(guarded.url()).build().unwrap().login().await.unwrap_err();
    assert_documented(&world, &error);
    let credentials = client().http_proxy(guarded.url_with("user:password")).issuer(world.issuer());
    let credentials = credentials.build().unwrap();
    let (outcome, _) = tokio::join!(credentials.login(), world.login.log_in(1));
    canary::observe(&outcome.unwrap());
}

#[tokio::test]
async fn a_change_that_nobody_agrees_to_and_a_login_that_was_declined() {
    let (world, store) = (World::new(), MemoryStore::new());
    world.publish_metadata(&json!({}));
    world.login.provider.set(|settings| settings.lifetime = 1);
    let client =
        |details: ServerDetails| world.client(pkce(), details).store(store.clone()).login_command("flyte login");
    world.log_in(&client(world.honest_details()).build().unwrap()).await.unwrap();
    let own = |path: &str| world.attacker.url(path);
    world.attacker.says(json!({
        "issuer": own(""), "authorization_endpoint": own("/authorize"), "token_endpoint": own("/token"),
    }));
    let moved = ServerDetails::new().with_client_id(CLIENT_ID).with_issuer(own(""));
    assert_documented(&world, &client(moved).build().unwrap().login().await.unwrap_err());

    let start = std::time::SystemTime::now();
    let declines = client(world.honest_details()).wall_clock(move || start).build().unwrap();
    world.login.provider.revoke_refresh_tokens();
    let decline = async {
        let callback = world.login.callback(1).await;
        let (address, query) = callback.split_once('?').unwrap();
        let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap();
        world.login.browser.visit(&format!("{address}?error=access_denied&{state}")).await;
    };
    let (outcome, ()) = tokio::join!(declines.login(), decline);
    canary::observe_error(&outcome.unwrap_err());
    let later = move || start + std::time::Duration::from_secs(12);
    let next: Authenticator = client(world.honest_details()).wall_clock(later).build().unwrap();
    assert_documented(&world, &next.refresh_credentials().await.unwrap_err());
}

#[test]
fn each_message_of_the_page_has_a_test() {
    assert_eq!(PAGE.matches("```text\n").count(), 7);
}
