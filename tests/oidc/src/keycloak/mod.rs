//! Keycloak, as its clients and its people see it.

mod administrator;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use auth_runtime::flow::{ClientCredentials, DeviceCode, Pkce};
use reqwest::Method;
use serde_json::json;
use tests::{canary::Canary, peer::Peer};

use crate::server_that_asks;

/// A client and a person of a running Keycloak, made for one test.
#[derive(Debug)]
pub struct Keycloak {
    origin: String,
    realm: String,
    client_id: String,
    secret: String,
    person: String,
    http: reqwest::Client,
}

/// What a client is allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To act for itself, with a secret.
    Machine,
    /// To log people in, without a secret and with PKCE.
    People,
}

impl Keycloak {
    /// Makes a client, and a person who may log in.
    ///
    /// # Panics
    ///
    /// If `./run` has not started Keycloak.
    pub async fn client(canary: &Canary, access: Access) -> Arc<Self> {
        let keycloak = Self::new(canary, "flyte".to_owned());
        keycloak.begin(access).await;
        Arc::new(keycloak)
    }

    /// The same in a realm of its own, for what would disturb other tests.
    ///
    /// # Panics
    ///
    /// As [`client`](Self::client).
    pub async fn client_in_own_realm(canary: &Canary, access: Access) -> Arc<Self> {
        let mut keycloak = Self::new(canary, String::new());
        keycloak.realm = format!("realm-of-{}", keycloak.client_id);
        keycloak.create_realm().await;
        keycloak.begin(access).await;
        Arc::new(keycloak)
    }

    fn new(canary: &Canary, realm: String) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let origin = std::env::var("KEYCLOAK").expect("KEYCLOAK is not set; run tests/oidc/run keycloak");
        // reqwest asks for one though nothing here is encrypted. Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let number = format!("{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        Self {
            origin,
            realm,
            client_id: format!("client-{number}"),
            secret: canary.secret().to_owned(),
            person: format!("person-{number}"),
            http: reqwest::Client::new(),
        }
    }

    async fn begin(&self, access: Access) {
        let people = access == Access::People;
        let client = json!({
            "clientId": self.client_id,
            "secret": self.secret,
            "publicClient": people,
            "serviceAccountsEnabled": !people,
            "standardFlowEnabled": people,
            "redirectUris": ["http://127.0.0.1/*"],
            "attributes": {
                "oauth2.device.authorization.grant.enabled": people.to_string(),
                "pkce.code.challenge.method": if people { "S256" } else { "" },
            },
        });
        self.administer(Method::POST, "clients", Some(client)).await;
        let person = json!({
            "username": self.person,
            "enabled": true,
            "emailVerified": true,
            "email": format!("{}@flyte.example", self.person),
            "firstName": "Ada",
            "lastName": "Lovelace",
            "credentials": [{ "type": "password", "value": self.secret, "temporary": false }],
        });
        self.administer(Method::POST, "users", Some(person)).await;
    }

    /// The person's name.
    pub fn person(&self) -> &str {
        &self.person
    }

    /// The person's password, and the client's secret.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The client's name.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The issuer, which has a path.
    pub fn issuer(&self) -> String {
        format!("{}/realms/{}", self.origin, self.realm)
    }

    /// The token endpoint.
    pub fn token_url(&self) -> String {
        format!("{}/protocol/openid-connect/token", self.issuer())
    }

    /// The login of a machine.
    pub fn client_credentials(&self) -> ClientCredentials {
        ClientCredentials::new(&self.client_id, &self.secret).token_url(self.token_url())
    }

    /// The login of a person in the browser of this machine.
    pub fn pkce(&self) -> Pkce {
        Pkce::new().client_id(&self.client_id).redirect_uri("http://127.0.0.1:0/callback").scopes(["openid"])
    }

    /// The login of a person on another device.
    pub fn device_code(&self) -> DeviceCode {
        DeviceCode::new().client_id(&self.client_id).scopes(["openid"])
    }

    /// Whether an access token is good: the userinfo endpoint looks at the session as well, the introspection of a public
    /// client is not to be had.
    pub async fn knows(&self, token: &str) -> bool {
        let url = format!("{}/admin/realms/{}/clients?max=0", self.origin, self.realm);
        let userinfo = format!("{}/protocol/openid-connect/userinfo", self.issuer());
        let is_good = |status: reqwest::StatusCode| status != reqwest::StatusCode::UNAUTHORIZED;
        let ask = |url: String| self.http.get(url).bearer_auth(token).send();
        match ask(userinfo).await.expect("a response").status() {
            // A client's own token is not about a person: 403.
            reqwest::StatusCode::FORBIDDEN => is_good(ask(url).await.expect("a response").status()),
            status => status.is_success(),
        }
    }

    /// A gRPC server that asks Keycloak about each token.
    pub fn server(self: &Arc<Self>) -> Peer {
        let provider = Arc::clone(self);
        server_that_asks(move |token| {
            let provider = Arc::clone(&provider);
            async move { provider.knows(&token).await }
        })
    }

    /// What Keycloak has logged about the client: the types of its events, the newest last.
    pub async fn events(&self) -> Vec<String> {
        let events = self.administer(Method::GET, &format!("events?client={}", self.client_id), None).await;
        let events = events.as_array().expect("a list");
        events.iter().rev().map(|event| event["type"].as_str().expect("a type").to_owned()).collect()
    }
}
