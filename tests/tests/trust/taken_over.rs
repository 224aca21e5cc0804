//! A server that people have logged in to before, and that somebody else has taken over since. Its new login page sends the
//! browser on to the honest provider, which names itself nowhere: no look at a response shows it. That the server named
//! another provider before does.

use auth_runtime::{
    AuthError, AuthErrorKind, Authenticator, AuthenticatorBuilder, Credentials, Interaction, ServerDetails,
    flow::{ClientCredentials, DeviceCode, Pkce},
    store::{FileStore, MemoryStore},
};
use serde_json::{Value, json};
use tests::{
    browser, canary,
    guard::within_reason,
    identity_provider::{CLIENT_ID, IdentityProvider},
    login::Login,
    prompt::Shown,
    token_endpoint::Answer,
};

use crate::{
    attacker::Attacker,
    world::{Published, World},
};

pub(crate) fn pkce() -> Pkce {
    Pkce::new().redirect_uri("http://127.0.0.1:0/callback")
}

/// A world in which logins last no longer than a moment, so that each client needs one of its own.
pub(crate) fn world() -> World {
    let world = World::new();
    world.publish_metadata(&json!({}));
    world.login.provider.set(|settings| settings.lifetime = 1);
    world
}

/// What the server says once it belongs to the attacker: all of one piece, nothing is mixed.
pub(crate) fn of_the_attacker(world: &World) -> ServerDetails {
    let own = |path: &str| world.attacker.url(path);
    world.attacker.says(json!({
        "issuer": own(""), "authorization_endpoint": own("/authorize"), "token_endpoint": own("/token"),
    }));
    world
        .honest_details()
        .with_issuer(own(""))
        .with_authorization_endpoint(own("/authorize"))
        .with_token_endpoint(own("/token"))
}

/// The login of a person whom the attacker's page sends on to the honest provider, where they agree.
pub(crate) async fn lured(world: &World, victim: &Authenticator) -> Result<Credentials, AuthError> {
    let shown = world.login.prompt.shown().len();
    let person = async {
        let page: url::Url = world.login.authorization(shown).await.parse().unwrap();
        let query = page.query().unwrap_or_default().to_owned();
        drop(world.login.browser.visit(&format!("{}?{query}", world.login.provider.url("/authorize"))).await);
        std::future::pending::<()>().await;
    };
    let outcome = tokio::select! { outcome = victim.login() => outcome, () = person => unreachable!() };
    canary::observe(&outcome);
    outcome
}

/// The login of a person who goes wherever the newest page sends them.
pub(crate) async fn log_in(world: &World, client: &Authenticator) -> Result<Credentials, AuthError> {
    let shown = world.login.prompt.shown().len();
    let person = async {
        world.login.log_in(shown).await;
        std::future::pending::<()>().await;
    };
    let login = within_reason("a login", client.login());
    let outcome = tokio::select! { outcome = login => outcome, () = person => unreachable!() };
    canary::observe(&outcome);
    outcome
}

/// What a person is asked about, as one line of which each part is looked for.
pub(crate) fn assert_asked(world: &World, parts: &[&str]) {
    let asked = world.login.prompt.changes();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(parts.iter().all(|part| asked[0].contains(part)), "{asked:?}");
}

#[tokio::test]
async fn its_page_sends_the_browser_on_and_the_attacker_gets_no_code() {
    let folder = tempfile::tempdir().unwrap();
    let (world, store) = (world(), || FileStore::new(folder.path()));
    let before = world.client(pkce(), world.honest_details()).store(store()).build().unwrap();
    world.log_in(&before).await.unwrap();

    // Another process, which finds what the first has left behind.
    let victim = world.client(pkce(), of_the_attacker(&world)).store(store()).build().unwrap();
    let error = lured(&world, &victim).await.unwrap_err();
    world.attacker.leaves_empty_handed(&world.login.provider).await;
    assert_eq!(world.attacker.requests(), 0);
    assert_asked(&world, &["provider: http://idp.test", " -> http://evil.test"]);
    assert_eq!((error.kind(), error.setting()), (AuthErrorKind::Configuration, Some("issuer")), "{error}");
    let was_and_is =
        error.to_string().contains("was `http://idp.test") && error.to_string().contains("is now `http://evil");
    assert!(was_and_is && error.to_string().contains("add .issuer(..)"), "{error}");
    assert_eq!(world.login.prompt.shown().len(), 1, "nobody was sent to the attacker's page");
}

