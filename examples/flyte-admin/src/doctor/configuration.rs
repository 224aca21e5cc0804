//! The settings, and where they come from.

use auth_runtime::flyte::{AuthType, Config, Origin};

use super::finding::Finding;

pub(super) const CHECK: &str = "configuration";

pub(super) fn check(config: &Config, endpoint: &str, wants_login: bool) -> Vec<Finding> {
    let mut findings = vec![
        Finding::ok(CHECK, format!("the endpoint is {endpoint}, from {}", place(config.endpoint().origin()))),
        login(config, wants_login),
    ];
    findings.extend(config.warnings().iter().map(|warning| Finding::look(CHECK, warning)));
    if !config.proxy_command().value().is_empty() {
        let text = "admin.proxyCommand is set, and is not run here: what it prints is a secret. If a proxy wants it, the \
                    answers below are the proxy's";
        findings.push(Finding::look(CHECK, text));
    }
    findings
}

fn login(config: &Config, wants_login: bool) -> Finding {
    let how = config.auth_type();
    let text = match how.value() {
        AuthType::None if wants_login => {
            let text = "the server wants a login, and none is configured: add --client-id and --client-secret-env, or set \
                        admin.authType and leave --endpoint out";
            return Finding::look(CHECK, text);
        }
        AuthType::None => "no login is configured: only calls that need none succeed".to_owned(),
        kind => format!("logins are of the kind {kind:?}, from {}", place(how.origin())),
    };
    Finding::ok(CHECK, text)
}

pub(super) fn place(origin: &Origin) -> String {
    match origin {
        Origin::Program => "the command line".to_owned(),
        Origin::Default => "the default".to_owned(),
        origin => origin.to_string(),
    }
}
