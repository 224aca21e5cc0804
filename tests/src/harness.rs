//! What almost every test starts with: a canary, a server, a login, and clients between them.

use std::{
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use auth_runtime::{AuthLayer, AuthenticatedChannel, Authenticator, AuthenticatorBuilder, Credentials};
use tonic::transport::{Channel, Endpoint};
use tower::Layer as _;

use crate::{
    calls::calls_client::{AuthenticatedCallsClient, CallsClient},
    canary::{self, Canary},
    flow::ScriptedFlow,
    peer::{Answer, Exchange, Peer, PeerOptions, Tokens},
    transport::LocalTransport,
};

/// One test's world: over sockets with a [`Peer`], or in one task with a [`LocalTransport`]. Its tokens are canaries,
/// and its end is the canary's check.
#[derive(Debug)]
pub struct Harness<S: Server = Peer> {
    /// The server that is called.
    pub peer: S,
    /// The login. Unless scripted, it issues a new token each time, which the peer accepts.
    pub flow: ScriptedFlow,
    login: Arc<Tickets>,
    stale: String,
    authenticator: OnceLock<Authenticator>,
}

/// Where tokens come from.
struct Tickets {
    tokens: Tokens,
    issued: Mutex<Vec<String>>,
    lifetime: Mutex<Option<Duration>>,
    canary: Canary,
}

/// What a harness's clients call.
pub trait Server {
    /// How they reach it.
    type Transport: auth_runtime::Transport + Sync + std::fmt::Debug;

    /// Its scheme and authority.
    fn endpoint(&self) -> String;

    /// A new way to it.
    fn transport(&self) -> Self::Transport;

    /// The tokens of the requests that it saw, in their order.
    fn tokens_seen(&self) -> Vec<Option<String>>;
}

impl Server for Peer {
    type Transport = Channel;

    fn endpoint(&self) -> String {
        Peer::endpoint(self)
    }

    /// Connects at the first call.
    fn transport(&self) -> Channel {
        Endpoint::from_shared(self.endpoint()).unwrap().connect_lazy()
    }

    fn tokens_seen(&self) -> Vec<Option<String>> {
        self.requests().iter().map(|request| request.bearer()).collect()
    }
}

impl Server for LocalTransport {
    type Transport = Self;

    fn endpoint(&self) -> String {
        "http://localhost:1".to_owned()
    }

    fn transport(&self) -> Self {
        self.clone()
    }

    fn tokens_seen(&self) -> Vec<Option<String>> {
        self.requests().iter().map(|request| request.bearer()).collect()
    }
}

impl Harness {
    /// With a peer that gives the n-th request the n-th answer.
    pub fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::with_peer(Tokens::new(), Peer::answering(answers))
    }

    /// With a peer that knows the tokens that the login issues: others get `rejection`.
    pub fn checking(rejection: Answer, success: Answer) -> Self {
        Self::checking_key("authorization", rejection, success)
    }

    /// The same, with the token in another header.
    pub fn checking_key(key: &'static str, rejection: Answer, success: Answer) -> Self {
        let tokens = Tokens::new();
        let peer = Peer::checking(tokens.clone(), key, rejection, success);
        Self::with_peer(tokens, peer)
    }

    /// With a peer that runs a script.
    pub fn scripted<S, F>(script: S) -> Self
    where
        S: Fn(Exchange) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        Self::scripted_with(PeerOptions::default(), script)
    }

    /// With a peer that runs a script under other settings.
    pub fn scripted_with<S, F>(options: PeerOptions, script: S) -> Self
    where
        S: Fn(Exchange) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        Self::with_peer(Tokens::new(), Peer::start_with(options, script))
    }
}

impl Harness<LocalTransport> {
    /// Without sockets.
    pub fn local(transport: LocalTransport) -> Self {
        Self::with_peer(Tokens::new(), transport)
    }

    /// Without sockets, with a server that knows the tokens that the login issues.
    pub fn local_checking() -> Self {
        let tokens = Tokens::new();
        Self::with_peer(tokens.clone(), LocalTransport::checking(tokens))
    }
}

