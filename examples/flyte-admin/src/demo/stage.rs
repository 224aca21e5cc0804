//! What the demonstration plays on: the servers, and clients that are logged in to them.

use std::{
    mem,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::Context as _;
use auth_runtime::{Authenticator, Statistics, flow::ClientCredentials};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretString};

use super::report::Totals;
use crate::{
    Connection, Flyte,
    server::{FlyteServer, FlyteServerSettings},
    token_endpoint::{TokenEndpoint, TokenEndpointSettings},
};

/// With characters that only survive HTTP Basic when both sides follow RFC 6749 section 2.3.1.
pub(super) const CLIENT_ID: &str = "demo: client";

/// Longer than any step.
const LASTING: Duration = Duration::from_secs(60 * 60);

pub(super) struct Stage {
    pub(super) token_endpoint: TokenEndpoint,
    pub(super) server: FlyteServer,
    pub(super) flyte: Flyte,
    session: Authenticator,
    other_sessions: Vec<Authenticator>,
    client_secret: SecretString,
}

impl Stage {
    pub(super) async fn set(token_lifetime: Duration) -> anyhow::Result<Self> {
        let client_secret = random_secret().context("cannot make up a client secret")?;
        let settings =
            TokenEndpointSettings { token_lifetime, ..TokenEndpointSettings::new(CLIENT_ID, client_secret.clone()) };
        let token_endpoint = TokenEndpoint::start(settings).await.context("cannot start the token endpoint")?;
        let server =
            FlyteServer::start(FlyteServerSettings::new(), &token_endpoint).await.context("cannot start the server")?;
        let client = ClientCredentials::new(CLIENT_ID, client_secret.expose_secret());
        let (flyte, session) = connect(server.endpoint(), client)?;
        Ok(Self { token_endpoint, server, flyte, session, other_sessions: vec![], client_secret })
    }

    /// What the main session has done so far.
    pub(super) fn statistics(&self) -> Statistics {
        self.session.statistics()
    }

    /// The right client with the right secret, for further settings.
    pub(super) fn client(&self) -> ClientCredentials {
        ClientCredentials::new(CLIENT_ID, self.client_secret.expose_secret())
    }

    /// Clients with a login of their own.
    pub(super) fn log_in_as(&mut self, endpoint: String, client: ClientCredentials) -> anyhow::Result<Flyte> {
        let (flyte, session) = connect(endpoint, client)?;
        self.other_sessions.push(session);
        Ok(flyte)
    }

    /// From here on tokens last, so that a revocation is the only reason to get another one, however slow the machine.
    ///
    /// The clients log in anew: a session whose tokens are revoked one after the other soon takes that for an answer.
    pub(super) async fn let_tokens_last(&mut self) -> anyhow::Result<()> {
        self.token_endpoint.set_token_lifetime(LASTING);
        let (flyte, session) = connect(self.server.endpoint(), self.client())?;
        self.flyte = flyte;
        self.other_sessions.push(mem::replace(&mut self.session, session));
        self.session.login().await.context("cannot get a token that lasts")?;
        Ok(())
    }

    pub(super) fn revoke_tokens(&self) {
        self.token_endpoint.tokens().rotate_signing_key();
    }

    pub(super) fn totals(&self) -> Totals {
        let start = Totals { token_requests: self.token_endpoint.requests(), ..Totals::default() };
        self.other_sessions.iter().chain([&self.session]).map(Authenticator::statistics).fold(
            start,
            |totals, session| Totals {
                logins: totals.logins + session.logins(),
                refreshes: totals.refreshes + session.refreshes(),
                failures: totals.failures + session.failures(),
                replays: totals.replays + session.replays(),
                ..totals
            },
        )
    }
}

fn connect(endpoint: String, client: ClientCredentials) -> anyhow::Result<(Flyte, Authenticator)> {
    let connection = Connection {
        endpoint,
        client: Some(client),
        ca_file: None,
        allow_plaintext: false,
        login_on_permission_denied: true,
    };
    connection.open().context("cannot set up the clients")
}

pub(super) fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

fn random_secret() -> Result<SecretString, getrandom::Error> {
    let mut random = [0; 24];
    getrandom::fill(&mut random)?;
    Ok(format!("%+é {}", STANDARD.encode(random)).into())
}
