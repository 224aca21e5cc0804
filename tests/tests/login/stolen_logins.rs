//! Somebody else tries to answer a login: another user of this machine, who reads the arguments of programs, and pages in
//! the browser. Each attack has the honest login of the same shape beside it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use auth_runtime::AuthErrorKind;
use tests::{
    browser::{self, Browser},
    login::{Login, end, parameter, start, with_parameters},
};
use url::Url;

fn with_state(url: &str, state: &str) -> String {
    with_parameters(url, &[("state", Some(state))])
}

async fn assert_foreign(login: &Login, page: &browser::Page) {
    assert_eq!(page.status, 400, "{}", page.body);
    assert!(page.body.contains("not the login that was started here"), "{}", page.body);
    assert!(login.provider.requests("/token").is_empty(), "the attacker's code was redeemed");
    assert!(login.prompt.finished().is_empty(), "the login was ended by a stranger");
}

#[tokio::test]
async fn the_printed_link_leads_to_the_same_login_in_any_browser() {
    let login = Login::new();
    let attempt = start(&login.authenticator(login.pkce()));
    let (opened, shown) = login.prompt.pages(0).await;
    assert_ne!(opened, shown);
    // The first browser is left as it is, and the person goes on in another.
    login.browser.get(&opened).await;
    assert_eq!(Browser::new().visit(&shown).await.status, 200);
    end(attempt).await.unwrap();
    assert_eq!(login.provider.requests("/token").len(), 1);
}

#[tokio::test]
async fn each_visit_has_a_state_a_verifier_and_a_cookie_of_its_own() {
    let login = Login::new();
    let attempt = start(&login.authenticator(login.pkce()));
    let link = login.prompt.page(0).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let page = login.browser.get(&link).await;
        assert_eq!(
            (page.status, &page.headers["cache-control"], &page.headers["referrer-policy"]),
            (303, &"no-store".parse().unwrap(), &"no-referrer".parse().unwrap())
        );
        let (cookie, attributes) = page.headers["set-cookie"].to_str().unwrap().split_once("; ").unwrap();
        assert_eq!(attributes, "HttpOnly; SameSite=Lax; Path=/callback; Max-Age=300");
        let (name, value) = cookie.split_once('=').unwrap();
        let url = page.location();
        seen.extend([name, value].map(str::to_owned));
        seen.extend(["state", "code_challenge"].map(|name| parameter(url.as_str(), name)));
    }
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), all, "something was used twice");
    // It was reloaded by the same browser, which may go on from the last one.
    assert_eq!(login.log_in(0).await.status, 200);
    end(attempt).await.unwrap();
}

#[tokio::test]
async fn the_page_at_the_end_has_an_address_without_the_code() {
    for refused in [false, true] {
        let login = Login::new();
        if refused {
            let refusal = serde_json::json!({ "error": "invalid_grant" });
            login.provider.then("/token", tests::token_endpoint::Answer::json(400, refusal));
        }
        let attempt = start(&login.authenticator(login.pkce()));
        let callback = login.callback(0).await;
        let redirect = login.browser.get(&callback).await;
        assert_eq!(redirect.status, 303);
        assert_eq!(redirect.headers["cache-control"], "no-store");
        assert_eq!(redirect.headers["referrer-policy"], "no-referrer");
        let end_of_it = callback.parse::<Url>().unwrap().join(redirect.headers["location"].to_str().unwrap()).unwrap();
        assert_eq!(end_of_it.query(), None);
        let page = login.browser.get(end_of_it.as_str()).await;
        assert_eq!(page.status, if refused { 400 } else { 200 }, "{}", page.body);
        assert_eq!(end(attempt).await.is_err(), refused);
    }
}

