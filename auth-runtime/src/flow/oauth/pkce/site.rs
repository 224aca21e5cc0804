//! What the listener serves: the one-time links, the redirect URI, and the page that a login ends with.

use http::{HeaderMap, Method, Uri, header};
use oauth2::CsrfToken;
use url::{Position, Url};

use crate::limits;

/// The addresses of one login, all on the redirect URI's own host and port: cookies do not cross from `localhost` to
/// `127.0.0.1`.
pub(crate) struct Site {
    authority: String,
    origin: String,
    redirect_path: String,
    /// Beneath the redirect URI's path, where the cookies of visits are sent to. The one that a browser is opened at,
    /// and the one that a person is shown.
    links: [String; 2],
    /// Where the browser ends up: an address without the code.
    end: String,
}

/// What a request to the listener is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Not for this listener: a page whose name was bound to this machine's address (DNS rebinding).
    OtherHost,
    /// A favicon, a scanner.
    Unknown,
    /// Not as a browser opens a page.
    NotGet,
    /// The link of this number.
    Link(usize),
    RedirectUri,
    End,
}

impl Site {
    pub(crate) fn new(redirect_uri: &Url) -> Self {
        let base = redirect_uri.path().trim_end_matches('/');
        Self {
            authority: redirect_uri[Position::BeforeHost..Position::AfterPort].to_owned(),
            origin: redirect_uri[..Position::AfterPort].to_owned(),
            redirect_path: redirect_uri.path().to_owned(),
            links: [random(), random()].map(|secret| format!("{base}/{secret}")),
            end: format!("{base}/{}", random()),
        }
    }

    /// What a browser is opened at: other users of this machine can read it from the browser's arguments.
    pub(crate) fn opened_url(&self) -> String {
        format!("{}{}", self.origin, self.links[0])
    }

    /// What a person is shown.
    pub(crate) fn shown_url(&self) -> String {
        format!("{}{}", self.origin, self.links[1])
    }

    /// Where the browser goes behind the callback, so that its address bar and history hold no code.
    pub(super) fn end(&self) -> &str {
        &self.end
    }

    /// The `Path` of cookies. An attribute ends at a semicolon (RFC 6265 section 5.2).
    pub(super) fn cookie_path(&self) -> &str {
        let path = &self.redirect_path;
        match path.find(';').and_then(|end| path[..end].rfind('/')) {
            Some(0) => "/",
            Some(folder) => &path[..folder],
            None => path,
        }
    }

    pub(super) fn place(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Place {
        if !self.is_named_by(uri, headers) {
            return Place::OtherHost;
        }
        let place = match uri.path() {
            path if path == self.redirect_path => Place::RedirectUri,
            path if path == self.end => Place::End,
            path => match self.links.iter().position(|link| link == path) {
                Some(number) => Place::Link(number),
                None => return Place::Unknown,
            },
        };
        if method == Method::GET { place } else { Place::NotGet }
    }

    fn is_named_by(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok());
        let named = |authority: &str| {
            let authority = authority.strip_suffix(":80").unwrap_or(authority);
            authority.eq_ignore_ascii_case(&self.authority)
        };
        host.is_some_and(named) && hosts.next().is_none() && uri.authority().is_none_or(|uri| named(uri.as_str()))
    }
}

/// A name that nobody guesses.
pub(super) fn random() -> String {
    CsrfToken::new_random_len(limits::LINK_BYTES).into_secret()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn site(redirect_uri: &str) -> Site {
        Site::new(&redirect_uri.parse().unwrap())
    }

    fn get(site: &Site, host: &str, uri: &str) -> Place {
        let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
        site.place(&Method::GET, &uri.parse().unwrap(), &headers)
    }

    #[test]
    fn only_the_redirect_uris_own_host_is_served() {
        let site = site("http://localhost:53593/callback");
        assert_eq!(get(&site, "localhost:53593", "/callback?code=c"), Place::RedirectUri);
        assert_eq!(get(&site, "LocalHost:53593", "/callback"), Place::RedirectUri);
        assert_eq!(get(&site, "localhost:53593", "http://localhost:53593/callback"), Place::RedirectUri);
        for host in ["evil.example", "evil.example:53593", "localhost", "localhost:80", "127.0.0.1:53593", ""] {
            assert_eq!(get(&site, host, "/callback"), Place::OtherHost, "{host}");
        }
        assert_eq!(get(&site, "localhost:53593", "http://evil.example/callback"), Place::OtherHost);
        assert_eq!(site.place(&Method::GET, &"/callback".parse().unwrap(), &HeaderMap::new()), Place::OtherHost);
        let mut headers = HeaderMap::new();
        for host in ["localhost:53593", "evil.example"] {
            headers.append(header::HOST, host.parse().unwrap());
        }
        assert_eq!(site.place(&Method::GET, &"/callback".parse().unwrap(), &headers), Place::OtherHost);
    }

    #[test]
    fn the_port_of_http_may_be_left_out() {
        for redirect_uri in ["http://localhost/callback", "http://localhost:80/callback"] {
            for host in ["localhost", "localhost:80"] {
                assert_eq!(get(&site(redirect_uri), host, "/callback"), Place::RedirectUri, "{redirect_uri} {host}");
            }
        }
    }

    #[test]
    fn links_and_end_are_beneath_the_redirect_uri_and_no_two_are_alike() {
        for (redirect_uri, beneath) in [
            ("http://localhost:1/callback", "http://localhost:1/callback/"),
            ("http://[::1]:1/", "http://[::1]:1/"),
            ("http://127.0.0.1:1/a/b/", "http://127.0.0.1:1/a/b/"),
        ] {
            let site = site(redirect_uri);
            let (opened, shown) = (site.opened_url(), site.shown_url());
            for url in [&opened, &shown] {
                let secret = url.strip_prefix(beneath).unwrap();
                // 128 bits, six in each character.
                assert!(secret.len() * 6 >= 128 && !secret.contains('/'), "{url}");
            }
            let host = &site.authority;
            let path = |url: &str| url[site.origin.len()..].to_owned();
            assert_eq!(get(&site, host, &path(&opened)), Place::Link(0));
            assert_eq!(get(&site, host, &path(&shown)), Place::Link(1));
            assert_eq!(get(&site, host, site.end()), Place::End);
            assert!(opened != shown && !opened.ends_with(site.end()) && !shown.ends_with(site.end()));
        }
    }

    #[test]
    fn other_paths_and_methods_are_not_for_the_login() {
        let site = site("http://localhost:1/callback");
        for path in ["/", "/favicon.ico", "/callback/", "/callback/guess", "/Callback?state=S"] {
            assert_eq!(get(&site, "localhost:1", path), Place::Unknown, "{path}");
        }
        let headers = HeaderMap::from_iter([(header::HOST, "localhost:1".parse().unwrap())]);
        for method in [Method::POST, Method::HEAD, Method::OPTIONS] {
            assert_eq!(site.place(&method, &"/callback".parse().unwrap(), &headers), Place::NotGet);
        }
    }

    #[test]
    fn a_cookies_path_holds_no_semicolon() {
        for (path, cookie_path) in [("/callback", "/callback"), ("/a/b;c/d", "/a"), ("/b;c", "/"), ("/", "/")] {
            assert_eq!(site(&format!("http://localhost:1{path}")).cookie_path(), cookie_path, "{path}");
        }
    }
}
