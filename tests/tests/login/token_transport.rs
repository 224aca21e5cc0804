//! How a token endpoint is reached, and what comes of it when it is not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{sync::Arc, time::Duration};

use auth_runtime::{
    AuthError, AuthErrorKind, Authenticator, AuthenticatorBuilder, Credentials, Verify, flow::ClientCredentials,
    limits::Limits,
};
use serde_json::json;
use tests::{
    canary::{self, Canary},
    certificates::Certificates,
    http_proxy::HttpProxy,
    login::Login,
    reserved_address::ReservedAddress,
    token_endpoint::{Answer, TokenEndpoint},
    told::told,
};

/// A name that only the tests' proxy can resolve.
const ELSEWHERE: &str = "idp.example.test";

struct World {
    canary: Arc<Canary>,
    secret: String,
}

impl World {
    fn new() -> Self {
        let canary = Arc::new(Canary::new());
        let secret = canary.secret();
        Self { canary, secret }
    }

    fn issuing(&self) -> TokenEndpoint {
        let canary = self.canary.clone();
        TokenEndpoint::issuing("client", &self.secret, 3600, move || canary.secret())
    }

    fn issuing_over_tls(&self, certificates: &Certificates) -> TokenEndpoint {
        let canary = self.canary.clone();
        TokenEndpoint::issuing_over_tls(certificates, "client", &self.secret, 3600, move || canary.secret())
    }

    async fn login(
        &self,
        url: impl Into<String>,
        change: impl FnOnce(AuthenticatorBuilder) -> AuthenticatorBuilder,
    ) -> Result<Credentials, AuthError> {
        let flow = ClientCredentials::new("client", &self.secret).token_url(url);
        let builder = change(Authenticator::builder("https://flyte.example.com").flow(flow));
        canary::observe(&builder);
        let outcome = builder.build().unwrap().login().await;
        if let Err(error) = &outcome {
            canary::observe_error(error);
        }
        outcome
    }

    async fn refusal(&self, answer: Answer) -> AuthError {
        let (error, requests) = self.refusals(answer).await;
        assert_eq!(requests, 1, "one login is one request");
        error
    }

    /// The same for an answer after which another attempt may be made at once: it is answered likewise.
    async fn refusals(&self, answer: Answer) -> (AuthError, usize) {
        let endpoint = TokenEndpoint::answering([answer.clone(), answer]);
        let error = self.login(endpoint.url(), |builder| builder).await.unwrap_err();
        (error, endpoint.requests().len())
    }
}

fn retry_after(error: &AuthError) -> Option<Duration> {
    assert_eq!(error.kind(), AuthErrorKind::Unavailable, "{error:?}");
    error.retry_after()
}

// === What may pass ===

#[tokio::test]
async fn a_status_that_may_pass_is_transient_whatever_the_body_says() {
    let world = World::new();
    for status in [500, 502, 503, 504, 408, 425, 429] {
        let page = Answer::text(status, "text/html", format!("<p>{}</p>", world.canary.secret()));
        let (error, requests) = world.refusals(page).await;
        assert!(error.is_transient() && told(&error).contains(&status.to_string()), "{error}");
        let misleading = Answer::json(status, json!({"error": "invalid_client"}));
        let (error, again) = world.refusals(misleading).await;
        assert!(error.is_transient(), "{status}");
        let quick = (502..=504).contains(&status);
        assert_eq!((requests, again), if quick { (2, 2) } else { (1, 1) }, "{status}");
    }
}

#[tokio::test]
async fn trouble_of_a_moment_is_tried_once_more_at_once() {
    let world = World::new();
    let troubles = [
        Answer::status(502),
        Answer::status(503),
        Answer::text(504, "text/html", "<title>Gateway timeout</title>"),
        Answer::json(503, json!({ "error": "temporarily_unavailable" })),
        Answer::reset(),
        Answer::token("cut short", 3600).torn(),
    ];
    for trouble in troubles {
        let endpoint = world.issuing();
        endpoint.then(trouble.clone());
        world.login(endpoint.url(), |builder| builder).await.unwrap();
        assert_eq!(endpoint.requests().len(), 2, "{trouble:?}");
    }
    // Once, and not where the provider says when to come again.
    let endpoint = world.issuing();
    endpoint.then(Answer::status(503)).then(Answer::reset());
    assert!(world.login(endpoint.url(), |builder| builder).await.unwrap_err().is_transient());
    assert_eq!(endpoint.requests().len(), 2);
    for when in ["0", "1", "in a while"] {
        let endpoint = world.issuing();
        endpoint.then(Answer::status(503).header("retry-after", when));
        world.login(endpoint.url(), |builder| builder).await.unwrap_err();
        assert_eq!(endpoint.requests().len(), 1, "{when}");
    }
}

