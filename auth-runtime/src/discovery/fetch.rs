//! Asking an issuer for its metadata.

use http::{HeaderValue, Request, Response, StatusCode, Uri, header};
use url::Url;

use super::{
    endpoints::{EndpointKind, SettingNames},
    issuer_metadata::{IssuerMetadata, NotMetadata, locations},
    reach::ProviderEndpoint,
};
use crate::{
    AuthError, AuthErrorKind, limits,
    net::http::{HttpClient, Secrets, uri},
};

const OPERATION: &str = "asking the issuer for its metadata";

/// Asks each place in turn where the metadata may stand. The first that has it wins; one that is not there, or is
/// elsewhere, means the next.
///
/// # Errors
///
/// Transient where a place failed that might have had it; else
/// [`AuthErrorKind::Configuration`], with what was found instead.
pub(super) async fn fetch(
    issuer: &str,
    endpoint: ProviderEndpoint,
    names: &SettingNames,
) -> Result<IssuerMetadata, AuthError> {
    match tokio::time::timeout(limits::DISCOVERY_TIMEOUT, ask_each(issuer, endpoint, names)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(AuthError::timed_out(OPERATION, limits::DISCOVERY_TIMEOUT)),
    }
}

async fn ask_each(issuer: &str, endpoint: ProviderEndpoint, names: &SettingNames) -> Result<IssuerMetadata, AuthError> {
    let ProviderEndpoint { url, http, proxy_credentials } = endpoint;
    let client = HttpClient::new(OPERATION, &url, &http, proxy_credentials).await?.returning_redirects();
    let mut found = Vec::new();
    for location in locations(&url) {
        let path = location.path().to_owned();
        let what = match get(&client, location).await? {
            Found::Nothing(what) => what,
            Found::Document(document) => match IssuerMetadata::read(issuer, &document) {
                Ok(metadata) => return Ok(metadata),
                Err(NotMetadata::Template(named)) => {
                    return Err(AuthError::configuration(
                        names.issuer,
                        format!("`{issuer}` stands for all tenants of the provider ({named}); name your tenant in it"),
                    ));
                }
                Err(NotMetadata::Other(named)) => format!("the metadata of another issuer, `{named}`"),
                Err(NotMetadata::NoJson) => "no metadata".to_owned(),
            },
        };
        found.push(format!("{path}: {what}"));
    }
    Err(AuthError::configuration(
        names.issuer,
        format!(
            "`{issuer}` does not say which endpoints are its own ({}); if it is your provider, {}",
            found.join("; "),
            names.set_endpoints([EndpointKind::Token, EndpointKind::Authorization]),
        ),
    ))
}

enum Found {
    Document(Vec<u8>),
    /// And what was there instead.
    Nothing(String),
}

/// One place. It may be elsewhere on the same origin.
async fn get(client: &HttpClient, location: Url) -> Result<Found, AuthError> {
    let mut url = location;
    for _ in 0..=limits::METADATA_REDIRECTS {
        let request = match uri(OPERATION, &url) {
            Ok(uri) => request(uri),
            Err(error) => return Ok(Found::Nothing(error.to_string())),
        };
        let response = match client.send(request, &Secrets::none()).await {
            Ok(response) => response,
            // Too long, or broken: no metadata.
            Err(error) if error.kind() == AuthErrorKind::InvalidResponse => {
                return Ok(Found::Nothing(error.to_string()));
            }
            Err(error) => return Err(error),
        };
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(Found::Document(response.into_body()));
        }
        if !status.is_redirection() {
            return Ok(Found::Nothing(format!("HTTP {}", status.as_u16())));
        }
        match redirected(&url, &response) {
            Some(target) if target.origin() == url.origin() => url = target,
            Some(target) => {
                return Ok(Found::Nothing(format!("a redirect to {}", target.origin().ascii_serialization())));
            }
            None => return Ok(Found::Nothing("a redirect to nowhere".to_owned())),
        }
    }
    Ok(Found::Nothing("redirects without an end".to_owned()))
}

fn request(uri: Uri) -> Request<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = uri;
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    request
}

fn redirected(from: &Url, response: &Response<Vec<u8>>) -> Option<Url> {
    from.join(response.headers().get(header::LOCATION)?.to_str().ok()?).ok()
}
