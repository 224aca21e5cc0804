//! A person's login through the browser: authorization code with PKCE (RFC 7636, RFC 8252, RFC 9207).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use auth_runtime::{AuthError, AuthErrorKind, flow::Pkce};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use tests::{
    browser,
    call::{Kind, call, spawn},
    gate::Gate,
    guard::within_reason,
    login::{Login, end, parameter as query, start, with_parameters as with_query},
    reserved_address::ReservedAddress,
    token_endpoint::Answer,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tonic::Code;
use url::Url;

/// The login whose listener is at this address, which nobody else is given once the login has ended.
fn pkce_at(address: &ReservedAddress, login: &Login) -> Pkce {
    login.pkce().redirect_uri(format!("http://{address}/callback"))
}

async fn nobody_listens_on(address: &ReservedAddress) {
    assert!(TcpStream::connect(address.get()).await.is_err(), "{address} is still open");
}

#[tokio::test]
async fn a_call_that_needs_a_login_gets_one_through_the_browser() {
    let (address, login) = (ReservedAddress::new(), Login::new());
    let authenticator = login.authenticator(pkce_at(&address, &login));
    let client = login.client(&authenticator);
    let waiting = spawn(&client, Kind::Unary);
    let callback = login.callback(0).await;
    let page = login.browser.visit(&callback).await;

    assert_eq!(waiting.await.unwrap().numbers(), [1]);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("You are logged in"), "{}", page.body);
    assert_eq!(page.url.query(), None, "the address bar and the history hold no code");
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    assert_eq!(login.prompt.finished(), [true]);
    nobody_listens_on(&address).await;
    let exchange = &login.provider.requests("/token")[0];
    let expected = ["client_id", "code", "code_verifier", "grant_type", "redirect_uri"];
    assert_eq!(exchange.names(), expected);
}

#[tokio::test]
async fn every_kind_of_call_waits_for_the_login() {
    for kind in Kind::ALL {
        let login = Login::new();
        let client = login.client(&login.authenticator(login.pkce()));
        let waiting = spawn(&client, kind);
        login.log_in(0).await;
        assert_eq!(waiting.await.unwrap().numbers(), [1], "{kind:?}");
    }
}

#[tokio::test]
async fn fifty_calls_that_wait_show_one_prompt() {
    let login = Login::new();
    let client = login.client(&login.authenticator(login.pkce()));
    let waiting: Vec<_> = (0..50).map(|number| spawn(&client, Kind::ALL[number % 4])).collect();
    let callback = login.callback(0).await;
    login.peer.request(0).await;
    login.browser.visit(&callback).await;

    for call in waiting {
        assert_eq!(call.await.unwrap().numbers(), [1]);
    }
    assert_eq!(login.prompt.shown().len(), 1);
    assert_eq!(login.provider.requests("/token").len(), 1);
}

#[tokio::test]
async fn state_and_verifier_are_random_and_new_each_time() {
    let login = Login::new();
    let authenticator = login.authenticator(login.pkce());
    let mut seen = Vec::new();
    for number in 0..3 {
        // Without a refresh token the next login is a full one.
        let answer = serde_json::json!({ "access_token": login.canary.secret(), "token_type": "Bearer" });
        login.provider.then("/token", Answer::json(200, answer));
        let attempt = tokio::spawn({
            let authenticator = authenticator.clone();
            async move { authenticator.refresh_credentials().await.map(drop) }
        });
        let url = login.authorization(number).await;
        login.browser.visit(&url).await;
        end(attempt).await.unwrap();

        assert_eq!(query(&url, "code_challenge_method"), "S256");
        assert_eq!((query(&url, "response_type"), query(&url, "scope")), ("code".to_owned(), "all offline".to_owned()));
        let exchange = login.provider.requests("/token").pop().unwrap();
        let verifier = exchange.field("code_verifier").unwrap();
        assert!((43..=128).contains(&verifier.len()), "{}", verifier.len());
        assert_eq!(URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)), query(&url, "code_challenge"));
        let state = query(&url, "state");
        assert!(state.len() >= 32, "{state}");
        seen.extend([state, verifier.to_owned()]);
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 6);
}

