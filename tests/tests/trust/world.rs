//! The honest part of the world, in which names below `.test` lead to this machine, through a proxy. gRPC endpoint,
//! provider and attacker are on three origins, none of which is on the loopback interface as far as the client knows.

use auth_runtime::{
    AuthError, Authenticator, AuthenticatorBuilder, Credentials, Discovery, Flow, Interaction, ServerDetails,
};
use serde_json::{Value, json};
use tests::{
    browser, canary, http_proxy::HttpProxy, identity_provider::CLIENT_ID, login::Login, prompt::Shown,
    token_endpoint::Answer,
};

use crate::attacker::Attacker;

/// What a server says about logging in to it.
pub(crate) struct Published(pub(crate) ServerDetails);

impl Discovery for Published {
    async fn discover(&self) -> Result<ServerDetails, AuthError> {
        Ok(self.0.clone())
    }
}

pub(crate) struct World {
    pub(crate) login: Login,
    pub(crate) proxy: HttpProxy,
    pub(crate) attacker: Attacker,
}

impl World {
    pub(crate) fn new() -> Self {
        let login = Login::new();
        login.provider.set(|settings| settings.device = json!({ "expires_in": 600, "interval": 1 }));
        let attacker = Attacker::start(&login.canary);
        Self { login, proxy: HttpProxy::open(), attacker }
    }

    /// A URL of the honest provider.
    pub(crate) fn honest(&self, path: &str) -> String {
        self.login.provider.url_as("idp.test", path)
    }

    /// The issuer that the honest provider is.
    pub(crate) fn issuer(&self) -> String {
        self.honest("")
    }

    /// The honest provider's metadata, with `more` in it.
    pub(crate) fn publish_metadata(&self, more: &Value) {
        let mut metadata = json!({
            "issuer": self.issuer(),
            "authorization_endpoint": self.honest("/authorize"),
            "token_endpoint": self.honest("/token"),
            "device_authorization_endpoint": self.honest("/device"),
        });
        if let (Some(metadata), Some(more)) = (metadata.as_object_mut(), more.as_object()) {
            metadata.extend(more.clone());
        }
        self.login.provider.publish("/.well-known/oauth-authorization-server", Answer::json(200, metadata));
    }

    /// What an honest server says that the honest provider belongs to.
    pub(crate) fn honest_details(&self) -> ServerDetails {
        ServerDetails::new()
            .with_client_id(CLIENT_ID)
            .with_redirect_uri("http://127.0.0.1:0/callback")
            .with_issuer(self.issuer())
            .with_authorization_endpoint(self.honest("/authorize"))
            .with_token_endpoint(self.honest("/token"))
            .with_device_authorization_endpoint(self.honest("/device"))
    }

    /// A client of the attacker's server, which is on the same origin as the attacker's site.
    pub(crate) fn victim(&self, flow: impl Flow + std::fmt::Debug, details: ServerDetails) -> AuthenticatorBuilder {
        self.client_of(&self.attacker.url(""), flow, details)
    }

    /// A client of an honest server.
    pub(crate) fn client(&self, flow: impl Flow + std::fmt::Debug, details: ServerDetails) -> AuthenticatorBuilder {
        self.client_of("http://flyte.test:8089", flow, details)
    }

    /// A client of the server at this endpoint.
    pub(crate) fn client_of(
        &self,
        endpoint: &str,
        flow: impl Flow + std::fmt::Debug,
        details: ServerDetails,
    ) -> AuthenticatorBuilder {
        canary::observe(&flow);
        Authenticator::builder(endpoint)
            .flow(flow)
            .discovery(Published(details))
            .prompt(self.login.prompt.clone())
            .interaction(Interaction::Always)
            .without_provider_notes()
            .http_proxy(self.proxy.url())
            // Whom to believe does not depend on it, and servers without TLS are shorter.
            .allow_plaintext(true)
    }

    /// Logs in, with a person who does all that the first prompt wants.
    pub(crate) async fn log_in(&self, authenticator: &Authenticator) -> Result<Credentials, AuthError> {
        let person = async {
            match self.login.prompt.nth(0).await {
                Shown::Browser { opened, .. } => drop(browser::visit(&opened).await),
                Shown::DeviceCode { user_code, .. } => self.login.provider.decide(&user_code, true),
            }
            std::future::pending::<()>().await;
        };
        let outcome = tokio::select! {
            outcome = authenticator.login() => outcome,
            () = person => unreachable!(),
        };
        canary::observe(&outcome);
        outcome
    }
}
