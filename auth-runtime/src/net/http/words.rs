//! What an answer says to people, where it is no answer of the protocol: the words of an API gateway, of a provider with
//! errors of its own, or of a page.

mod html;

use serde_json::{Map, Value};

use crate::limits;

/// Parts of the names that texts for people have, in lower case.
const NAMED: [&str; 9] = ["message", "summary", "description", "detail", "title", "reason", "error", "fault", "msg"];

/// Parts of the names of what is for programs, or for nobody else.
const OTHERWISE_NAMED: [&str; 11] =
    ["token", "secret", "password", "assertion", "cookie", "session", "key", "id", "link", "uri", "url"];

/// The words of a response that is an error, without secrets taken out yet.
pub(super) fn words_of_error(content_type: &str, body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let readable = Readable::of(content_type)?;
    // Whatever it is called: the fields of a document are told apart.
    let words = match (serde_json::from_str(text), readable) {
        (Ok(document), _) => words_of_json(&document),
        (Err(_), Readable::Json) => return None,
        (Err(_), Readable::Html | Readable::Plain) if has_fields_with_secrets(text) => return None,
        (Err(_), Readable::Html) => html::words(text),
        (Err(_), Readable::Plain) => text.trim().to_owned(),
    };
    Some(words).filter(|words| !words.is_empty())
}

/// Fields of which nobody can tell where they end: of a document that broke off, or of a form.
fn has_fields_with_secrets(text: &str) -> bool {
    const NAMES: [&str; 5] = ["_token", "token\"", "token=", "secret\"", "secret="];
    let text = text.to_ascii_lowercase();
    NAMES.iter().any(|name| text.contains(name))
}

/// Whether responses of this type may have words.
pub(super) fn is_readable(content_type: &str) -> bool {
    Readable::of(content_type).is_some()
}

/// The words of a response that is a success, though not the one that was expected. Only a page's title, and what a
/// document calls an error: the rest may be what was asked for, under another name.
pub(super) fn words_of_success(content_type: &str, body: &[u8]) -> Option<String> {
    let words = match Readable::of(content_type)? {
        Readable::Html => html::title(std::str::from_utf8(body).ok()?)?,
        Readable::Json => {
            let Ok(Value::Object(mut fields)) = serde_json::from_slice(body) else { return None };
            fields.retain(|name, _| name.to_ascii_lowercase().starts_with("err"));
            words_of_json(&Value::Object(fields))
        }
        Readable::Plain => return None,
    };
    Some(words).filter(|words| !words.is_empty())
}

enum Readable {
    Json,
    Html,
    Plain,
}

impl Readable {
    fn of(content_type: &str) -> Option<Self> {
        match content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase() {
            json if json.contains("json") => Some(Self::Json),
            html if html.contains("html") => Some(Self::Html),
            plain if plain == "text/plain" => Some(Self::Plain),
            _ => None,
        }
    }
}

fn words_of_json(document: &Value) -> String {
    let mut found = Vec::new();
    match document {
        Value::String(text) => found.push(text.as_str()),
        Value::Object(fields) => collect(fields, 0, &mut found),
        Value::Array(entries) => entries.iter().filter_map(Value::as_object).for_each(|f| collect(f, 0, &mut found)),
        _ => {}
    }
    found.join(": ")
}

/// The texts in the order of their names, which is that of the document or not.
fn collect<'a>(fields: &'a Map<String, Value>, depth: usize, found: &mut Vec<&'a str>) {
    if depth > limits::MAX_ERROR_TEXT_DEPTH {
        return;
    }
    let mut fields: Vec<_> = fields.iter().collect();
    fields.sort_unstable_by_key(|(name, _)| *name);
    for (name, value) in fields {
        let name = name.to_ascii_lowercase();
        let code = name.ends_with("code");
        let named = code || NAMED.iter().any(|part| name.contains(part));
        if !named || OTHERWISE_NAMED.iter().any(|part| name.ends_with(part)) {
            continue;
        }
        let entries = match value {
            Value::Array(entries) => entries.as_slice(),
            other => std::slice::from_ref(other),
        };
        for entry in entries {
            match entry {
                Value::String(text)
                    if found.len() < limits::MAX_ERROR_TEXTS
                        && is_for_people(text)
                        && !found.contains(&text.as_str()) =>
                {
                    found.push(text);
                }
                Value::Object(fields) => collect(fields, depth + 1, found),
                _ => {}
            }
        }
    }
}

