//! Flyte's own settings, as flytekit, flytectl and Flyte 2 read them.

mod accessors;
mod api_key;
mod apply;
mod auth_type;
mod document;
mod duration;
mod effective;
mod entry;
mod ini;
mod key;
mod limits;
mod nearby;
mod ownership;
mod places;
mod reader;
mod secret;
mod setting;
mod sources;
mod value;
mod yaml;

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;

pub use self::{
    auth_type::AuthType,
    effective::EffectiveSetting,
    setting::{Origin, Setting},
    sources::ConfigSources,
};
use self::{document::Document, places::Found, reader::Reader};
use super::ApiKey;
use crate::{AuthError, plain_text::plain_text};

/// How to reach a Flyte installation and how to log in to it: the section `admin` of Flyte's `config.yaml`, the
/// sections `platform` and `credentials` of flytekit's INI files, and the `FLYTE_*` environment variables.
///
/// Each value knows where it came from. `docs/configuration.md` has all keys; the names of the methods are theirs.
///
/// ```no_run
/// # fn main() -> Result<(), auth_runtime::AuthError> {
/// let config = auth_runtime::flyte::Config::load()?;
/// for setting in config.effective() {
///     println!("{} = {} ({})", setting.key(), setting.value(), setting.origin());
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[doc(alias = "PlatformConfig")]
pub struct Config {
    endpoint: Setting<Option<String>>,
    insecure: Setting<bool>,
    insecure_skip_verify: Setting<bool>,
    ca_cert_file_path: Setting<Option<PathBuf>>,
    http_proxy_url: Setting<Option<SecretString>>,
    auth_type: Setting<AuthType>,
    command: Setting<Vec<String>>,
    proxy_command: Setting<Vec<String>>,
    client_id: Setting<Option<String>>,
    client_secret: Setting<Option<SecretString>>,
    client_secret_location: Setting<Option<PathBuf>>,
    client_secret_env_var: Setting<Option<String>>,
    scopes: Setting<Vec<String>>,
    audience: Setting<Option<String>>,
    use_audience_from_admin: Setting<bool>,
    authorization_header: Setting<Option<String>>,
    token_url: Setting<Option<String>>,
    issuer: Setting<Option<String>>,
    authorization_url: Setting<Option<String>>,
    device_authorization_url: Setting<Option<String>>,
    pkce_timeout: Setting<Option<Duration>>,
    device_flow_timeout: Setting<Option<Duration>>,
    token_refresh_window: Setting<Option<Duration>>,
    max_message_size_bytes: Setting<Option<usize>>,
    public_client_id: Setting<Option<String>>,
    login_on_permission_denied: Setting<bool>,
    disable_keyring: Setting<bool>,
    organization: Setting<Option<String>>,
    /// Endpoint, client and secret in one.
    pub(crate) api_key: Setting<Option<ApiKey>>,
    /// The secret in the variable that `client_secret_env_var` names.
    pub(crate) secret_of_variable: Option<SecretString>,
    without_effect: Vec<EffectiveSetting>,
    file: Option<PathBuf>,
    own_file: Option<PathBuf>,
    /// Files of the working directory.
    nearby: Vec<PathBuf>,
    warnings: Vec<String>,
}

impl Config {
    /// The settings for this process: its environment, else Flyte's usual file, else the defaults.
    ///
    /// It reads files in the caller's thread. [`flyte::connect`](super::connect()) has a thread for that, as a path on a
    /// network may not answer.
    ///
    /// # Errors
    ///
    /// As [`ConfigSources::load`].
    pub fn load() -> Result<Self, AuthError> {
        ConfigSources::new().load()
    }

    /// The defaults, for an endpoint; neither file nor environment is read (flytekit's `PlatformConfig.for_endpoint`).
    pub fn for_endpoint(endpoint: impl Into<String>) -> Self {
        Self { endpoint: Setting::given(Some(endpoint.into())), ..Self::default() }
    }

    /// The file that was read, of those that are shared with Flyte's tools.
    pub fn file(&self) -> Option<&std::path::Path> {
        self.file.as_deref()
    }

    /// Our own file beside it, for what the other tools do not know.
    pub fn own_file(&self) -> Option<&std::path::Path> {
        self.own_file.as_deref()
    }

