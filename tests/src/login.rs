//! What a test of a person's login starts with: a canary, a server that wants a token, an identity provider that issues
//! some, and a prompt.

use std::sync::Arc;

use auth_runtime::{
    AuthError, Authenticator, AuthenticatorBuilder, Credentials, Flow, Interaction,
    flow::{DeviceCode, Pkce},
};
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};
use url::Url;

use crate::{
    browser::{Browser, Page},
    call::numbered,
    calls::calls_client::AuthenticatedCallsClient,
    canary::{self, Canary},
    guard::within_reason,
    identity_provider::{CLIENT_ID, IdentityProvider},
    peer::{Answer, Peer, Tokens},
    prompt::{RecordingPrompt, Shown},
};

/// One test's world. Its end is the canary's check.
#[derive(Debug)]
pub struct Login {
    /// The gRPC server: it lets in who has a token of the provider, and answers UNAUTHENTICATED to everybody else.
    pub peer: Peer,
    /// Where people log in.
    pub provider: IdentityProvider,
    /// What they are shown.
    pub prompt: RecordingPrompt,
    /// The person's browser.
    pub browser: Browser,
    /// The access tokens that are good.
    pub tokens: Tokens,
    /// The secrets.
    pub canary: Arc<Canary>,
}

impl Login {
    /// A world in which nobody has logged in.
    #[expect(clippy::new_without_default, reason = "it starts servers")]
    pub fn new() -> Self {
        let canary = Arc::new(Canary::new());
        let tokens = Tokens::new();
        let rejection = Answer::rejected();
        let peer = Peer::checking(tokens.clone(), "authorization", rejection, Answer::message(&numbered(1)));
        let provider = IdentityProvider::start(canary.clone(), tokens.clone());
        Self { peer, provider, prompt: RecordingPrompt::new(), browser: Browser::new(), tokens, canary }
    }

    /// The login through the browser, on any free port.
    pub fn pkce(&self) -> Pkce {
        Pkce::new()
            .client_id(CLIENT_ID)
            .authorization_url(self.provider.url("/authorize"))
            .token_url(self.provider.url("/token"))
            .redirect_uri("http://127.0.0.1:0/callback")
            .scopes(["all", "offline"])
    }

    /// The login on another device.
    pub fn device_code(&self) -> DeviceCode {
        DeviceCode::new()
            .client_id(CLIENT_ID)
            .device_authorization_url(self.provider.url("/device"))
            .token_url(self.provider.url("/token"))
    }

    /// An authenticator for the server, to be changed further.
    pub fn builder(&self, flow: impl Flow + std::fmt::Debug) -> AuthenticatorBuilder {
        canary::observe(&flow);
        Authenticator::builder(self.peer.endpoint())
            .flow(flow)
            .prompt(self.prompt.clone())
            .interaction(Interaction::Always)
            .without_provider_notes()
    }

    /// An authenticator for the server.
    pub fn authenticator(&self, flow: impl Flow + std::fmt::Debug) -> Authenticator {
        self.builder(flow).build().unwrap()
    }

    /// A client of the server.
    pub fn client(&self, authenticator: &Authenticator) -> AuthenticatedCallsClient<Channel> {
        canary::observe(authenticator);
        let channel = Endpoint::from_shared(self.peer.endpoint()).unwrap().connect_lazy();
        AuthenticatedCallsClient::new(authenticator.over(channel))
    }

    /// Goes through the n-th login in the browser, to the page that it ends with.
    pub async fn log_in(&self, number: usize) -> Page {
        self.browser.visit(&self.prompt.page(number).await).await
    }

    /// Logs in, with a person who does all that the prompt wants.
    pub async fn complete(&self, authenticator: &Authenticator) -> Result<Credentials, AuthError> {
        let shown = self.prompt.shown().len();
        let person = async {
            match self.prompt.nth(shown).await {
                Shown::Browser { opened, .. } => drop(self.browser.visit(&opened).await),
                Shown::DeviceCode { user_code, .. } => self.provider.decide(&user_code, true),
            }
            std::future::pending::<()>().await;
        };
        let outcome = tokio::select! {
            outcome = authenticator.login() => outcome,
            () = person => unreachable!("nobody waits for a person who has nothing to do"),
        };
        observe(&outcome);
        outcome
    }

    /// Opens the page of the n-th login: where the browser is sent to by it.
    pub async fn authorization(&self, number: usize) -> String {
        self.browser.get(&self.prompt.page(number).await).await.location().into()
    }

    /// Goes through the n-th login in the browser, but for the last step: the URL to come back with.
    pub async fn callback(&self, number: usize) -> String {
        let authorization = self.authorization(number).await;
        self.browser.get(&authorization).await.location().into()
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        // The provider's connections share the canary, so its own drop may come too late to fail the test.
        if !std::thread::panicking() {
            self.canary.check();
        }
    }
}

/// Begins a login that a person has to go on with.
pub fn start(authenticator: &Authenticator) -> JoinHandle<Result<(), AuthError>> {
    let authenticator = authenticator.clone();
    tokio::spawn(async move {
        let outcome = authenticator.login().await;
        observe(&outcome);
        outcome.map(drop)
    })
}

/// How it ends, which is soon.
pub async fn end(login: JoinHandle<Result<(), AuthError>>) -> Result<(), AuthError> {
    within_reason("the end of a login", login).await.unwrap()
}

fn observe(outcome: &Result<Credentials, AuthError>) {
    match outcome {
        Ok(credentials) => canary::observe(credentials),
        Err(error) => canary::observe_error(error),
    }
}

/// The value of a parameter in a URL's query; empty if there is none.
pub fn parameter(url: &str, name: &str) -> String {
    let url: Url = url.parse().unwrap();
    let mut values = url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    values.next().unwrap_or_default()
}

/// The URL with other parameters in its query: with these values, or without them.
pub fn with_parameters(url: &str, changes: &[(&str, Option<&str>)]) -> String {
    let mut url: Url = url.parse().unwrap();
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    for (name, value) in changes {
        pairs.retain(|(key, _)| key != name);
        pairs.extend(value.map(|value| ((*name).to_owned(), value.to_owned())));
    }
    url.query_pairs_mut().clear().extend_pairs(pairs);
    url.into()
}
