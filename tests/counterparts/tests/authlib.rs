//! A provider made with authlib, and grpc-go's server behind its tokens.
#![allow(missing_docs, reason = "tests say what they are by their names")]

use auth_runtime::{
    Authenticator, AuthenticatorBuilder, Interaction,
    flow::{ClientAuthentication, ClientCredentials, DeviceCode, Pkce},
};
use counterparts::{
    Kind, Process, Rejection, Server, at_once, call, here,
    testing::test_service_client::AuthenticatedTestServiceClient, tool,
};
use tests::{
    browser::Browser,
    prompt::{RecordingPrompt, Shown},
};
use tokio::process::Command;

// With what each decoder of HTTP Basic reads in a way of its own: authlib takes `+` for a plus.
const SECRET: &str = "a secret:%+/=&?\"~é";

/// The provider, the server, and the person.
struct World {
    provider: Process,
    url: String,
    server: Server,
    prompt: RecordingPrompt,
    browser: Browser,
    epoch: u64,
}

impl World {
    async fn new() -> Self {
        let script = here().join("python/authlib_provider.py");
        let provider = Process::start(Command::new(tool("venv/bin/python")).arg(script).arg(SECRET));
        let url = format!("http://127.0.0.1:{}", provider.says("ready ").await);
        let server = Server::start(&mut Command::new(tool("grpc-go-newest"))).await;
        Self { provider, url, server, prompt: RecordingPrompt::new(), browser: Browser::new(), epoch: 0 }
    }

    fn builder(&self) -> AuthenticatorBuilder {
        let endpoint = &self.server.counterpart.endpoint;
        Authenticator::builder(endpoint)
            .prompt(self.prompt.clone())
            .interaction(Interaction::Always)
            .without_provider_notes()
    }

    async fn client(&self, builder: AuthenticatorBuilder) -> AuthenticatedTestServiceClient {
        AuthenticatedTestServiceClient::new(builder.build().unwrap().connect().await.unwrap())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn machine(&self) -> ClientCredentials {
        ClientCredentials::new("machine", SECRET).token_url(self.url("/token")).scopes(["all"])
    }

    fn pkce(&self) -> Pkce {
        Pkce::new()
            .client_id("person")
            .authorization_url(self.url("/authorize"))
            .token_url(self.url("/token"))
            .redirect_uri("http://127.0.0.1:0/callback")
            .scopes(["all", "offline"])
    }

    /// Ends all access tokens.
    async fn revoke(&mut self) {
        self.epoch += 1;
        self.provider.tell(&format!("epoch {}", self.epoch)).await;
        self.provider.says("epoch").await;
        self.server.revoke(self.epoch).await;
    }

    /// How many tokens of this grant there were.
    async fn issued(&self, grant: &str) -> usize {
        self.provider.tell(&format!("issued {grant}")).await;
        self.provider.says("issued ").await.parse().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn machines_log_in_with_basic_and_in_the_body() {
    let mut world = World::new().await;
    for (number, authentication) in
        [ClientAuthentication::Basic, ClientAuthentication::RequestBody].into_iter().enumerate()
    {
        let flow = world.machine().client_authentication(authentication);
        let client = world.client(world.builder().flow(flow)).await;
        for kind in Kind::ALL {
            call(&client, kind, Rejection::Early).await.unwrap();
        }
        world.revoke().await;
        let failed = at_once(&client, 500).await;
        assert!(failed.is_empty(), "{failed:#?}");
        assert_eq!(world.issued("client_credentials").await, 2 * (number + 1));
    }
    let wrong = ClientCredentials::new("machine", "wrong").token_url(world.url("/token"));
    let error = world.builder().flow(wrong).build().unwrap().login().await.unwrap_err();
    assert_eq!(error.oauth_error(), Some("invalid_client"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_logs_in_once_and_again_when_the_refresh_token_is_forgotten() {
    let mut world = World::new().await;
    let client = world.client(world.builder().flow(world.pkce())).await;
    let first = tokio::spawn({
        let client = client.clone();
        async move { call(&client, Kind::Bidi, Rejection::Late).await }
    });
    let page = world.browser.visit(&world.prompt.page(0).await).await;
    assert!(page.body.contains("You are logged in"), "{}", page.body);
    first.await.unwrap().unwrap();

    // Each refresh brings another refresh token, and the one before counts no longer.
    for refreshes in 1..=3 {
        world.revoke().await;
        let failed = at_once(&client, 100).await;
        assert!(failed.is_empty(), "{failed:#?}");
        assert_eq!(world.issued("refresh_token").await, refreshes);
    }

    world.provider.tell("forget").await;
    world.provider.says("forgotten").await;
    world.revoke().await;
    let again = tokio::spawn(async move { call(&client, Kind::Unary, Rejection::Early).await });
    world.browser.visit(&world.prompt.page(1).await).await;
    again.await.unwrap().unwrap();
    assert_eq!((world.issued("authorization_code").await, world.prompt.shown().len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_logs_in_on_another_device() {
    let mut world = World::new().await;
    let flow = DeviceCode::new()
        .client_id("person")
        .device_authorization_url(world.url("/device/code"))
        .token_url(world.url("/token"))
        .scopes(["all", "offline"]);
    let client = world.client(world.builder().flow(flow)).await;
    let first = tokio::spawn({
        let client = client.clone();
        async move { call(&client, Kind::ServerStreaming, Rejection::Early).await }
    });
    let Shown::DeviceCode { verification_uri_complete, .. } = world.prompt.nth(0).await else { panic!("no code") };
    world.browser.visit(&verification_uri_complete.unwrap()).await;
    first.await.unwrap().unwrap();

    world.revoke().await;
    call(&client, Kind::ClientStreaming, Rejection::Late).await.unwrap();
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    assert_eq!((world.issued(grant).await, world.issued("refresh_token").await), (1, 1));
}
