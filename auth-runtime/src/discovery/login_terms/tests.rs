#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;

/// At the honest provider, with all else from the server.
fn honest() -> LoginTerms {
    let issued_by = IssuedBy {
        token_endpoint: "https://idp/token".parse().unwrap(),
        issuer: Some("https://idp".to_owned()),
        reason: Reason::PublishedIssuer,
    };
    LoginTerms {
        client_id: Some("flytectl".to_owned()),
        scopes: Some(["all", "offline"].map(str::to_owned).into()),
        audience: Some(String::new()),
        redirect_uri: Some("http://localhost:53593/callback".to_owned()),
        ..LoginTerms::with(&issued_by)
    }
}

type Change = fn(&mut LoginTerms);

fn changed(now: &LoginTerms, reason: Reason) -> Vec<&'static str> {
    now.changes_since(&honest(), reason).iter().map(|changed| changed.change().what).collect()
}

#[test]
fn each_term_that_the_server_changes_is_a_change_and_what_is_set_locally_is_none() {
    let rows: [(&str, Change, &[&str]); 13] = [
        ("nothing", |_| {}, &[]),
        (
            "another issuer with endpoints of its own",
            |now| {
                now.issuer = Some("https://evil".to_owned());
                now.token_endpoint = "https://evil/token".parse().unwrap();
            },
            &["provider"],
        ),
        (
            "the server itself",
            |now| {
                now.issuer = None;
                now.token_endpoint = "https://flyte/token".parse().unwrap();
            },
            &["provider"],
        ),
        (
            "another issuer that names the same token endpoint",
            |now| now.issuer = Some("https://evil".to_owned()),
            &["provider"],
        ),
        ("a token endpoint that has moved", |now| now.token_endpoint = "https://idp/v2/token".parse().unwrap(), &[]),
        ("an issuer that is spelled otherwise", |now| now.issuer = Some("https://idp/".to_owned()), &[]),
        ("another client", |now| now.client_id = Some("evil".to_owned()), &["client"]),
        ("a client of one's own", |now| now.client_id = None, &[]),
        ("a scope more", |now| now.scopes = Some(["admin", "all", "offline"].map(str::to_owned).into()), &["scopes"]),
        ("a scope less", |now| now.scopes = Some(["offline"].map(str::to_owned).into()), &[]),
        ("an audience where none was named", |now| now.audience = Some("https://bank".to_owned()), &["audience"]),
        ("another redirect URI", |now| now.redirect_uri = Some("http://localhost:1/".to_owned()), &["redirect URI"]),
        ("all of one's own", |now| (now.scopes, now.audience, now.redirect_uri) = (None, None, None), &[]),
    ];
    for (what, change, expected) in rows {
        let mut now = honest();
        change(&mut now);
        assert_eq!(changed(&now, Reason::PublishedIssuer), expected, "{what}");
        let without_provider: Vec<_> = expected.iter().copied().filter(|what| *what != "provider").collect();
        for reason in [Reason::Local, Reason::LocalIssuer] {
            assert_eq!(changed(&now, reason), without_provider, "{what}, at a provider that the user names");
        }
    }
}

#[test]
fn an_issuer_that_had_the_token_endpoint_of_another_is_asked_about_when_it_moves_it() {
    let at = |issuer: &str, token_endpoint: &str| LoginTerms {
        issuer: Some(issuer.to_owned()),
        token_endpoint: token_endpoint.parse().unwrap(),
        ..honest()
    };
    let before = at("https://evil", "https://idp/token");
    let moved = at("https://evil", "https://evil/token");
    let changes = moved.changes_since(&before, Reason::PublishedIssuer);
    let change = changes[0].change();
    assert_eq!((change.what, &*change.was, &*change.now), ("provider", "https://idp/token", "https://evil/token"));
    assert!(at("https://idp", "https://api.idp/token").changes_since(&honest(), Reason::PublishedIssuer).is_empty());
}

#[test]
fn what_one_login_leaves_open_stays_as_another_knew_it() {
    let narrow = LoginTerms { client_id: None, scopes: None, audience: None, redirect_uri: None, ..honest() };
    assert_eq!(narrow.clone().after(Some(honest())), honest());
    assert_eq!(narrow.clone().after(None), narrow);
    let moved = LoginTerms { issuer: None, ..narrow };
    assert_eq!(moved.after(Some(honest())).issuer, None, "the provider is the last one's");
}

#[test]
fn they_are_shown_as_plain_text_and_never_at_length() {
    let terms = LoginTerms {
        client_id: Some("a\u{1b}[2J".to_owned()),
        scopes: Some((0..100).map(|number| format!("{number:03}{}", "x".repeat(500))).collect()),
        ..honest()
    };
    let choice = terms.servers_choice();
    assert_eq!(choice.client_id(), Some("a [2J"));
    let (beyond, scopes) = choice.scopes().split_last().unwrap();
    assert_eq!((scopes.len(), &**beyond), (limits::MAX_SHOWN_SCOPES, "(and 68 more)"));
    assert!(scopes.iter().all(|scope| scope.chars().count() == limits::MAX_SHOWN_CHARS + 1));
    assert_eq!(choice.audience(), None, "the server names none");
    let change = &terms.changes_since(&honest(), Reason::PublishedIssuer)[1];
    assert!(change.change().now.chars().count() == limits::MAX_SHOWN_CHARS + 1);
}

/// A server chooses words that are cut where it wants.
#[test]
fn what_a_change_is_about_is_not_cut_from_it() {
    let label = "a".repeat(60);
    let host = format!("idp.{label}.{label}.{label}.evil");
    let now = LoginTerms {
        issuer: Some(format!("https://{host}:8443/{}", "b".repeat(500))),
        token_endpoint: format!("https://{host}:8443/token").parse().unwrap(),
        scopes: Some((0..50).map(|number| format!("0{number}")).chain(["zone.admin".to_owned()]).collect()),
        ..honest()
    };
    let before = LoginTerms {
        scopes: now.scopes.clone().map(|mut all| {
            all.remove("zone.admin");
            all
        }),
        ..honest()
    };
    let changes = now.changes_since(&before, Reason::PublishedIssuer);
    let now: Vec<_> = changes.iter().map(|changed| changed.change().now).collect();
    assert!(now[0].starts_with(&format!("https://{host}:8443/")), "{}", now[0]);
    assert!(now[1].starts_with("zone.admin 00 "), "{}", now[1]);
}

#[test]
fn a_note_of_them_is_read_as_it_was_written_whatever_is_missing() {
    let written = serde_json::to_string(&honest()).unwrap();
    assert_eq!(serde_json::from_str::<LoginTerms>(&written).unwrap(), honest());
    let least: LoginTerms = serde_json::from_str(r#"{"token_endpoint":"https://idp/token","more":1}"#).unwrap();
    assert_eq!((least.issuer, least.client_id, least.scopes), (None, None, None));
}
