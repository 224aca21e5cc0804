//! The servers, as the tests of this folder start them.

use std::{net::Ipv4Addr, time::Duration};

use flyte_admin::{
    server::{FlyteServer, FlyteServerSettings, WireShape},
    token_endpoint::{Caller, TokenEndpoint, TokenEndpointSettings},
};

pub(crate) const CLIENT_ID: &str = "a client: 100 %";
pub(crate) const CLIENT_SECRET: &str = "s+cret é&=%2B";

/// Longer than any test.
pub(crate) const LASTING: Duration = Duration::from_secs(60 * 60);

pub(crate) async fn token_endpoint() -> TokenEndpoint {
    let settings = TokenEndpointSettings {
        address: (Ipv4Addr::LOCALHOST, 0).into(),
        client_id: CLIENT_ID.into(),
        client_secret: CLIENT_SECRET.into(),
        token_lifetime: LASTING,
    };
    TokenEndpoint::start(settings).await.unwrap()
}

#[allow(dead_code, reason = "not every test needs a server")]
pub(crate) async fn server(token_endpoint: &TokenEndpoint, rejections: WireShape, guards_streams: bool) -> FlyteServer {
    let settings = FlyteServerSettings { address: (Ipv4Addr::LOCALHOST, 0).into(), guards_streams, rejections };
    FlyteServer::start(settings, token_endpoint).await.unwrap()
}

#[allow(dead_code, reason = "not every test makes up tokens")]
pub(crate) fn issue(token_endpoint: &TokenEndpoint, scope: &str, lifetime: Duration) -> String {
    let caller = Caller { client_id: CLIENT_ID.into(), scopes: vec![scope.into()] };
    token_endpoint.tokens().issue(caller, lifetime).unwrap()
}
