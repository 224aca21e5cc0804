//! What Keycloak's administrator does.

use reqwest::Method;
use serde_json::{Value, json};

use super::Keycloak;

/// How all providers of keys are called.
const KEYS: &str = "org.keycloak.keys.KeyProvider";

impl Keycloak {
    /// A realm as the one that all tests share.
    pub(super) async fn create_realm(&self) {
        let mut realm: Value = serde_json::from_str(include_str!("../../keycloak/realm.json")).expect("JSON");
        realm["realm"] = self.realm.clone().into();
        self.ask(Method::POST, "", Some(realm)).await;
    }

    /// The administrator logs the person out: whatever was issued before is stale.
    pub async fn end_sessions(&self) {
        let id = self.person_id().await;
        self.administer(Method::POST, &format!("users/{id}/logout"), None).await;
    }

    /// The administrator ends the sessions of the person's browsers.
    pub async fn end_browser_sessions(&self) {
        let id = self.person_id().await;
        let sessions = self.administer(Method::GET, &format!("users/{id}/sessions"), None).await;
        for session in sessions.as_array().expect("a list") {
            let id = session["id"].as_str().expect("an id");
            self.administer(Method::DELETE, &format!("sessions/{id}?isOffline=false"), None).await;
        }
    }

    /// The administrator ends what the person has granted to the client, offline sessions among it.
    pub async fn end_grants(&self) {
        let id = self.person_id().await;
        self.administer(Method::DELETE, &format!("users/{id}/consents/{}", self.client_id), None).await;
    }

    /// The administrator disables the client, or enables it again.
    pub async fn enable_client(&self, enabled: bool) {
        let clients = self.administer(Method::GET, &format!("clients?clientId={}", self.client_id), None).await;
        let mut client = clients[0].clone();
        let id = client["id"].as_str().expect("the client").to_owned();
        client["enabled"] = enabled.into();
        self.administer(Method::PUT, &format!("clients/{id}"), Some(client)).await;
    }

    /// The administrator disables the person, or enables them again.
    pub async fn enable_person(&self, enabled: bool) {
        let path = format!("users/{}", self.person_id().await);
        let mut person = self.administer(Method::GET, &path, None).await;
        person["enabled"] = enabled.into();
        self.administer(Method::PUT, &path, Some(person)).await;
    }

    /// The administrator takes all roles from the person, the one for offline sessions among them.
    pub async fn take_roles(&self) {
        let path = format!("users/{}/role-mappings/realm", self.person_id().await);
        let roles = self.administer(Method::GET, &path, None).await;
        self.administer(Method::DELETE, &path, Some(roles)).await;
    }

    /// The administrator lets new tokens be signed with a new key. What the old ones signed stays good.
    pub async fn add_signing_key(&self) {
        let config = json!({ "priority": ["1000"], "algorithm": ["RS256"] });
        let key = json!({ "name": "new", "providerId": "rsa-generated", "providerType": KEYS, "config": config });
        self.administer(Method::POST, "components", Some(key)).await;
    }

    /// The administrator removes all keys of a kind, but for new ones: what they signed is bad from now on.
    pub async fn remove_old_keys(&self, kind: &str) {
        let keys = self.administer(Method::GET, &format!("components?type={KEYS}"), None).await;
        let keys = keys.as_array().expect("a list").iter();
        let old = keys.filter(|key| key["name"] != "new" && key["providerId"].as_str().is_some_and(|id| id == kind));
        for key in old {
            let id = key["id"].as_str().expect("an id");
            self.administer(Method::DELETE, &format!("components/{id}"), None).await;
        }
    }

    async fn person_id(&self) -> String {
        let people = self.administer(Method::GET, &format!("users?exact=true&username={}", self.person), None).await;
        people[0]["id"].as_str().expect("the person").to_owned()
    }

    pub(super) async fn administer(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        self.ask(method, &format!("/{}/{path}", self.realm), body).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
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
        let url = format!("{}/admin/realms{path}", self.origin);
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