#[tokio::test]
async fn a_change_that_the_person_agrees_to_is_asked_about_once() {
    let store = MemoryStore::new();
    let world = world();
    let client = |details: ServerDetails| world.client(pkce(), details).store(store.clone()).build().unwrap();
    for _ in 0..2 {
        log_in(&world, &client(world.honest_details())).await.unwrap();
        world.login.provider.revoke_refresh_tokens();
    }
    assert_eq!(world.login.prompt.changes().len(), 0, "the same provider is nothing to ask about");

    // Not an attacker this time, but another provider of the same company.
    let moved = of_the_attacker(&world);
    world.login.prompt.agrees(true);
    let (moved_to, logins) = (client(moved.clone()), world.login.prompt.shown().len());
    lured(&world, &moved_to).await.unwrap();
    assert_asked(&world, &["provider: http://idp.test", " -> http://evil.test"]);
    assert_eq!(world.login.prompt.shown().len(), logins + 1);
    let again = client(moved);
    lured(&world, &again).await.unwrap();
    assert_eq!(world.login.prompt.changes().len(), 1, "it is the provider now");
}

#[tokio::test]
async fn where_the_user_has_said_who_the_provider_is_there_is_no_question() {
    let store = MemoryStore::new();
    let world = world();
    let other = world.client(pkce(), of_the_attacker(&world)).store(store.clone()).build().unwrap();
    lured(&world, &other).await.unwrap();
    let bound = world.client(pkce(), of_the_attacker(&world)).store(store).issuer(world.issuer());
    log_in(&world, &bound.build().unwrap()).await.unwrap();
    assert_eq!(world.login.provider.requests("/token").len(), 1, "the user's word counts");
    assert!(world.login.prompt.changes().is_empty());
}

/// A login on another device, on one machine: the page that a person is sent to is this machine's.
#[tokio::test]
async fn a_device_code_that_the_attacker_has_begun_elsewhere_is_not_shown() {
    for agrees in [false, true] {
        let (login, store) = (Login::new(), MemoryStore::new());
        let page = |provider: &IdentityProvider| provider.url("/activate");
        let device = json!({ "expires_in": 600, "interval": 1, "verification_uri": page(&login.provider) });
        login.provider.set(|settings| (settings.device, settings.lifetime) = (device, 1));
        let attacker = Attacker::start(&login.canary);
        let details = |provider: &IdentityProvider| {
            ServerDetails::new()
                .with_client_id(CLIENT_ID)
                .with_device_authorization_endpoint(provider.url("/device"))
                .with_token_endpoint(provider.url("/token"))
        };
        let client = |provider: &IdentityProvider| {
            let builder = login.builder(DeviceCode::new()).discovery(Published(details(provider)));
            builder.store(store.clone()).build().unwrap()
        };
        let person = |number: usize| {
            let login = &login;
            async move {
                let Shown::DeviceCode { user_code, .. } = login.prompt.nth(number).await else { panic!("a page") };
                login.provider.decide(&user_code, true);
                std::future::pending::<()>().await;
            }
        };
        let before = client(&login.provider);
        let outcome = tokio::select! { outcome = before.login() => outcome, () = person(0) => unreachable!() };
        canary::observe(&outcome.unwrap());
        login.provider.revoke_refresh_tokens();

        // The attacker begins a login at the honest provider, and has it answered by whoever logs in here.
        let begun = browser::post_form(&login.provider.url("/device"), &[], &[("client_id", CLIENT_ID)]).await.unwrap();
        let mut begun: Value = serde_json::from_str(&begun.body).unwrap();
        let device_code = begun["device_code"].as_str().unwrap().to_owned();
        begun["device_code"] = "bait".into();
        begun["verification_uri"] = page(&attacker.site).into();
        attacker.site.publish("/device", Answer::json(200, begun));
        login.prompt.agrees(agrees);
        let victim = client(&attacker.site);
        let outcome = tokio::select! { outcome = victim.login() => outcome, () = person(1) => unreachable!() };
        let grant = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", &device_code),
            ("client_id", CLIENT_ID),
        ];
        let redeemed = browser::post_form(&login.provider.url("/token"), &[], &grant).await.unwrap();
        assert_eq!((redeemed.status == 200, outcome.is_ok()), (agrees, agrees), "a login for the attacker");
        assert_eq!(login.prompt.shown().len(), 1 + usize::from(agrees));
    }
}

