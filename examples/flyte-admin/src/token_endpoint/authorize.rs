//! The authorization endpoint (RFC 6749 section 3.1), and the page on which a person says who they are.
//!
//! flyteadmin sends a browser without a session to the provider of people's logins and takes it back from there. That
//! provider is a page with one field here.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use url::{Url, form_urlencoded};

use super::{
    Caller, clients::PUBLIC_CLIENT_ID, endpoint::Shared, grant::read_scopes, grant_error::GrantError,
    token_kind::TokenKind,
};

pub(super) const PEOPLES_LOGIN: &str = "/people/authorize";

/// flyteadmin's default.
const CODE_LIFETIME: Duration = Duration::from_secs(5 * 60);
const SESSION_COOKIE: &str = "flyte_person=";

pub(super) async fn authorize(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<HashMap<String, String>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let given = |name| query.get(name).map_or("", String::as_str);
    // Nobody is sent on to an address that is not the client's (RFC 6749 section 4.1.2.1).
    if given("client_id") != PUBLIC_CLIENT_ID || given("redirect_uri") != shared.clients.redirect_uri {
        return GrantError::InvalidClient.into_response();
    }
    let Ok(mut back) = Url::parse(&shared.clients.redirect_uri) else {
        return GrantError::ServerError.into_response();
    };
    let Some(person) = person(&headers) else {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("back", &uri.to_string()).finish();
        return see_other(&format!("{PEOPLES_LOGIN}?{query}"));
    };
    match code(&shared, &query, person) {
        Ok((code, scopes)) => {
            back.query_pairs_mut().append_pair("code", &code).append_pair("scope", &scopes);
        }
        Err(error) => {
            let (error, description) = error.words();
            back.query_pairs_mut().append_pair("error", error).append_pair("error_description", description);
        }
    }
    back.query_pairs_mut().append_pair("state", given("state"));
    see_other(back.as_str())
}

/// The code, and the scopes in the spelling in which flyteadmin announces them.
fn code(shared: &Shared, query: &HashMap<String, String>, person: String) -> Result<(String, String), GrantError> {
    let given = |name| query.get(name).map_or("", String::as_str);
    if given("response_type") != "code" || given("code_challenge_method") != "S256" {
        return Err(GrantError::InvalidRequest("response_type is not code, or code_challenge_method not S256"));
    }
    let kind =
        TokenKind::Code { redirect_uri: given("redirect_uri").into(), challenge: given("code_challenge").into() };
    let scopes = read_scopes(query.get("scope").filter(|scope| !scope.is_empty()))?;
    let announced = scopes.iter().map(|scope| if scope == "all" { "f.all" } else { scope.as_str() });
    let announced = announced.chain(["access_token"]).collect::<Vec<_>>().join(" ");
    let caller = Caller { client_id: PUBLIC_CLIENT_ID.into(), person: Some(person), scopes };
    let code = shared.tokens.sign(kind, caller, CODE_LIFETIME).map_err(|_| GrantError::ServerError)?;
    Ok((code, announced))
}

pub(super) async fn peoples_login() -> Html<&'static str> {
    Html(concat!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Log in to Flyte</title>",
        "<form method=\"post\"><p><label>Your name <input name=\"person\" required pattern=\"[a-z0-9]+\" value=\"ada\">",
        "</label></p><p><button>Log in</button></p></form></html>",
    ))
}

pub(super) async fn person_logged_in(
    Query(query): Query<HashMap<String, String>>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let person = form.get("person").filter(|person| is_name(person));
    // Only within this server: the page must not send anybody elsewhere.
    let back = query.get("back").filter(|back| back.starts_with('/') && !back.starts_with("//"));
    let (Some(person), Some(back)) = (person, back) else {
        return (StatusCode::BAD_REQUEST, "the name is of small letters and digits").into_response();
    };
    let cookie = format!("{SESSION_COOKIE}{person}; HttpOnly; SameSite=Lax; Path=/");
    ([(header::SET_COOKIE, cookie)], see_other(back)).into_response()
}

fn person(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let person = cookies.split("; ").find_map(|cookie| cookie.strip_prefix(SESSION_COOKIE))?;
    is_name(person).then(|| person.into())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn see_other(location: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}
