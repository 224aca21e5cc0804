//! Each time, size and count that bounds what a program does, with its reason.

#![cfg_attr(
    not(all(feature = "flyte", feature = "file-store", feature = "keyring")),
    allow(dead_code, reason = "some are those of features")
)]

use std::time::Duration;

/// How long before its expiry a token is refreshed in the background: long enough for a slow provider and a retry,
/// short against the usual lifetimes of 30 to 60 minutes.
pub(crate) const REFRESH_WINDOW: Duration = Duration::from_secs(240);

/// The refresh window is at most this part of a token's lifetime, so that a token of two seconds is not refreshed on
/// every call.
pub(crate) const REFRESH_WINDOW_LIFETIME_DIVISOR: u32 = 2;

/// The window is shortened by a random part of up to this fraction of itself, so that a fleet which started together
/// does not refresh in step.
pub(crate) const REFRESH_WINDOW_JITTER: f64 = 0.5;

/// A token counts as expired this long before it really is: it has to survive the way to the server and the
/// difference between two clocks.
pub(crate) const EXPIRY_MARGIN: Duration = Duration::from_secs(30);

/// The expiry margin is at most this part of a token's lifetime.
pub(crate) const EXPIRY_MARGIN_LIFETIME_DIVISOR: u32 = 4;

/// Longer lifetimes are cut to this. No provider issues access tokens for ten years; a value beyond it is a mistake
/// that must not overflow a clock.
pub(crate) const MAX_TOKEN_LIFETIME: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The first pause after a failed refresh.
pub(crate) const BACKOFF_FIRST: Duration = Duration::from_secs(1);

/// Each further pause is this much longer (the factor of gRPC's connection backoff).
pub(crate) const BACKOFF_FACTOR: f64 = 1.6;

/// Each pause is longer or shorter by a random part of up to this fraction.
pub(crate) const BACKOFF_JITTER: f64 = 0.2;

/// No pause is longer (the limit of gRPC's connection backoff), unless the provider asks for it with
/// `Retry-After`.
pub(crate) const BACKOFF_MAX: Duration = Duration::from_secs(120);

/// How long a call without a deadline waits for another attempt after a refresh that failed for the moment: for a
/// provider that restarts, and not so long that a program seems to hang.
pub(crate) const BACKOFF_WAIT: Duration = Duration::from_secs(3);

/// The pause before a refresh token is tried again that the provider refused with an error of its own.
pub(crate) const REFUSED_PAUSE: Duration = Duration::from_secs(1);

/// A shorter token is never put into HTTP/2's table of headers, where somebody who may put headers of their own onto the
/// same connection could find it by guessing all of it. Nobody guesses 32 characters.
pub(crate) const INDEXED_TOKEN_LENGTH: usize = 32;

/// A token that is rejected so soon after it was issued counts as one that did not help. Longer than a call and its
/// replay take, shorter than most lifetimes that a provider would give.
pub(crate) const EARLY_REJECTION: Duration = Duration::from_secs(10);

/// That time is at most this part of a token's lifetime: one that was revoked in the middle of a short life has helped.
pub(crate) const EARLY_REJECTION_LIFETIME_DIVISOR: u32 = 4;

/// How long a logout waits for another program that refreshes the stored credentials. A person may be at that login,
/// and whoever logs out should not have to wait for them.
pub(crate) const LOGOUT_LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a login waits for another program that logs in, where nobody could answer a prompt of its own: as long as one
/// HTTP request may take. Without a person a login is not much longer, and one that waits for a person may take minutes.
pub(crate) const UNATTENDED_LOCK_TIMEOUT: Duration = HTTP_ATTEMPT_TIMEOUT;

/// How soon a person is told that another program is at a login. Most refreshes end before.
pub(crate) const WAIT_NOTICE: Duration = Duration::from_secs(1);

/// After this many refreshed tokens in a row that were rejected at once, a rejection no longer refreshes on each call:
/// the server says no for a reason that no new token mends, such as a missing scope.
pub(crate) const BREAKER_REFRESHES: u32 = 3;

/// After this many tokens in a row that were rejected soon after they were issued, a rejection no longer refreshes on
/// each call. More than above: somebody may revoke a few tokens in a row.
pub(crate) const EARLY_REJECTIONS: u32 = 5;

/// How many methods are remembered whose calls new tokens did not help. With more of them, no call refreshes for a
/// while.
pub(crate) const BREAKER_METHODS: usize = 64;

