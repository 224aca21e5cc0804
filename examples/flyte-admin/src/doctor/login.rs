//! Where logins are kept, and whether one is. Nothing is sent.

use super::{finding::Finding, subject::Subject};
use crate::stored_login;

const CHECK: &str = "login";

pub(super) async fn check(subject: &Subject) -> Vec<Finding> {
    let Some(logins) = subject.logins() else {
        return vec![Finding::ok(CHECK, "not kept: no login of a person is configured")];
    };
    let mut findings = vec![Finding::ok(CHECK, format!("kept {}", logins.place().await))];
    findings.push(match subject.authenticator().stored_credentials().await {
        Ok(Some(stored)) => Finding::ok(CHECK, stored_login::describe(&stored)),
        Ok(None) => Finding::look(CHECK, "there is none: log in with `flyte-admin login`"),
        Err(error) => Finding::failed(CHECK, &error),
    });
    findings
}
