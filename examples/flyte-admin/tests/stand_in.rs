//! The servers, as the tests of this folder start them.

use std::time::Duration;

use auth_runtime::flow::ClientCredentials;
use flyte_admin::{
    Connection,
    server::{FlyteServer, FlyteServerSettings, WireShape},
    token_endpoint::{Caller, TokenEndpoint, TokenEndpointSettings},
};
use tests::reserved_address::ReservedAddress;

pub(crate) const CLIENT_ID: &str = "a client: 100 %";
pub(crate) const CLIENT_SECRET: &str = "s+cret é&=%2B";

/// Longer than any test.
pub(crate) const LASTING: Duration = Duration::from_secs(60 * 60);

pub(crate) async fn token_endpoint() -> TokenEndpoint {
    let settings = TokenEndpointSettings {
        token_lifetime: LASTING,
        // Logins of tests run beside each other.
        redirect_uri: "http://localhost:0/callback".into(),
        ..TokenEndpointSettings::new(CLIENT_ID, CLIENT_SECRET.into())
    };
    TokenEndpoint::start(settings).await.unwrap()
}

/// One with a port that browsers come back to, and that nobody else is given.
pub(crate) async fn token_endpoint_of_people() -> (TokenEndpoint, ReservedAddress) {
    let callback = ReservedAddress::new();
    let settings = TokenEndpointSettings {
        redirect_uri: format!("http://localhost:{}/callback", callback.port()),
        ..TokenEndpointSettings::new(CLIENT_ID, CLIENT_SECRET.into())
    };
    (TokenEndpoint::start(settings).await.unwrap(), callback)
}

/// A connection for the client that the stand-in knows.
pub(crate) fn connection(endpoint: impl Into<String>) -> Connection {
    Connection {
        endpoint: endpoint.into(),
        client: Some(ClientCredentials::new(CLIENT_ID, CLIENT_SECRET)),
        ca_file: None,
        allow_plaintext: false,
        login_on_permission_denied: true,
    }
}

pub(crate) async fn server(token_endpoint: &TokenEndpoint, rejections: WireShape, guards_streams: bool) -> FlyteServer {
    let settings = FlyteServerSettings { guards_streams, rejections, ..FlyteServerSettings::new() };
    FlyteServer::start(settings, token_endpoint).await.unwrap()
}

pub(crate) fn issue(token_endpoint: &TokenEndpoint, scope: &str, lifetime: Duration) -> String {
    let caller = Caller { client_id: CLIENT_ID.into(), person: None, scopes: vec![scope.into()] };
    token_endpoint.tokens().issue(caller, lifetime).unwrap()
}
