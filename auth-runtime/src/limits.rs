//! The numbers: those that a program has reason to set, and all others, which are private.

mod check;
mod numbers;

use std::time::Duration;

pub(crate) use self::numbers::*;

/// The limits and timeouts of one authenticator, as far as a program has reason to set them.
///
/// ```
/// use std::time::Duration;
///
/// use auth_runtime::{Authenticator, limits::Limits};
///
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let limits = Limits::new()
///     .with_http_attempt_timeout(Duration::from_secs(5))
///     .with_backoff_max(Duration::from_secs(30));
/// let authenticator = Authenticator::builder("https://flyte.example.com").limits(limits).build()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    pub(crate) login_timeout: Option<Duration>,
    pub(crate) refresh_window: Duration,
    pub(crate) refresh_window_lifetime_divisor: u32,
    pub(crate) refresh_window_jitter: f64,
    pub(crate) expiry_margin: Duration,
    pub(crate) expiry_margin_lifetime_divisor: u32,
    pub(crate) max_token_lifetime: Duration,
    pub(crate) backoff_first: Duration,
    pub(crate) backoff_factor: f64,
    pub(crate) backoff_jitter: f64,
    pub(crate) backoff_max: Duration,
    pub(crate) backoff_wait: Duration,
    pub(crate) person_pause: Duration,
    pub(crate) refused_pause: Duration,
    pub(crate) early_rejection: Duration,
    pub(crate) early_rejection_lifetime_divisor: u32,
    pub(crate) logout_lock_timeout: Duration,
    pub(crate) unattended_lock_timeout: Duration,
    pub(crate) wait_notice: Duration,
    pub(crate) breaker_refreshes: u32,
    pub(crate) early_rejections: u32,
    pub(crate) breaker_methods: usize,
    pub(crate) refresh_margin: Duration,
    pub(crate) replay_buffer_bytes: usize,
    pub(crate) max_attempts: u8,
    pub(crate) max_token_bytes: usize,
    pub(crate) http_attempt_timeout: Duration,
    pub(crate) retry_after_max: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) discovery_timeout: Duration,
    pub(crate) store_timeout: Duration,
    pub(crate) stored_token_margin: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            login_timeout: None,
            refresh_window: REFRESH_WINDOW,
            refresh_window_lifetime_divisor: REFRESH_WINDOW_LIFETIME_DIVISOR,
            refresh_window_jitter: REFRESH_WINDOW_JITTER,
            expiry_margin: EXPIRY_MARGIN,
            expiry_margin_lifetime_divisor: EXPIRY_MARGIN_LIFETIME_DIVISOR,
            max_token_lifetime: MAX_TOKEN_LIFETIME,
            backoff_first: BACKOFF_FIRST,
            backoff_factor: BACKOFF_FACTOR,
            backoff_jitter: BACKOFF_JITTER,
            backoff_max: BACKOFF_MAX,
            backoff_wait: BACKOFF_WAIT,
            person_pause: PERSON_PAUSE,
            refused_pause: REFUSED_PAUSE,
            early_rejection: EARLY_REJECTION,
            early_rejection_lifetime_divisor: EARLY_REJECTION_LIFETIME_DIVISOR,
            logout_lock_timeout: LOGOUT_LOCK_TIMEOUT,
            unattended_lock_timeout: UNATTENDED_LOCK_TIMEOUT,
            wait_notice: WAIT_NOTICE,
            breaker_refreshes: BREAKER_REFRESHES,
            early_rejections: EARLY_REJECTIONS,
            breaker_methods: BREAKER_METHODS,
            refresh_margin: REFRESH_MARGIN,
            replay_buffer_bytes: REPLAY_BUFFER_BYTES,
            max_attempts: MAX_ATTEMPTS,
            max_token_bytes: MAX_TOKEN_BYTES,
            http_attempt_timeout: HTTP_ATTEMPT_TIMEOUT,
            retry_after_max: RETRY_AFTER_MAX,
            connect_timeout: CONNECT_TIMEOUT,
            discovery_timeout: DISCOVERY_TIMEOUT,
            store_timeout: STORE_TIMEOUT,
            stored_token_margin: STORED_TOKEN_MARGIN,
        }
    }
}

impl Limits {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long one login may take, whatever its flow says. By default the flow's own
    /// [timeout](crate::Flow::timeout) counts: a minute, or five where it waits for a person.
    #[must_use]
    pub fn with_login_timeout(mut self, login_timeout: Duration) -> Self {
        self.login_timeout = Some(login_timeout);
        self
    }