/// How much longer than a login can take calls wait for one that another runtime runs, before they take it for lost.
pub(crate) const REFRESH_MARGIN: Duration = Duration::from_secs(5);

/// How many of the calls that wait for one refresh are woken at a time. tokio looks at its sockets after 61 tasks at the latest, and each
/// call is several: with 16, what a turn sends is written before the next one. Measured against 32 and 64 in `docs/speed.md`.
pub(crate) const WOKEN_IN_A_TURN: usize = if cfg!(all(test, shuttle)) { 1 } else { 16 };

/// The bytes of a client's request stream that are held for a replay: as much as gRPC's own retry buffer per call.
pub(crate) const REPLAY_BUFFER_BYTES: usize = 256 * 1024;

/// The encoder's first buffer in a call with one message, which is held until the call is over. Allocators keep pieces of up to so
/// much at hand, and most messages are smaller; for others it is doubled.
pub(crate) const ENCODING_BUFFER_BYTES: usize = 1024;

/// How often one call may be sent when two layers (a proxy's and the server's credentials) both replay.
pub(crate) const MAX_ATTEMPTS: u8 = 3;

/// The largest access token that is sent. Servers refuse header lists far smaller than this (8 to 64 KiB by default);
/// anything larger is not a token.
pub(crate) const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// The timeout of one HTTP attempt at an OAuth 2 endpoint.
pub(crate) const HTTP_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// The pause before the one quick repeat of an HTTP request, on average: a load balancer has another machine by then.
pub(crate) const QUICK_REPEAT_PAUSE: Duration = Duration::from_millis(200);

/// A request that took longer to fail is not repeated at once: callers wait.
pub(crate) const QUICK_REPEAT_WITHIN: Duration = Duration::from_secs(5);

/// How long a logout tries to tell the provider: the login is forgotten here by then, and a person waits.
pub(crate) const REVOCATION_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest body that is read from an OAuth 2 endpoint.
pub(crate) const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// How much of a proxy's rejection is read so that its call ends in an orderly way: login pages are smaller, and a reset
/// costs less than more.
pub(crate) const MAX_REJECTION_BYTES: usize = 64 * 1024;

/// How long the rest of such a rejection is waited for. It comes right behind its head; whatever is slower must not hold
/// up the replay so that anybody notices.
pub(crate) const REJECTION_REST_TIMEOUT: Duration = Duration::from_millis(50);

/// The longest `Retry-After` that is believed: as long as that the provider is left alone, also beyond the longest
/// pause of our own. A date in the next century is a provider's mistake.
pub(crate) const RETRY_AFTER_MAX: Duration = Duration::from_secs(10 * 60);

/// Connections that are served at the same time while a browser is waited for. Browsers open a few in advance; beyond
/// them the one is closed that has been silent for longest.
pub(crate) const CALLBACK_CONNECTIONS: usize = 32;

/// How long a connection from a browser may take for a request's head, and how long it may stay unused.
pub(crate) const CALLBACK_HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest head of a request from a browser: a code may be a JWT, and `localhost` collects cookies.
pub(crate) const CALLBACK_HEAD_BYTES: usize = 64 * 1024;

/// How long a login waits at its end for the browser to fetch the page that says how it went.
pub(crate) const CALLBACK_PAGE_TIMEOUT: Duration = Duration::from_secs(2);

/// Device logins are polled no faster, even if the provider says 0: a person is not faster either.
pub(crate) const MIN_DEVICE_INTERVAL: Duration = Duration::from_secs(1);

/// Longer lifetimes of a device code are cut to this.
pub(crate) const MAX_DEVICE_CODE_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Each pause after a failed poll is this much longer than the one before (RFC 8628 section 3.5 recommends to double).
pub(crate) const DEVICE_BACKOFF_FACTOR: u32 = 2;

/// No pause after a failed poll is longer, unless the interval is: a person is waiting.
pub(crate) const DEVICE_BACKOFF_MAX: Duration = Duration::from_secs(60);

/// Connecting to the endpoint takes no longer than this (gRPC's least connection timeout).
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// By how much tonic's own timeout for a connection is longer than ours, which says what was waited for.
#[cfg(feature = "transport")]
pub(crate) const CONNECT_TIMEOUT_MARGIN: Duration = Duration::from_secs(1);

/// How long what was sent may stay unacknowledged before a connection counts as dead (gRPC proposal A18).
#[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
#[cfg(feature = "transport")]
pub(crate) const TCP_USER_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a connection is silent before TCP asks whether the other end is there. Load balancers forget connections
/// that are silent for a minute and more, without telling either end.
#[cfg(feature = "transport")]
pub(crate) const TCP_KEEP_ALIVE: Duration = Duration::from_secs(45);

