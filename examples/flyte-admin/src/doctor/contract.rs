//! What this server answers to calls that cannot succeed, beside what a flyteadmin 1.16 was seen to answer.

use serde_json::{Value, json};
use tonic::{Code, Request, metadata::AsciiMetadataKey};

use super::{finding::Finding, subject::Subject};
use crate::{
    exit::Failure,
    plain_text::plain_text,
    proto::{admin::GetVersionRequest, service::admin_service_client::AdminServiceClient},
};

const CHECK: &str = "contract";

/// A call, and the two answers to it.
pub(super) struct Row {
    sent: &'static str,
    code: Code,
    message: String,
    flyteadmin: String,
}

/// What is sent under the header key, and the halves of flyteadmin's answer.
const CALLS: [(&str, Option<&str>, &str, &str); 3] = [
    (
        "nothing",
        None,
        "[JWT_VERIFICATION_FAILED] Could not retrieve bearer token from metadata, caused by: rpc error: code = \
         Unauthenticated desc = Request unauthenticated with Bearer",
        "Request unauthenticated with IDToken",
    ),
    (
        "garbage",
        Some("Bearer garbage"),
        "token contains an invalid number of segments",
        "Request unauthenticated with IDToken",
    ),
    (
        "no scheme",
        Some("garbage"),
        "[JWT_VERIFICATION_FAILED] Could not retrieve bearer token from metadata, caused by: rpc error: code = \
         Unauthenticated desc = Bad authorization string",
        "Bad authorization string",
    ),
];

fn flyteadmins(access_token: &str, id_token: &str) -> String {
    format!(
        "token parse error id token err: access token err: {access_token}, access token err: [JWT_VERIFICATION_FAILED] \
         Could not retrieve id token from metadata, caused by: rpc error: code = Unauthenticated desc = {id_token}"
    )
}

impl Row {
    fn is_flyteadmins(&self) -> bool {
        self.code == Code::Unauthenticated && self.message == self.flyteadmin
    }

    pub(super) fn finding(&self) -> Finding {
        let sent = self.sent;
        match self.code {
            _ if self.is_flyteadmins() => Finding::ok(CHECK, format!("{sent}: rejected, in flyteadmin 1.16's words")),
            Code::Unauthenticated => Finding::ok(CHECK, format!("{sent}: rejected, in words of its own")),
            Code::Ok => Finding::wrong(CHECK, Failure::Other, format!("{sent}: the call got through, and should not")),
            code => Finding::look(CHECK, format!("{sent}: answered with {code:?}, on which no login begins")),
        }
    }

    /// Three lines: what was sent, and both answers.
    pub(super) fn lines(&self) -> String {
        let theirs = match self.is_flyteadmins() {
            true => "the same".to_owned(),
            false => format!("Unauthenticated: {}", self.flyteadmin),
        };
        format!(
            "  {}\n    this server      {:?}: {}\n    flyteadmin 1.16  {theirs}",
            self.sent,
            self.code,
            plain_text(&self.message)
        )
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "sent": self.sent,
            "code": format!("{:?}", self.code),
            "message": self.message,
            "flyteadmin": self.flyteadmin,
            "same": self.is_flyteadmins(),
        })
    }
}

/// Asks for the version with values that are no credentials of anybody.
pub(super) async fn ask(subject: &Subject, header_key: &str) -> Vec<Row> {
    let mut client = AdminServiceClient::new(subject.anonymous());
    let mut rows = vec![];
    for (sent, value, access_token, id_token) in CALLS {
        let mut request = Request::new(GetVersionRequest {});
        if let (Some(value), Ok(key)) = (value, header_key.parse::<AsciiMetadataKey>()) {
            request.metadata_mut().insert(key, tonic::metadata::MetadataValue::from_static(value));
        }
        let (code, message) = match client.get_version(request).await {
            Ok(_) => (Code::Ok, String::new()),
            Err(status) => (status.code(), status.message().to_owned()),
        };
        rows.push(Row { sent, code, message, flyteadmin: flyteadmins(access_token, id_token) });
    }
    rows
}
