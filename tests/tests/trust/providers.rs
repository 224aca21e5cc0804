//! What real providers and real Flyte servers publish goes on working, without a setting.

use auth_runtime::{
    AuthErrorKind, Interaction, ServerDetails,
    flow::Pkce,
    flyte::{Config, Connector},
};
use serde_json::json;
use tests::{
    identity_provider::CLIENT_ID,
    peer::{Answer as GrpcAnswer, Peer},
    token_endpoint::Answer,
};
use tonic::Code;

use crate::world::World;

/// How a provider's issuer, its paths and the place of its metadata look.
struct Shape {
    what: &'static str,
    issuer: &'static str,
    /// Where the issuer's metadata calls itself otherwise.
    names_itself: &'static str,
    authorize: &'static str,
    token: &'static str,
    metadata: &'static str,
    camel_case: bool,
}

const SHAPES: [Shape; 6] = [
    Shape {
        what: "flyteadmin, its own provider, asked by a name of its cluster",
        issuer: "",
        names_itself: "",
        authorize: "/oauth2/authorize",
        token: "/oauth2/token",
        metadata: "/.well-known/oauth-authorization-server",
        camel_case: false,
    },
    Shape {
        what: "flyteadmin, where something before it takes `accept` away",
        issuer: "",
        names_itself: "",
        authorize: "/oauth2/authorize",
        token: "/oauth2/token",
        metadata: "/.well-known/oauth-authorization-server",
        camel_case: true,
    },
    Shape {
        what: "Keycloak",
        issuer: "/realms/flyte",
        names_itself: "/realms/flyte",
        authorize: "/realms/flyte/protocol/openid-connect/auth",
        token: "/realms/flyte/protocol/openid-connect/token",
        metadata: "/realms/flyte/.well-known/openid-configuration",
        camel_case: false,
    },
    Shape {
        what: "Okta",
        issuer: "/oauth2/default",
        names_itself: "/oauth2/default",
        authorize: "/oauth2/default/v1/authorize",
        token: "/oauth2/default/v1/token",
        metadata: "/oauth2/default/.well-known/oauth-authorization-server",
        camel_case: false,
    },
    Shape {
        what: "Entra",
        issuer: "/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
        names_itself: "/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
        authorize: "/9188040d-6c67-4c5b-b112-36a304b66dad/oauth2/v2.0/authorize",
        token: "/9188040d-6c67-4c5b-b112-36a304b66dad/oauth2/v2.0/token",
        metadata: "/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0/.well-known/openid-configuration",
        camel_case: false,
    },
    Shape {
        what: "Auth0",
        issuer: "",
        names_itself: "/",
        authorize: "/authorize",
        token: "/oauth/token",
        metadata: "/.well-known/openid-configuration",
        camel_case: false,
    },
];

#[tokio::test]
async fn each_known_provider_asks_the_person_by_what_the_server_hands_on() {
    for shape in SHAPES {
        let world = World::new();
        let (authorize, token) = (world.honest(shape.authorize), world.honest(shape.token));
        let names_itself = world.honest(shape.names_itself);
        let metadata = if shape.camel_case {
            json!({ "issuer": names_itself, "authorizationEndpoint": authorize, "tokenEndpoint": token,
                    "deviceAuthorizationEndpoint": "" })
        } else {
            json!({ "issuer": names_itself, "authorization_endpoint": authorize, "token_endpoint": token })
        };
        world.login.provider.publish(shape.metadata, Answer::json(200, metadata));
        if shape.what.starts_with("flyteadmin") {
            // It sends people's clients on to whoever logs people in.
            let elsewhere =
                Answer::status(303).header("location", "https://people.test/.well-known/openid-configuration");
            world.login.provider.publish("/.well-known/openid-configuration", elsewhere);
        }
        let details = ServerDetails::new()
            .with_client_id(CLIENT_ID)
            .with_redirect_uri("http://127.0.0.1:0/callback")
            .with_issuer(world.honest(shape.issuer))
            .with_authorization_endpoint(&authorize)
            .with_token_endpoint(&token);
        let client = world.client(Pkce::new(), details).build().unwrap();
        let attempt = tokio::spawn(async move { client.login().await });
        world.login.prompt.nth(0).await;
        attempt.abort();
        assert!(!world.login.provider.requests(shape.metadata).is_empty(), "{}", shape.what);
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct Metadata {
    #[prost(string, tag = "1")]
    issuer: String,
    #[prost(string, tag = "2")]
    authorization_endpoint: String,
    #[prost(string, tag = "3")]
    token_endpoint: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ClientConfig {
    #[prost(string, tag = "1")]
    client_id: String,
}

/// A Flyte server that names these endpoints.
fn flyte(metadata: Metadata) -> Peer {
    Peer::start(move |exchange| {
        let path = exchange.record().path().to_owned();
        let answer = match path.strip_prefix("/flyteidl.service.AuthMetadataService/") {
            Some("GetOAuth2Metadata") => GrpcAnswer::message(&metadata),
            Some(_) => GrpcAnswer::message(&ClientConfig { client_id: CLIENT_ID.to_owned() }),
            None => GrpcAnswer::new().trailers_only(Code::Unauthenticated, "no"),
        };
        exchange.run(answer)
    })
}

#[tokio::test]
async fn whoever_configures_flyte_is_told_its_variables() {
    let world = World::new();
    let evil = |path: &str| world.attacker.url(path);
    let honest = |path: &str| world.honest(path);
    for (metadata, variables) in [
        (
            Metadata {
                issuer: String::new(),
                authorization_endpoint: evil("/authorize"),
                token_endpoint: evil("/token"),
            },
            &["FLYTE_ADMIN_ISSUER", "FLYTE_ADMIN_TOKENURL", "FLYTE_ADMIN_AUTHORIZATIONURL"][..],
        ),
        (
            Metadata {
                issuer: honest(""),
                authorization_endpoint: honest("/authorize"),
                token_endpoint: evil("/token"),
            },
            &["FLYTE_ADMIN_ISSUER"],
        ),
    ] {
        world.publish_metadata(&json!({}));
        let flyte = flyte(metadata);
        let config = Config::for_endpoint(flyte.endpoint())
            .with_insecure(true)
            .with_http_proxy_url(Some(world.proxy.url().into()));
        let prompt = world.login.prompt.clone();
        let connector = Connector::new(config).prompt(prompt);
        let connection = connector.adjust(|builder| builder.interaction(Interaction::Always)).connect().await.unwrap();
        let error = connection.authenticator().login().await.unwrap_err();
        assert_eq!(error.kind(), AuthErrorKind::Configuration, "{error}");
        for variable in variables {
            assert!(error.to_string().contains(variable), "{error}");
        }
        assert!(!error.to_string().contains("(..)"), "{error}");
    }
    assert!(world.login.prompt.shown().is_empty());
    world.attacker.leaves_empty_handed(&world.login.provider).await;
}
