//! The settings, one by one.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;

use super::{AuthType, Config, Setting};

/// A getter for each setting, and a setter for what the program itself gives.
macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident, $with:ident: $type:ty;)*) => {
        impl Config {
            $(
                $(#[$doc])*
                pub fn $name(&self) -> &Setting<$type> {
                    &self.$name
                }

                #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), "), whatever files and variables say.")]
                #[must_use]
                pub fn $with(mut self, value: impl Into<$type>) -> Self {
                    self.$name = Setting::given(value.into());
                    self
                }
            )*
        }
    };
}

accessors! {
    /// Where Flyte is, as it was written: with or without a scheme.
    endpoint, with_endpoint: Option<String>;
    /// Whether an endpoint without a scheme is spoken to in plaintext, and secrets may go in plaintext to the provider, too.
    insecure, with_insecure: bool;
    /// Whether any certificate is accepted.
    insecure_skip_verify, with_insecure_skip_verify: bool;
    /// The only certificates that are trusted.
    ca_cert_file_path, with_ca_cert_file_path: Option<PathBuf>;
    /// The proxy for requests to the identity provider. It may hold a password.
    http_proxy_url, with_http_proxy_url: Option<SecretString>;
    /// How to log in.
    auth_type, with_auth_type: AuthType;
    /// What prints a token, for [`AuthType::ExternalCommand`].
    command, with_command: Vec<String>;
    /// What prints a token for a proxy in front of Flyte.
    proxy_command, with_proxy_command: Vec<String>;
    /// Which client logs in, for [`AuthType::ClientSecret`]. People log in with the one that the server names, and with this
    /// one only if it names none.
    client_id, with_client_id: Option<String>;
    /// The client's secret itself. Of what files and variables set, the variable that is named wins, then the file, then
    /// this; one that the program sets wins over all of these.
    client_secret, with_client_secret: Option<SecretString>;
    /// The file that holds the client's secret.
    client_secret_location, with_client_secret_location: Option<PathBuf>;
    /// The environment variable that holds the client's secret.
    client_secret_env_var, with_client_secret_env_var: Option<String>;
    /// Scopes to ask for instead of those that the server names; none means those.
    scopes, with_scopes: Vec<String>;
    /// The audience to ask for instead of the one that the server names.
    audience, with_audience: Option<String>;
    /// Whether to ask for the audience that the server names. Where somebody says so, it wins over
    /// [`audience`](Self::audience), but for one that the program sets over files and variables.
    use_audience_from_admin, with_use_audience_from_admin: bool;
    /// The header that carries the token, instead of the one that the server names.
    authorization_header, with_authorization_header: Option<String>;
    /// The token endpoint instead of the one that the server names.
    token_url, with_token_url: Option<String>;
    /// The identity provider's issuer: its own metadata names its endpoints, and no server names another provider.
    issuer, with_issuer: Option<String>;
    /// Where people log in with a browser, instead of where the server names.
    authorization_url, with_authorization_url: Option<String>;
    /// Where logins on another device begin, instead of where the server names.
    device_authorization_url, with_device_authorization_url: Option<String>;
    /// The client that people log in with, instead of the one that the server names.
    public_client_id, with_public_client_id: Option<String>;
    /// Whether PERMISSION_DENIED, for a call without credentials, means that a login is wanted: what Istio answers.
    login_on_permission_denied, with_login_on_permission_denied: bool;
    /// How long a login with a browser waits for the person.
    pkce_timeout, with_pkce_timeout: Option<Duration>;
    /// How long a login on another device waits for the person.
    device_flow_timeout, with_device_flow_timeout: Option<Duration>;
    /// How long before its expiry a token is refreshed in the background.
    token_refresh_window, with_token_refresh_window: Option<Duration>;
    /// The largest message that is accepted: bytes.
    max_message_size_bytes, with_max_message_size_bytes: Option<usize>;
    /// Whether credentials are kept out of the system's keyring.
    disable_keyring, with_disable_keyring: bool;
    /// The organization that requests to Union's servers are about.
    organization, with_organization: Option<String>;
}
