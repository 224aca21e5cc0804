//! Device logins of others: whoever has begun one at a provider sends people to that provider's page, with their own code.

use auth_runtime::{AuthErrorKind, ServerDetails, flow::DeviceCode};
use serde_json::{Value, json};
use tests::{
    browser, canary,
    identity_provider::{CLIENT_ID, IdentityProvider},
    login::Login,
    prompt::Shown,
    token_endpoint::Answer,
};

use crate::{
    attacker::Attacker,
    world::{Published, World},
};

fn own(provider: &IdentityProvider) -> ServerDetails {
    ServerDetails::new()
        .with_client_id(CLIENT_ID)
        .with_device_authorization_endpoint(provider.url("/device"))
        .with_token_endpoint(provider.url("/token"))
}

/// A login that the attacker has begun at the honest provider, and shows as one of its own.
async fn begun_elsewhere(login: &Login, attacker: &Attacker) -> (String, Value) {
    let url = login.provider.url("/device");
    let begun = browser::post_form(&url, &[], &[("client_id", CLIENT_ID)]).await.unwrap();
    let mut begun: Value = serde_json::from_str(&begun.body).unwrap();
    let device_code = begun["device_code"].as_str().unwrap().to_owned();
    begun["device_code"] = "bait".into();
    begun["interval"] = 1.into();
    attacker.site.publish("/device", Answer::json(200, begun.clone()));
    (device_code, begun)
}

async fn redeem(login: &Login, device_code: &str) -> u16 {
    let grant = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", device_code),
        ("client_id", CLIENT_ID),
    ];
    browser::post_form(&login.provider.url("/token"), &[], &grant).await.unwrap().status
}

async fn with_person<T>(login: &Login, outcome: impl Future<Output = T>) -> T {
    let person = async {
        let Shown::DeviceCode { user_code, .. } = login.prompt.nth(0).await else { panic!("a page") };
        login.provider.decide(&user_code, true);
        std::future::pending::<()>().await;
    };
    tokio::select! { outcome = outcome => outcome, () = person => unreachable!() }
}

#[tokio::test]
async fn a_person_is_not_sent_to_the_page_of_another_provider_than_the_one_that_the_server_names() {
    let login = Login::new();
    let attacker = Attacker::start(&login.canary);
    let (device_code, _) = begun_elsewhere(&login, &attacker).await;
    let victim = login.builder(DeviceCode::new()).discovery(Published(own(&attacker.site))).build().unwrap();
    let error = with_person(&login, victim.login()).await.unwrap_err();
    canary::observe_error(&error);
    assert_ne!(redeem(&login, &device_code).await, 200, "the attacker is logged in as the victim");
    assert_eq!(error.kind(), AuthErrorKind::InvalidResponse, "{error}");
    assert!(error.to_string().contains("set its issuer"), "{error}");
    assert!(login.prompt.shown().is_empty());
}

/// A browser skips line ends in a URL, and a terminal ends the link at them: the page that was checked is the attacker's, the
/// one that a person would open is the honest provider's, where the attacker's code waits.
#[tokio::test]
async fn a_person_is_shown_the_page_that_was_checked_and_no_other_that_its_address_begins_with() {
    let addresses =
        ["http://idp.test\n.evil.test", "http://idp.test\t\t.evil.test", "http://idp.test@idp.test.evil.test"];
    for address in addresses {
        let world = World::new();
        let evil = |path: &str| world.attacker.site.url_as("idp.test.evil.test", path);
        let (device_code, mut shown) = begun_elsewhere(&world.login, &world.attacker).await;
        let port = evil("").rsplit(':').next().unwrap().to_owned();
        shown["verification_uri"] = format!("{address}:{port}/activate").into();
        world.attacker.site.publish("/device", Answer::json(200, shown));
        let details = ServerDetails::new()
            .with_client_id(CLIENT_ID)
            .with_device_authorization_endpoint(evil("/device"))
            .with_token_endpoint(evil("/token"));
        let victim = world.client_of(&evil(""), DeviceCode::new(), details).build().unwrap();
        let person = async {
            let Shown::DeviceCode { verification_uri, user_code, .. } = world.login.prompt.nth(0).await else {
                panic!("a page")
            };
            // What a terminal makes a link of, and what a person reads as the host.
            let link = verification_uri.split_whitespace().next().unwrap_or_default();
            let host = link.trim_start_matches("http://").split(['/', ':', '@']).next().unwrap_or_default();
            world.login.provider.decide(&user_code, host == "idp.test");
            host.to_owned()
        };
        let (host, outcome) = tokio::join!(person, victim.login());
        canary::observe(&outcome);
        assert_ne!(
            redeem(&world.login, &device_code).await,
            200,
            "{address:?}: the attacker is logged in as the victim"
        );
        assert_eq!(host, "idp.test.evil.test", "{address:?}");
    }
}

#[tokio::test]
async fn an_honest_provider_sends_them_to_its_own_page_and_one_that_is_set_wherever_it_likes() {
    for (set, page) in [(false, None), (true, Some("https://login.example/activate"))] {
        let login = Login::new();
        let mut device = json!({ "expires_in": 600, "interval": 1 });
        if let Some(page) = page {
            device["verification_uri"] = page.into();
        }
        login.provider.set(|settings| settings.device = device);
        let builder = match set {
            true => login.builder(login.device_code()),
            false => login.builder(DeviceCode::new()).discovery(Published(own(&login.provider))),
        };
        let client = builder.build().unwrap();
        canary::observe(&with_person(&login, client.login()).await.unwrap());
    }
}
