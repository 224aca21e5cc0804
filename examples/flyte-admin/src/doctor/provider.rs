//! The identity provider: what the server says of it, whether a login would believe that.

use auth_runtime::{AuthError, AuthErrorKind, ServerDetails, flyte::AuthType};
use url::Url;

use super::{
    configuration::place,
    dry_run::dry_run,
    finding::Finding,
    subject::{Subject, is_local},
};
use crate::{error_chain::error_chain, exit::Failure};

const PROVIDER: &str = "provider";

/// The issuer that counts: the one that is set here, else the one that the server names.
pub(super) fn issuer<'a>(subject: &'a Subject, details: &'a ServerDetails) -> Option<&'a str> {
    subject.config.issuer().value().as_deref().or(details.issuer())
}

pub(super) fn named(details: &ServerDetails) -> Finding {
    let parts = [
        ("issuer", details.issuer()),
        ("token endpoint", details.token_endpoint()),
        ("client for people", details.client_id()),
    ];
    let said: Vec<_> = parts.iter().filter_map(|(part, value)| Some(format!("{part} {}", (*value)?))).collect();
    match said.is_empty() {
        true => Finding::look(PROVIDER, "the server names none; set FLYTE_ADMIN_ISSUER and FLYTE_ADMIN_PUBLICCLIENTID"),
        false => Finding::ok(PROVIDER, format!("the server names: {}", said.join(", "))),
    }
}

/// A dry run: everything that a login does before a person is asked.
pub(super) async fn believed(subject: &Subject, details: &ServerDetails) -> Finding {
    let config = &subject.config;
    if *config.auth_type().value() == AuthType::ClientSecret && config.token_url().is_set() {
        return Finding::ok(
            PROVIDER,
            format!("believed: {} sets the token endpoint", place(config.token_url().origin())),
        );
    }
    match dry_run(subject).await {
        Ok(host) => Finding::ok(PROVIDER, format!("believed: people log in at {host}, as {}", why(subject, details))),
        Err(error) if error.kind() == AuthErrorKind::InteractionNeeded => Finding::look(
            PROVIDER,
            "whether it would be believed was not tried: a variable forbids logins of people here",
        ),
        Err(error) => not_believed(subject, error),
    }
}

/// It is wrong where a login would meet the same. Commands and flows of a program's own ask their own provider.
fn not_believed(subject: &Subject, error: AuthError) -> Finding {
    let failure = Failure::of_auth(&error);
    // Another login may be under way.
    if error.setting() == Some("redirect_uri") {
        return Finding::look(PROVIDER, format!("a login would fail now: {}", error_chain(&error.into())));
    }
    let fate = if error.is_transient() { "fail" } else { "be refused" };
    let text = format!("a login would {fate}: {}", error_chain(&error.into()));
    match subject.config.auth_type().value() {
        AuthType::None | AuthType::Pkce | AuthType::DeviceFlow | AuthType::ClientSecret => {
            Finding::wrong(PROVIDER, failure, text)
        }
        _ => Finding::look(PROVIDER, format!("for people, {text}")),
    }
}

/// The first of these that holds, in the order in which a login looks.
fn why(subject: &Subject, details: &ServerDetails) -> String {
    let config = &subject.config;
    if config.token_url().is_set() {
        return format!("{} sets the token endpoint", place(config.token_url().origin()));
    }
    if config.issuer().is_set() {
        return format!("{} sets the issuer, whose metadata names its endpoints", place(config.issuer().origin()));
    }
    let parsed = |url: &str| Url::parse(url).ok();
    let (own, token) = (parsed(&subject.authenticator().endpoint()), details.token_endpoint().and_then(parsed));
    if let (Some(own), Some(token)) = (own, token) {
        if own.origin() == token.origin() {
            return "its endpoints are at the server's own origin".to_owned();
        }
        if is_local(&own) && is_local(&token) {
            return "server and provider are on this machine".to_owned();
        }
    }
    "the metadata of the issuer that the server names has the same endpoints".to_owned()
}
