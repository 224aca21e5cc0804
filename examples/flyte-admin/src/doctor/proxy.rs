//! Which proxy connections take, and why.

use super::{finding::Finding, subject::Subject};

const CHECK: &str = "proxy";

/// gRPC's, and the identity provider's if it is named.
pub(super) fn check(subject: &Subject, issuer: Option<&str>) -> Vec<Finding> {
    let endpoint = subject.authenticator().endpoint();
    let others = issuer.filter(|issuer| !issuer.is_empty() && *issuer != endpoint);
    let mut findings = vec![of(subject, "the server", &endpoint, true)];
    findings.extend(others.map(|issuer| of(subject, "the provider", issuer, false)));
    findings
}

/// `admin.httpProxyURL` is the way to the provider only.
fn of(subject: &Subject, whom: &str, url: &str, is_server: bool) -> Finding {
    let set_here = subject.config.http_proxy_url().value().is_some();
    if is_server && set_here {
        return Finding::ok(
            CHECK,
            format!("to {whom}: as the environment says; admin.httpProxyURL is for the provider"),
        );
    }
    match subject.authenticator().proxy_for(url) {
        Ok(choice) => Finding::ok(CHECK, format!("to {whom}: {choice}")),
        Err(error) => Finding::failed(CHECK, &error),
    }
}
