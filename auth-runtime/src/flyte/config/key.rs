//! The keys of Flyte's configuration, under each of their names.

/// One key of the section `admin`, or of `task`.
///
/// Its name in flytectl's YAML leads to Flyte 2's environment variable, its name in flytekit's INI to flytekit's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// With the section, as errors and the documentation name it.
    pub(super) name: &'static str,
    /// flytekit's section and option.
    pub(super) ini: Option<(&'static str, &'static str)>,
    /// Flyte 2's second name for the environment variable.
    pub(super) alias: Option<&'static str>,
}

/// How the text of an environment variable is to be read where its value is a list: each client has its own rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Separated by commas.
    Flytekit,
    /// A JSON array; else words as a shell reads them, or separated by commas and spaces.
    Flyte2,
}

impl Key {
    const fn new(name: &'static str) -> Self {
        Self { name, ini: None, alias: None }
    }

    const fn ini(mut self, section: &'static str, option: &'static str) -> Self {
        self.ini = Some((section, option));
        self
    }

    const fn alias(mut self, variable: &'static str) -> Self {
        self.alias = Some(variable);
        self
    }

    /// Its environment variables; the first that is set wins.
    pub(super) fn variables(&self) -> Vec<(String, Dialect)> {
        let flytekit = self.ini.map(|(section, option)| format!("FLYTE_{section}_{option}").to_uppercase());
        let flyte2 = format!("FLYTE_{}", self.name.replace('.', "_")).to_uppercase();
        let flytekit = flytekit.map(|name| (name, Dialect::Flytekit));
        let alias = self.alias.map(|name| (name.to_owned(), Dialect::Flyte2));
        flytekit.into_iter().chain(alias).chain([(flyte2, Dialect::Flyte2)]).collect()
    }

    /// Whether an entry of a file is this key. The case does not count, as in flytectl.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
            || self.ini.is_some_and(|(section, option)| {
                name.split_once('.').is_some_and(|(given_section, given_option)| {
                    given_section.eq_ignore_ascii_case(section) && given_option.eq_ignore_ascii_case(option)
                })
            })
    }
}

pub(super) const ENDPOINT: Key = Key::new("admin.endpoint").ini("platform", "url").alias("_U_EP_OVERRIDE");
pub(super) const INSECURE: Key = Key::new("admin.insecure").ini("platform", "insecure").alias("_U_INSECURE");
pub(super) const INSECURE_SKIP_VERIFY: Key =
    Key::new("admin.insecureSkipVerify").ini("platform", "insecure_skip_verify").alias("_U_INSECURE_SKIP_VERIFY");
pub(super) const CA_CERT_FILE_PATH: Key = Key::new("admin.caCertFilePath").ini("platform", "ca_cert_file_path");
pub(super) const HTTP_PROXY_URL: Key = Key::new("admin.httpProxyURL").ini("platform", "http_proxy_url");
pub(super) const AUTH_TYPE: Key = Key::new("admin.authType").ini("credentials", "auth_mode").alias("FLYTE_AUTH_TYPE");
pub(super) const COMMAND: Key = Key::new("admin.command").ini("credentials", "command").alias("FLYTE_AUTH_COMMAND");
pub(super) const PROXY_COMMAND: Key =
    Key::new("admin.proxyCommand").ini("credentials", "proxy_command").alias("FLYTE_AUTH_PROXY_COMMAND");
pub(super) const CLIENT_ID: Key = Key::new("admin.clientId").ini("credentials", "client_id");
pub(super) const CLIENT_SECRET_LOCATION: Key =
    Key::new("admin.clientSecretLocation").ini("credentials", "client_secret_location");
pub(super) const CLIENT_SECRET_ENV_VAR: Key =
    Key::new("admin.clientSecretEnvVar").ini("credentials", "client_secret_env_var");
