//! Somebody who logs in at Keycloak, and what a program of theirs does.

use std::{sync::Arc, time::Duration};

use auth_runtime::{Authenticator, AuthenticatorBuilder, Flow, Interaction};
use oidc::{Access, Browser, Keycloak};
use secrecy::ExposeSecret as _;
use tests::{
    browser as http,
    call::{Kind, spawn},
    calls::calls_client::AuthenticatedCallsClient,
    canary::Canary,
    peer::Peer,
    prompt::RecordingPrompt,
};

/// Waits until the provider does not take the access token any more.
pub(crate) async fn until_over(keycloak: &Keycloak, authenticator: &Authenticator) {
    let credentials = authenticator.get_credentials().unwrap();
    while keycloak.knows(credentials.access_token().expose_secret()).await {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

pub(crate) struct Person {
    pub(crate) keycloak: Arc<Keycloak>,
    pub(crate) prompt: RecordingPrompt,
    pub(crate) authenticator: Authenticator,
    pub(crate) client: AuthenticatedCallsClient,
    pub(crate) peer: Peer,
    // Last: it looks for secrets in all that the others said.
    _canary: Canary,
}

impl Person {
    pub(crate) async fn new<F: Flow>(flow: impl FnOnce(&Keycloak) -> F) -> Self {
        let canary = Canary::new();
        let keycloak = Keycloak::client(&canary, Access::People).await;
        Self::at(keycloak, canary, flow, |settings| settings)
    }

    pub(crate) async fn in_own_realm<F: Flow>(flow: impl FnOnce(&Keycloak) -> F) -> Self {
        let canary = Canary::new();
        let keycloak = Keycloak::client_in_own_realm(&canary, Access::People).await;
        Self::at(keycloak, canary, flow, |settings| settings)
    }

    pub(crate) async fn with<F: Flow>(
        flow: impl FnOnce(&Keycloak) -> F,
        adjust: impl FnOnce(AuthenticatorBuilder) -> AuthenticatorBuilder,
    ) -> Self {
        let canary = Canary::new();
        let keycloak = Keycloak::client(&canary, Access::People).await;
        Self::at(keycloak, canary, flow, adjust)
    }

    fn at<F: Flow>(
        keycloak: Arc<Keycloak>,
        canary: Canary,
        flow: impl FnOnce(&Keycloak) -> F,
        adjust: impl FnOnce(AuthenticatorBuilder) -> AuthenticatorBuilder,
    ) -> Self {
        let peer = keycloak.server();
        let prompt = RecordingPrompt::new();
        let builder = Authenticator::builder(peer.endpoint()).issuer(keycloak.issuer()).flow(flow(&keycloak));
        let builder = builder.prompt(prompt.clone()).interaction(Interaction::Always).without_provider_notes();
        let authenticator = adjust(builder).build().unwrap();
        let client = AuthenticatedCallsClient::new(authenticator.connect_lazy().unwrap());
        Self { keycloak, prompt, authenticator, client, peer, _canary: canary }
    }

    pub(crate) async fn until_over(&self) {
        until_over(&self.keycloak, &self.authenticator).await;
    }

    pub(crate) fn access_token(&self) -> String {
        self.authenticator.get_credentials().unwrap().access_token().expose_secret().to_owned()
    }

    pub(crate) fn refresh_token(&self) -> String {
        self.authenticator.get_credentials().unwrap().refresh_token().unwrap().expose_secret().to_owned()
    }

    /// What somebody gets who sends a refresh token without us: the status.
    pub(crate) async fn refreshed_by_hand(&self, refresh_token: &str) -> u16 {
        let client_id = self.keycloak.client_id();
        let form = [("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", refresh_token)];
        http::post_form(&self.keycloak.token_url(), &[], &form).await.unwrap().status
    }

    pub(crate) async fn type_password(&self, browser: &Browser) {
        browser.fill("input[name=username]", self.keycloak.person()).await;
        browser.fill("input[name=password]", self.keycloak.secret()).await;
        browser.click("[name=login]").await;
    }

    /// A call that needs the next login, and the person who does it.
    pub(crate) async fn log_in(&self, browser: &Browser) {
        let number = self.prompt.shown().len();
        let waiting = spawn(&self.client, Kind::Unary);
        browser.open(&self.prompt.page(number).await).await;
        // Keycloak may still know who that is.
        if browser.url().await.contains("/realms/") {
            self.type_password(browser).await;
        }
        browser.see("You are logged in").await;
        assert_eq!(waiting.await.unwrap().numbers(), [1]);
    }
}
