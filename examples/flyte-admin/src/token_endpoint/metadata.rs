//! What is published: the authorization server's metadata (RFC 8414), in flyteadmin's two spellings, and OpenID's.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Map, Value, json};

use super::{
    endpoint::Shared,
    issuer::{Issuer, Provider},
};

const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";
/// Where the provider of people's logins lives.
const PEOPLE: &str = "/people";

pub(super) fn routes(issuer: &Issuer) -> Router<Arc<Shared>> {
    let routes = Router::new()
        .route(AUTHORIZATION_SERVER, get(authorization_server))
        .route(OPENID, get(openid))
        .route(&format!("{PEOPLE}{OPENID}"), get(people))
        .route(&issuer.path("jwks"), get(keys));
    match issuer.provider() {
        Provider::FlytesOwn => routes,
        Provider::External => routes.route(&format!("/realms/flyte{OPENID}"), get(authorization_server)),
    }
}

/// Another provider's document is handed on as it is. Its own is written by a gateway that spells the keys as RFC 8414
/// does only for those who ask for JSON.
async fn authorization_server(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let document = document(&shared.issuer);
    let asked_for_json = headers.get(header::ACCEPT).is_some_and(|accept| accept == "application/json");
    if asked_for_json || shared.issuer.provider() == Provider::External {
        return Json(document).into_response();
    }
    let renamed: Map<_, _> = document.into_iter().map(|(key, value)| (camel_case(&key), value)).collect();
    Json(renamed).into_response()
}

/// About people's logins only, at another issuer.
async fn openid(State(shared): State<Arc<Shared>>) -> Response {
    let location = match shared.issuer.provider() {
        Provider::FlytesOwn => format!("{}{PEOPLE}{OPENID}", shared.issuer.origin()),
        Provider::External => format!("{}{OPENID}", shared.issuer.identifier()),
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

async fn people(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let issuer = format!("{}{PEOPLE}", shared.issuer.origin());
    let (authorize, token) = (format!("{issuer}/authorize"), format!("{issuer}/token"));
    Json(json!({ "issuer": issuer, "authorization_endpoint": authorize, "token_endpoint": token }))
}

/// The signatures are random, so there is no key to publish.
async fn keys() -> Json<Value> {
    Json(json!({ "keys": [] }))
}

fn document(issuer: &Issuer) -> Map<String, Value> {
    let document = json!({
        "issuer": issuer.identifier(),
        "authorization_endpoint": issuer.endpoint("authorize"),
        "token_endpoint": issuer.endpoint("token"),
        "jwks_uri": issuer.endpoint("jwks"),
        "response_types_supported": ["code", "token", "code token"],
        "scopes_supported": ["all", "offline"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": ["client_credentials", "refresh_token", "authorization_code"],
        "device_authorization_endpoint": "",
    });
    document.as_object().cloned().unwrap_or_default()
}

fn camel_case(key: &str) -> String {
    let mut words = key.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}

#[cfg(test)]
mod tests {
    use super::camel_case;

    #[test]
    fn keys_become_those_of_protobufs_json() {
        assert_eq!(camel_case("token_endpoint_auth_methods_supported"), "tokenEndpointAuthMethodsSupported");
        assert_eq!(camel_case("issuer"), "issuer");
    }
}
