//! Mix-up (RFC 9700 section 4.4): an honest provider asks the person, and the attacker gets what comes of it.

use auth_runtime::{
    AuthErrorKind, Interaction, ServerDetails,
    flow::{ClientCredentials, DeviceCode, Pkce},
};
use serde_json::{Value, json};
use tests::{
    canary::{self, Phrase},
    identity_provider::CLIENT_ID,
};

use crate::world::World;

/// What a hostile server can say, with the provider's own token endpoint replaced by the attacker's.
fn lies(world: &World) -> Vec<(&'static str, ServerDetails, Option<Value>)> {
    let theft = || world.honest_details().with_token_endpoint(world.attacker.url("/token"));
    let evil = world.attacker.url("");
    let mixed = json!({
        "issuer": evil,
        "authorization_endpoint": world.honest("/authorize"),
        "device_authorization_endpoint": world.honest("/device"),
        "token_endpoint": world.attacker.url("/token"),
    });
    let mut open = mixed.clone();
    open["authorization_response_iss_parameter_supported"] = true.into();
    vec![
        ("the honest issuer is named", theft(), None),
        ("no issuer is named", theft().with_issuer(""), None),
        ("the attacker is the issuer", theft().with_issuer(&evil), Some(mixed.clone())),
        ("the issuer alone is named", ServerDetails::new().with_client_id(CLIENT_ID).with_issuer(&evil), Some(mixed)),
        ("and claims to name itself", theft().with_issuer(&evil), Some(open)),
    ]
}

