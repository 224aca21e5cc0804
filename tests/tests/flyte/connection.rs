//! From a configuration to calls over real sockets.

use std::sync::Arc;

use auth_runtime::{
    AuthErrorKind, Credentials,
    flyte::{Config, Connection, Connector},
    limits::Limits,
};
use prost::Message as _;
use tests::{
    call::{Kind, call},
    calls::{Message, calls_client::AuthenticatedCallsClient},
    canary::{self, Canary},
    meter::Meter,
    peer::{Answer, Peer, Tokens},
    token_endpoint::TokenEndpoint,
};
use tonic::Code;

use crate::support::{self, Surroundings};

/// What a Flyte server says about logging in to it.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Metadata {
    #[prost(string, tag = "3")]
    pub(crate) token_endpoint: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ClientConfig {
    #[prost(string, repeated, tag = "3")]
    pub(crate) scopes: Vec<String>,
    #[prost(string, tag = "4")]
    pub(crate) authorization_metadata_key: String,
    #[prost(string, tag = "6")]
    pub(crate) audience: String,
}

/// A Flyte server with a provider. Tokens are wanted in `key`; what it publishes is `flyte-authorization`.
pub(crate) struct Flyte {
    pub(crate) peer: Peer,
    pub(crate) provider: TokenEndpoint,
    pub(crate) secret: String,
    // Its drop looks for the secrets.
    _canary: Arc<Canary>,
}

impl Flyte {
    pub(crate) fn start(key: &'static str) -> Self {
        Self::issuing_for(key, 600)
    }

    /// With tokens that last so many seconds.
    pub(crate) fn issuing_for(key: &'static str, lifetime: u64) -> Self {
        let canary = Arc::new(Canary::new());
        let tokens = Tokens::new();
        let secret = canary.secret();
        let provider = support::provider(&canary, &tokens, &secret, lifetime);
        let metadata = Metadata { token_endpoint: provider.url() };
        let peer = Peer::start(move |exchange| {
            let answer = match public(exchange.record().path(), &metadata) {
                Some(answer) => answer,
                None if tokens.admit(exchange.headers(), key) => success(),
                None => Answer::rejected(),
            };
            exchange.run(answer)
        });
        Self { peer, provider, secret, _canary: canary }
    }

    /// A token that the server accepts, got without it.
    pub(crate) async fn provider_token(&self) -> String {
        use secrecy::ExposeSecret as _;

        let flow =
            auth_runtime::flow::ClientCredentials::new("my-service", &self.secret).token_url(self.provider.url());
        let authenticator = auth_runtime::Authenticator::builder(self.peer.endpoint()).flow(flow).build().unwrap();
        authenticator.login().await.unwrap().access_token().expose_secret().to_owned()
    }

    /// A configuration that logs in with the secret from a file.
    pub(crate) fn surroundings(&self, more: &str) -> Surroundings {
        let mut surroundings = Surroundings::new();
        let secret = surroundings.write("secret", &format!("{}\n", self.secret));
        let text = format!(
            "admin:\n  endpoint: dns:///{}\n  insecure: true\n  clientId: my-service\n  clientSecretLocation: {}\n{more}",
            self.peer.address(),
            secret.display(),
        );
        let file = surroundings.write("named.yaml", &text);
        surroundings = surroundings.set("FLYTECTL_CONFIG", file);
        surroundings
    }
}

/// What anybody may ask.
pub(crate) fn public(path: &str, metadata: &Metadata) -> Option<Answer> {
    match path {
        "/flyteidl.service.AuthMetadataService/GetOAuth2Metadata" => Some(Answer::message(metadata)),
        "/flyteidl.service.AuthMetadataService/GetPublicClientConfig" => Some(Answer::message(&ClientConfig {
            scopes: vec!["all".to_owned()],
            authorization_metadata_key: "flyte-authorization".to_owned(),
            audience: "published".to_owned(),
        })),
        _ => None,
    }
}

pub(crate) fn success() -> Answer {
    Answer::message(&Message { number: 1, ..Message::default() })
}

pub(crate) async fn connect(config: Config) -> Connection {
    let connection = Connector::new(config).connect().await.unwrap();
    canary::observe(&connection);
    connection
}

