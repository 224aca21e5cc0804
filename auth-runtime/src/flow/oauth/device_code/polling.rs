//! Asking the token endpoint again and again, no faster than it wants (RFC 8628 section 3.5).
//!
//! The `oauth2` crate knows the protocol: it keeps the interval, lengthens it for good at `slow_down`, goes on at
//! `authorization_pending` and stops at any other error. It takes every failed request for one that may pass, so what
//! failed requests mean is decided below it.

#[cfg(test)]
mod tests;

use std::{future::pending, pin::Pin, sync::Mutex, time::Duration};

use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout_at},
};

use super::{
    super::wire::{Client, Endpoint, Secrets, TokenResponse, request_error},
    DeviceAuthorization,
};
use crate::{AuthError, limits};

pub(super) const OPERATION: &str = "the device login";

/// Where polls go: the token endpoint, or what stands in for it in tests of time.
pub(super) trait Exchange: Sync {
    fn exchange(&self, request: HttpRequest) -> impl Future<Output = Result<HttpResponse, AuthError>> + Send;
}

impl Exchange for Endpoint {
    fn exchange(&self, request: HttpRequest) -> impl Future<Output = Result<HttpResponse, AuthError>> + Send {
        self.call(request)
    }
}

/// One login's polls.
pub(super) struct Polling<'a, E> {
    endpoint: &'a E,
    expires_at: Instant,
    expires_in: Duration,
    parameters: Vec<(String, String)>,
    state: Mutex<State>,
    stopped: Notify,
}

struct State {
    last_request: Instant,
    /// The pause between polls, as the provider last wanted it.
    interval: Duration,
    /// A failure that another request cannot mend.
    failure: Option<AuthError>,
}

impl<'a, E: Exchange> Polling<'a, E> {
    pub(super) fn new(endpoint: &'a E, begun_at: Instant, authorization: &DeviceAuthorization) -> Self {
        let expires_in = authorization.expires_in().min(limits::MAX_DEVICE_CODE_LIFETIME);
        let interval = authorization.interval().max(limits::MIN_DEVICE_INTERVAL);
        let state = State { last_request: begun_at, interval, failure: None };
        Self {
            endpoint,
            expires_at: begun_at + expires_in,
            expires_in,
            parameters: Vec::new(),
            state: Mutex::new(state),
            stopped: Notify::new(),
        }
    }

    /// The same with more parameters in each poll.
    pub(super) fn with_parameters(mut self, parameters: impl IntoIterator<Item = (String, String)>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// Polls until there is an answer. Returns it with the time at which it was asked for.
    pub(super) async fn run(
        &self,
        client: &Client,
        authorization: &DeviceAuthorization,
        secrets: &Secrets,
    ) -> Result<(TokenResponse, Instant), AuthError> {
        let polls = async {
            // The person needs longer than this in any case, and a poll that is too early makes the interval longer.
            sleep(self.lock(|state| state.interval)).await;
            // The deadline is kept here, on the clock that sleeps go by; the crate's own is on the wall's.
            let request = client.exchange_device_access_token(authorization);
            let parameters = self.parameters.iter();
            let request = parameters.fold(request, |request, (name, value)| request.add_extra_param(name, value));
            let pause = |interval: Duration| {
                let interval = interval.max(limits::MIN_DEVICE_INTERVAL);
                self.lock(|state| state.interval = interval);
                sleep(interval)
            };
            request.request_async(self, pause, Some(limits::MAX_DEVICE_CODE_LIFETIME)).await
        };
        let outcome = async {
            tokio::select! {
                biased;
                () = self.stopped.notified() => Err(self.failure()),
                outcome = polls => outcome.map_err(|error| request_error(OPERATION, error, secrets)),
            }
        };
        match timeout_at(self.expires_at, outcome).await {
            Ok(outcome) => outcome.map(|token| (token, self.lock(|state| state.last_request))),
            Err(_) => Err(expired(self.expires_in)),
        }
    }

    /// One request, sent again after a pause for as long as its failures may pass.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, AuthError> {
        let interval = self.lock(|state| state.interval);
        let mut pause = interval;
        loop {
            self.lock(|state| state.last_request = Instant::now());
            match self.endpoint.exchange(request.clone()).await {
                Err(error) if error.is_transient() => {
                    tracing::debug!(%error, "the provider is asked again");
                    let longer = pause.saturating_mul(limits::DEVICE_BACKOFF_FACTOR);
                    pause = longer.min(limits::DEVICE_BACKOFF_MAX).max(interval);
                    sleep(error.retry_after().unwrap_or_default().max(pause)).await;
                }
                Err(error) => {
                    self.lock(|state| state.failure = Some(error));
                    self.stopped.notify_one();
                    return pending().await;
                }
                answer => return answer,
            }
        }
    }

    fn failure(&self) -> AuthError {
        self.lock(|state| state.failure.take()).unwrap_or(AuthError::interrupted("it was stopped"))
    }

    fn lock<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl<'c, E: Exchange> AsyncHttpClient<'c> for Polling<'_, E> {
    type Error = AuthError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, AuthError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

fn expired(after: Duration) -> AuthError {
    AuthError::rejected(
        OPERATION,
        "expired_token".to_owned(),
        Some(format!("nobody entered the code within {after:?}")),
    )
}