/// Between two such questions, if the first stays unanswered.
#[cfg(feature = "transport")]
pub(crate) const TCP_KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// Between two pings of HTTP/2, which are sent with calls in flight only. Servers of grpc-go and grpc-java close
/// connections on which pings come more often than every five minutes; the second more is for what a network delays.
#[cfg(feature = "transport")]
pub(crate) const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(5 * 60 + 1);

/// Whoever wants pings more seldom wants none: no call takes so long.
pub(crate) const MAX_KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// How long the answer to a ping may take (gRPC's default).
#[cfg(feature = "transport")]
pub(crate) const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// The names of a server's certificate that a message repeats: the server chose how many there are.
#[cfg(feature = "_http")]
pub(crate) const SHOWN_NAMES: usize = 5;

/// The timeout of asking a server how to log in.
pub(crate) const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait for stored credentials to be read, saved or deleted. Generous: a keyring may ask a person for its
/// password.
pub(crate) const STORE_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a keyring may take that asks a person for its password. Shorter than [`STORE_TIMEOUT`], so that there is time
/// for another place.
pub(crate) const KEYRING_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a keyring that has failed is left alone, where there is another place: it may ask a person each time.
pub(crate) const KEYRING_PAUSE: Duration = Duration::from_secs(5 * 60);

/// Stored access tokens that end this soon are refreshed before their first use. Shorter than the usual margin, which
/// is a part of a token's lifetime: how long that was is not stored.
pub(crate) const STORED_TOKEN_MARGIN: Duration = Duration::from_secs(5);

/// The timeout of a login in which no person takes part.
pub(crate) const MACHINE_LOGIN_TIMEOUT: Duration = Duration::from_secs(60);

/// After a login that a person declined or let pass, or that the provider refused, nobody is asked again for this long.
pub(crate) const PERSON_PAUSE: Duration = Duration::from_secs(300);

/// The timeout of a login that waits for a person.
pub(crate) const INTERACTIVE_LOGIN_TIMEOUT: Duration = Duration::from_secs(300);

/// The largest file of certificates that is read: all authorities that a system trusts take a quarter of a megabyte.
#[cfg(feature = "_http")]
pub(crate) const MAX_CA_BYTES: usize = 16 * 1024 * 1024;

/// How long a connection that is being set up looks whether the file with the client's secret is there: it holds up its
/// thread.
#[cfg(feature = "flyte")]
pub(crate) const SECRET_CHECK_TIMEOUT: Duration = Duration::from_millis(250);

/// The largest client secret that is read from a file: a mistaken path (a device, a database) must not fill the memory.
pub(crate) const MAX_SECRET_BYTES: usize = 64 * 1024;

/// A provider's `error_description` is cut to this many characters in our errors.
pub(crate) const MAX_DESCRIPTION_CHARS: usize = 200;

/// What a server or a provider names in a prompt, and who has logged in on a page, is cut to this many characters: names
/// and URLs of providers are shorter, and a line of a terminal does not hold much more.
pub(crate) const MAX_SHOWN_CHARS: usize = 120;

/// As much of a provider's URL: its end says whose it is, so scheme, host and port are shown whole. A host's name has 253
/// characters at most (RFC 1035 section 3.1).
pub(crate) const MAX_SHOWN_PROVIDER_CHARS: usize = 280;

/// How many scopes of a server's choice a prompt shows.
pub(crate) const MAX_SHOWN_SCOPES: usize = 32;

/// The redirect URI where neither the flow nor the server names one: a port that no service is registered for.
pub(crate) const DEFAULT_REDIRECT_URI: &str = "http://localhost:53593/callback";

/// Random bytes in the `state` of an authorization (RFC 6749 section 10.10 asks for 128 bits at least, better 160).
pub(crate) const STATE_BYTES: u32 = 32;

/// Random bytes in the link that a login begins with, and in the cookie of a visit to it.
pub(crate) const LINK_BYTES: u32 = 16;

/// Visits to the links of a login that are remembered: a person reloads a page a few times at most.
pub(crate) const LINK_VISITS: usize = 32;

/// How often a free port is looked for that is free on both of this machine's addresses.
pub(crate) const FREE_PORT_ATTEMPTS: u32 = 16;

/// The pause after a connection could not be accepted.
pub(crate) const CALLBACK_ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A device code is good for this long where the provider does not say (it must, RFC 8628 section 3.2).
pub(crate) const DEFAULT_DEVICE_CODE_LIFETIME: Duration = Duration::from_secs(600);