/// RFC 9700 section 4.7: the attacker logs in as themselves, so that the victim's program works in the attacker's account.
#[tokio::test]
async fn the_code_of_another_user_with_a_stolen_state_is_foreign() {
    let login = Login::new();
    let attempt = start(&login.authenticator(login.pkce()));
    let (opened, shown) = login.prompt.pages(0).await;
    let authorization = login.browser.get(&opened).await.location();
    // The attacker reads the address that the browser is at, and answers it themselves.
    let attackers_callback: String = browser::get(authorization.as_str()).await.location().into();
    assert_foreign(&login, &browser::get(&attackers_callback).await).await;
    // Nor do they get any further with a visit of their own, and the cookie of that.
    let attacker = Browser::new();
    let own = attacker.get(&shown).await.location();
    let mixed = with_state(&attackers_callback, &parameter(authorization.as_str(), "state"));
    assert_foreign(&login, &attacker.get(&mixed).await).await;
    // In the victim's browser the attacker's state is no better: the victim follows a link to it.
    let fixed = with_state(&attackers_callback, &parameter(own.as_str(), "state"));
    assert_foreign(&login, &login.browser.get(&fixed).await).await;

    assert_eq!(login.browser.visit(authorization.as_str()).await.status, 200);
    end(attempt).await.unwrap();
}

#[tokio::test]
async fn a_link_that_two_browsers_open_ends_the_login_and_both_are_told() {
    for attacker_is_first in [true, false] {
        let login = Login::new();
        let attempt = start(&login.authenticator(login.pkce()));
        let link = login.prompt.page(0).await;
        let attacker = Browser::new();
        let (first, second) = if attacker_is_first { (&attacker, &login.browser) } else { (&login.browser, &attacker) };
        let callback = first.get(first.get(&link).await.location().as_str()).await.location();
        let page = second.visit(&link).await;
        assert!(page.status == 400 && page.body.contains("opened twice"), "{}", page.body);
        let error = end(attempt).await.unwrap_err();
        assert!(error.to_string().contains("its link was opened twice"), "{error}");
        assert!(error.kind() == AuthErrorKind::Flow && !error.is_transient(), "{error:?}");
        assert!(login.provider.requests("/token").is_empty());
        let late = first.navigate("GET", callback.as_str()).await;
        assert_eq!(late.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
    }
}

#[tokio::test]
async fn a_page_in_the_browser_that_asks_for_the_callback_gets_nowhere() {
    let login = Login::new();
    let attempt = start(&login.authenticator(login.pkce()));
    let callback = login.callback(0).await;
    // Even with the right state, which it cannot know, the browser keeps the cookie to itself.
    let page = login.browser.fetch_from_another_site(&callback).await.unwrap();
    assert_foreign(&login, &page).await;
    let guessed = with_state(&callback, "guessed");
    assert_foreign(&login, &login.browser.get(&guessed).await).await;
    assert_eq!(login.browser.visit(&callback).await.status, 200);
    end(attempt).await.unwrap();
}

/// The attacker's page binds its own name to this machine's address, and is then of one origin with the listener.
#[tokio::test]
async fn a_name_that_was_bound_to_this_machine_is_foreign() {
    let login = Login::new();
    let attempt = start(&login.authenticator(login.pkce()));
    let (opened, _) = login.prompt.pages(0).await;
    let callback = login.callback(0).await;
    let address = opened.parse::<Url>().unwrap().socket_addrs(|| None).unwrap()[0];
    for url in [&opened, &callback] {
        for name in ["evil.example", "localhost"] {
            let mut rebound: Url = url.parse().unwrap();
            rebound.set_host(Some(name)).unwrap();
            let page = browser::get_at(address, rebound.as_str()).await.unwrap();
            assert_foreign(&login, &page).await;
            assert!(page.headers.get("set-cookie").is_none() && page.headers.get("location").is_none());
        }
    }
    assert_eq!(login.browser.visit(&callback).await.status, 200);
    end(attempt).await.unwrap();
}

#[tokio::test]
async fn a_person_is_told_where_they_log_in_and_for_which_server() {
    let login = Login::new();
    let attempt = start(&login.authenticator(login.pkce()));
    let tests::prompt::Shown::Browser { provider, server, .. } = login.prompt.nth(0).await else {
        panic!("something else was shown");
    };
    assert_eq!(format!("http://{provider}/token"), login.provider.url("/token"));
    assert_eq!(server, login.peer.endpoint());
    login.log_in(0).await;
    end(attempt).await.unwrap();
}
