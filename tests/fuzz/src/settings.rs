//! What a configuration says, written down so that it can be read again.

use std::{fmt::Write as _, path::Path, time::Duration};

use auth_runtime::flyte::{Config, ConfigSources};
use secrecy::ExposeSecret as _;

/// Below this a duration is the same after it was written in seconds and read as a floating-point number.
const EXACT: Duration = Duration::from_secs(1_000_000);

/// The effective settings, with what is hidden in them.
pub fn effective(config: &Config) -> Vec<(&'static str, String)> {
    let shown = config.effective().into_iter().filter(|setting| setting.key().starts_with("admin."));
    let mut settings: Vec<_> =
        shown.filter(|setting| setting.has_effect()).map(|one| (one.key(), one.value().to_owned())).collect();
    settings.push((
        "http proxy",
        config.http_proxy_url().value().as_ref().map(|url| url.expose_secret().into()).unwrap_or_default(),
    ));
    // They are shown without passwords.
    for (key, url) in urls(config) {
        settings.push((key, url.clone().unwrap_or_default()));
    }
    settings.push(("command", format!("{:?}", config.command().value())));
    settings.push(("proxy command", format!("{:?}", config.proxy_command().value())));
    settings
}

fn urls(config: &Config) -> [(&'static str, &Option<String>); 5] {
    [
        ("endpoint", config.endpoint().value()),
        ("tokenUrl", config.token_url().value()),
        ("issuer", config.issuer().value()),
        ("authorizationUrl", config.authorization_url().value()),
        ("deviceAuthorizationUrl", config.device_authorization_url().value()),
    ]
}

/// Fails if the effective settings of `config`, written as YAML, are read otherwise. `path` is where that can be done.
pub fn assert_reads_back(config: &Config, path: &Path) {
    let durations = [&config.pkce_timeout(), &config.device_flow_timeout(), &config.token_refresh_window()];
    if durations.into_iter().filter_map(|setting| *setting.value()).any(|one| one > EXACT && one.subsec_nanos() > 0) {
        return;
    }
    std::fs::write(path, yaml(config)).expect("there is room for a small file");
    let again = ConfigSources::new().variables(|_| None).file(path).load().expect("what was read can be written");
    assert_eq!(effective(config), effective(&again));
}

fn yaml(config: &Config) -> String {
    let mut yaml = "admin:\n".to_owned();
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(yaml, "  {key}: {value}");
        }
    };
    let text = |text: &Option<String>| text.as_deref().map(quoted);
    let flag = |flag: &bool| Some(flag.to_string());
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| quoted(&path.to_string_lossy()));
    let list =
        |list: &Vec<String>| Some(format!("[{}]", list.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(", ")));
    let duration = |duration: &Option<Duration>| duration.map(|duration| format!("{duration:?}"));

    for (key, url) in urls(config) {
        put(key, text(url));
    }
    put("insecure", flag(config.insecure().value()));
    put("insecureSkipVerify", flag(config.insecure_skip_verify().value()));
    put("caCertFilePath", path(config.ca_cert_file_path().value()));
    put("httpProxyURL", config.http_proxy_url().value().as_ref().map(|url| quoted(url.expose_secret())));
    put("authType", Some(quoted(&config.auth_type().value().to_string())));
    put("command", list(config.command().value()));
    put("proxyCommand", list(config.proxy_command().value()));
    put("clientId", text(config.client_id().value()));
    put("clientSecretLocation", path(config.client_secret_location().value()));
    put("clientSecretEnvVar", text(config.client_secret_env_var().value()));
    put("scopes", list(config.scopes().value()));
    put("audience", text(config.audience().value()));
    put("useAudienceFromAdmin", flag(config.use_audience_from_admin().value()));
    put("authorizationHeader", text(config.authorization_header().value()));
    put("publicClientId", text(config.public_client_id().value()));
    put("loginOnPermissionDenied", flag(config.login_on_permission_denied().value()));
    put("pkceConfig.timeout", duration(config.pkce_timeout().value()));
    put("deviceFlowConfig.timeout", duration(config.device_flow_timeout().value()));
    put("tokenRefreshWindow", duration(config.token_refresh_window().value()));
    put("maxMessageSizeBytes", config.max_message_size_bytes().value().map(|bytes| quoted(&bytes.to_string())));
    put("disableKeyring", flag(config.disable_keyring().value()));
    yaml
}

/// Text between YAML's double quotes.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|character| match character {
        '"' | '\\' => format!("\\{character}"),
        ' '..='~' => character.to_string(),
        other => format!("\\U{:08x}", u32::from(other)),
    });
    format!("\"{}\"", escaped.collect::<String>())
}