#[tokio::test]
async fn a_code_and_its_verifier_do_not_reach_a_token_endpoint_that_only_the_server_names() {
    for number in 0..5 {
        for honest_issuer in [None, Some("http://idp.test")] {
            let world = World::new();
            world.publish_metadata(&json!({}));
            world.login.provider.set(|settings| settings.issuer = honest_issuer.map(str::to_owned));
            let (lie, details, metadata) = lies(&world).remove(number);
            metadata.into_iter().for_each(|metadata| world.attacker.says(metadata));
            let flow = Pkce::new().redirect_uri("http://127.0.0.1:0/callback");
            let victim = world.victim(flow, details).build().unwrap();
            let outcome = world.log_in(&victim).await;
            world.attacker.leaves_empty_handed(&world.login.provider).await;
            assert_eq!(world.attacker.requests(), 0, "{lie}");
            let error = outcome.unwrap_err();
            assert!(!error.is_transient(), "{lie}: {error}");
            if error.kind() == AuthErrorKind::Configuration {
                assert_eq!(world.login.prompt.shown(), [], "{lie}: nobody is asked for a login that must fail");
                assert!(error.to_string().contains("add .issuer(..)"), "{lie}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn a_login_page_that_redirects_to_an_honest_provider_gets_no_code_that_names_it() {
    let world = World::new();
    world.login.provider.set(|settings| settings.issuer = Some(world.issuer()));
    let evil = world.attacker.url("");
    let own = |path: &str| world.attacker.url(path);
    world.attacker.says(json!({
        "issuer": evil, "authorization_endpoint": own("/authorize"), "token_endpoint": own("/token"),
    }));
    let details = world.honest_details().with_issuer(&evil).with_token_endpoint(own("/token"));
    let details = details.with_authorization_endpoint(own("/authorize"));
    // On its own origin it may call itself whatever it likes, the honest provider too.
    for details in [details.clone(), details.clone().with_issuer(""), details.with_issuer(world.issuer())] {
        let flow = Pkce::new().redirect_uri("http://127.0.0.1:0/callback");
        let victim = world.victim(flow, details).build().unwrap();
        let shown = world.login.prompt.shown().len();
        let person = async {
            // The attacker's page sends the browser on, with all that the client sent.
            let page: url::Url = world.login.authorization(shown).await.parse().unwrap();
            let query = page.query().unwrap_or_default().to_owned();
            let honest = format!("{}?{query}", world.login.provider.url("/authorize"));
            drop(world.login.browser.visit(&honest).await);
            std::future::pending::<()>().await;
        };
        let outcome = tokio::select! { outcome = victim.login() => outcome, () = person => unreachable!() };
        assert!(outcome.unwrap_err().to_string().contains("is from the issuer"));
        world.attacker.leaves_empty_handed(&world.login.provider).await;
    }
}

/// Some providers take a redirect URI with a query of the client's own, and put what they say behind it.
#[tokio::test]
async fn a_login_page_that_has_the_provider_name_two_issuers_gets_no_code() {
    let world = World::new();
    world.login.provider.set(|settings| settings.issuer = Some(world.issuer()));
    let (evil, own) = (world.attacker.url(""), |path: &str| world.attacker.url(path));
    world.attacker.says(json!({
        "issuer": evil, "authorization_endpoint": own("/authorize"), "token_endpoint": own("/token"),
    }));
    let details = world.honest_details().with_issuer(&evil).with_token_endpoint(own("/token"));
    let details = details.with_authorization_endpoint(own("/authorize"));
    for smuggled in ["iss=", &format!("iss={evil}"), &format!("%69ss={evil}")] {
        let flow = Pkce::new().redirect_uri("http://127.0.0.1:0/callback");
        let victim = world.victim(flow, details.clone()).build().unwrap();
        let shown = world.login.prompt.shown().len();
        let person = async {
            let page = world.login.authorization(shown).await;
            let redirect_uri = tests::login::parameter(&page, "redirect_uri");
            let with_issuer = format!("{redirect_uri}?{smuggled}");
            let sent = tests::login::with_parameters(&page, &[("redirect_uri", Some(&with_issuer))]);
            let query = sent.parse::<url::Url>().unwrap().query().unwrap_or_default().to_owned();
            drop(world.login.browser.visit(&format!("{}?{query}", world.login.provider.url("/authorize"))).await);
            std::future::pending::<()>().await;
        };
        let outcome = tokio::select! { outcome = victim.login() => outcome, () = person => unreachable!() };
        canary::observe(&outcome);
        assert_eq!(world.attacker.requests(), 0, "{smuggled}");
        world.attacker.leaves_empty_handed(&world.login.provider).await;
        assert!(outcome.unwrap_err().to_string().contains("is from the issuer"), "{smuggled}");
    }
}

#[tokio::test]
async fn a_device_code_is_not_redeemed_by_a_token_endpoint_that_only_the_server_names() {
    for number in 0..5 {
        let world = World::new();
        world.publish_metadata(&json!({}));
        let (lie, details, metadata) = lies(&world).remove(number);
        metadata.into_iter().for_each(|metadata| world.attacker.says(metadata));
        let victim = world.victim(DeviceCode::new(), details).build().unwrap();
        let outcome = world.log_in(&victim).await;
        world.attacker.leaves_empty_handed(&world.login.provider).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), AuthErrorKind::Configuration, "{lie}: {error}");
        assert_eq!(world.login.prompt.shown(), [], "{lie}");
    }
}

#[tokio::test]
async fn a_refresh_token_is_not_sent_to_a_token_endpoint_that_only_the_server_names() {
    for number in 0..5 {
        let world = World::new();
        world.publish_metadata(&json!({}));
        let honest = world.client(Pkce::new(), world.honest_details()).build().unwrap();
        let logged_in = world.log_in(&honest).await.unwrap();
        let (lie, details, metadata) = lies(&world).remove(number);
        metadata.into_iter().for_each(|metadata| world.attacker.says(metadata));
        let flow = Pkce::new().redirect_uri("http://127.0.0.1:0/callback");
        let victim = world.victim(flow, details).credentials(logged_in).interaction(Interaction::Never);
        let error = victim.build().unwrap().refresh_credentials().await.expect_err(lie);
        canary::observe_error(&error);
        world.attacker.leaves_empty_handed(&world.login.provider).await;
    }
}

#[tokio::test]
async fn a_client_secret_is_not_sent_to_a_token_endpoint_that_contradicts_the_issuer() {
    for bound in [false, true] {
        let world = World::new();
        world.publish_metadata(&json!({}));
        let secret = world.login.canary.secret();
        let (_, details, _) = lies(&world).remove(0);
        // Elsewhere than its gRPC endpoint: that is the server's own, and may be its provider.
        let mut victim = world.client(ClientCredentials::new(CLIENT_ID, secret), details);
        if bound {
            victim = victim.issuer(world.issuer());
        }
        let outcome = victim.build().unwrap().login().await;
        if !bound {
            assert_eq!(outcome.unwrap_err().setting(), Some("issuer"));
        }
        assert_eq!(world.login.provider.requests("/token").len(), usize::from(bound), "the honest one is asked");
        world.attacker.leaves_empty_handed(&world.login.provider).await;
    }
}

#[tokio::test]
async fn a_client_secret_that_is_bound_to_an_issuer_is_never_sent_to_another() {
    let world = World::new();
    world.publish_metadata(&json!({}));
    let secret = world.login.canary.secret();
    let evil = world.attacker.url("");
    world.attacker.says(json!({ "issuer": evil, "token_endpoint": world.attacker.url("/token") }));
    let details = ServerDetails::new().with_issuer(&evil).with_token_endpoint(world.attacker.url("/token"));
    let flow = ClientCredentials::new(CLIENT_ID, secret);
    let victim = world.victim(flow, details).issuer(world.issuer()).build().unwrap();
    drop(victim.login().await);
    assert_eq!(world.login.provider.requests("/token").len(), 1, "only the issuer's own is asked");
    world.attacker.leaves_empty_handed(&world.login.provider).await;
}

#[tokio::test]
async fn a_secret_that_goes_to_a_provider_of_the_servers_choice_is_told_of_with_the_setting_that_binds_it() {
    let world = World::new();
    world.publish_metadata(&json!({}));
    let advice = "which only the server names as the provider; add .issuer(..) to the authenticator to bind it to one";
    let phrase = Phrase::listen_for(&format!("the client secret goes to: {}, {advice}", world.issuer()));
    let log_in = async |issuer: Option<String>| {
        let flow = ClientCredentials::new(CLIENT_ID, world.login.canary.secret());
        let client = world.client(flow, world.honest_details());
        let client = issuer.into_iter().fold(client, |client, issuer| client.issuer(issuer));
        drop(client.build().unwrap().login().await);
        phrase.times()
    };
    assert_eq!(log_in(Some(world.issuer())).await, 0, "the user names it");
    assert_eq!(log_in(None).await, 1);
    assert_eq!(world.login.provider.requests("/token").len(), 2);
}

#[tokio::test]
async fn honest_servers_of_the_same_shape_log_people_in() {
    for names_itself in [false, true] {
        for device in [false, true] {
            let world = World::new();
            world.publish_metadata(&json!({ "authorization_response_iss_parameter_supported": names_itself }));
            world.login.provider.set(|settings| settings.issuer = names_itself.then(|| world.issuer()));
            let details = world.honest_details();
            let builder =
                if device { world.client(DeviceCode::new(), details) } else { world.client(Pkce::new(), details) };
            let client = builder.build().unwrap();
            world.log_in(&client).await.unwrap();
            client.refresh_credentials().await.unwrap();
            assert_eq!(world.login.provider.requests("/.well-known/oauth-authorization-server").len(), 1);
        }
    }
}

#[tokio::test]
async fn an_honest_server_whose_issuer_is_its_own_origin_logs_people_in() {
    let world = World::new();
    let own = |path: &str| world.attacker.url(path);
    // Not an attacker this time: it is its own provider.
    let details = ServerDetails::new()
        .with_client_id(CLIENT_ID)
        .with_redirect_uri("http://127.0.0.1:0/callback")
        .with_authorization_endpoint(own("/authorize"))
        .with_token_endpoint(own("/token"));
    let client = world.victim(Pkce::new(), details).build().unwrap();
    world.log_in(&client).await.unwrap();
    assert_eq!(world.attacker.site.requests("/token").len(), 1);
}