pub(crate) fn client(connection: &Connection) -> AuthenticatedCallsClient {
    connection.client()
}

#[tokio::test]
async fn one_call_connects_and_the_first_rejection_logs_in_as_the_server_says() {
    let flyte = Flyte::start("flyte-authorization");
    let surroundings = flyte.surroundings("");
    let connection = connect(surroundings.config()).await;
    for kind in Kind::ALL {
        assert_eq!(call(&client(&connection), kind).await.code(), Code::Ok, "{kind:?}");
    }
    let request = flyte.provider.only_request();
    assert_eq!((request.field("scope"), request.field("audience")), (Some("all"), Some("published")));
    assert_eq!(connection.authenticator().statistics().logins(), 1);
}

#[tokio::test]
async fn what_is_set_locally_wins_over_what_the_server_says() {
    let flyte = Flyte::start("x-mesh-authorization");
    let more = "  authorizationHeader: X-Mesh-Authorization\n  scopes: [narrow]\n  audience: mine\n";
    let surroundings = flyte.surroundings(more);
    let connection = connect(surroundings.config()).await;
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Ok);
    let request = flyte.provider.only_request();
    assert_eq!((request.field("scope"), request.field("audience")), (Some("narrow"), Some("mine")));
}

#[tokio::test]
async fn the_servers_audience_is_left_out_if_that_is_set() {
    let flyte = Flyte::start("flyte-authorization");
    let surroundings = flyte.surroundings("  useAudienceFromAdmin: false\n");
    let connection = connect(surroundings.config()).await;
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(flyte.provider.only_request().field("audience"), None);
}

#[tokio::test]
async fn the_servers_audience_wins_over_ones_own_if_that_is_said() {
    let flyte = Flyte::start("flyte-authorization");
    let surroundings = flyte.surroundings("  audience: mine\n  useAudienceFromAdmin: true\n");
    let connection = connect(surroundings.config()).await;
    let [warning] = connection.config().warnings() else { panic!("{:?}", connection.config().warnings()) };
    assert!(
        warning.contains("admin.useAudienceFromAdmin") && warning.contains("overrules admin.audience"),
        "{warning}"
    );
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(flyte.provider.only_request().field("audience"), Some("published"));

    // What the program sets comes before all that files and variables say.
    let connection = connect(surroundings.config().with_audience("the program's".to_owned())).await;
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(flyte.provider.requests()[1].field("audience"), Some("the program's"));
}

#[tokio::test]
async fn a_token_url_of_ones_own_is_asked_instead_of_the_servers() {
    let flyte = Flyte::start("flyte-authorization");
    let other = TokenEndpoint::answering([]);
    let surroundings = flyte.surroundings(&format!("  tokenUrl: {}\n", other.url()));
    let connection = connect(surroundings.config()).await;
    // Nobody said that the caller may not: the endpoint has nothing to say.
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Unavailable);
    assert_eq!((other.requests().is_empty(), flyte.provider.requests().len()), (false, 0));
}

#[tokio::test]
async fn no_login_means_none_even_when_the_server_wants_one() {
    let flyte = Flyte::start("flyte-authorization");
    let surroundings = flyte.surroundings("  authType: None\n");
    let outcome = call(&client(&connect(surroundings.config()).await), Kind::Unary).await;
    assert_eq!(outcome.code(), Code::Unauthenticated);
    assert_eq!(flyte.provider.requests().len(), 0);
}

#[tokio::test]
async fn a_message_above_the_configured_size_is_refused_and_one_below_is_not() {
    for (limit, expected) in [(16, Code::OutOfRange), (10_000, Code::Ok)] {
        let large = Message { number: 1, ..Message::default() };
        let mut bytes = large.encode_to_vec();
        // A field that nobody knows, to make it large.
        bytes.extend([0xfa, 0x01, 100]);
        bytes.extend([b'x'; 100]);
        let mut frame = vec![0, 0, 0, 0, u8::try_from(bytes.len()).unwrap()];
        frame.extend(bytes);
        let peer = Peer::answering([Answer::new().headers().data(frame).status(Code::Ok)]);
        let text =
            format!("admin:\n  endpoint: {}\n  authType: None\n  maxMessageSizeBytes: {limit}\n", peer.endpoint());
        let connection = connect(Surroundings::with_yaml(&text).config()).await;
        assert_eq!(call(&client(&connection), Kind::Unary).await.code(), expected, "{limit}");
    }
}

