//! What the browser shows when it comes back.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

use crate::AuthError;

/// One page.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    status: StatusCode,
    mark: Mark,
    title: &'static str,
    text: String,
}

#[derive(Debug, Clone, Copy)]
enum Mark {
    Success,
    Failure,
}

impl Mark {
    fn colour(self) -> &'static str {
        match self {
            Self::Success => "#1a7f4b",
            Self::Failure => "#b3261e",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Success => "M14 25l7 7 14-15",
            Self::Failure => "M16 16l16 16M32 16L16 32",
        }
    }
}

/// The page for the end of a login, with who has logged in as far as that is known.
pub(crate) fn of(outcome: Result<Option<&str>, &AuthError>) -> Page {
    const DONE: &str = "You can close this window and go back to your program.";
    match outcome {
        Ok(person) => Page {
            status: StatusCode::OK,
            mark: Mark::Success,
            title: "You are logged in",
            text: match person {
                Some(person) => format!("As {person}: if that is not you, log out and start again. {DONE}"),
                None => DONE.to_owned(),
            },
        },
        Err(error) => failure(StatusCode::BAD_REQUEST, "The login failed", &sentence(&error.to_string())),
    }
}

pub(super) fn not_found() -> Page {
    failure(StatusCode::NOT_FOUND, "Nothing here", "A program on this machine waits here for a login to end.")
}

pub(super) fn not_get() -> Page {
    failure(StatusCode::METHOD_NOT_ALLOWED, "Not this way", "A login ends here with a GET request.")
}

pub(super) fn foreign() -> Page {
    failure(
        StatusCode::BAD_REQUEST,
        "This is not the login that was started here",
        "It may have come from an older window, from another browser, or from another page. The program still waits: go on in the window that it opened, and allow it cookies.",
    )
}

pub(super) fn second_response() -> Page {
    failure(StatusCode::CONFLICT, "This login has been answered already", "You can close this window.")
}

pub(super) fn given_up() -> Page {
    failure(StatusCode::GONE, "The login was given up", "The program waits no longer. Start the login there again.")
}

fn failure(status: StatusCode, title: &'static str, text: &str) -> Page {
    Page { status, mark: Mark::Failure, title, text: text.to_owned() }
}

/// Our errors are written to stand inside a sentence.
fn sentence(error: &str) -> String {
    let mut characters = error.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

impl Page {
    /// The page is all there is: it fetches nothing, runs nothing, and tells no other site where it came from.
    pub(super) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(Bytes::from(self.html())));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        set(headers, SECRETIVE);
        set(
            headers,
            [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::X_FRAME_OPTIONS, "DENY"),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; img-src data:"),
            ],
        );
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET"));
        }
        response
    }

    pub(crate) fn html(&self) -> String {
        format!(
            include_str!("page.html"),
            title = self.title,
            text = escaped(&self.text),
            colour = self.mark.colour(),
            path = self.mark.path()
        )
    }
}

/// Sends the browser elsewhere.
pub(super) fn redirect(to: &str, cookie: Option<&str>) -> Response<Full<Bytes>> {
    let values = [(header::LOCATION, Some(to)), (header::SET_COOKIE, cookie)];
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    set(headers, SECRETIVE);
    for (name, value) in values {
        if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
            headers.insert(name, value);
        }
    }
    response
}

/// What holds for all responses: their URLs are nobody else's business, and the next request is a new connection's.
const SECRETIVE: [(HeaderName, &str); 3] =
    [(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer"), (header::CONNECTION, "close")];

fn set<const N: usize>(headers: &mut HeaderMap, fixed: [(HeaderName, &'static str); N]) {
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_says_is_text_and_not_html() {
        let error = AuthError::rejected(
            "the authorization",
            "access_denied".to_owned(),
            Some("<script>alert('x')</script> & \"more\"".to_owned()),
        );
        let html = of(Err(&error)).html();
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;"), "{html}");
    }

    #[test]
    fn who_has_logged_in_is_said_and_is_text_too() {
        let html = of(Ok(Some("<b>jane</b>"))).html();
        assert!(html.contains("As &lt;b&gt;jane&lt;/b&gt;: if that is not you"), "{html}");
        assert!(!of(Ok(None)).html().contains("not you"));
    }

    #[test]
    fn success_and_failure_look_different_though_nobody_reads_the_words() {
        let pages = [of(Ok(None)), given_up()];
        let [success, failure] = pages.map(|page| (page.mark.colour(), page.mark.path()));
        assert!(success.0 != failure.0 && success.1 != failure.1);
    }
}
