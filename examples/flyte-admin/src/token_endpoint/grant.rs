//! The grants: client credentials, authorization code with PKCE, refresh token (RFC 6749, RFC 7636).

use std::collections::HashMap;

use axum::http::HeaderMap;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

use super::{
    Caller, Tokens,
    client_authentication::ClientAuthentication,
    clients::{Client, Clients},
    grant_error::GrantError,
    token_kind::TokenKind,
};

/// What is to be issued.
pub(super) struct Granted {
    pub(super) caller: Caller,
    pub(super) refresh_token: bool,
}

impl Clients {
    /// Whom the token that was asked for is to stand for.
    pub(super) fn grant(&self, tokens: &Tokens, headers: &HeaderMap, body: &[u8]) -> Result<Granted, GrantError> {
        let form = read_form(body)?;
        let claimed = ClientAuthentication::read(headers, &form)?;
        let client = self.authenticate(&claimed.id, claimed.secret.as_ref())?;
        match form.get("grant_type").map(String::as_str) {
            Some("client_credentials") => client_credentials(&client, &form),
            Some("authorization_code") => code(tokens, &client, &form),
            Some("refresh_token") => refresh(tokens, &client, &form),
            Some(_) => Err(GrantError::InvalidRequest("the grant is not one that is offered")),
            None => Err(GrantError::InvalidRequest("grant_type is missing")),
        }
    }
}

fn client_credentials(client: &Client, form: &HashMap<String, String>) -> Result<Granted, GrantError> {
    let Client::Confidential(id) = client else { return Err(GrantError::InvalidGrant) };
    let scopes = read_scopes(form.get("scope"))?;
    Ok(Granted { caller: Caller { client_id: id.clone(), person: None, scopes }, refresh_token: false })
}

fn code(tokens: &Tokens, client: &Client, form: &HashMap<String, String>) -> Result<Granted, GrantError> {
    let given = |name| form.get(name).map_or("", String::as_str);
    let (TokenKind::Code { redirect_uri, challenge }, caller) = read_token(tokens, given("code"))? else {
        return Err(GrantError::InvalidGrant);
    };
    let fits = redirect_uri == given("redirect_uri")
        && challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(given("code_verifier")));
    if !fits || caller.client_id != client.id() {
        return Err(GrantError::InvalidGrant);
    }
    let refresh_token = caller.scopes.iter().any(|scope| scope == "offline");
    Ok(Granted { caller, refresh_token })
}

/// The old refresh token stays good: flyteadmin keeps no list of tokens.
fn refresh(tokens: &Tokens, client: &Client, form: &HashMap<String, String>) -> Result<Granted, GrantError> {
    let token = form.get("refresh_token").ok_or(GrantError::InvalidRequest("refresh_token is missing"))?;
    match read_token(tokens, token)? {
        (TokenKind::Refresh, caller) if caller.client_id == client.id() => Ok(Granted { caller, refresh_token: true }),
        _ => Err(GrantError::InvalidGrant),
    }
}

/// What cannot be read is the server's own error, as at a real flyteadmin: a token that has expired, that an older key
/// signed, or that is none.
fn read_token(tokens: &Tokens, token: &str) -> Result<(TokenKind, Caller), GrantError> {
    tokens.verify(token).map_err(|_| GrantError::ServerError)
}

/// RFC 6749 section 3.2: no parameter more than once, and one without a value counts as left out.
fn read_form(body: &[u8]) -> Result<HashMap<String, String>, GrantError> {
    let mut form = HashMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        if !value.is_empty() && form.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(GrantError::InvalidRequest("a parameter is given twice"));
        }
    }
    Ok(form)
}

/// Who asks for no scope at all gets everything, as from a real Flyte.
pub(super) fn read_scopes(scope: Option<&String>) -> Result<Vec<String>, GrantError> {
    let Some(scope) = scope else { return Ok(vec!["all".into()]) };
    let scopes: Vec<_> = scope.split_ascii_whitespace().map(String::from).collect();
    if scopes.iter().any(|scope| scope != "all" && scope != "offline") {
        return Err(GrantError::InvalidScope);
    }
    Ok(scopes)
}