#[tokio::test]
async fn a_code_and_a_refresh_token_are_sent_once_whatever_happens_to_them() {
    for trouble in [Answer::status(503), Answer::status(502), Answer::reset()] {
        let login = Login::new();
        login.provider.then("/token", trouble.clone());
        let authenticator = login.authenticator(login.pkce());
        let (outcome, _page) = tokio::join!(authenticator.login(), login.log_in(0));
        assert!(outcome.unwrap_err().is_transient());
        assert_eq!(login.provider.requests("/token").len(), 1, "a code, and {trouble:?}");

        let (outcome, _page) = tokio::join!(authenticator.login(), login.log_in(1));
        outcome.unwrap();
        login.provider.then("/token", trouble.clone());
        assert!(authenticator.refresh_credentials().await.unwrap_err().is_transient());
        assert_eq!(login.provider.requests("/token").len(), 3, "a refresh token, and {trouble:?}");
    }
}

#[tokio::test]
async fn retry_after_is_kept_within_bounds() {
    let world = World::new();
    let answer = |status, wait| Answer::status(status).header("retry-after", wait);
    assert_eq!(retry_after(&world.refusal(answer(429, "7")).await), Some(Duration::from_secs(7)));
    assert_eq!(retry_after(&world.refusal(answer(503, "999999999")).await), Some(Duration::from_secs(600)));
    assert_eq!(retry_after(&world.refusal(answer(503, "Sun, 06 Nov 1994 08:49:37 GMT")).await), None);
    assert_eq!(retry_after(&world.refusal(answer(503, "in a while")).await), None);
}

#[tokio::test]
async fn calls_leave_the_provider_alone_as_long_as_it_asked_for() {
    let world = World::new();
    let endpoint = world.issuing();
    endpoint.then(Answer::status(429).header("retry-after", "60"));
    let flow = ClientCredentials::new("client", &world.secret).token_url(endpoint.url());
    let authenticator =
        Authenticator::builder("https://flyte.example.com").flow(flow).login_first(true).build().unwrap();
    authenticator.fetch_grpc_call_auth_metadata().await.unwrap_err();

    tokio::time::pause();
    // Far beyond the first pause of the back-off, and longer before the end than a call waits.
    tokio::time::advance(Duration::from_secs(56)).await;
    authenticator.fetch_grpc_call_auth_metadata().await.unwrap_err();
    assert_eq!(endpoint.requests().len(), 1);
    tokio::time::advance(Duration::from_secs(4)).await;
    tokio::time::resume();
    authenticator.fetch_grpc_call_auth_metadata().await.unwrap().unwrap();
    assert_eq!(endpoint.requests().len(), 2);
}

