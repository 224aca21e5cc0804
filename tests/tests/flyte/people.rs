//! A person's login, from nothing but a configuration: the server says where and how.

use std::time::Duration;

use auth_runtime::{
    Interaction,
    flyte::{Config, Connection, Connector},
    store::{CredentialsStore as _, MemoryStore, StoreKey},
};
use tests::{
    browser,
    call::{Kind, call, spawn},
    canary::{self, Phrase},
    identity_provider::CLIENT_ID,
    login::Login,
    peer::{Answer, Peer},
    prompt::Shown,
};
use tonic::Code;

use crate::{
    connection::{client, success},
    support::Surroundings,
};

/// All that a Flyte server with a provider for people says about itself.
#[derive(Clone, PartialEq, prost::Message)]
struct Metadata {
    #[prost(string, tag = "2")]
    authorization_endpoint: String,
    #[prost(string, tag = "3")]
    token_endpoint: String,
    #[prost(string, tag = "10")]
    device_authorization_endpoint: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ClientConfig {
    #[prost(string, tag = "1")]
    client_id: String,
    #[prost(string, tag = "2")]
    redirect_uri: String,
    #[prost(string, repeated, tag = "3")]
    scopes: Vec<String>,
    #[prost(string, tag = "4")]
    authorization_metadata_key: String,
}

struct World {
    login: Login,
    flyte: Peer,
    store: MemoryStore,
}

impl World {
    fn new() -> Self {
        let login = Login::new();
        let token_endpoint = login.provider.url("/token");
        Self::publishing(login, token_endpoint, CLIENT_ID)
    }

    /// With a server that names this token endpoint and this client.
    fn publishing(login: Login, token_endpoint: String, client_id: &str) -> Self {
        let metadata = Metadata {
            authorization_endpoint: login.provider.url("/authorize"),
            token_endpoint,
            device_authorization_endpoint: login.provider.url("/device"),
        };
        let config = ClientConfig {
            client_id: client_id.to_owned(),
            redirect_uri: "http://127.0.0.1:0/callback".to_owned(),
            scopes: vec!["all".to_owned(), "offline".to_owned()],
            authorization_metadata_key: "flyte-authorization".to_owned(),
        };
        let tokens = login.tokens.clone();
        let flyte = Peer::start(move |exchange| {
            let answer = match exchange.record().path() {
                "/flyteidl.service.AuthMetadataService/GetOAuth2Metadata" => Answer::message(&metadata),
                "/flyteidl.service.AuthMetadataService/GetPublicClientConfig" => Answer::message(&config),
                _ if tokens.admit(exchange.headers(), "flyte-authorization") => success(),
                _ => Answer::rejected(),
            };
            exchange.run(answer)
        });
        Self { login, flyte, store: MemoryStore::new() }
    }

    /// As a program connects that is configured by this file, apart from who is asked and what is kept where.
    async fn connect(&self, more: &str) -> Connection {
        let endpoint = self.flyte.address();
        let text = format!("admin:\n  endpoint: dns:///{endpoint}\n  insecure: true\n  disableKeyring: true\n{more}");
        self.connect_as(Surroundings::with_yaml(&text).config()).await
    }

    async fn connect_as(&self, config: Config) -> Connection {
        let (prompt, store) = (self.login.prompt.clone(), self.store.clone());
        let connector = Connector::new(config)
            .store(store)
            .adjust(|builder| builder.without_provider_notes())
            .prompt(prompt)
            .adjust(|builder| builder.interaction(Interaction::Always));
        let connection = connector.connect().await.unwrap();
        canary::observe(&connection);
        connection
    }

    async fn approve_device(&self) {
        match self.login.prompt.nth(0).await {
            Shown::DeviceCode { user_code, .. } => self.login.provider.decide(&user_code, true),
            Shown::Browser { .. } => panic!("a page was shown"),
        }
    }
}

#[tokio::test]
async fn without_any_auth_type_a_call_logs_in_through_the_browser() {
    let world = World::new();
    let connection = world.connect("").await;
    let waiting = spawn(&client(&connection), Kind::Unary);
    let page = browser::visit(&world.login.prompt.page(0).await).await;
    assert_eq!(page.status, 200);
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);

    // The next run of the program finds the login, and the header that it goes into.
    let next = world.connect("  authType: Pkce\n").await;
    let before = world.flyte.requests().len();
    for kind in Kind::ALL {
        assert_eq!(call(&client(&next), kind).await.code(), Code::Ok, "{kind:?}");
    }
    assert_eq!(world.flyte.requests().len(), before + 4, "nothing was rejected, nothing was asked");
    assert_eq!(world.login.prompt.shown().len(), 1);
    let key = StoreKey::new(world.flyte.endpoint(), "", "person");
    assert!(world.store.load(&key).await.unwrap().is_some());
}

