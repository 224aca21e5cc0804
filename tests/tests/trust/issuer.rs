//! An issuer's own metadata: where it is looked for, and what counts.

use auth_runtime::{
    AuthErrorKind, ServerDetails,
    flow::{ClientCredentials, DeviceCode, Pkce},
};
use serde_json::json;
use tests::{identity_provider::CLIENT_ID, token_endpoint::Answer};

use crate::world::World;

#[tokio::test]
async fn an_issuer_alone_configures_each_flow() {
    let world = World::new();
    world.publish_metadata(&json!({}));
    let personal = || Pkce::new().client_id(CLIENT_ID).redirect_uri("http://127.0.0.1:0/callback");
    let pkce = world.client(personal(), ServerDetails::new()).issuer(world.issuer()).build().unwrap();
    world.log_in(&pkce).await.unwrap();

    let world = World::new();
    world.publish_metadata(&json!({}));
    let flow = DeviceCode::new().client_id(CLIENT_ID);
    let device = world.client(flow, ServerDetails::new()).issuer(world.issuer()).build().unwrap();
    world.log_in(&device).await.unwrap();
    device.refresh_credentials().await.unwrap();
    assert_eq!(world.login.provider.requests("/.well-known/oauth-authorization-server").len(), 1, "one for a session");

    let flow = ClientCredentials::new(CLIENT_ID, "secret");
    let program = world.client(flow, ServerDetails::new()).issuer(world.issuer()).build().unwrap();
    drop(program.login().await);
    let asked = world.login.provider.requests("/token");
    assert_eq!(asked.last().unwrap().field("grant_type"), Some("client_credentials"));
}

#[tokio::test]
async fn nothing_is_fetched_where_all_is_set() {
    let world = World::new();
    let flow = Pkce::new()
        .client_id(CLIENT_ID)
        .redirect_uri("http://127.0.0.1:0/callback")
        .authorization_url(world.honest("/authorize"))
        .token_url(world.honest("/token"));
    let client = world.client(flow, world.honest_details()).issuer(world.issuer()).build().unwrap();
    world.log_in(&client).await.unwrap();
    assert!(world.login.provider.requests("/.well-known/oauth-authorization-server").is_empty());
}

#[tokio::test]
async fn each_place_is_tried_in_turn_and_what_is_not_there_means_the_next() {
    const INSERTED: &str = "/.well-known/oauth-authorization-server/realms/flyte";
    const APPENDED: &str = "/realms/flyte/.well-known/oauth-authorization-server";
    const OPENID: &str = "/realms/flyte/.well-known/openid-configuration";
    let elsewhere = || Answer::status(303).header("location", "http://other.test/");
    let absent: [&dyn Fn() -> Option<Answer>; 6] = [
        &|| None,
        &|| Some(elsewhere()),
        &|| Some(Answer::status(401)),
        &|| Some(Answer::text(200, "text/html", "<html>a page for all paths</html>")),
        &|| Some(Answer::json(200, json!({ "issuer": "http://another.test" }))),
        &|| Some(Answer::text(200, "application/json", vec![b' '; 1024 * 1024 + 1])),
    ];
    for (place, before) in [(INSERTED, &[][..]), (APPENDED, &[INSERTED][..]), (OPENID, &[INSERTED, APPENDED][..])] {
        for absent in absent {
            let world = World::new();
            let issuer = world.honest("/realms/flyte");
            let metadata = json!({
                "issuer": format!("{issuer}/"), "tokenEndpoint": world.honest("/token"),
            });
            world.login.provider.publish(place, Answer::json(200, metadata));
            for path in before {
                if let Some(answer) = absent() {
                    world.login.provider.publish(*path, answer);
                }
            }
            let flow = ClientCredentials::new(CLIENT_ID, "secret");
            let client = world.client(flow, ServerDetails::new()).issuer(&issuer).build().unwrap();
            drop(client.login().await);
            assert_eq!(world.login.provider.requests("/token").len(), 1, "{place}");
            let request = world.login.provider.requests(place).remove(0);
            assert_eq!(request.headers["accept"], "application/json");
        }
    }
}

