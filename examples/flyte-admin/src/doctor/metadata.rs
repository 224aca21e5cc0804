//! What the provider says of itself.

use url::Url;

use super::{
    finding::Finding,
    http::{Answer, get},
    subject::{Subject, is_local},
};
use crate::error_chain::error_chain;

const CHECK: &str = "metadata";

/// Its own metadata, where a login would look for it (RFC 8414, OpenID Connect Discovery).
pub(super) async fn check(subject: &Subject, issuer: Option<&str>) -> (Finding, Option<Answer>) {
    let Some(issuer) = issuer else {
        return (Finding::look(CHECK, "nobody names an issuer that could be asked"), None);
    };
    let Some(urls) = places(issuer).filter(|(url, _)| may_be_asked(url, subject.is_local())).map(|(_, urls)| urls)
    else {
        let text = format!("{issuer} is not asked: neither https:// nor on this machine together with the server");
        return (Finding::look(CHECK, text), None);
    };
    let mut tried = Vec::new();
    for url in urls {
        match get(subject, &url).await {
            Ok(answer) if answer.status == 200 && answer.text("issuer").is_some_and(|named| same(named, issuer)) => {
                return (told(&url, &answer), Some(answer));
            }
            Ok(answer) => tried.push(match answer.text("issuer") {
                Some(other) => format!("{url}: HTTP {}, of the issuer {other}", answer.status),
                None => format!("{url}: HTTP {}, no metadata", answer.status),
            }),
            Err(error) => tried.push(format!("{url}: {}", error_chain(&error))),
        }
    }
    (
        Finding::look(CHECK, format!("the provider does not say which endpoints are its own ({})", tried.join("; "))),
        None,
    )
}

/// What only a server names must not make this machine ask itself.
pub(super) fn may_be_asked(url: &Url, server_is_local: bool) -> bool {
    match is_local(url) {
        true => server_is_local,
        false => url.scheme() == "https",
    }
}

fn places(issuer: &str) -> Option<(Url, Vec<String>)> {
    const OAUTH: &str = "/.well-known/oauth-authorization-server";
    const OPENID: &str = "/.well-known/openid-configuration";
    let url = Url::parse(issuer).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let origin = url.origin().ascii_serialization();
    let path = url.path().trim_end_matches('/').to_owned();
    let mut urls = vec![format!("{origin}{OAUTH}{path}"), format!("{origin}{path}{OPENID}")];
    if !path.is_empty() {
        urls.insert(1, format!("{origin}{path}{OAUTH}"));
    }
    Some((url, urls))
}

fn same(named: &str, issuer: &str) -> bool {
    named.trim_end_matches('/') == issuer.trim_end_matches('/')
}

fn told(url: &str, answer: &Answer) -> Finding {
    let document = answer.document.as_ref();
    let has = |list: &str, entry: &str| {
        let list = document.and_then(|document| document.get(list)?.as_array());
        list.map(|list| list.iter().any(|value| value == entry))
    };
    let device = match answer.text("device_authorization_endpoint") {
        Some(_) => "device logins too",
        None => "no device logins",
    };
    match has("code_challenge_methods_supported", "S256") {
        Some(true) => Finding::ok(CHECK, format!("{url}: logins in the browser with PKCE, {device}")),
        Some(false) => Finding::look(CHECK, format!("{url}: PKCE with S256 is not among what it supports; {device}")),
        None => Finding::ok(CHECK, format!("{url}: it does not say whether it supports PKCE; {device}")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_looked_for_where_a_login_does() {
        let at = |issuer| places(issuer).unwrap().1;
        assert_eq!(
            at("https://idp.example/"),
            [
                "https://idp.example/.well-known/oauth-authorization-server",
                "https://idp.example/.well-known/openid-configuration"
            ]
        );
        assert_eq!(
            at("https://idp.example/realms/a"),
            [
                "https://idp.example/.well-known/oauth-authorization-server/realms/a",
                "https://idp.example/realms/a/.well-known/oauth-authorization-server",
                "https://idp.example/realms/a/.well-known/openid-configuration"
            ]
        );
        assert!(places("file:///etc/passwd").is_none() && places("flyte").is_none());
    }

    #[test]
    fn a_server_elsewhere_does_not_make_this_machine_ask_itself() {
        for (url, local, may) in [
            ("https://idp.example", false, true),
            ("http://idp.example", false, false),
            ("http://idp.example", true, false),
            ("http://127.0.0.1:8088", true, true),
            ("http://127.0.0.1:8088", false, false),
            ("https://localhost", false, false),
            ("http://[::1]:1", false, false),
            ("https://localhost.", false, false),
            ("https://0.0.0.0", false, false),
            ("https://[::ffff:127.0.0.1]", false, false),
        ] {
            assert_eq!(may_be_asked(&url.parse().unwrap(), local), may, "{url} {local}");
        }
    }
}
