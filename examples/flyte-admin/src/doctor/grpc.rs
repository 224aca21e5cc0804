//! gRPC and TLS, by calls without credentials.

use auth_runtime::{
    Discovery as _, ServerDetails,
    flyte::{AuthMetadata, Config},
};
use tonic::{Code, Status};

use super::{finding::Finding, subject::Subject};
use crate::{
    exit::Failure,
    proto::{admin::GetVersionRequest, service::admin_service_client::AdminServiceClient},
};

pub(super) const CHECK: &str = "gRPC";
const TLS: &str = "TLS";
const LOGIN: &str = "login wanted";

/// What the server says of itself.
pub(super) struct Server {
    pub(super) findings: Vec<Finding>,
    /// Nothing, if it cannot be asked.
    pub(super) details: Option<ServerDetails>,
    pub(super) wants_login: bool,
}

pub(super) async fn check(subject: &Subject) -> Server {
    let details = match AuthMetadata::new(subject.anonymous()).discover().await {
        Ok(details) => details,
        Err(error) => {
            let findings = vec![Finding::failed(CHECK, &error)];
            return Server { findings, details: None, wants_login: false };
        }
    };
    let mut findings = vec![Finding::ok(CHECK, "the server answers"), tls(subject)];
    let outcome = AdminServiceClient::new(subject.anonymous()).get_version(GetVersionRequest {}).await;
    let wants_login = outcome.as_ref().is_err_and(|status| wants_login(status, &subject.config));
    findings.push(match outcome {
        Ok(response) => {
            let version = response.into_inner().control_plane_version.unwrap_or_default().version;
            version_without_login(&details, &version)
        }
        Err(status) => told(&status, wants_login, &details),
    });
    Server { findings, details: Some(details), wants_login }
}

fn wants_login(status: &Status, config: &Config) -> bool {
    match status.code() {
        Code::Unauthenticated => true,
        Code::PermissionDenied => *config.login_on_permission_denied().value(),
        _ => false,
    }
}

fn version_without_login(details: &ServerDetails, version: &str) -> Finding {
    if details.wants_no_credentials() {
        return Finding::ok(LOGIN, format!("no login needed; version {version}"));
    }
    Finding::look(LOGIN, format!("no login needed for the version ({version}), and yet the server says how to log in"))
}

fn told(status: &Status, wants_login: bool, details: &ServerDetails) -> Finding {
    let says = format!("{:?}: {}", status.code(), status.message());
    match status.code() {
        _ if wants_login && details.wants_no_credentials() => Finding::look(
            LOGIN,
            "the server wants a login, and has no AuthMetadataService that says how; set FLYTE_ADMIN_ISSUER, or look whether the endpoint is flyteadmin's",
        ),
        _ if wants_login => Finding::ok(LOGIN, "the server wants a login, and says how"),
        Code::PermissionDenied => Finding::look(
            LOGIN,
            format!(
                "a call without credentials is answered with {says}; if that means that a login is wanted (Istio), set FLYTE_ADMIN_LOGINONPERMISSIONDENIED=true"
            ),
        ),
        Code::Unimplemented => Finding::look(LOGIN, "the server has no AdminService: Flyte 2, or another service"),
        code => Finding::wrong(LOGIN, Failure::of_code(code), format!("asking for the version: {says}")),
    }
}

/// The connection exists, so that what is said here holds.
fn tls(subject: &Subject) -> Finding {
    let config = &subject.config;
    if !subject.authenticator().endpoint().starts_with("https://") {
        return match subject.is_local() {
            true => Finding::ok(TLS, "none: the server is on this machine"),
            false => Finding::look(TLS, "none: whoever is on the network between reads the tokens"),
        };
    }
    match (config.insecure_skip_verify().value(), config.ca_cert_file_path().value()) {
        (true, _) => Finding::look(TLS, "the certificate is not checked (admin.insecureSkipVerify)"),
        (false, Some(path)) => Finding::ok(TLS, format!("the certificate is trusted by {}", path.display())),
        (false, None) => Finding::ok(TLS, "the certificate is trusted by this system's authorities"),
    }
}