#[tokio::test]
async fn a_client_secret_is_not_sent_to_another_provider_than_before() {
    for interaction in [Interaction::Never, Interaction::Always] {
        let folder = tempfile::tempdir().unwrap();
        let world = world();
        world.login.provider.publish("/token", Answer::token("token", 3600));
        let secret = world.login.canary.secret();
        let client = |details: ServerDetails| {
            let flow = ClientCredentials::new(CLIENT_ID, &secret);
            let builder = world.client(flow, details).store(FileStore::new(folder.path()));
            builder.interaction(interaction).build().unwrap()
        };
        for _ in 0..2 {
            client(world.honest_details()).login().await.unwrap();
        }
        let error = client(of_the_attacker(&world)).login().await.unwrap_err();
        world.attacker.leaves_empty_handed(&world.login.provider).await;
        assert_eq!(world.attacker.requests(), 0);
        assert_eq!((error.kind(), error.setting()), (AuthErrorKind::Configuration, Some("issuer")), "{error}");
        let asked = usize::from(interaction == Interaction::Always);
        assert_eq!(world.login.prompt.changes().len(), asked, "without a terminal there is nobody to ask");
        client(world.honest_details()).login().await.unwrap();
    }
}

/// The provider stays, and grants more than before, or to somebody else.
#[tokio::test]
async fn what_it_asks_for_at_the_same_provider_is_not_more_than_before() {
    type Change = fn(ServerDetails) -> ServerDetails;
    let asks: [(&str, Change); 4] = [
        ("client_id", |details| details.with_client_id("the attacker's client")),
        ("scopes", |details| details.with_scopes(["all", "admin"])),
        ("audience", |details| details.with_audience("https://bank.test")),
        ("redirect_uri", |details| details.with_redirect_uri("http://localhost:0/another")),
    ];
    for (setting, change) in asks {
        let (world, store) = (world(), MemoryStore::new());
        let details = || world.honest_details().with_scopes(["all"]).with_redirect_uri("http://127.0.0.1:0/callback");
        let client = |details: ServerDetails| world.client(Pkce::new(), details).store(store.clone()).build().unwrap();
        log_in(&world, &client(details())).await.unwrap();
        world.login.provider.revoke_refresh_tokens();

        let error = log_in(&world, &client(change(details()))).await.unwrap_err();
        assert_eq!(error.setting(), Some(setting), "{error}");
        assert!(error.to_string().contains(&format!("add .{setting}(..) to the flow")), "{error}");
        assert_eq!(world.login.prompt.shown().len(), 1, "{setting}: nobody was sent to a page");
        assert_eq!(world.login.provider.requests("/authorize").len(), 1, "{setting}");

        // Less than before takes nothing from anybody.
        log_in(&world, &client(details().with_scopes(Vec::<String>::new()))).await.unwrap();
    }
}

/// Some providers give tokens for other scopes than those of the login, or for another server, for one refresh token.
#[tokio::test]
async fn a_refresh_asks_for_no_scope_that_nobody_has_agreed_to() {
    for (now, asked) in [(vec!["mail.read", "all"], "all"), (vec!["mail.read"], "")] {
        let (world, store) = (world(), MemoryStore::new());
        let client = |scopes: Vec<&str>| {
            let flow = pkce().scope_on_refresh(true);
            let details = world.honest_details().with_scopes(scopes);
            world.client(flow, details).store(store.clone()).build().unwrap()
        };
        log_in(&world, &client(vec!["all", "offline"])).await.unwrap();
        client(now).login().await.unwrap();
        let requests = world.login.provider.requests("/token");
        let refresh = requests.iter().rfind(|request| request.field("refresh_token").is_some()).unwrap();
        assert_eq!(refresh.field("scope").unwrap_or_default(), asked);
    }
}

#[tokio::test]
async fn a_prompt_that_knows_no_changes_refuses_them() {
    use auth_runtime::{BrowserPrompt, DeviceCodePrompt, LoginPrompt};
    struct Old(tests::prompt::RecordingPrompt);
    impl LoginPrompt for Old {
        fn browser(&self, request: &BrowserPrompt<'_>) {
            self.0.browser(request);
        }
        fn device_code(&self, request: &DeviceCodePrompt<'_>) {
            self.0.device_code(request);
        }
    }
    let (world, store) = (world(), MemoryStore::new());
    world.login.prompt.agrees(true);
    let client = |details: ServerDetails| -> AuthenticatorBuilder {
        world.client(pkce(), details).store(store.clone()).prompt(Old(world.login.prompt.clone()))
    };
    world.log_in(&client(world.honest_details()).build().unwrap()).await.unwrap();
    let error = lured(&world, &client(of_the_attacker(&world)).build().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), AuthErrorKind::Configuration, "{error}");
    world.attacker.leaves_empty_handed(&world.login.provider).await;
}
