//! What this server answers to what can be asked without harm, beside what a flyteadmin 1.16 was seen to answer.

use auth_runtime::ServerDetails;
use serde_json::{Value, json};
use tonic::Request;
use url::Url;

use super::{finding::Finding, header_key, http, metadata, subject::Subject};
use crate::{
    contract::{self, CALLS, Observation, Page, Seen, Verdict},
    plain_text::plain_text,
    proto::service::{
        OAuth2MetadataRequest, PublicClientAuthConfigRequest, admin_service_client::AdminServiceClient,
        auth_metadata_service_client::AuthMetadataServiceClient,
    },
};

const CHECK: &str = "contract";

/// Asks with values that are no credentials of anybody.
pub(super) async fn ask(subject: &Subject, details: &ServerDetails) -> Vec<Observation> {
    let header_key = header_key::in_use(&subject.config, details);
    let mut table = calls(subject, &header_key).await;
    let mut client = AuthMetadataServiceClient::new(subject.anonymous());
    let mut request = Request::new(PublicClientAuthConfigRequest {});
    if let Ok(key) = header_key.parse::<tonic::metadata::AsciiMetadataKey>() {
        request.metadata_mut().insert(key, tonic::metadata::MetadataValue::from_static("Bearer garbage"));
    }
    let outcome = client.get_public_client_config(request).await;
    table.push(contract::client(&outcome.map(tonic::Response::into_inner)));
    // A Flyte 2 without an external provider has none.
    if let Ok(metadata) = client.get_o_auth2_metadata(OAuth2MetadataRequest {}).await {
        let metadata = metadata.into_inner();
        table.extend(contract::metadata(&subject.authenticator().endpoint(), &metadata));
        table.extend(pages(subject, contract::is_flytes_own(&metadata), &metadata.issuer).await);
    }
    table
}

async fn calls(subject: &Subject, header_key: &str) -> Vec<Observation> {
    let mut client = AdminServiceClient::new(subject.anonymous());
    let mut observations = vec![];
    for call in CALLS.iter().filter(|call| call.is_harmless()) {
        if let Some(request) = call.request(header_key, |_| "garbage".to_owned()) {
            let outcome = client.get_version(request).await;
            observations.push(call.observe(outcome.as_ref().map(|_| ())));
        }
    }
    observations
}

/// At the endpoint's own origin if anything is there, else where flyteadmin's own provider says that it is.
async fn pages(subject: &Subject, flytes_own: bool, issuer: &str) -> Vec<Observation> {
    let mut observations = vec![];
    let Some(origin) = http_side(subject, flytes_own, issuer).await else { return observations };
    for page in Page::ALL {
        let answer = http::ask(subject, &format!("{origin}{}", page.path()), page.accepts_json()).await;
        observations.extend(answer.ok().map(|answer| {
            let location = answer.location.as_deref();
            page.observe(flytes_own, Seen { status: answer.status, location, document: answer.document.as_ref() })
        }));
    }
    observations
}

async fn http_side(subject: &Subject, flytes_own: bool, issuer: &str) -> Option<String> {
    let own = subject.authenticator().endpoint();
    let url = format!("{own}{}", Page::MetadataAsJson.path());
    if http::get(subject, &url).await.is_ok_and(|answer| answer.status != 404) {
        return Some(own);
    }
    let issuer = Url::parse(issuer).ok().filter(|url| flytes_own && metadata::may_be_asked(url, subject.is_local()))?;
    Some(issuer.origin().ascii_serialization())
}

pub(super) fn finding(observation: &Observation) -> Finding {
    let Observation { asked, found, flyteadmin, verdict } = observation;
    let is_call = is_call(observation);
    match verdict {
        Verdict::Same if is_call => Finding::ok(CHECK, format!("{asked}: rejected, in flyteadmin 1.16's words")),
        Verdict::Same => Finding::ok(CHECK, format!("{asked}: {found}, as of flyteadmin 1.16")),
        // What the server says stands in the table below.
        Verdict::Differs(means) if is_call => Finding::ok(CHECK, format!("{asked}: {means}")),
        Verdict::Differs(means) => Finding::ok(CHECK, format!("{asked}: {found}, not {flyteadmin}: {means}")),
        Verdict::Doubtful(means) => Finding::look(CHECK, format!("{asked}: {found}; {means}")),
    }
}

/// Whether the answer is too long for a line.
pub(super) fn is_call(observation: &Observation) -> bool {
    CALLS.iter().any(|call| call.sent == observation.asked)
}

/// Three lines: what was asked, and both answers.
pub(super) fn lines(observation: &Observation) -> String {
    let theirs = match observation.is_flyteadmins() {
        true => "the same",
        false => &observation.flyteadmin,
    };
    let found = plain_text(&observation.found);
    format!("  {}\n    this server      {found}\n    flyteadmin 1.16  {theirs}", observation.asked)
}

pub(super) fn json(observation: &Observation) -> Value {
    json!({
        "asked": observation.asked,
        "found": observation.found,
        "flyteadmin": observation.flyteadmin,
        "same": observation.is_flyteadmins(),
    })
}

/// What only somebody with a login can ask.
pub(super) fn left_out() -> String {
    let calls: Vec<_> = CALLS.iter().filter(|call| !call.is_harmless()).map(|call| call.sent).collect();
    calls.join(", ")
}