#[tokio::test]
async fn a_response_that_was_torn_or_cut_is_transient() {
    let world = World::new();
    let whole = || Answer::token(world.canary.secret(), 3600);
    for answer in [whole().torn(), whole().cut(), Answer::reset(), Answer::json(400, json!({"error": "x"})).torn()] {
        let (error, _) = world.refusals(answer).await;
        assert!(error.kind() == AuthErrorKind::Unavailable, "{error:?}");
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_transient_and_named() {
    let world = World::new();
    let closed = ReservedAddress::new();
    let error = world.login(format!("http://{closed}/token"), |builder| builder).await.unwrap_err();
    assert!(error.kind() == AuthErrorKind::Unavailable, "{error:?}");
    let text = told(&error);
    assert!(text.contains(&closed.to_string()) && text.contains("refused"), "{text}");
}

// === Bounds ===

#[tokio::test(start_paused = true)]
async fn a_provider_that_never_responds_is_given_up_after_the_attempts_timeout() {
    let world = World::new();
    let started = tokio::time::Instant::now();
    let error = world.refusal(Answer::silence()).await;
    assert!(error.timeout() == Some(Limits::new().http_attempt_timeout()), "{error:?}");
    assert_eq!(started.elapsed().as_secs(), Limits::new().http_attempt_timeout().as_secs());
    assert!(error.is_transient());
}

#[tokio::test(start_paused = true)]
async fn a_response_that_comes_drop_by_drop_is_given_up_after_the_attempts_timeout() {
    let world = World::new();
    let error = world.refusal(Answer::endless(" ", Duration::from_secs(7))).await;
    assert!(error.timeout() == Some(Limits::new().http_attempt_timeout()), "{error:?}");
}

#[tokio::test]
async fn a_response_without_an_end_is_cut() {
    let world = World::new();
    for status in [200, 400] {
        let whole = Answer::text(status, "application/json", vec![b' '; 50 * 1024 * 1024]);
        let error = world.refusal(whole).await;
        assert!(error.kind() == AuthErrorKind::InvalidResponse, "{error:?}");
        assert!(error.to_string().contains("longer than 1048576 bytes"), "{error}");
    }
    let error = world.refusal(Answer::endless(vec![b' '; 64 * 1024], Duration::ZERO)).await;
    assert!(error.to_string().contains("longer than 1048576 bytes"), "{error}");
}

// === Where secrets go ===

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_secret_not_sent_again() {
    let world = World::new();
    let elsewhere = world.issuing();
    for status in [301, 302, 303, 307, 308] {
        let target = format!("{}?key={}", elsewhere.url(), world.canary.secret());
        let error = world.refusal(Answer::status(status).header("location", &target)).await;
        assert!(error.kind() == AuthErrorKind::InvalidResponse && !error.is_transient(), "{error:?}");
        let origin = elsewhere.url().trim_end_matches("/token").to_owned();
        let words = format!("a redirect (HTTP {status}) to {origin}, which is not followed");
        assert!(error.to_string().contains(&words), "`{error}` should say `{words}`");
    }
    for location in ["/other", "//", "http://["] {
        let error = world.refusal(Answer::status(302).header("location", location)).await;
        assert!(error.to_string().contains("a redirect (HTTP 302)"), "{error}");
    }
    let program = format!("app://{}/signed-in", world.canary.secret());
    let error = world.refusal(Answer::status(302).header("location", &program)).await;
    assert!(error.to_string().contains("a redirect (HTTP 302), which is not followed"), "{error}");
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_plaintext_endpoint_beyond_this_machine_is_refused_and_nothing_sent() {
    let world = World::new();
    let endpoint = world.issuing();
    // Would carry the request if there were one.
    let proxy = HttpProxy::open();
    let error = world.login(endpoint.url_as(ELSEWHERE), |builder| builder.http_proxy(proxy.url())).await.unwrap_err();
    assert!(error.kind() == AuthErrorKind::Plaintext, "{error:?}");
    assert!(error.to_string().contains(ELSEWHERE) && error.to_string().contains("allow_plaintext"), "{error}");
    assert!(proxy.seen().is_empty() && endpoint.requests().is_empty());
}

#[tokio::test]
async fn a_plaintext_endpoint_can_be_allowed() {
    let world = World::new();
    let endpoint = world.issuing();
    let proxy = HttpProxy::open();
    let url = endpoint.url_as(ELSEWHERE);
    world.login(&url, |builder| builder.http_proxy(proxy.url()).allow_plaintext(true)).await.unwrap();
    assert_eq!(proxy.seen(), [format!("POST {url}")]);
}

#[tokio::test]
async fn a_url_that_is_no_endpoint_is_refused_before_anything_is_sent() {
    let world = World::new();
    for url in ["not a url", "ftp://idp.example.com", "https://user:password@idp.example.com/", "https://idp/#fragment"]
    {
        let error = world.login(url, |builder| builder).await.unwrap_err();
        assert!(error.setting() == Some("token_url"), "{error:?}");
    }
}

// === Certificates ===

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused_before_anything_is_sent() {
    let world = World::new();
    let endpoint = world.issuing_over_tls(&Certificates::naming(&["127.0.0.1"]));
    let error = world.login(endpoint.url(), |builder| builder).await.unwrap_err();
    assert!(error.kind() == AuthErrorKind::Untrusted && !error.is_transient(), "{error:?}");
    assert!(error.to_string().contains("Verify::CaFile"), "{error}");
    assert!(endpoint.requests().is_empty());
}

#[tokio::test]
async fn an_authority_of_ones_own_can_be_named() {
    let world = World::new();
    let certificates = Certificates::naming(&["127.0.0.1"]);
    let endpoint = world.issuing_over_tls(&certificates);
    let own = Verify::CaFile(certificates.authority_file());
    world.login(endpoint.url(), |builder| builder.verify(own)).await.unwrap();

    let other = Verify::CaFile(Certificates::naming(&["127.0.0.1"]).authority_file());
    let other_file_is_gone = world.login(endpoint.url(), |builder| builder.verify(other)).await.unwrap_err();
    assert!(other_file_is_gone.setting() == Some("verify"), "{other_file_is_gone:?}");
    let stranger = Certificates::naming(&["127.0.0.1"]);
    let other = Verify::CaFile(stranger.authority_file());
    let error = world.login(endpoint.url(), |builder| builder.verify(other)).await.unwrap_err();
    assert!(error.kind() == AuthErrorKind::Untrusted, "{error:?}");
    assert_eq!(endpoint.requests().len(), 1);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let world = World::new();
    let certificates = Certificates::naming(&["other.example.com"]);
    let endpoint = world.issuing_over_tls(&certificates);
    let verify = Verify::CaFile(certificates.authority_file());
    let error = world.login(endpoint.url(), |builder| builder.verify(verify)).await.unwrap_err();
    assert!(error.kind() == AuthErrorKind::Untrusted, "{error:?}");
    assert!(endpoint.requests().is_empty());
}

#[tokio::test]
async fn verification_can_be_skipped() {
    let world = World::new();
    let certificates = || Certificates::naming(&["other.example.com"]);
    for certificates in [certificates(), certificates().over_tls12()] {
        let endpoint = world.issuing_over_tls(&certificates);
        world.login(endpoint.url(), |builder| builder.verify(Verify::InsecureSkip)).await.unwrap();
    }
}

#[tokio::test]
async fn a_file_without_usable_certificates_is_an_error_that_names_it() {
    let world = World::new();
    let endpoint = world.issuing_over_tls(&Certificates::naming(&["127.0.0.1"]));
    let directory = tempfile::tempdir().unwrap();
    let block = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let none = "holds no certificate";
    let cases = [
        ("empty", "", none),
        ("text", "words", none),
        ("garbage", block, "holds a certificate that cannot be used"),
        ("cut", &block[..40], "cannot be read"),
    ];
    for (name, content, words) in cases {
        let path = directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        let verify = Verify::CaFile(path.clone());
        let error = world.login(endpoint.url(), |builder| builder.verify(verify)).await.unwrap_err();
        assert!(error.setting() == Some("verify"), "{error:?}");
        assert!(error.to_string().contains(&format!("{} {words}", path.display())), "{error}");
    }
    let missing = Verify::CaFile(directory.path().join("missing"));
    let error = world.login(endpoint.url(), |builder| builder.verify(missing)).await.unwrap_err();
    assert!(error.setting() == Some("verify"), "{error:?}");
}

// === Proxies ===

#[tokio::test]
async fn a_proxy_tunnels_to_a_name_that_only_it_can_resolve() {
    let world = World::new();
    let certificates = Certificates::naming(&[ELSEWHERE]);
    let endpoint = world.issuing_over_tls(&certificates);
    let password = world.canary.secret().replace('/', "%2F");
    let proxy = HttpProxy::guarded("me", &password.replace("%2F", "/"));
    let url = endpoint.url_as(ELSEWHERE);
    let verify = || Verify::CaFile(certificates.authority_file());
    let through = |proxy: String| |builder: AuthenticatorBuilder| builder.verify(verify()).http_proxy(proxy);

    world.login(&url, through(proxy.url_with(&format!("me:{password}")))).await.unwrap();
    let target = url.trim_start_matches("https://").trim_end_matches("/token");
    assert_eq!(proxy.seen(), [format!("CONNECT {target}")]);

    let wrong = through(proxy.url_with(&format!("me:{}", world.canary.secret().replace('/', "%2F"))));
    let error = world.login(&url, wrong).await.unwrap_err();
    assert!(told(&error).contains("proxy authorization required"), "{error}");
    assert_eq!(endpoint.requests().len(), 1);
}

#[tokio::test]
async fn a_proxy_that_speaks_tls_is_verified_like_everybody_else() {
    let world = World::new();
    let certificates = Certificates::naming(&[ELSEWHERE, "127.0.0.1"]);
    let endpoint = world.issuing_over_tls(&certificates);
    let proxy = HttpProxy::over_tls(certificates.acceptor());
    let url = endpoint.url_as(ELSEWHERE);
    let verify = Verify::CaFile(certificates.authority_file());
    world.login(&url, |builder| builder.verify(verify).http_proxy(proxy.url())).await.unwrap();

    let error = world.login(&url, |builder| builder.http_proxy(proxy.url())).await.unwrap_err();
    assert!(error.kind() == AuthErrorKind::Untrusted, "{error:?}");
}

#[tokio::test]
async fn a_proxy_that_cannot_be_used_is_an_error_without_its_password() {
    let world = World::new();
    let endpoint = world.issuing();
    for scheme in ["socks5", "ftp"] {
        let proxy = format!("{scheme}://me:{}@proxy.example.com", world.canary.secret());
        let error = world.login(endpoint.url(), |builder| builder.http_proxy(proxy)).await.unwrap_err();
        assert!(error.setting() == Some("http_proxy"), "{error:?}");
    }
    assert!(endpoint.requests().is_empty());
}
