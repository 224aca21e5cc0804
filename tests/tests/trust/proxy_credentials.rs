//! Credentials for a proxy before the provider: whom they are shown to.

use auth_runtime::{
    Authenticator, Credentials, ServerDetails,
    flow::{ClientCredentials, StaticToken},
};
use serde_json::json;
use tests::identity_provider::CLIENT_ID;

use crate::world::World;

fn proxy(token: &str) -> Authenticator {
    Authenticator::builder("https://flyte.test")
        .header_key("proxy-authorization")
        .flow(StaticToken::new(token))
        .credentials(Credentials::new(token))
        .login_first(true)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_host_that_only_a_server_names_does_not_see_a_proxys_credentials() {
    let world = World::new();
    let token = world.login.canary.secret();
    let evil = world.attacker.url("");
    world.attacker.says(json!({ "issuer": evil, "token_endpoint": world.attacker.url("/token") }));
    let details = ServerDetails::new().with_issuer(&evil).with_token_endpoint(world.attacker.url("/token"));
    // A secret that may go there.
    let flow = ClientCredentials::new(CLIENT_ID, "not one of ours");
    let client = world.client(flow, details).proxy_credentials(proxy(&token)).build().unwrap();
    client.login().await.unwrap();
    assert_eq!(world.attacker.requests(), 1);
    world.attacker.leaves_empty_handed(&world.login.provider).await;
}

#[tokio::test]
async fn a_host_that_the_user_names_does() {
    let world = World::new();
    world.publish_metadata(&json!({}));
    let token = world.login.canary.secret();
    let details = world.honest_details();
    let flow = || ClientCredentials::new(CLIENT_ID, "secret");
    let by_issuer = world.client(flow(), details.clone()).issuer(world.issuer());
    let by_endpoint = world.client(flow().token_url(world.honest("/token")), details);
    for (number, builder) in [by_issuer, by_endpoint].into_iter().enumerate() {
        drop(builder.proxy_credentials(proxy(&token)).build().unwrap().login().await);
        let request = world.login.provider.requests("/token").remove(number);
        assert_eq!(request.headers["proxy-authorization"], format!("Bearer {token}"));
    }
}
