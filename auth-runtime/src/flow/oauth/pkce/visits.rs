//! Who opened a link of this login, and which callback is theirs.

use std::{collections::VecDeque, time::Duration};

use http::{HeaderMap, header};
use secrecy::{ExposeSecret as _, SecretString};

use super::site::random;
use crate::limits;

/// What an authorization begins with. Each visit has one of its own, so that no two browsers share a secret.
pub(crate) struct Begun {
    /// Where the person logs in.
    pub(crate) url: String,
    pub(crate) state: SecretString,
    pub(crate) verifier: SecretString,
}

/// The visits so far to the links of a login.
#[derive(Default)]
pub(super) struct Visits {
    visited: [bool; 2],
    /// The newest at the end.
    visits: VecDeque<Visit>,
}

/// A browser that was sent to the provider. It proves with the cookie that it is the one that comes back.
struct Visit {
    link: usize,
    cookie: Cookie,
    state: SecretString,
    verifier: SecretString,
}

struct Cookie {
    name: String,
    value: SecretString,
}

/// The visit that a callback belongs to.
pub(super) struct Returned {
    pub(super) state: SecretString,
    pub(super) verifier: SecretString,
}

impl Visits {
    /// Whether the link was opened by a browser that does not know a cookie of an earlier visit to it. Two browsers
    /// that open one link are two people, as far as can be known.
    pub(super) fn is_second(&self, link: usize, headers: &HeaderMap) -> bool {
        self.visited.get(link).is_some_and(|visited| *visited)
            && !self.visits.iter().any(|visit| visit.link == link && visit.cookie.is_in(headers))
    }

    /// Remembers a visit. Returns the `Set-Cookie` for its browser.
    pub(super) fn add(&mut self, link: usize, begun: &Begun, path: &str, lifetime: Duration) -> SecretString {
        if let Some(visited) = self.visited.get_mut(link) {
            *visited = true;
        }
        if self.visits.len() == limits::LINK_VISITS {
            self.visits.pop_front();
        }
        let cookie = Cookie { name: format!("login-{}", random()), value: SecretString::from(random()) };
        let set = cookie.set(path, lifetime);
        let (state, verifier) = (begun.state.clone(), begun.verifier.clone());
        self.visits.push_back(Visit { link, cookie, state, verifier });
        set
    }

    /// The visit that has this state, if the request comes from the browser that made it (RFC 9700 section 4.7).
    pub(super) fn returned(&self, state: &str, headers: &HeaderMap) -> Option<Returned> {
        let visit = self.visits.iter().find(|visit| visit.state.expose_secret() == state)?;
        let returned = || Returned { state: visit.state.clone(), verifier: visit.verifier.clone() };
        visit.cookie.is_in(headers).then(returned)
    }
}

impl Cookie {
    /// `Strict` would keep it back on the way from the provider, `Secure` would keep it from plaintext, and with
    /// `Domain` other hosts would get it.
    fn set(&self, path: &str, lifetime: Duration) -> SecretString {
        let (name, value, seconds) = (&self.name, self.value.expose_secret(), lifetime.as_secs().max(1));
        SecretString::from(format!("{name}={value}; HttpOnly; SameSite=Lax; Path={path}; Max-Age={seconds}"))
    }

    fn is_in(&self, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
        let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| name == self.name && value == self.value.expose_secret())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn visit(visits: &mut Visits, link: usize, state: &str) -> HeaderMap {
        let begun = Begun { url: String::new(), state: state.into(), verifier: format!("{state}'s verifier").into() };
        let set = visits.add(link, &begun, "/callback", Duration::from_secs(300));
        let (pair, attributes) = set.expose_secret().split_once("; ").unwrap();
        assert_eq!(attributes, "HttpOnly; SameSite=Lax; Path=/callback; Max-Age=300");
        cookies(&format!("other=1; {pair};more=2"))
    }

    fn cookies(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, value.parse().unwrap())])
    }

    #[test]
    fn a_callback_belongs_to_the_visit_whose_state_and_cookie_it_has() {
        let mut visits = Visits::default();
        let (first, second) = (visit(&mut visits, 0, "one"), visit(&mut visits, 1, "two"));
        assert_eq!(visits.returned("one", &first).unwrap().verifier.expose_secret(), "one's verifier");
        assert_eq!(visits.returned("two", &second).unwrap().verifier.expose_secret(), "two's verifier");
        for (state, headers) in [("one", &second), ("two", &first), ("", &first), ("three", &first)] {
            assert!(visits.returned(state, headers).is_none(), "{state}");
        }
        assert!(visits.returned("one", &HeaderMap::new()).is_none());
        assert!(visits.returned("one", &cookies("login-guess=guess")).is_none());
    }

    #[test]
    fn a_link_is_opened_by_one_browser_again_and_again_and_by_another_never() {
        let mut visits = Visits::default();
        assert!(!visits.is_second(0, &HeaderMap::new()));
        let first = visit(&mut visits, 0, "one");
        assert!(!visits.is_second(0, &first), "a reload");
        assert!(visits.is_second(0, &HeaderMap::new()), "somebody else");
        assert!(!visits.is_second(1, &HeaderMap::new()), "the other link");
        let other_link = visit(&mut visits, 1, "two");
        assert!(visits.is_second(0, &other_link), "a cookie of the other link proves nothing");
    }

    #[test]
    fn of_many_visits_the_newest_count() {
        let mut visits = Visits::default();
        let all: Vec<_> = (0..=limits::LINK_VISITS).map(|number| visit(&mut visits, 0, &number.to_string())).collect();
        assert!(visits.returned("0", &all[0]).is_none());
        assert!(visits.returned("1", &all[1]).is_some());
        assert_eq!(visits.visits.len(), limits::LINK_VISITS);
        assert!(visits.is_second(0, &HeaderMap::new()));
    }
}
