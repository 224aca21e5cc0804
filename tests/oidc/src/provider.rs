//! The provider, and what its administrator can see and do.

use std::sync::Arc;

use auth_runtime::flow::{ClientCredentials, DeviceCode, Pkce};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tests::{browser, canary::Canary};
use tokio::process::{Child, Command};
use url::form_urlencoded::byte_serialize;

use crate::process;

/// A running provider. It ends with its drop.
#[derive(Debug)]
pub struct Provider {
    issuer: String,
    secret: String,
    _process: Child,
}

/// A client that the provider knows, by how it authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// With HTTP Basic.
    Basic,
    /// In the request's body.
    RequestBody,
}

impl Client {
    /// Its id. Each character of it is one that HTTP Basic or form encoding treats in its own way.
    pub fn id(self) -> &'static str {
        match self {
            Self::Basic => "machine: %+/=&?\"~ client_secret_basic",
            Self::RequestBody => "machine: %+/=&?\"~ client_secret_post",
        }
    }
}

impl Provider {
    /// Starts a provider whose access tokens last so many seconds.
    ///
    /// # Panics
    ///
    /// If there is no Node, or `./run` has not installed the provider.
    pub async fn start(canary: &Canary, access_token_seconds: u64) -> Arc<Self> {
        let script = std::env::var_os("OIDC_PROVIDER").expect("OIDC_PROVIDER is not set; run tests/oidc/run");
        let secret = format!("{}: %+/=&?\"~ {}", canary.secret(), canary.secret());
        let settings = json!({ "secret": secret, "accessTokenSeconds": access_token_seconds });
        let mut command = Command::new("node");
        command.arg(script).arg(settings.to_string());
        let ready = |line: &str| line.strip_prefix("ready ").map(str::to_owned);
        let (process, issuer) = process::start(&mut command, ready).await;
        Arc::new(Self { issuer, secret, _process: process })
    }

    /// The secret of the confidential clients.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The URL of one of its endpoints.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// The login of a machine.
    pub fn client_credentials(&self, client: Client) -> ClientCredentials {
        ClientCredentials::new(client.id(), &self.secret).token_url(self.url("/token")).scopes(["all"])
    }

    /// The login of a person in the browser of this machine.
    pub fn pkce(&self) -> Pkce {
        Pkce::new()
            .client_id("browser")
            .authorization_url(self.url("/auth"))
            .token_url(self.url("/token"))
            .issuer(&self.issuer)
            .redirect_uri("http://127.0.0.1:0/callback")
            .scopes(["openid", "all"])
    }

    /// The login of a person on another device.
    pub fn device_code(&self) -> DeviceCode {
        DeviceCode::new()
            .client_id("device")
            .device_authorization_url(self.url("/device/auth"))
            .token_url(self.url("/token"))
            .scopes(["openid", "all"])
    }

    /// Whether an access token is good (RFC 7662).
    pub async fn knows(&self, token: &str) -> bool {
        let answer = self.post("/token/introspection", &[("token", token)]).await;
        serde_json::from_str::<Value>(&answer).expect("JSON")["active"] == true
    }

    /// Ends a refresh token, and all that came from it, as the person does who logs out elsewhere (RFC 7009).
    pub async fn revoke(&self, client_id: &str, token: &str) {
        let form = [("token", token), ("token_type_hint", "refresh_token"), ("client_id", client_id)];
        let answer = browser::post_form(&self.url("/token/revocation"), &[], &form).await.expect("an answer");
        assert_eq!(answer.status, 200);
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> String {
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let basic = STANDARD.encode(format!("{}:{}", encoded(Client::Basic.id()), encoded(&self.secret)));
        let authorization = format!("Basic {basic}");
        let headers = [("authorization", authorization.as_str())];
        let answer = browser::post_form(&self.url(path), &headers, form).await.expect("an answer");
        assert_eq!(answer.status, 200);
        answer.body
    }
}
