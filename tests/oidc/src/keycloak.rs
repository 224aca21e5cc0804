//! Keycloak, and what its administrator can see and do.

use std::{
    sync::Arc,
    sync::atomic::{AtomicU64, Ordering},
};

use auth_runtime::flow::{ClientCredentials, DeviceCode, Pkce};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{canary::Canary, peer::Peer};

use crate::server_that_asks;

/// A client and a person of a running Keycloak, made for one test.
#[derive(Debug)]
pub struct Keycloak {
    origin: String,
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
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let origin = std::env::var("KEYCLOAK").expect("KEYCLOAK is not set; run tests/oidc/run keycloak");
        // reqwest asks for one though nothing here is encrypted. Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let number = format!("{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let keycloak = Self {
            origin,
            client_id: format!("client-{number}"),
            secret: canary.secret().to_owned(),
            person: format!("person-{number}"),
            http: reqwest::Client::new(),
        };
        let people = access == Access::People;
        let client = json!({
            "clientId": keycloak.client_id,
            "secret": keycloak.secret,
            "publicClient": people,
            "serviceAccountsEnabled": !people,
            "standardFlowEnabled": people,
            "redirectUris": ["http://127.0.0.1/*"],
            "attributes": {
                "oauth2.device.authorization.grant.enabled": people.to_string(),
                "pkce.code.challenge.method": if people { "S256" } else { "" },
            },
        });
        keycloak.administer(Method::POST, "clients", Some(client)).await;
        let person = json!({
            "username": keycloak.person,
            "enabled": true,
            "emailVerified": true,
            "email": format!("{}@flyte.example", keycloak.person),
            "firstName": "Ada",
            "lastName": "Lovelace",
            "credentials": [{ "type": "password", "value": keycloak.secret, "temporary": false }],
        });
        keycloak.administer(Method::POST, "users", Some(person)).await;
        Arc::new(keycloak)
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
        format!("{}/realms/flyte", self.origin)
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
        let url = format!("{}/admin/realms/flyte/clients?max=0", self.origin);
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

    /// The administrator ends all sessions of the person.
    pub async fn end_sessions(&self) {
        let users = self.administer(Method::GET, &format!("users?exact=true&username={}", self.person), None).await;
        let id = users[0]["id"].as_str().expect("the person").to_owned();
        self.administer(Method::POST, &format!("users/{id}/logout"), None).await;
    }

    /// The administrator disables the client.
    pub async fn disable(&self) {
        let clients = self.administer(Method::GET, &format!("clients?clientId={}", self.client_id), None).await;
        let mut client = clients[0].clone();
        let id = client["id"].as_str().expect("the client").to_owned();
        client["enabled"] = false.into();
        self.administer(Method::PUT, &format!("clients/{id}"), Some(client)).await;
    }

    /// What Keycloak has logged about the client: the types of its events, the newest last.
    pub async fn events(&self) -> Vec<String> {
        let events = self.administer(Method::GET, &format!("events?client={}", self.client_id), None).await;
        let events = events.as_array().expect("a list");
        events.iter().rev().map(|event| event["type"].as_str().expect("a type").to_owned()).collect()
    }

    async fn administer(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let password = std::env::var("KC_BOOTSTRAP_ADMIN_PASSWORD").expect("run tests/oidc/run keycloak");
        let form = [
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", "admin"),
            ("password", password.as_str()),
        ];
        let url = format!("{}/realms/master/protocol/openid-connect/token", self.origin);
        let token = self.http.post(url).form(&form).send().await.expect("a response");
        let token: Value = token.json().await.expect("JSON");
        let token = token["access_token"].as_str().expect("the administrator's token");
        let url = format!("{}/admin/realms/flyte/{path}", self.origin);
        let mut request = self.http.request(method, &url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.expect("a response");
        let status = response.status();
        let text = response.text().await.expect("a text");
        assert!(status.is_success(), "{url}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}
