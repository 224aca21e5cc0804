//! A server of the attacker's: it keeps all that it is sent, and redeems what can be redeemed.

use std::sync::Arc;

use tests::{
    browser,
    canary::{self, Canary},
    identity_provider::{CLIENT_ID, IdentityProvider},
    peer::Tokens,
    token_endpoint::Answer,
};

/// Its web server. It gives out tokens of its own, as a provider does, and nobody has to log in.
pub(crate) struct Attacker {
    canary: Arc<Canary>,
    pub(crate) site: IdentityProvider,
}

/// The paths that requests with secrets come to.
const PATHS: [&str; 5] = ["/token", "/device", "/revoke", "/authorize", "/.well-known/oauth-authorization-server"];

impl Attacker {
    /// `canary` is the one of those who are attacked: its secrets are what the attacker is after.
    pub(crate) fn start(canary: &Arc<Canary>) -> Self {
        // What the attacker makes up is nobody's secret.
        let site = IdentityProvider::start(Arc::new(Canary::new()), Tokens::new());
        let token = serde_json::json!({ "access_token": "bait", "token_type": "Bearer", "expires_in": 3600 });
        site.publish("/token", Answer::json(200, token));
        Self { canary: Arc::clone(canary), site }
    }

    /// A URL of this server.
    pub(crate) fn url(&self, path: &str) -> String {
        self.site.url_as("evil.test", path)
    }

    /// Says this about itself, in an issuer's metadata.
    pub(crate) fn says(&self, metadata: serde_json::Value) {
        self.site.publish("/.well-known/oauth-authorization-server", Answer::json(200, metadata));
    }

    /// What was sent to it.
    pub(crate) fn requests(&self) -> usize {
        ["/token", "/device"].iter().map(|path| self.site.requests(path).len()).sum()
    }

    /// Redeems at the honest provider whatever it was sent.
    ///
    /// # Panics
    ///
    /// If that brings tokens, or if anything that it was sent holds a secret.
    pub(crate) async fn leaves_empty_handed(&self, honest: &IdentityProvider) {
        for request in self.site.requests("/token") {
            let mut form: Vec<_> = request.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            if request.field("client_id").is_none() {
                form.push(("client_id", CLIENT_ID));
            }
            let answer = browser::post_form(&honest.url("/token"), &[], &form).await.unwrap();
            assert_ne!(answer.status, 200, "the attacker has redeemed a {:?}", request.field("grant_type"));
        }
        for request in PATHS.iter().flat_map(|path| self.site.requests(path)) {
            canary::observe_text(&format!("{:?} {:?}", request.fields, header_texts(&request.headers)));
        }
        let seen = self.canary.sightings();
        assert!(seen.is_empty(), "the attacker has {} secrets, first of all: {}", seen.len(), seen[0]);
    }
}

/// In the open: `Debug` of a header hides what is marked sensitive.
fn header_texts(headers: &http::HeaderMap) -> Vec<String> {
    headers.iter().map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))).collect()
}