pub(super) const SCOPES: Key = Key::new("admin.scopes").ini("credentials", "scopes");
pub(super) const AUDIENCE: Key = Key::new("admin.audience").ini("credentials", "audience");
pub(super) const USE_AUDIENCE_FROM_ADMIN: Key = Key::new("admin.useAudienceFromAdmin");
pub(super) const AUTHORIZATION_HEADER: Key = Key::new("admin.authorizationHeader");
pub(super) const TOKEN_URL: Key = Key::new("admin.tokenUrl");
pub(super) const ISSUER: Key = Key::new("admin.issuer");
pub(super) const AUTHORIZATION_URL: Key = Key::new("admin.authorizationUrl");
pub(super) const DEVICE_AUTHORIZATION_URL: Key = Key::new("admin.deviceAuthorizationUrl");
pub(super) const PUBLIC_CLIENT_ID: Key = Key::new("admin.publicClientId");
pub(super) const LOGIN_ON_PERMISSION_DENIED: Key = Key::new("admin.loginOnPermissionDenied");
pub(super) const PKCE_TIMEOUT: Key = Key::new("admin.pkceConfig.timeout");
pub(super) const DEVICE_TIMEOUT: Key = Key::new("admin.deviceFlowConfig.timeout");
pub(super) const TOKEN_REFRESH_WINDOW: Key = Key::new("admin.tokenRefreshWindow");
pub(super) const MAX_MESSAGE_SIZE: Key = Key::new("admin.maxMessageSizeBytes");
pub(super) const DISABLE_KEYRING: Key = Key::new("admin.disableKeyring");
pub(super) const ORGANIZATION: Key = Key::new("task.org").alias("_U_ORG_NAME");

/// flytekit's secret in the open. It has no name in YAML.
pub(super) const CLIENT_SECRET_VARIABLE: &str = "FLYTE_CREDENTIALS_CLIENT_SECRET";
pub(super) const CLIENT_SECRET_OPTION: &str = "credentials.client_secret";

/// Union's API key, as a person sets it.
pub(super) const API_KEY_VARIABLE: &str = "FLYTE_API_KEY";

/// The same, as Flyte 2 puts it into the pods of its tasks; the first that is set wins.
pub(super) const INJECTED_API_KEY_VARIABLES: [&str; 2] = ["_UNION_EAGER_API_KEY", "EAGER_API_KEY"];

/// Of these Flyte 2 reads only what is true, and not beside a file that a variable names.
pub(super) const ONLY_IF_TRUE: [&str; 2] = ["_U_INSECURE", "_U_INSECURE_SKIP_VERIFY"];

/// Keys that are read but change nothing, and the kind of value that they must have.
pub(super) const WITHOUT_EFFECT: [(Key, Kind); 9] = [
    (Key::new("admin.pkceConfig.refreshTime"), Kind::Duration),
    (Key::new("admin.deviceFlowConfig.refreshTime"), Kind::Duration),
    (Key::new("admin.deviceFlowConfig.pollInterval"), Kind::Duration),
    (Key::new("admin.maxRetries"), Kind::Number),
    (Key::new("admin.perRetryTimeout"), Kind::Duration),
    (Key::new("admin.maxBackoffDelay"), Kind::Duration),
    (Key::new("admin.defaultServiceConfig"), Kind::Text),
    (Key::new("admin.useAuth"), Kind::Flag),
    (Key::new("admin.authorizationServerUrl"), Kind::Url),
];

/// Options in the INI sections read here that are about something else.
pub(super) const ELSEWHERE: [&str; 1] = ["platform.console_endpoint"];

/// Kinds of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Duration,
    Number,
    Text,
    Url,
    Flag,
}

/// The keys that have an effect.
pub(super) const WITH_EFFECT: [Key; 27] = [
    ENDPOINT,
    INSECURE,
    INSECURE_SKIP_VERIFY,
    CA_CERT_FILE_PATH,
    HTTP_PROXY_URL,
    AUTH_TYPE,
    COMMAND,
    PROXY_COMMAND,
    CLIENT_ID,
    CLIENT_SECRET_LOCATION,
    CLIENT_SECRET_ENV_VAR,
    SCOPES,
    AUDIENCE,
    USE_AUDIENCE_FROM_ADMIN,
    AUTHORIZATION_HEADER,
    TOKEN_URL,
    ISSUER,
    AUTHORIZATION_URL,
    DEVICE_AUTHORIZATION_URL,
    PUBLIC_CLIENT_ID,
    LOGIN_ON_PERMISSION_DENIED,
    PKCE_TIMEOUT,
    DEVICE_TIMEOUT,
    TOKEN_REFRESH_WINDOW,
    MAX_MESSAGE_SIZE,
    DISABLE_KEYRING,
    ORGANIZATION,
];

/// All keys.
pub(super) fn all() -> impl Iterator<Item = Key> {
    WITH_EFFECT.into_iter().chain(WITHOUT_EFFECT.into_iter().map(|(key, _)| key))
}