/// The timeout of an external command: shorter than that of a login, so that the error can say what took so long.
pub(crate) const COMMAND_TIMEOUT: Duration = Duration::from_secs(50);

/// How much longer the session waits for a command than the command's own timeout.
pub(crate) const COMMAND_TIMEOUT_MARGIN: Duration = Duration::from_secs(5);

/// How long the output of an external command is read once the command has ended. All that it printed itself is there by
/// then; what it left running may hold the output open for ever.
pub(crate) const COMMAND_OUTPUT_PAUSE: Duration = Duration::from_millis(250);

/// The bytes that an external command may print around a token: an `ExecCredential` may hold a certificate as well.
pub(crate) const MAX_COMMAND_JSON: usize = 64 * 1024;

/// The bytes of an external command's error output that are looked at: the last words come at the end.
pub(crate) const MAX_COMMAND_ERROR_OUTPUT: usize = 4 * 1024;

/// How many credentials are remembered that logouts have left in a store. One leaves what it could not delete and those of
/// two or three other programs.
pub(crate) const LEFT_BEHIND: usize = 32;

/// The longest code that a person is asked to type in: real ones have 8 characters (RFC 8628 section 6.1), and more than a
/// line of a terminal is there to hide what stands above it.
#[cfg(feature = "oauth")]
pub(crate) const MAX_USER_CODE_CHARS: usize = 64;

/// The longest page that a person is sent to: as long as what browsers and proxies agree to be a URL.
#[cfg(feature = "oauth")]
pub(crate) const MAX_PAGE_BYTES: usize = 2048;

/// How often a lock that another program holds is tried again.
pub(crate) const STORE_LOCK_POLL: Duration = Duration::from_millis(50);

/// The largest file that is read as stored credentials.
pub(crate) const MAX_STORED_BYTES: u64 = 1024 * 1024;

/// A file that was being written so long ago belongs to a program that has died.
pub(crate) const UNFINISHED_FILE_AGE: Duration = Duration::from_secs(60 * 60);

/// How many different warnings, about stores and secrets, are logged as warnings by one process.
pub(crate) const NOTICES: usize = 64;

/// A server's own message is cut to this many characters behind a reason of ours. Real ones have a few hundred, and begin
/// with what is the matter.
pub(crate) const MAX_SERVER_MESSAGE_CHARS: usize = 1000;

/// How often an attempt is repeated that never left this process: one more than the connections that a pool usually has to
/// give up at once.
pub(crate) const NEVER_SENT_RETRIES: u8 = 3;

/// How often an attempt is repeated that the server's HTTP/2 refused (gRPC proposal A6: once).
pub(crate) const REFUSED_RETRIES: u8 = 1;

/// How long the body of a provider's error is waited for: it may say more than the status, and the login need not.
pub(crate) const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// How often the metadata of an issuer may be elsewhere on its origin.
pub(crate) const METADATA_REDIRECTS: u32 = 3;

/// The longest issuer that is asked: as long as what browsers and proxies agree to be a URL.
pub(crate) const MAX_ISSUER_BYTES: usize = 2048;

/// How much of a page that came in place of JSON is looked at for words: what it has to say comes early.
pub(crate) const MAX_ERROR_PAGE_BYTES: usize = 32 * 1024;

/// How many texts of a document in JSON are shown as its words: more say the same again.
pub(crate) const MAX_ERROR_TEXTS: usize = 3;

/// How deep in the document they may be. Real errors are three levels deep.
pub(crate) const MAX_ERROR_TEXT_DEPTH: usize = 6;

/// The longest error code of a provider that is shown as one: the registered ones have about half as many.
pub(crate) const MAX_ERROR_CODE_BYTES: usize = 64;

/// The longest `kind` in what a command prints that is shown. Kubernetes' own are shorter.
pub(crate) const MAX_SHOWN_KIND_BYTES: usize = 40;

/// How many refresh tokens are remembered that logouts have revoked: more than a session meets, its own and one of each
/// other program that keeps a login for the same server.
pub(crate) const REVOKED_REFRESH_TOKENS: usize = 8;

/// How often the table of connections is read for the user of one: where others come and go meanwhile, lines move, and it
/// may be missed.
#[cfg(target_os = "linux")]
pub(crate) const CONNECTION_TABLE_READS: usize = 4;

/// How often the progress line of a prompt moves.
pub(crate) const PROGRESS_TICK: Duration = Duration::from_millis(120);
