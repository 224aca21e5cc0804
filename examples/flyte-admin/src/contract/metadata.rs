//! What `AuthMetadataService` says.

use tonic::Status;

use super::{Observation, Verdict};
use crate::proto::service::{OAuth2MetadataResponse, PublicClientAuthConfigResponse};

/// Whether these are the endpoints of the provider that is a part of flyteadmin.
pub fn is_flytes_own(metadata: &OAuth2MetadataResponse) -> bool {
    !metadata.issuer.is_empty() && metadata.token_endpoint == format!("{}/oauth2/token", metadata.issuer)
}

/// The client for people, asked for with garbage as token.
pub fn client(outcome: &Result<PublicClientAuthConfigResponse, Status>) -> Observation {
    let (found, otherwise) = match outcome {
        Ok(client) => (
            format!("client {}, token in the header {}", client.client_id, client.authorization_metadata_key),
            Verdict::Differs("as this installation is set up"),
        ),
        Err(status) => (
            format!("{:?}: {}", status.code(), status.message()),
            Verdict::Doubtful("whoever has a bad token does not learn how to log in"),
        ),
    };
    Observation::compare(
        "the client for people, with garbage as token",
        found,
        "client flytectl, token in the header flyte-authorization",
        otherwise,
    )
}

/// What it says of its own provider, asked for at `endpoint`. Another provider's words are its own.
pub fn metadata(endpoint: &str, metadata: &OAuth2MetadataResponse) -> Vec<Observation> {
    let listed = |texts: &[String]| match texts.is_empty() {
        true => "none".to_owned(),
        false => texts.join(" "),
    };
    let slash = match metadata.issuer.ends_with('/') {
        true => "a slash at its end",
        false => "no slash at its end",
    };
    let device = match metadata.device_authorization_endpoint.as_str() {
        "" => "none",
        url => url,
    };
    let mut observations = vec![
        Observation::compare(
            "the issuer",
            slash,
            "no slash at its end",
            Verdict::Differs("one slash at the end makes no difference to logins here"),
        ),
        Observation::compare(
            "what challenges of PKCE",
            listed(&metadata.code_challenge_methods_supported),
            "S256",
            Verdict::Differs("logins in the browser use S256 all the same"),
        ),
        Observation::compare(
            "where device logins begin",
            device,
            "none",
            Verdict::Differs("`authType: DeviceFlow` can be used"),
        ),
    ];
    if is_flytes_own(metadata) {
        observations.extend(of_its_own(endpoint, metadata, listed));
    }
    observations
}

fn of_its_own(
    endpoint: &str,
    metadata: &OAuth2MetadataResponse,
    listed: impl Fn(&[String]) -> String,
) -> [Observation; 4] {
    let under = |url: &str| url.replacen(metadata.issuer.as_str(), "<issuer>", 1);
    let origins = |apart: bool| if apart { "of two origins" } else { "of one origin" };
    let apart = metadata.issuer.trim_end_matches('/') != endpoint;
    [
        Observation::compare(
            "its endpoints",
            format!("{} {}", under(&metadata.authorization_endpoint), under(&metadata.token_endpoint)),
            "<issuer>/oauth2/authorize <issuer>/oauth2/token",
            Verdict::Differs("as this installation is set up"),
        ),
        Observation::compare(
            "gRPC and HTTP",
            origins(apart),
            origins(endpoint.starts_with("http://")),
            Verdict::Differs("asked under another name than the one that it has for the public"),
        ),
        Observation::compare(
            "how clients authenticate",
            listed(&metadata.token_endpoint_auth_methods_supported),
            "client_secret_basic",
            Verdict::Differs("a client's secret is sent in Basic all the same, which fosite takes"),
        ),
        Observation::compare(
            "the grants",
            listed(&metadata.grant_types_supported),
            "client_credentials refresh_token authorization_code",
            Verdict::Differs("a login asks for what it is configured for all the same"),
        ),
    ]
}
