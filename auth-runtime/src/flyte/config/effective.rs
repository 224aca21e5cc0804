//! The settings as people may see them.

use std::fmt;

use secrecy::ExposeSecret as _;
use url::Url;

use super::{
    Config, key,
    key::Key,
    setting::{Origin, Setting},
};
use crate::net::proxy::Proxy;

const UNSET: &str = "-";
const HIDDEN: &str = "(hidden)";

/// A value as [`Config::effective`] tells it: see the example of [`Config`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveSetting {
    pub(super) key: &'static str,
    pub(super) value: String,
    pub(super) origin: Origin,
    pub(super) has_effect: bool,
}

impl EffectiveSetting {
    /// The key, as in YAML.
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// The value; a secret is hidden.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Where it came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether it changes anything here.
    pub fn has_effect(&self) -> bool {
        self.has_effect
    }
}

impl Config {
    /// All settings that have an effect, and those of the others that somebody set, with secrets hidden.
    pub fn effective(&self) -> Vec<EffectiveSetting> {
        let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let duration = |duration: &Option<std::time::Duration>| duration.map(|duration| format!("{duration:?}"));
        let flag = |flag: &bool| Some(flag.to_string());
        let text = Option::clone;
        let url = |url: &Option<String>| url.as_deref().map(without_password);
        let list = |list: &Vec<String>| Some(list.join(",")).filter(|list| !list.is_empty());
        let mut settings = vec![
            show(key::ENDPOINT, &self.endpoint, url),
            show(key::INSECURE, &self.insecure, flag),
            show(key::INSECURE_SKIP_VERIFY, &self.insecure_skip_verify, flag),
            show(key::CA_CERT_FILE_PATH, &self.ca_cert_file_path, path),
            show(key::HTTP_PROXY_URL, &self.http_proxy_url, |url| {
                // Only the address: the rest may be a password.
                url.as_ref().map(|url| Proxy::parse(url.expose_secret()).map_or(HIDDEN.to_owned(), |p| p.authority()))
            }),
            show(key::AUTH_TYPE, &self.auth_type, |auth_type| Some(auth_type.to_string())),
            show(key::COMMAND, &self.command, |command| program(command)),
            show(key::PROXY_COMMAND, &self.proxy_command, |command| program(command)),
            show(key::CLIENT_ID, &self.client_id, text),
            show(key::CLIENT_SECRET_LOCATION, &self.client_secret_location, path),
            show(key::CLIENT_SECRET_ENV_VAR, &self.client_secret_env_var, text),
            show(key::SCOPES, &self.scopes, list),
            show(key::AUDIENCE, &self.audience, text),
            show(key::USE_AUDIENCE_FROM_ADMIN, &self.use_audience_from_admin, flag),
            show(key::AUTHORIZATION_HEADER, &self.authorization_header, text),
            show(key::TOKEN_URL, &self.token_url, url),
            show(key::ISSUER, &self.issuer, url),
            show(key::AUTHORIZATION_URL, &self.authorization_url, url),
            show(key::DEVICE_AUTHORIZATION_URL, &self.device_authorization_url, url),
            show(key::PUBLIC_CLIENT_ID, &self.public_client_id, text),
            show(key::LOGIN_ON_PERMISSION_DENIED, &self.login_on_permission_denied, flag),
            show(key::PKCE_TIMEOUT, &self.pkce_timeout, duration),
            show(key::DEVICE_TIMEOUT, &self.device_flow_timeout, duration),
            show(key::TOKEN_REFRESH_WINDOW, &self.token_refresh_window, duration),
            show(key::MAX_MESSAGE_SIZE, &self.max_message_size_bytes, |size| size.map(|bytes| bytes.to_string())),
            show(key::DISABLE_KEYRING, &self.disable_keyring, flag),
            show(key::ORGANIZATION, &self.organization, text),
        ];
        let secrets = [("client secret", self.client_secret.origin()), ("API key", self.api_key.origin())];
        for (key, origin) in secrets {
            if *origin != Origin::Default {
                let value = HIDDEN.to_owned();
                settings.push(EffectiveSetting { key, value, origin: origin.clone(), has_effect: true });
            }
        }
        settings.extend(self.without_effect.iter().cloned());
        settings
    }
}

fn show<T>(key: Key, setting: &Setting<T>, value: impl Fn(&T) -> Option<String>) -> EffectiveSetting {
    EffectiveSetting {
        key: key.name,
        value: value(setting.value()).unwrap_or_else(|| UNSET.to_owned()),
        origin: setting.origin().clone(),
        has_effect: true,
    }
}

/// A URL without what stands before its host: user name and password. What has some and is no URL is hidden.
pub(super) fn without_password(text: &str) -> String {
    if !text.contains('@') {
        return text.to_owned();
    }
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest.trim_start_matches('/')),
        None => (None, text),
    };
    let Ok(mut url) = Url::parse(&format!("https://{rest}")) else { return HIDDEN.to_owned() };
    if url.username().is_empty() && url.password().is_none() {
        // `user:pass/word@host`, whose password has a slash, is a URL with another host and a port.
        let has_colon = rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains(':'));
        return if has_colon { HIDDEN.to_owned() } else { text.to_owned() };
    }
    if url.set_username("").and_then(|()| url.set_password(None)).is_err() {
        return HIDDEN.to_owned();
    }
    let bare = url.as_str().trim_start_matches("https://");
    scheme.map_or_else(|| bare.to_owned(), |scheme| format!("{scheme}://{bare}"))
}

/// Without the arguments: some programs are given secrets there.
fn program(command: &[String]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    Some(match arguments.len() {
        0 => program.clone(),
        1 => format!("{program} (and 1 argument)"),
        count => format!("{program} (and {count} arguments)"),
    })
}

/// Without secrets.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("file", &self.file).field("settings", &self.effective()).finish_non_exhaustive()
    }
}
