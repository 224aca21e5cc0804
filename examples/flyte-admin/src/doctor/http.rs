//! HTTP as a login would speak it: the same certificates, the same proxy. No request carries anything of ours.

use std::{
    env, fs,
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use auth_runtime::{ExposeSecret as _, flyte::Config};
use reqwest::{Certificate, Client, Proxy, Response, header, redirect::Policy};
use serde_json::Value;

use super::subject::Subject;

const TIMEOUT: Duration = Duration::from_secs(10);
const MOST_BYTES: usize = 256 * 1024;

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Where it leads.
    pub(super) location: Option<String>,
    /// Its clock, and ours at that moment.
    pub(super) clocks: Option<(SystemTime, SystemTime)>,
    /// The body, if it is a JSON object.
    pub(super) document: Option<Value>,
}

impl Answer {
    /// A field of the document; an empty text counts as none.
    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.document.as_ref()?.get(field)?.as_str().filter(|text| !text.is_empty())
    }
}

/// Asks for JSON. Redirects are not followed.
///
/// # Errors
///
/// Why nothing came back.
///
/// # Cancel safety
///
/// Dropping the future closes the connection.
pub(super) async fn get(subject: &Subject, url: &str) -> anyhow::Result<Answer> {
    ask(subject, url, true).await
}

/// The same, with or without a word on what is accepted.
///
/// # Errors
///
/// Why nothing came back.
///
/// # Cancel safety
///
/// Dropping the future closes the connection.
pub(super) async fn ask(subject: &Subject, url: &str, accepts_json: bool) -> anyhow::Result<Answer> {
    let client = client(subject, url)?;
    let accepted = if accepts_json { "application/json" } else { "*/*" };
    let request = client.get(url).header(header::ACCEPT, accepted);
    let response = request.send().await.map_err(|error| not_sent(error, &subject.config))?;
    let clocks = date(&response).map(|theirs| (theirs, SystemTime::now()));
    let location = response.headers().get(header::LOCATION).and_then(|url| url.to_str().ok()).map(str::to_owned);
    Ok(Answer { status: response.status().as_u16(), location, clocks, document: document(response).await? })
}

/// A login trusts a certificate that is named itself; this client wants the authority that signed it.
fn not_sent(error: reqwest::Error, config: &Config) -> anyhow::Error {
    let error = anyhow::Error::from(error.without_url());
    let is_own = format!("{error:?}").contains("CaUsedAsEndEntity");
    if is_own && config.ca_cert_file_path().value().is_some() {
        return anyhow::anyhow!(
            "admin.caCertFilePath names the server's own certificate, which logins accept and this check does not"
        );
    }
    error
}

fn client(subject: &Subject, url: &str) -> anyhow::Result<Client> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread that was faster has installed one as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let config = &subject.config;
    let mut builder = Client::builder().redirect(Policy::none()).timeout(TIMEOUT).no_proxy();
    if let Some(url) = proxy(subject, url)? {
        builder =
            builder.proxy(Proxy::all(url).map_err(reqwest::Error::without_url).context("the proxy cannot be used")?);
    }
    if *config.insecure_skip_verify().value() {
        builder = builder.tls_danger_accept_invalid_certs(true);
    } else if let Some(path) = config.ca_cert_file_path().value() {
        let pem = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        builder = builder.tls_certs_only(Certificate::from_pem_bundle(&pem)?);
    }
    Ok(builder.build()?)
}

/// The proxy with its password, which the choice does not tell.
fn proxy(subject: &Subject, url: &str) -> anyhow::Result<Option<String>> {
    let choice = subject.authenticator().proxy_for(url)?;
    let Some(shown) = choice.url() else { return Ok(None) };
    Ok(Some(configured(&subject.config).or_else(|| env::var(choice.reason()).ok()).unwrap_or(shown)))
}

fn configured(config: &Config) -> Option<String> {
    config.http_proxy_url().value().as_ref().map(|url| url.expose_secret().to_owned())
}

fn date(response: &Response) -> Option<SystemTime> {
    httpdate::parse_http_date(response.headers().get(header::DATE)?.to_str().ok()?).ok()
}

async fn document(mut response: Response) -> anyhow::Result<Option<Value>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        anyhow::ensure!(body.len() + chunk.len() <= MOST_BYTES, "the answer is longer than {MOST_BYTES} bytes");
        body.extend_from_slice(&chunk);
    }
    Ok(serde_json::from_slice(&body).ok().filter(Value::is_object))
}