#[tokio::test]
async fn a_redirect_on_the_same_origin_is_followed() {
    let world = World::new();
    let metadata = json!({ "issuer": world.issuer(), "token_endpoint": world.honest("/token") });
    let moved = Answer::status(302).header("location", "/moved");
    world.login.provider.publish("/.well-known/oauth-authorization-server", moved);
    world.login.provider.publish("/moved", Answer::json(200, metadata));
    let flow = ClientCredentials::new(CLIENT_ID, "secret");
    let client = world.client(flow, ServerDetails::new()).issuer(world.issuer()).build().unwrap();
    drop(client.login().await);
    assert_eq!(world.login.provider.requests("/token").len(), 1);
}

#[tokio::test]
async fn an_outage_is_transient_and_not_kept() {
    let world = World::new();
    world.publish_metadata(&json!({}));
    let well_known = "/.well-known/oauth-authorization-server";
    world.login.provider.then(well_known, Answer::status(503)).then(well_known, Answer::reset());
    let flow = ClientCredentials::new(CLIENT_ID, "secret");
    let client = world.client(flow, ServerDetails::new()).issuer(world.issuer()).build().unwrap();
    for _ in 0..2 {
        assert!(client.refresh_credentials().await.unwrap_err().is_transient());
    }
    assert!(world.login.provider.requests("/token").is_empty());
    drop(client.refresh_credentials().await);
    assert_eq!(world.login.provider.requests("/token").len(), 1);
}

#[tokio::test]
async fn an_issuer_without_metadata_or_for_all_tenants_is_refused_with_what_to_set() {
    let world = World::new();
    let all_tenants =
        json!({ "issuer": "https://login.test/{tenantid}/v2.0", "token_endpoint": world.honest("/token") });
    world.login.provider.publish("/common/.well-known/openid-configuration", Answer::json(200, all_tenants));
    for (issuer, advice) in [
        (world.issuer(), "add .token_url(..)"),
        (world.honest("/common"), "name your tenant"),
        ("https://login.test/{tenantid}/v2.0".to_owned(), "name your tenant"),
        (format!("{}?query", world.issuer()), "has no query"),
        (format!("{}/\u{1b}[2J", world.issuer()), "characters that no URL has"),
    ] {
        let flow = ClientCredentials::new(CLIENT_ID, "secret");
        let client = world.client(flow, ServerDetails::new()).issuer(&issuer).build().unwrap();
        let error = client.login().await.unwrap_err();
        assert_eq!((error.kind(), error.setting()), (AuthErrorKind::Configuration, Some("issuer")), "{error}");
        assert!(error.to_string().contains(advice), "{issuer}: {error}");
    }
    assert!(world.login.provider.requests("/token").is_empty());
}

#[tokio::test]
async fn a_server_that_names_no_provider_may_say_so_over_http_at_its_own_origin() {
    let world = World::new();
    // Not an attacker this time.
    let own = |path: &str| world.attacker.url(path);
    world.attacker.says(json!({
        "issuer": own(""), "authorization_endpoint": own("/authorize"), "token_endpoint": own("/token"),
    }));
    let details = ServerDetails::new().with_client_id(CLIENT_ID).with_redirect_uri("http://127.0.0.1:0/callback");
    let client = world.victim(Pkce::new(), details).build().unwrap();
    world.log_in(&client).await.unwrap();
}

#[tokio::test]
async fn metadata_that_is_moved_beyond_the_length_of_a_url_is_not_there() {
    let world = World::new();
    let issuer = world.issuer();
    let far = world.honest(&format!("/{}", "a".repeat(66_000)));
    for place in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        world.login.provider.publish(place, Answer::status(307).header("location", &far));
    }
    let flow = ClientCredentials::new(CLIENT_ID, "secret");
    let client = world.client(flow, ServerDetails::new()).issuer(issuer).build().unwrap();
    let error = client.login().await.unwrap_err();
    assert_eq!(error.kind(), AuthErrorKind::Configuration);
    assert!(error.to_string().contains("its URL cannot be asked for"), "{error}");
    assert!(error.to_string().len() < 2_000, "{error}");
}
