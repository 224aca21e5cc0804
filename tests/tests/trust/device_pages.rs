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

use crate::{attacker::Attacker, world::Published};

fn own(provider: &IdentityProvider) -> ServerDetails {
    ServerDetails::new()
        .with_client_id(CLIENT_ID)
        .with_device_authorization_endpoint(provider.url("/device"))
        .with_token_endpoint(provider.url("/token"))
}

/// A login that the attacker has begun at the honest provider, and shows as one of its own.
async fn begun_elsewhere(login: &Login, attacker: &Attacker) -> String {
    let url = login.provider.url("/device");
    let begun = browser::post_form(&url, &[], &[("client_id", CLIENT_ID)]).await.unwrap();
    let mut begun: Value = serde_json::from_str(&begun.body).unwrap();
    let device_code = begun["device_code"].as_str().unwrap().to_owned();
    begun["device_code"] = "bait".into();
    begun["interval"] = 1.into();
    attacker.site.publish("/device", Answer::json(200, begun));
    device_code
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
    let device_code = begun_elsewhere(&login, &attacker).await;
    let victim = login.builder(DeviceCode::new()).discovery(Published(own(&attacker.site))).build().unwrap();
    let error = with_person(&login, victim.login()).await.unwrap_err();
    canary::observe_error(&error);
    assert_ne!(redeem(&login, &device_code).await, 200, "the attacker is logged in as the victim");
    assert_eq!(error.kind(), AuthErrorKind::InvalidResponse, "{error}");
    assert!(error.to_string().contains("set its issuer"), "{error}");
    assert!(login.prompt.shown().is_empty());
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