impl<S: Server> Harness<S> {
    /// With any server.
    pub fn with_peer(tokens: Tokens, peer: S) -> Self {
        let canary = Canary::new();
        let stale = canary.secret();
        let login = Arc::new(Tickets { tokens, issued: Mutex::default(), lifetime: Mutex::default(), canary });
        let flow = ScriptedFlow::new({
            let login = login.clone();
            move || login.issue()
        });
        Self { peer, flow, login, stale, authenticator: OnceLock::new() }
    }

    /// Gives the tokens that are issued from now on this lifetime.
    pub fn tokens_live(&self, lifetime: Duration) {
        *self.login.lifetime.lock().unwrap() = Some(lifetime);
    }

    /// A new secret.
    pub fn secret(&self) -> String {
        self.login.canary.secret()
    }

    /// A new token that the peer accepts.
    pub fn valid_token(&self) -> String {
        let token = self.secret();
        self.login.tokens.accept(&token);
        token
    }

    /// The token that the clients start with, unless told otherwise: the peer does not accept it.
    pub fn stale_token(&self) -> &str {
        &self.stale
    }

    /// The tokens that the peer accepts.
    pub fn tokens(&self) -> &Tokens {
        &self.login.tokens
    }

    /// The tokens that the login issued so far.
    pub fn issued(&self) -> Vec<String> {
        self.login.issued.lock().unwrap().clone()
    }

    /// The tokens of the requests that the peer saw, in their order.
    pub fn tokens_seen(&self) -> Vec<Option<String>> {
        self.peer.tokens_seen()
    }

    /// An authenticator that has no credentials yet, to be changed further.
    pub fn builder(&self) -> AuthenticatorBuilder {
        Authenticator::builder(self.peer.endpoint()).flow(self.flow.clone())
    }

    /// Settles the harness's authenticator, before anything asks for it.
    pub fn authenticate_with(&self, build: impl FnOnce(AuthenticatorBuilder) -> AuthenticatorBuilder) -> Authenticator {
        let authenticator = build(self.builder()).build().unwrap();
        canary::observe(&authenticator);
        assert!(self.authenticator.set(authenticator.clone()).is_ok(), "the authenticator is settled once");
        authenticator
    }

    /// The authenticator of the harness's clients: unless settled otherwise, it holds the stale token.
    pub fn authenticator(&self) -> Authenticator {
        if let Some(authenticator) = self.authenticator.get() {
            return authenticator.clone();
        }
        self.authenticate_with(|builder| builder.credentials(Credentials::new(self.stale_token())))
    }

    /// The generated client.
    pub fn client(&self) -> AuthenticatedCallsClient<S::Transport> {
        let client = AuthenticatedCallsClient::new(self.authenticator().over(self.peer.transport()));
        canary::observe(&client);
        client
    }

    /// tonic's own client over the layer, which does not know the methods' kinds.
    pub fn layered_client(&self) -> CallsClient<AuthenticatedChannel<S::Transport>> {
        let client = CallsClient::new(AuthLayer::new(self.authenticator()).layer(self.peer.transport()));
        canary::observe(&client);
        client
    }
}

impl Tickets {
    fn issue(&self) -> Credentials {
        let token = self.canary.secret();
        self.tokens.accept(&token);
        self.issued.lock().unwrap().push(token.clone());
        let credentials = Credentials::new(token);
        match *self.lifetime.lock().unwrap() {
            Some(lifetime) => credentials.with_expires_in(lifetime),
            None => credentials,
        }
    }
}

impl std::fmt::Debug for Tickets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tickets").field("issued", &self.issued.lock().unwrap().len()).finish_non_exhaustive()
    }
}

impl<S: Server> Drop for Harness<S> {
    fn drop(&mut self) {
        if let Some(authenticator) = self.authenticator.get() {
            canary::observe(authenticator);
        }
        // What is left of calls and of the background may log until the very end, so this is not the last check: the
        // canary's own drop is.
        if !std::thread::panicking() {
            self.login.canary.check();
        }
    }
}
