//! ory/fosite, of which flyteadmin's own provider is made.

use std::sync::Arc;

use auth_runtime::flow::{ClientCredentials, Pkce};
use tests::{browser, canary::Canary, peer::Peer};
use tokio::process::{Child, Command};

use crate::{process, server_that_asks};

/// A running provider. It ends with its drop.
#[derive(Debug)]
pub struct Fosite {
    issuer: String,
    secret: String,
    _process: Child,
}

impl Fosite {
    /// Starts a provider with these arguments: how long its tokens live, and of which kind they are.
    ///
    /// # Panics
    ///
    /// If `./run` has not built it.
    pub async fn start(canary: &Canary, arguments: &[&str]) -> Arc<Self> {
        let program =
            std::env::var_os("FOSITE_PROVIDER").expect("FOSITE_PROVIDER is not set; run tests/oidc/run fosite");
        let secret = canary.secret().to_owned();
        let mut command = Command::new(program);
        command.args(arguments).arg("-redirect=http://127.0.0.1/callback").env("FOSITE_CLIENT_SECRET", &secret);
        let ready = |line: &str| line.strip_prefix("listening on ").map(str::to_owned);
        let (process, issuer) = process::start(&mut command, ready).await;
        Arc::new(Self { issuer, secret, _process: process })
    }

    /// What it calls itself.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The URL of one of its endpoints.
    pub fn url(&self, name: &str) -> String {
        format!("{}/oauth2/{name}", self.issuer)
    }

    /// The login of a machine.
    pub fn client_credentials(&self) -> ClientCredentials {
        ClientCredentials::new("machine", &self.secret).token_url(self.url("token")).scopes(["all"])
    }

    /// The login of a person in the browser of this machine.
    pub fn pkce(&self) -> Pkce {
        Pkce::new()
            .client_id("flytectl")
            .authorization_url(self.url("authorize"))
            .token_url(self.url("token"))
            .redirect_uri("http://127.0.0.1:0/callback")
            .scopes(["all", "offline"])
    }

    /// Whether an access token is good.
    pub async fn knows(&self, token: &str) -> bool {
        let authorization = format!("Bearer {token}");
        let page =
            browser::post_form(&format!("{}/known", self.issuer), &[("authorization", &authorization)], &[]).await;
        page.expect("an answer").status == 200
    }

    /// A gRPC server that asks it about each token.
    pub fn server(self: &Arc<Self>) -> Peer {
        let provider = Arc::clone(self);
        server_that_asks(move |token| {
            let provider = Arc::clone(&provider);
            async move { provider.knows(&token).await }
        })
    }
}