    /// What does not stop anything, but is probably not what was meant: unknown keys, settings that overrule each
    /// other. They are logged as well.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn read(sources: &ConfigSources, found: Found) -> Result<Self, AuthError> {
        let Found { documents, shared, own, named, mut warnings } = found;
        warnings.extend(documents.iter().flat_map(Document::unknown));
        let mut reader = Reader { sources, documents: &documents, named, warnings };
        let mut config = Self::read_keys(&mut reader)?;
        for (key, kind) in key::WITHOUT_EFFECT {
            config.without_effect.extend(reader.check(key, kind)?);
        }
        config.file = shared;
        config.own_file = own;
        let nearby = documents.iter().filter(|document| document.is_nearby());
        config.nearby = nearby.map(|document| document.path().to_owned()).collect();
        config.warnings = std::mem::take(&mut reader.warnings);
        config.read_secrets(&reader)?;
        config.apply_api_key(sources, named)?;
        config.check_unprotected()?;
        config.tell_what_is_overruled();
        for warning in &config.warnings {
            tracing::warn!("{}", plain_text(warning));
        }
        Ok(config)
    }

    fn read_keys(reader: &mut Reader<'_>) -> Result<Self, AuthError> {
        let path = |text: Option<String>| text.map(PathBuf::from);
        Ok(Self {
            endpoint: reader.text(key::ENDPOINT)?,
            insecure: reader.flag(key::INSECURE)?,
            insecure_skip_verify: reader.flag(key::INSECURE_SKIP_VERIFY)?,
            ca_cert_file_path: reader.text(key::CA_CERT_FILE_PATH)?.map(path),
            http_proxy_url: reader.text(key::HTTP_PROXY_URL)?.map(|url| url.map(SecretString::from)),
            auth_type: reader
                .text(key::AUTH_TYPE)?
                .map(|name| name.as_deref().map(AuthType::named).unwrap_or_default()),
            command: reader.words(key::COMMAND)?,
            proxy_command: reader.words(key::PROXY_COMMAND)?,
            client_id: reader.text(key::CLIENT_ID)?,
            client_secret_location: reader.text(key::CLIENT_SECRET_LOCATION)?.map(path),
            client_secret_env_var: reader.text(key::CLIENT_SECRET_ENV_VAR)?,
            scopes: reader.list(key::SCOPES)?,
            audience: reader.text(key::AUDIENCE)?,
            use_audience_from_admin: reader
                .read(key::USE_AUDIENCE_FROM_ADMIN, value::flag)?
                .map(|flag| flag.unwrap_or(true)),
            authorization_header: reader.text(key::AUTHORIZATION_HEADER)?,
            token_url: reader.text(key::TOKEN_URL)?,
            issuer: reader.text(key::ISSUER)?,
            authorization_url: reader.text(key::AUTHORIZATION_URL)?,
            device_authorization_url: reader.text(key::DEVICE_AUTHORIZATION_URL)?,
            pkce_timeout: reader.read(key::PKCE_TIMEOUT, value::duration)?,
            device_flow_timeout: reader.read(key::DEVICE_TIMEOUT, value::duration)?,
            token_refresh_window: reader.read(key::TOKEN_REFRESH_WINDOW, value::duration)?,
            max_message_size_bytes: reader
                .read(key::MAX_MESSAGE_SIZE, value::number)?
                .map(|size| size.filter(|bytes| *bytes > 0)),
            public_client_id: reader.text(key::PUBLIC_CLIENT_ID)?,
            login_on_permission_denied: reader
                .read(key::LOGIN_ON_PERMISSION_DENIED, value::flag)?
                .map(|flag| flag.unwrap_or(true)),
            disable_keyring: reader.flag(key::DISABLE_KEYRING)?,
            organization: reader.text(key::ORGANIZATION)?,
            ..Self::default()
        })
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            endpoint: Setting::default(None),
            insecure: Setting::default(false),
            insecure_skip_verify: Setting::default(false),
            ca_cert_file_path: Setting::default(None),
            http_proxy_url: Setting::default(None),
            auth_type: Setting::default(AuthType::default()),
            command: Setting::default(Vec::new()),
            proxy_command: Setting::default(Vec::new()),
            client_id: Setting::default(None),
            client_secret: Setting::default(None),
            client_secret_location: Setting::default(None),
            client_secret_env_var: Setting::default(None),
            scopes: Setting::default(Vec::new()),
            audience: Setting::default(None),
            use_audience_from_admin: Setting::default(true),
            authorization_header: Setting::default(None),
            token_url: Setting::default(None),
            issuer: Setting::default(None),
            authorization_url: Setting::default(None),
            device_authorization_url: Setting::default(None),
            pkce_timeout: Setting::default(None),
            device_flow_timeout: Setting::default(None),
            token_refresh_window: Setting::default(None),
            max_message_size_bytes: Setting::default(None),
            public_client_id: Setting::default(None),
            login_on_permission_denied: Setting::default(true),
            disable_keyring: Setting::default(false),
            organization: Setting::default(None),
            api_key: Setting::default(None),
            secret_of_variable: None,
            without_effect: Vec::new(),
            file: None,
            own_file: None,
            nearby: Vec::new(),
            warnings: Vec::new(),
        }
    }
}