fn is_for_people(text: &str) -> bool {
    !text.trim().is_empty() && !text.starts_with("http://") && !text.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whatever_a_json_error_has_for_people_is_found() {
        let rows = [
            (
                json!({ "errorCode": "E0000011", "errorSummary": "Invalid token provided", "errorLink": "E0000011",
                    "errorId": "oaeKX", "errorCauses": [] }),
                "E0000011: Invalid token provided",
            ),
            (
                json!({ "error": { "code": 400, "message": "API key not valid", "status": "INVALID_ARGUMENT" } }),
                "API key not valid",
            ),
            (
                json!({ "fault": { "faultstring": "Invalid ApiKey", "detail": { "errorcode": "oauth.v2.InvalidApiKey" } } }),
                "oauth.v2.InvalidApiKey: Invalid ApiKey",
            ),
            (
                json!({ "type": "https://errors/1", "title": "Forbidden", "status": 403, "detail": "no such tenant" }),
                "no such tenant: Forbidden",
            ),
            (json!({ "errors": ["first", { "message": "second" }] }), "first: second"),
            (json!([{ "Message": "User is not authorized" }]), "User is not authorized"),
            (json!("Unauthorized"), "Unauthorized"),
            (json!({ "message": "a", "detail": "a" }), "a"),
        ];
        for (document, expected) in rows {
            let words = words_of_error("application/problem+json; charset=utf-8", document.to_string().as_bytes());
            assert_eq!(words.as_deref(), Some(expected), "{document}");
        }
    }

    #[test]
    fn what_may_be_a_secret_and_what_is_no_text_is_left_alone() {
        let document = json!({
            "access_token": "a", "error_token": "b", "errorId": "c", "error_uri": "https://idp/help", "result": "d",
            "detail": { "session_password": "e" }, "message": 1, "title": "  ", "error_description": null,
        });
        assert_eq!(words_of_error("application/json", document.to_string().as_bytes()), None);
        for (content_type, body) in
            [("image/png", "hello"), ("", "hello"), ("application/json", "{"), ("text/plain", "")]
        {
            assert_eq!(words_of_error(content_type, body.as_bytes()), None, "{content_type}");
        }
        assert_eq!(words_of_error("text/plain", b"\xff"), None);
        for content_type in ["text/html", "text/plain"] {
            for body in
                [r#"{"access_token": "a"}"#, r#"{"access_token": "a"#, "access_token=a&b=c", r#"{"apiToken": "a"#]
            {
                assert_eq!(words_of_error(content_type, body.as_bytes()), None, "{content_type}: {body}");
            }
            let words = words_of_error(content_type, br#"{"access_token": "a", "message": "no"}"#);
            assert_eq!(words.as_deref(), Some("no"), "a document, under another name");
            assert_eq!(words_of_error(content_type, b"bad token: no").as_deref(), Some("bad token: no"));
        }
        let mut deep = json!({ "message": "too deep" });
        for _ in 0..20 {
            deep = json!({ "error": deep });
        }
        assert_eq!(words_of_error("application/json", deep.to_string().as_bytes()), None);
    }

    #[test]
    fn of_a_success_only_the_title_of_a_page_and_what_is_called_an_error_are_taken() {
        let page = b"<html><head><title>Sign in</title></head><body>Your token: abc</body></html>";
        assert_eq!(words_of_success("text/html", page).as_deref(), Some("Sign in"));
        assert_eq!(words_of_success("application/json", br#"{"message":"abc"}"#), None);
        let error = br#"{"errcode":40030,"errmsg":"invalid refresh_token","err_token":"abc","data":{"message":"abc"}}"#;
        assert_eq!(words_of_success("application/json", error).as_deref(), Some("invalid refresh_token"));
        assert_eq!(words_of_success("text/plain", b"abc"), None);
    }
}