#[tokio::test]
async fn strays_are_turned_away_and_the_login_goes_on() {
    let login = Login::new();
    let attempt = start(&login.authenticator(login.pkce()));
    let callback = login.callback(0).await;
    let elsewhere = |path: &str| {
        let mut url: Url = callback.parse().unwrap();
        url.set_path(path);
        url.to_string()
    };
    for path in ["/favicon.ico", "/", "/callback/", "/callback/more", "/CALLBACK"] {
        assert_eq!(browser::get(&elsewhere(path)).await.status, 404, "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let page = browser::request(method, &callback).await.unwrap();
        assert_eq!(page.status, 405, "{method}");
        assert_eq!(page.headers["allow"], "GET", "{method}");
    }
    assert!(login.provider.requests("/token").is_empty());
    assert_eq!(login.browser.visit(&callback).await.status, 200);
    end(attempt).await.unwrap();
}

#[tokio::test]
async fn a_request_whose_head_has_no_end_is_cut_off_and_the_login_goes_on() {
    let login = Login::new();
    let attempt = start(&login.authenticator(login.pkce()));
    let callback = login.callback(0).await;
    let address = callback.parse::<Url>().unwrap().socket_addrs(|| None).unwrap();

    let mut endless = TcpStream::connect(&*address).await.unwrap();
    let piece = format!("x-padding: {}\r\n", "x".repeat(1000));
    endless.write_all(b"GET /callback HTTP/1.1\r\n").await.unwrap();
    for _ in 0..100 {
        if endless.write_all(piece.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    // Whether the last words arrive or the connection breaks is TCP's to decide.
    let _ = within_reason("the end of an endless head", endless.read_to_end(&mut answer)).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");

    assert!(login.provider.requests("/token").is_empty());
    assert_eq!(login.browser.visit(&callback).await.status, 200);
    end(attempt).await.unwrap();
}

#[tokio::test]
async fn forged_callbacks_get_nowhere_and_the_login_goes_on() {
    let login = Login::new();
    let attempt = start(&login.authenticator(login.pkce()));
    let callback = login.callback(0).await;
    let forgeries = [
        with_query(&callback, &[("state", Some("forged"))]),
        with_query(&callback, &[("state", None)]),
        with_query(&callback, &[("state", Some(""))]),
        with_query(&callback, &[("state", Some("forged")), ("code", None)]),
        with_query(&callback, &[("state", None), ("code", None), ("error", Some("access_denied"))]),
        with_query(&callback, &[("state", Some("forged")), ("code", None), ("error", Some("access_denied"))]),
        format!("{callback}&state=again"),
    ];
    for forgery in &forgeries {
        let page = login.browser.visit(forgery).await;
        assert_eq!(page.status, 400, "{forgery}");
        assert!(page.body.contains("not the login that was started here"), "{}", page.body);
        assert!(!page.body.contains("You are logged in"));
    }
    assert!(login.provider.requests("/token").is_empty(), "a forged code was redeemed");
    assert_eq!(login.browser.visit(&callback).await.status, 200);
    end(attempt).await.unwrap();
}

#[tokio::test]
async fn an_error_from_the_provider_ends_the_login_with_that_error() {
    let (address, login) = (ReservedAddress::new(), Login::new());
    let authenticator = login.authenticator(pkce_at(&address, &login));
    let attempt = start(&authenticator);
    let callback = login.callback(0).await;
    let refused = [("code", None), ("error", Some("access_denied")), ("error_description", Some("<b>not</b> today"))];
    let page = login.browser.visit(&with_query(&callback, &refused)).await;

    let error = end(attempt).await.unwrap_err();
    assert!(error.oauth_error() == Some("access_denied"), "{error}");
    assert!(error.to_string().contains("not</b> today"), "{error}");
    assert_eq!(page.status, 400);
    assert!(page.body.contains("The login failed") && page.body.contains("access_denied"), "{}", page.body);
    assert!(page.body.contains("&lt;b&gt;not&lt;/b&gt; today"), "{}", page.body);
    assert_eq!(page.url.query(), None, "neither do they where the login fails");
    assert_eq!(login.prompt.finished(), [false]);
    assert!(login.provider.requests("/token").is_empty());
    nobody_listens_on(&address).await;
    assert_eq!(authenticator.statistics().failures(), 1);
}

#[tokio::test]
async fn a_callback_with_the_right_state_but_without_a_code_ends_the_login() {
    let (address, login) = (ReservedAddress::new(), Login::new());
    let attempt = start(&login.authenticator(pkce_at(&address, &login)));
    let callback = login.callback(0).await;
    let page = login.browser.visit(&with_query(&callback, &[("code", None)])).await;

    assert_eq!(page.status, 400);
    assert!(end(attempt).await.unwrap_err().to_string().contains("without a code"));
    nobody_listens_on(&address).await;
}

#[tokio::test]
async fn a_response_of_another_issuer_is_refused() {
    for (issuer, succeeds) in [(None, true), (Some("https://idp.example"), true), (Some("https://evil.example"), false)]
    {
        let login = Login::new();
        login.provider.set(|settings| settings.issuer = issuer.map(str::to_owned));
        let attempt = start(&login.authenticator(login.pkce().issuer("https://idp.example")));
        let page = login.log_in(0).await;
        assert_eq!(end(attempt).await.is_ok(), succeeds, "{issuer:?}");
        assert_eq!(page.status == 200, succeeds, "{issuer:?}");
        assert_eq!(login.provider.requests("/token").len(), usize::from(succeeds), "{issuer:?}");
    }
}

#[tokio::test]
async fn a_response_without_an_issuer_is_refused_where_one_is_required() {
    for (issuer, succeeds) in [(Some("https://idp.example"), true), (None, false)] {
        let login = Login::new();
        login.provider.set(|settings| settings.issuer = issuer.map(str::to_owned));
        let flow = login.pkce().issuer("https://idp.example").require_issuer_in_response(true);
        let attempt = start(&login.authenticator(flow));
        login.log_in(0).await;
        let outcome = end(attempt).await;
        assert_eq!(outcome.is_ok(), succeeds, "{issuer:?}");
        if let Err(error) = outcome {
            assert!(error.to_string().contains("does not name its issuer"), "{error}");
        }
        assert_eq!(login.provider.requests("/token").len(), usize::from(succeeds), "{issuer:?}");
    }
}

#[tokio::test]
async fn without_an_issuer_the_response_is_from_where_the_code_goes() {
    for (own, succeeds) in [(true, true), (false, false)] {
        let login = Login::new();
        let issuer = if own { login.provider.url("/realm") } else { "https://another.example".to_owned() };
        login.provider.set(|settings| settings.issuer = Some(issuer));
        let attempt = start(&login.authenticator(login.pkce()));
        login.log_in(0).await;
        let outcome = end(attempt).await;
        assert_eq!(outcome.is_ok(), succeeds);
        if let Err(error) = outcome {
            assert!(error.to_string().contains("if that is your provider, set its issuer"), "{error}");
        }
        assert_eq!(login.provider.requests("/token").len(), usize::from(succeeds), "the code went elsewhere");
    }
}

#[tokio::test]
async fn success_is_shown_only_after_the_exchange_and_a_second_callback_changes_nothing() {
    let (address, login) = (ReservedAddress::new(), Login::new());
    let gate = Gate::new();
    let refusal = serde_json::json!({ "error": "invalid_grant", "error_description": "this code is not good" });
    login.provider.then("/token", Answer::json(400, refusal).held_at(&gate));
    let attempt = start(&login.authenticator(pkce_at(&address, &login)));
    let callback = login.callback(0).await;
    let mut first = std::pin::pin!(login.browser.visit(&callback));
    let held = tokio::select! {
        page = &mut first => panic!("the page came before the exchange had ended: {}", page.body),
        () = gate.arrived(1) => login.browser.visit(&callback),
    };
    let second = held.await;
    assert_eq!(second.status, 409, "{}", second.body);
    gate.open();
    let page = first.await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("The login failed") && page.body.contains("this code is not good"), "{}", page.body);
    assert_eq!(page.url.query(), None, "a code that was refused is not left in the address bar");
    assert!(end(attempt).await.is_err());
    assert_eq!(login.provider.requests("/token").len(), 1);
    nobody_listens_on(&address).await;
}

#[tokio::test]
async fn a_provider_that_responds_with_html_is_a_clear_error_on_the_page_too() {
    let login = Login::new();
    login.provider.then("/token", Answer::text(200, "text/html", "<h1>Sign in</h1>"));
    let attempt = start(&login.authenticator(login.pkce()));
    let page = login.log_in(0).await;
    let error = end(attempt).await.unwrap_err().to_string();
    assert!(error.contains("content type text/html where JSON was expected"), "{error}");
    assert!(page.status == 400 && page.body.contains("content type text/html"), "{}", page.body);
}

#[tokio::test]
async fn a_taken_port_is_a_clear_error_before_anybody_is_asked() {
    for address in ["127.0.0.1", "[::1]"] {
        let taken = std::net::TcpListener::bind(format!("{address}:0")).unwrap();
        let port = taken.local_addr().unwrap().port();
        let login = Login::new();
        let flow = login.pkce().redirect_uri(format!("http://localhost:{port}/callback"));
        let error = end(start(&login.authenticator(flow))).await.unwrap_err();
        assert!(error.setting() == Some("redirect_uri"), "{error:?}");
        assert!(error.to_string().contains(&format!("port {port} is taken")), "{error}");
        assert!(login.prompt.shown().is_empty());
    }
}

#[tokio::test]
async fn the_registered_redirect_uri_is_served_on_both_addresses() {
    let free = ReservedAddress::new();
    let (login, port) = (Login::new(), free.port());
    let uri = format!("http://localhost:{port}/some/where");
    let attempt = start(&login.authenticator(login.pkce().redirect_uri(&uri)));
    let authorization = login.authorization(0).await;
    assert_eq!(query(&authorization, "redirect_uri"), uri);
    for address in [SocketAddr::from((Ipv4Addr::LOCALHOST, port)), (Ipv6Addr::LOCALHOST, port).into()] {
        let stray = format!("http://localhost:{port}/callback");
        assert_eq!(browser::get_at(address, &stray).await.unwrap().status, 404, "{address}");
    }
    let page = login.browser.visit(&authorization).await;
    assert!(page.status == 200 && page.url.as_str().starts_with(&uri), "{}", page.url);
    end(attempt).await.unwrap();
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_on_this_machine_is_refused_before_anybody_is_asked() {
    for uri in ["http://example.com/callback", "https://localhost:1/callback", "http://0.0.0.0:1/callback", "nonsense"]
    {
        let login = Login::new();
        let error = end(start(&login.authenticator(login.pkce().redirect_uri(uri)))).await.unwrap_err();
        assert!(error.setting() == Some("redirect_uri"), "{uri}: {error:?}");
        assert!(login.prompt.shown().is_empty(), "{uri}");
    }
}

#[tokio::test]
async fn nobody_is_waited_for_longer_than_the_timeout() {
    let (address, login) = (ReservedAddress::new(), Login::new());
    let attempt = start(&login.authenticator(pkce_at(&address, &login).timeout(Duration::from_millis(50))));
    login.prompt.page(0).await;
    let error = end(attempt).await.unwrap_err();
    assert!(error.kind() == AuthErrorKind::TimedOut, "{error:?}");
    assert_eq!(login.prompt.finished(), [false]);
    nobody_listens_on(&address).await;
}

#[tokio::test]
async fn dropping_the_authenticator_closes_the_listener() {
    let (address, login) = (ReservedAddress::new(), Login::new());
    let authenticator = login.authenticator(pkce_at(&address, &login));
    let attempt = start(&authenticator);
    login.prompt.page(0).await;
    attempt.abort();
    let _ = attempt.await;
    drop(authenticator);
    login.prompt.ended(1).await;
    assert_eq!(login.prompt.finished(), [false]);
    nobody_listens_on(&address).await;
}

#[tokio::test]
async fn a_caller_who_gives_up_does_not_end_the_login_of_others() {
    let login = Login::new();
    let client = login.client(&login.authenticator(login.pkce()));
    let impatient = spawn(&client, Kind::Unary);
    let callback = login.callback(0).await;
    let patient = spawn(&client, Kind::Unary);
    impatient.abort();
    assert_eq!(login.browser.visit(&callback).await.status, 200);
    assert_eq!(patient.await.unwrap().numbers(), [1]);
    assert_eq!(login.prompt.shown().len(), 1);
}

#[tokio::test]
async fn a_rotated_refresh_token_replaces_the_old_one() {
    let login = Login::new();
    let authenticator = login.authenticator(login.pkce());
    let client = login.client(&authenticator);
    let waiting = spawn(&client, Kind::Unary);
    login.log_in(0).await;
    assert_eq!(waiting.await.unwrap().code(), Code::Ok);

    let mut used = Vec::new();
    for _ in 0..3 {
        let current = authenticator.get_credentials().unwrap();
        used.push(current.refresh_token().unwrap().expose_secret().to_owned());
        login.tokens.revoke_all();
        assert_eq!(call(&client, Kind::Unary).await.numbers(), [1]);
    }
    let sent: Vec<_> = login
        .provider
        .requests("/token")
        .iter()
        .filter_map(|one| one.field("refresh_token").map(str::to_owned))
        .collect();
    assert_eq!(sent, used);
    used.dedup();
    assert_eq!(used.len(), 3, "each refresh brought a new refresh token");
    assert_eq!(login.prompt.shown().len(), 1, "nobody was asked again");
    let refresh = login.provider.requests("/token").pop().unwrap();
    assert_eq!(refresh.names(), ["client_id", "grant_type", "refresh_token"]);
}

#[tokio::test]
async fn a_refresh_token_that_is_not_replaced_stays_good() {
    let login = Login::new();
    login.provider.set(|settings| settings.rotation = false);
    let authenticator = login.authenticator(login.pkce());
    let attempt = start(&authenticator);
    login.log_in(0).await;
    end(attempt).await.unwrap();
    let first = authenticator.get_credentials().unwrap();
    for _ in 0..2 {
        let next = authenticator.refresh_credentials().await.unwrap();
        let token =
            |credentials: &auth_runtime::Credentials| credentials.refresh_token().unwrap().expose_secret().to_owned();
        assert_eq!(token(&next), token(&first));
    }
    assert_eq!(login.prompt.shown().len(), 1);
}

#[tokio::test]
async fn a_provider_that_is_down_during_a_refresh_asks_nobody_to_log_in() {
    let login = Login::new();
    let authenticator = login.authenticator(login.pkce());
    let attempt = start(&authenticator);
    login.log_in(0).await;
    end(attempt).await.unwrap();
    login.provider.then("/token", Answer::text(502, "text/html", "<h1>Bad gateway</h1>"));
    let error = authenticator.refresh_credentials().await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert_eq!(login.prompt.shown().len(), 1);
    authenticator.refresh_credentials().await.unwrap();
}

#[tokio::test]
async fn settings_come_from_the_server_where_none_are_made() {
    struct Published(auth_runtime::ServerDetails);
    impl auth_runtime::Discovery for Published {
        async fn discover(&self) -> Result<auth_runtime::ServerDetails, AuthError> {
            Ok(self.0.clone())
        }
    }
    let login = Login::new();
    let details = auth_runtime::ServerDetails::new()
        .with_client_id(tests::identity_provider::CLIENT_ID)
        .with_authorization_endpoint(login.provider.url("/authorize"))
        .with_token_endpoint(login.provider.url("/token"))
        .with_redirect_uri("http://127.0.0.1:0/from-the-server")
        .with_scopes(["all", ""])
        .with_audience("the audience");
    let authenticator = login.builder(Pkce::new()).discovery(Published(details)).build().unwrap();
    let attempt = start(&authenticator);
    let url = login.authorization(0).await;
    assert!(query(&url, "redirect_uri").ends_with("/from-the-server"), "{url}");
    assert_eq!((query(&url, "scope"), query(&url, "audience")), ("all".to_owned(), "the audience".to_owned()));
    login.browser.visit(&url).await;
    end(attempt).await.unwrap();
}

#[tokio::test]
async fn a_setting_that_is_missing_is_named() {
    let login = Login::new();
    let url = login.provider.url("/x");
    let incomplete = [
        (Pkce::new(), "authorization_url"),
        (Pkce::new().authorization_url(&url), "token_url"),
        (Pkce::new().authorization_url(&url).token_url(&url), "client_id"),
    ];
    for (flow, missing) in incomplete {
        let flow = flow.redirect_uri("http://127.0.0.1:0/callback");
        let error = end(start(&login.authenticator(flow))).await.unwrap_err();
        assert!(error.setting() == Some(missing), "{error:?}");
    }
    assert!(login.prompt.shown().is_empty());
}

#[tokio::test]
async fn secret_and_audience_are_sent_as_they_are_set_and_empty_ones_are_not() {
    for (audience, sent) in [("the audience", "the audience"), ("", "")] {
        let login = Login::new();
        let secret = login.canary.secret();
        let attempt = start(&login.authenticator(login.pkce().client_secret(&secret).audience(audience)));
        let url = login.authorization(0).await;
        assert_eq!(query(&url, "audience"), sent);
        login.browser.visit(&url).await;
        end(attempt).await.unwrap();
        assert_eq!(login.provider.requests("/token")[0].field("client_secret"), Some(secret.as_str()));
    }
}