#[tokio::test]
async fn an_endpoint_alone_is_enough_for_a_server_without_authentication() {
    let peer = Peer::answering([success()]);
    let connection = connect(Config::for_endpoint(peer.endpoint())).await;
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(peer.requests().len(), 1, "a server that asks for nothing is asked nothing");
}

#[tokio::test]
async fn a_long_token_is_sent_once_for_many_calls_unless_that_is_turned_off() {
    let canary = Canary::new();
    let peer = Peer::start(|exchange| exchange.run(success()));
    let meter = Meter::before(peer.address());
    for (index, calls_with_token) in [(None, 1), (Some(false), 4)] {
        let token = canary.long_secret(1536);
        let connector = Connector::new(Config::for_endpoint(meter.endpoint())).adjust(move |builder| {
            let builder = builder.credentials(Credentials::new(token).with_header_key("flyte-authorization"));
            match index {
                Some(index) => builder.index_token(index),
                None => builder,
            }
        });
        let client = client(&connector.connect().await.unwrap());
        let mut carried = 0;
        for _ in 0..4 {
            let before = meter.sent();
            assert_eq!(call(&client, Kind::Unary).await.code(), Code::Ok);
            carried += usize::from(meter.sent() - before > 1000);
        }
        assert_eq!(carried, calls_with_token, "{index:?}");
    }
}

#[tokio::test]
async fn limits_that_are_set_for_a_connection_hold_for_its_logins() {
    let flyte = Flyte::start("flyte-authorization");
    let limits = Limits::new().with_max_token_bytes(4);
    let surroundings = flyte.surroundings("");
    let connection = Connector::new(surroundings.config()).limits(limits).connect().await.unwrap();
    let error = connection.authenticator().login().await.unwrap_err();
    assert!(error.kind() == AuthErrorKind::InvalidResponse, "{error:?}");
    assert_eq!(flyte.provider.requests().len(), 1);
}

#[tokio::test]
async fn an_api_key_is_all_that_is_needed() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let flyte = Flyte::start("flyte-authorization");
    // Colons and slashes belong to endpoints; the parts are found from the right.
    let text = format!("{}:my-service:{}:org", flyte.peer.endpoint(), flyte.secret);
    let surroundings = Surroundings::new().set("FLYTE_API_KEY", STANDARD.encode(text));
    assert_eq!(call(&client(&connect(surroundings.config()).await), Kind::Unary).await.code(), Code::Ok);
    assert_eq!(flyte.provider.requests().len(), 1);
}

#[tokio::test]
async fn a_command_is_run_for_the_token() {
    let flyte = Flyte::start("flyte-authorization");
    let surroundings = flyte.surroundings("");
    let token = flyte.provider_token().await;
    let file = surroundings.write("token", &format!("{token}\n"));
    let surroundings = Surroundings::new()
        .set("FLYTE_PLATFORM_URL", flyte.peer.endpoint())
        .set("FLYTE_CREDENTIALS_AUTH_MODE", "external_process")
        .set("FLYTE_ADMIN_COMMAND", format!("cat '{}'", file.display()));
    assert_eq!(call(&client(&connect(surroundings.config()).await), Kind::Unary).await.code(), Code::Ok);
}

#[tokio::test]
async fn the_refresh_window_of_the_configuration_is_when_a_token_is_refreshed() {
    let flyte = Flyte::issuing_for("flyte-authorization", 3600);
    let surroundings = flyte.surroundings("  tokenRefreshWindow: 30m\n");
    let connection = connect(surroundings.config()).await;
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Ok);
    // Half an hour less a random part of up to half of it: by now it has begun, and the usual four minutes have not.
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(2750)).await;
    tokio::time::resume();
    assert_eq!(call(&client(&connection), Kind::Unary).await.code(), Code::Ok);
    flyte.provider.requested(2).await;
}