#[tokio::test]
async fn a_device_flow_is_a_code_to_enter_anywhere() {
    let world = World::new();
    world.login.provider.set(|settings| settings.device = serde_json::json!({ "expires_in": 600, "interval": 1 }));
    let connection = world.connect("  authType: DeviceFlow\n").await;
    let waiting = spawn(&client(&connection), Kind::Unary);
    world.approve_device().await;
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    let requests = world.login.provider.requests("/device");
    assert_eq!(requests[0].field("scope"), Some("all offline"));
    world.login.tokens.revoke_all();
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(world.login.prompt.shown().len(), 1, "the refresh token needs nobody");
}

#[tokio::test]
async fn what_is_set_locally_for_a_persons_login_wins_over_what_the_server_says() {
    for (auth_type, path) in [("Pkce", "/authorize"), ("DeviceFlow", "/device")] {
        let login = Login::new();
        let token_url = login.provider.url("/token");
        // Neither is of any use.
        let world = World::publishing(login, "http://127.0.0.1:1/token".to_owned(), "somebody else");
        let provider = &world.login.provider;
        provider.set(|settings| settings.device = serde_json::json!({ "expires_in": 600, "interval": 1 }));
        let more = format!(
            "  authType: {auth_type}\n  publicClientId: {CLIENT_ID}\n  tokenUrl: {token_url}\n  scopes: [narrow]\n  \
             audience: mine\n"
        );
        let connection = world.connect(&more).await;
        let waiting = spawn(&client(&connection), Kind::Unary);
        match auth_type {
            "Pkce" => drop(browser::visit(&world.login.prompt.page(0).await).await),
            _ => world.approve_device().await,
        }
        assert_eq!(waiting.await.unwrap().code(), Code::Ok, "{auth_type}");
        let request = provider.requests(path).remove(0);
        let fields = ["client_id", "scope", "audience"].map(|name| request.field(name));
        assert_eq!(fields, [Some(CLIENT_ID), Some("narrow"), Some("mine")], "{auth_type}");
    }
}

#[tokio::test]
async fn people_log_in_as_the_servers_client_whatever_client_is_set_for_programs() {
    for auth_type in ["Pkce", "DeviceFlow"] {
        let world = World::new();
        world.login.provider.set(|settings| settings.device = serde_json::json!({ "expires_in": 600, "interval": 1 }));
        let more = format!("  authType: {auth_type}\n  clientId: flytepropeller\n");
        let connection = world.connect(&more).await;
        let [warning] = connection.config().warnings() else { panic!("{:?}", connection.config().warnings()) };
        assert!(warning.contains("admin.clientId") && warning.contains("config.yaml:6"), "{warning}");
        assert!(warning.contains("set FLYTE_ADMIN_PUBLICCLIENTID"), "{warning}");
        let waiting = spawn(&client(&connection), Kind::Unary);
        match auth_type {
            "Pkce" => drop(browser::visit(&world.login.prompt.page(0).await).await),
            _ => world.approve_device().await,
        }
        assert_eq!(waiting.await.unwrap().code(), Code::Ok, "{auth_type}");
    }
    // Nobody has said how to log in, so the warning is the connection's.
    let phrase = Phrase::listen_for("admin.clientId (/");
    let world = World::new();
    assert!(world.connect("  clientId: flytepropeller\n").await.config().warnings().is_empty());
    assert!(phrase.was_said());
}

#[tokio::test]
async fn people_log_in_as_the_client_that_is_set_where_the_server_names_none() {
    let login = Login::new();
    let token_endpoint = login.provider.url("/token");
    let world = World::publishing(login, token_endpoint, "");
    let connection = world.connect(&format!("  authType: Pkce\n  clientId: {CLIENT_ID}\n")).await;
    let waiting = spawn(&client(&connection), Kind::Unary);
    drop(browser::visit(&world.login.prompt.page(0).await).await);
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
}

#[tokio::test]
async fn people_can_log_in_at_the_endpoint_of_a_file_of_the_working_directory() {
    let world = World::new();
    let surroundings = Surroundings::new();
    let text = format!("admin:\n  endpoint: dns:///{}\n  insecure: true\n  scopes: [narrow]\n", world.flyte.address());
    surroundings.write("work/.flyte/config.yaml", &text);
    let connection = world.connect_as(surroundings.config()).await;
    let waiting = spawn(&client(&connection), Kind::Unary);
    drop(browser::visit(&world.login.prompt.page(0).await).await);
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);
    assert_eq!(world.login.provider.requests("/authorize")[0].field("scope"), Some("narrow"));
}

#[tokio::test]
async fn the_configuration_says_how_long_a_person_is_waited_for() {
    for (auth_type, config) in [("Pkce", "pkceConfig"), ("DeviceFlow", "deviceFlowConfig")] {
        let world = World::new();
        let connection = world.connect(&format!("  authType: {auth_type}\n  {config}:\n    timeout: 300ms\n")).await;
        let error = connection.authenticator().login().await.unwrap_err();
        assert!(error.timeout() == Some(Duration::from_millis(300)), "{auth_type}: {error:?}");
        assert_eq!(world.login.prompt.shown().len(), 1, "{auth_type}");
    }
}