    /// How long before its expiry a token is refreshed in the background: 240 seconds by default. At most half of the
    /// token's lifetime, and less a random part, so that a fleet does not refresh in step.
    #[must_use]
    pub fn with_refresh_window(mut self, refresh_window: Duration) -> Self {
        self.refresh_window = refresh_window;
        self
    }

    /// The timeout of one HTTP attempt at an OAuth 2 endpoint: 30 seconds by default.
    #[must_use]
    pub fn with_http_attempt_timeout(mut self, http_attempt_timeout: Duration) -> Self {
        self.http_attempt_timeout = http_attempt_timeout;
        self
    }

    /// How long connecting to the endpoint may take: 20 seconds by default, gRPC's least.
    #[must_use]
    pub fn with_connect_timeout(mut self, connect_timeout: Duration) -> Self {
        self.connect_timeout = connect_timeout;
        self
    }

    /// How long it may take to ask a server how to log in: 30 seconds by default.
    #[must_use]
    pub fn with_discovery_timeout(mut self, discovery_timeout: Duration) -> Self {
        self.discovery_timeout = discovery_timeout;
        self
    }

    /// How long stored credentials may take to be read, saved or deleted: two minutes by default, since a keyring may
    /// ask a person for its password.
    #[must_use]
    pub fn with_store_timeout(mut self, store_timeout: Duration) -> Self {
        self.store_timeout = store_timeout;
        self
    }

    /// The longest pause after a failed refresh: two minutes by default, gRPC's own. The first is a second. A provider
    /// that asks for more with `Retry-After` gets up to ten minutes. After a login that a person let pass or declined,
    /// nobody is asked for five minutes, whatever is set here.
    #[must_use]
    pub fn with_backoff_max(mut self, backoff_max: Duration) -> Self {
        self.backoff_max = backoff_max;
        self
    }

    /// The largest access token that is sent: 64 KiB by default. Servers refuse header lists far smaller than this;
    /// anything larger is not a token.
    #[must_use]
    pub fn with_max_token_bytes(mut self, max_token_bytes: usize) -> Self {
        self.max_token_bytes = max_token_bytes;
        self
    }

    /// The bytes of a client's request stream that are held for a replay: 256 KiB by default, as in gRPC's own retry
    /// buffer. A method's own setting wins.
    #[must_use]
    pub fn with_replay_buffer_bytes(mut self, replay_buffer_bytes: usize) -> Self {
        self.replay_buffer_bytes = replay_buffer_bytes;
        self
    }

    /// How many methods are told apart whose calls new tokens do not help. For tests: it takes many methods to reach
    /// the default.
    #[doc(hidden)]
    #[must_use]
    pub fn with_breaker_methods(mut self, breaker_methods: usize) -> Self {
        self.breaker_methods = breaker_methods;
        self
    }

    /// See [`with_login_timeout`](Self::with_login_timeout).
    pub fn login_timeout(&self) -> Option<Duration> {
        self.login_timeout
    }

    /// See [`with_refresh_window`](Self::with_refresh_window).
    pub fn refresh_window(&self) -> Duration {
        self.refresh_window
    }

    /// See [`with_http_attempt_timeout`](Self::with_http_attempt_timeout).
    pub fn http_attempt_timeout(&self) -> Duration {
        self.http_attempt_timeout
    }

    /// See [`with_connect_timeout`](Self::with_connect_timeout).
    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// See [`with_discovery_timeout`](Self::with_discovery_timeout).
    pub fn discovery_timeout(&self) -> Duration {
        self.discovery_timeout
    }

    /// See [`with_store_timeout`](Self::with_store_timeout).
    pub fn store_timeout(&self) -> Duration {
        self.store_timeout
    }

    /// See [`with_backoff_max`](Self::with_backoff_max).
    pub fn backoff_max(&self) -> Duration {
        self.backoff_max
    }

    /// See [`with_max_token_bytes`](Self::with_max_token_bytes).
    pub fn max_token_bytes(&self) -> usize {
        self.max_token_bytes
    }

    /// See [`with_replay_buffer_bytes`](Self::with_replay_buffer_bytes).
    pub fn replay_buffer_bytes(&self) -> usize {
        self.replay_buffer_bytes
    }
}
