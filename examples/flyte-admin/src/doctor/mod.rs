//! `flyte-admin doctor`: what can be asked without harm, and what it means. Nobody is asked to log in, and no secret is
//! sent.

mod clock;
mod configuration;
mod contract;
mod dry_run;
mod finding;
mod grpc;
mod header_key;
mod http;
mod http_side;
mod login;
mod metadata;
mod provider;
mod proxy;
mod report;
mod subject;

use std::{io::Write, process::ExitCode};

use auth_runtime::{ServerDetails, flyte::Config};

use self::{finding::Finding, http::Answer, report::Report, subject::Subject};
use crate::output::Format;

/// Examines the Flyte of this configuration, and writes what was found.
///
/// # Errors
///
/// When the output cannot be written.
///
/// # Cancel safety
///
/// Dropping the future leaves nothing behind but what was written.
pub(crate) async fn examine(config: Config, format: Format, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    let endpoint = config.endpoint_url().unwrap_or_default();
    let report = match Subject::new(config) {
        Ok(subject) => report(&subject).await,
        Err(error) => {
            Report { endpoint, findings: vec![Finding::failed(configuration::CHECK, &error)], contract: vec![] }
        }
    };
    match format {
        Format::Text => report.write(output)?,
        Format::Json => report.write_json(output)?,
    }
    Ok(report.exit_code())
}

async fn report(subject: &Subject) -> Report {
    let endpoint = subject.authenticator().endpoint();
    let config = &subject.config;
    let server = grpc::check(subject).await;
    let details = server.details.as_ref();
    let issuer = details.and_then(|details| provider::issuer(subject, details));

    let mut findings = configuration::check(config, &endpoint, server.wants_login);
    findings.extend(proxy::check(subject, issuer));
    findings.extend(server.findings);
    let (http, endpoints) = http_side::check(subject).await;
    let mut contract = vec![];
    let mut provider = None;
    match details {
        Some(details) if !details.wants_no_credentials() || server.wants_login => {
            let mut about_provider = vec![];
            provider = examine_provider(subject, details, issuer, &mut about_provider).await;
            findings.push(match (&provider, issuer) {
                (Some(_), Some(issuer)) if endpoints.is_none() => http_side::elsewhere(issuer),
                _ => http,
            });
            findings.append(&mut about_provider);
            if server.wants_login {
                contract = contract::ask(subject, details).await;
                findings.extend(contract.iter().map(contract::finding));
            }
        }
        // Without logins, nobody needs the HTTP side.
        Some(_) => {}
        None => {
            findings.push(http);
            findings.extend(endpoints.as_ref().and_then(|answer| http_side::without_grpc(&endpoint, answer)));
        }
    }
    let clocks = [endpoints, provider].into_iter().flatten().find_map(|answer| answer.clocks);
    if clocks.is_some() || server.wants_login {
        findings.push(clock::check(clocks));
    }
    findings.extend(login::check(subject).await);
    Report { endpoint, findings, contract }
}

async fn examine_provider(
    subject: &Subject,
    details: &ServerDetails,
    issuer: Option<&str>,
    findings: &mut Vec<Finding>,
) -> Option<Answer> {
    findings.push(provider::named(details));
    findings.push(provider::believed(subject, details).await);
    let (metadata, answer) = metadata::check(subject, issuer).await;
    findings.push(metadata);
    findings.push(header_key::check(&subject.config, details));
    answer
}
