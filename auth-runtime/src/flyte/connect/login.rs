//! From the configuration to a flow.

use std::path::Path;

use secrecy::ExposeSecret as _;

use super::super::{ApiKey, AuthType, Config, Origin, Setting, registry::Registry};
use crate::{
    AuthError,
    flow::{ClientCredentials, Command, DeviceCode, ErasedFlow, Passthrough, Pkce},
    limits, user_file,
};

/// The flow that `admin.authType` asks for. None at all for `None`.
pub(super) fn flow(config: &Config, registry: &Registry) -> Result<Option<Box<dyn ErasedFlow>>, AuthError> {
    Ok(Some(match config.auth_type().value() {
        AuthType::None => return Ok(None),
        AuthType::Passthrough => Box::new(Passthrough),
        AuthType::Pkce => Box::new(pkce(config)),
        AuthType::DeviceFlow => Box::new(device_code(config)),
        AuthType::ClientSecret => Box::new(client_credentials(config)?),
        AuthType::ExternalCommand => {
            let command = command(config.command()).ok_or_else(|| {
                missing(
                    "admin.command",
                    config.auth_type().origin(),
                    "authType is ExternalCommand, but there is no command; set admin.command to a list: the program \
                     and its arguments",
                )
            })?;
            Box::new(command)
        }
        AuthType::Custom(name) => {
            registry.make(name, config).unwrap_or_else(|| Err(unknown(name, config, registry)))?
        }
    }))
}

/// The program and its arguments.
pub(super) fn command(words: &Setting<Vec<String>>) -> Option<Command> {
    let (program, arguments) = words.value().split_first()?;
    Some(Command::new(program).args(arguments))
}

/// A flow with what the configuration says of any grant.
macro_rules! with_request_settings {
    ($flow:expr, $config:expr) => {{
        let (mut flow, config): (_, &Config) = ($flow, $config);
        if let Some(url) = config.token_url().value() {
            flow = flow.token_url(url);
        }
        if config.scopes().is_set() {
            flow = flow.scopes(config.scopes().value());
        }
        let audience = config.audience().value().as_ref();
        if let Some(audience) = audience.filter(|_| !config.asks_for_the_servers_audience()) {
            flow = flow.audience(audience);
        }
        flow
    }};
}

/// A flow with what the configuration says of any login of a person.
macro_rules! with_personal_settings {
    ($flow:expr, $config:expr, $timeout:expr) => {{
        let mut flow = with_request_settings!($flow, $config);
        if let Some(id) = $config.public_client_id().value() {
            flow = flow.client_id(id);
        }
        if let Some(timeout) = $timeout.value() {
            flow = flow.timeout(*timeout);
        }
        flow
    }};
}

fn pkce(config: &Config) -> Pkce {
    let flow = with_personal_settings!(Pkce::new(), config, config.pkce_timeout());
    match config.authorization_url().value() {
        Some(url) => flow.authorization_url(url),
        None => flow,
    }
}

fn device_code(config: &Config) -> DeviceCode {
    let flow = with_personal_settings!(DeviceCode::new(), config, config.device_flow_timeout());
    match config.device_authorization_url().value() {
        Some(url) => flow.device_authorization_url(url),
        None => flow,
    }
}

fn client_credentials(config: &Config) -> Result<ClientCredentials, AuthError> {
    let flow = match config.api_key.value() {
        Some(api_key) if is_the_client_of(api_key, config) => api_key.flow(),
        _ => with_secret(config)?,
    };
    let flow = flow.use_audience_from_server(*config.use_audience_from_admin().value());
    Ok(with_request_settings!(flow, config))
}

/// Unless the program has set another client, or another secret.
fn is_the_client_of(api_key: &ApiKey, config: &Config) -> bool {
    config.client_id().value().as_deref() == Some(api_key.client_id()) && !program_has_secret(config)
}

/// flytekit's order: the variable that is named, the file, the secret itself. What the program sets counts over all that files
/// and variables do.
fn with_secret(config: &Config) -> Result<ClientCredentials, AuthError> {
    let Some(id) = config.client_id().value() else {
        return Err(missing(
            "admin.clientId",
            config.auth_type().origin(),
            "authType is ClientSecret, but no client is named; set admin.clientId",
        ));
    };
    let (variable, file, secret) =
        (config.client_secret_env_var(), config.client_secret_location(), config.client_secret());
    let by_program = program_has_secret(config);
    if let Some(name) = variable.value()
        && (variable.is_programs() || !by_program)
    {
        if variable.is_programs() {
            return Ok(ClientCredentials::secret_from_env(id, name));
        }
        if let Some(found) = &config.secret_of_variable {
            return Ok(ClientCredentials::new(id, found.expose_secret()));
        }
    }
    if let Some(path) = file.value()
        && (file.is_programs() || !by_program)
    {
        check_file(path, file.origin())?;
        return Ok(ClientCredentials::secret_from_file(id, path));
    }
    if let Some(secret) = secret.value() {
        return Ok(ClientCredentials::new(id, secret.expose_secret()));
    }
    if let Some(name) = variable.value() {
        let reason = format!("the variable {name}, which is to hold the client's secret, is not set; set it");
        return Err(missing("admin.clientSecretEnvVar", variable.origin(), &reason));
    }
    Err(missing(
        "admin.clientSecretLocation",
        config.auth_type().origin(),
        "authType is ClientSecret, but there is no secret; set admin.clientSecretLocation to a file, or \
         admin.clientSecretEnvVar to the name of a variable, that holds it",
    ))
}

fn program_has_secret(config: &Config) -> bool {
    fn has<T>(setting: &Setting<Option<T>>) -> bool {
        setting.is_programs() && setting.value().is_some()
    }
    has(config.client_secret_env_var()) || has(config.client_secret_location()) || has(config.client_secret())
}

/// The flow reads it at each login; that it is not there at all is better said at once.
fn check_file(path: &Path, origin: &Origin) -> Result<(), AuthError> {
    // The path may be on a network that does not answer. The login, which has a timeout, finds that out.
    let read = path.to_owned();
    let opened = user_file::on_a_thread_within(limits::SECRET_CHECK_TIMEOUT, move || user_file::open(&read).map(drop));
    opened.unwrap_or(Ok(())).map_err(|error| {
        let reason = format!(
            "the file {} with the client's secret cannot be read ({error}); is the path right, and may this process \
             read it?",
            path.display()
        );
        missing("admin.clientSecretLocation", origin, &reason)
    })
}

fn unknown(name: &str, config: &Config, registry: &Registry) -> AuthError {
    let known: Vec<&str> = AuthType::names().map(|name| name as &str).chain(registry.names()).collect();
    let reason = format!("`{name}` is not known; use one of {}, or register a flow under that name", known.join(", "));
    missing("admin.authType", config.auth_type().origin(), &reason)
}

pub(super) fn missing(setting: &'static str, origin: &Origin, reason: &str) -> AuthError {
    let reason = match origin {
        Origin::Default => reason.to_owned(),
        origin => format!("{reason} (set in {origin})"),
    };
    AuthError::configuration(setting, reason)
}
