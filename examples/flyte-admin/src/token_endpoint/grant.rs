//! The client credentials grant (RFC 6749 section 4.4).

use std::collections::HashMap;

use axum::http::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};
use url::form_urlencoded;

use super::{Caller, client_authentication::ClientAuthentication, grant_error::GrantError};

/// What the authorization server knows a client by.
pub(super) struct RegisteredClient {
    pub(super) id: String,
    pub(super) secret: SecretString,
}

impl RegisteredClient {
    /// Whom the token that was asked for is to stand for.
    pub(super) fn grant(&self, headers: &HeaderMap, body: &[u8]) -> Result<Caller, GrantError> {
        let form = read_form(body)?;
        let claimed = ClientAuthentication::read(headers, &form)?;
        if claimed.id != self.id || claimed.secret.expose_secret() != self.secret.expose_secret() {
            return Err(GrantError::InvalidClient);
        }
        match form.get("grant_type").map(String::as_str) {
            Some("client_credentials") => {}
            Some(_) => return Err(GrantError::UnsupportedGrantType),
            None => return Err(GrantError::InvalidRequest("grant_type is missing")),
        }
        let scopes = read_scopes(form.get("scope"))?;
        Ok(Caller { client_id: claimed.id, scopes })
    }
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
fn read_scopes(scope: Option<&String>) -> Result<Vec<String>, GrantError> {
    let Some(scope) = scope else { return Ok(vec!["all".into()]) };
    let scopes: Vec<_> = scope.split_ascii_whitespace().map(String::from).collect();
    if scopes.iter().any(|scope| scope != "all" && scope != "offline") {
        return Err(GrantError::InvalidScope);
    }
    Ok(scopes)
}
