//! From the configuration to a connection.

mod login;
mod what_to_ask;

use std::fmt;

use tonic::transport::{Channel, Endpoint};

use super::{AuthMetadata, Config, LOGIN_STORE_VARIABLE, LoginStore, registry::Registry};
use crate::{
    AnonymousChannel, AuthError, AuthenticatedChannel, AuthenticatedClient, Authenticator, AuthenticatorBuilder,
    CredentialsStore, Flow, LoginPrompt, Verify, discovery::SettingNames, limits::Limits, net::names::ConnectionNames,
    plain_text::plain_text, store::ErasedStore, user_file,
};

/// Set to anything but nothing, `0`, `false` or `no`, this environment variable forbids a [`Connector`]'s logins to ask
/// a person: for pods and CI.
pub const NON_INTERACTIVE_VARIABLE: &str = "FLYTE_NON_INTERACTIVE";

/// What messages say is to be set: variables, as flytectl up to 1.15 refuses a file with keys that it does not know.
const SETTINGS: SettingNames = SettingNames {
    issuer: "FLYTE_ADMIN_ISSUER",
    token: "FLYTE_ADMIN_TOKENURL",
    authorization: "FLYTE_ADMIN_AUTHORIZATIONURL",
    device_authorization: "FLYTE_ADMIN_DEVICEAUTHORIZATIONURL",
    revocation: "revocation_url",
    client_id: "FLYTE_ADMIN_CLIENTID",
    scopes: "FLYTE_ADMIN_SCOPES",
    audience: "FLYTE_ADMIN_AUDIENCE",
    redirect_uri: "",
    are_methods: false,
};

const CONNECTION_SETTINGS: ConnectionNames =
    ConnectionNames { authorities: "admin.caCertFilePath", proxy: "admin.httpProxyURL" };

/// Connects to the Flyte installation that this process is configured for: [`Config::load`] and [`Connector::connect`]
/// in one call. Logins are not stored, and no browser is opened: see [`Connector`].
///
/// ```no_run
/// # async fn connect() -> Result<(), auth_runtime::AuthError> {
/// let connection = auth_runtime::flyte::connect().await?;
/// // AuthenticatedAdminServiceClient::new(connection.channel()), or
/// // connection.client::<AuthenticatedAdminServiceClient>()
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// As those two.
///
/// # Cancel safety
///
/// Dropping the future closes the connection that was being made.
pub async fn connect() -> Result<Connection, AuthError> {
    // Its files may be on a network that does not answer.
    let config = user_file::on_a_thread(Config::load)
        .await
        .map_err(|error| AuthError::configuration("configuration file", format!("it cannot be read ({error})")))??;
    Connector::new(config).connect().await
}

/// Makes a [`Connection`] from a [`Config`].
///
/// Nothing is stored and no browser is opened unless it is said here: a command line for people does well to
/// [keep logins](Self::keep_logins) and to [open the browser](Self::prompt).
///
/// ```no_run
/// use auth_runtime::{TerminalPrompt, flyte::{Config, Connector, LoginStore}};
///
/// # async fn connect() -> Result<(), auth_runtime::AuthError> {
/// let connection = Connector::new(Config::load()?)
///     .keep_logins(LoginStore::new())
///     .prompt(TerminalPrompt::new()) // with `interactive`: TerminalPrompt::new().open_browser(true)
///     .connect()
///     .await?;
/// # Ok(()) }
/// ```
///
/// What the configuration leaves open comes from the server's `AuthMetadataService`; what it says wins. A flow of your
/// own is found by the name in `admin.authType` (flytekit's `register_authenticator_plugin`):
///
/// ```no_run
/// use auth_runtime::{AuthError, Credentials, Flow, FlowContext, flyte::{Config, Connector}};
///
/// struct Vault {
///     role: String,
/// }
///
/// impl Flow for Vault {
///     async fn refresh_credentials(
///         &self,
///         _context: &FlowContext,
///         _previous: Option<&Credentials>,
///     ) -> Result<Credentials, AuthError> {
///         Ok(Credentials::new(format!("a token for {}", self.role)))
///     }
/// }
///
/// # async fn connect() -> Result<(), AuthError> {
/// // With `authType: my_company` in config.yaml:
/// let connection = Connector::new(Config::load()?)
///     .register_flow("my_company", |config| {
///         Ok(Vault { role: config.client_id().value().clone().unwrap_or_default() })
///     })
///     .connect()
///     .await?;
/// # Ok(()) }
/// ```
#[must_use = "nothing happens before `connect`"]
pub struct Connector {
    config: Config,
    registry: Registry,
    limits: Limits,
    store: Option<Store>,
    adjust: Box<dyn FnOnce(AuthenticatorBuilder) -> AuthenticatorBuilder + Send>,
}

/// Where logins are kept.
enum Store {
    Own(Box<dyn ErasedStore>),
    Logins(LoginStore),
}

impl Connector {
    /// Nothing is checked or contacted yet.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            registry: Registry::default(),
            limits: Limits::default(),
            store: None,
            adjust: Box::new(|builder| builder),
        }
    }

    /// Makes a flow of your own available as `admin.authType`. The case of the name does not count; those that Flyte
    /// knows already cannot be replaced.
    #[doc(alias = "register_authenticator_plugin")]
    pub fn register_flow<F: Flow>(
        mut self,
        name: &str,
        factory: impl Fn(&Config) -> Result<F, AuthError> + Send + Sync + 'static,
    ) -> Self {
        self.registry.register(name, factory);
        self
    }

    /// Limits and time-outs of the connection, of discovery and of logins. `admin.tokenRefreshWindow` wins over the
    /// refresh window among them.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Where the logins of people are kept between runs: nowhere by default.
    pub fn store(mut self, store: impl CredentialsStore) -> Self {
        self.store = Some(Store::Own(Box::new(store)));
        self
    }

    /// Keeps the logins of people where this machine can, as a command line does well to: in the keyring that flytekit
    /// uses, unless `admin.disableKeyring` is set, else in files. [`LOGIN_STORE_VARIABLE`]
    /// names another place.
    pub fn keep_logins(mut self, logins: LoginStore) -> Self {
        let leaves_keyring_out = *self.config.disable_keyring().value();
        self.store = Some(Store::Logins(if leaves_keyring_out { logins.without_keyring() } else { logins }));
        self
    }

    /// How a person is asked to log in: on the terminal by default, without opening a browser.
    pub fn prompt(self, prompt: impl LoginPrompt) -> Self {
        self.adjust(|builder| builder.prompt(prompt))
    }

    /// Changes the authenticator's settings after the configuration was applied. Called last wins.
    pub fn adjust(
        mut self,
        adjust: impl FnOnce(AuthenticatorBuilder) -> AuthenticatorBuilder + Send + 'static,
    ) -> Self {
        let before = self.adjust;
        self.adjust = Box::new(move |builder| adjust(before(builder)));
        self
    }

    /// Connects now. Nobody logs in before a call needs it.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for settings that cannot work, naming the key and where it was set;
    /// and as [`Authenticator::connect`](crate::Authenticator::connect) where the connection could not be made.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the connection that was being made.
    pub async fn connect(self) -> Result<Connection, AuthError> {
        self.connect_with(|endpoint| endpoint).await
    }

    /// As [`connect`](Self::connect), with settings of tonic's: see
    /// [`Authenticator::connect_with`](crate::Authenticator::connect_with).
    ///
    /// # Errors
    ///
    /// As `connect`, and [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) where `settings` returns an endpoint with another address.
    ///
    /// # Cancel safety
    ///
    /// As `connect`.
    pub async fn connect_with(self, settings: impl FnOnce(Endpoint) -> Endpoint) -> Result<Connection, AuthError> {
        let channel = self.anonymous()?.connect_anonymously(settings).await?;
        self.over(channel)
    }

    /// Connects at the first call.
    ///
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration), as [`connect`](Self::connect), and [`AuthErrorKind::NoRuntime`](crate::AuthErrorKind::NoRuntime) outside of a tokio
    /// runtime.
    pub fn connect_lazy(self) -> Result<Connection, AuthError> {
        let channel = self.anonymous()?.connect_anonymously_lazy()?;
        self.over(channel)
    }

    /// Without credentials: for the channel, which they travel over. `httpProxyURL` is no part of it: in Flyte it is
    /// the way to the identity provider only.
    fn anonymous(&self) -> Result<Authenticator, AuthError> {
        self.builder()?.announced_elsewhere().build()
    }

    fn builder(&self) -> Result<AuthenticatorBuilder, AuthError> {
        let Some(endpoint) = self.config.endpoint_url() else {
            return Err(AuthError::configuration(
                "admin.endpoint",
                "it is not set; set it in ~/.flyte/config.yaml, or set the variable FLYTE_PLATFORM_URL".to_owned(),
            ));
        };
        self.config.check_nearby()?;
        let verify = match (self.config.insecure_skip_verify().value(), self.config.ca_cert_file_path().value()) {
            (true, _) => Verify::InsecureSkip,
            (false, Some(path)) => Verify::CaFile(path.clone()),
            (false, None) => Verify::System,
        };
        let builder = Authenticator::builder(endpoint).limits(self.limits.clone());
        let builder = builder.setting_names(SETTINGS, CONNECTION_SETTINGS);
        // A file of the working directory can say so for an endpoint on this machine, which needs no such permission.
        let insecure = self.config.insecure();
        Ok(builder.verify(verify).allow_plaintext(*insecure.value() && !self.config.is_nearby(insecure.origin())))
    }

    fn over(self, channel: Channel) -> Result<Connection, AuthError> {
        let proxy = match login::command(self.config.proxy_command()) {
            Some(command) => {
                let builder = self.builder()?.header_key("proxy-authorization").login_first(true);
                Some(builder.flow(command).announced_elsewhere().build()?)
            }
            None => None,
        };
        let mut channel = AnonymousChannel::new(channel);
        if let Some(proxy) = &proxy {
            channel = channel.with_proxy(proxy.clone());
        }
        let discovery = AuthMetadata::new(channel.clone()).timeout(self.limits.discovery_timeout);
        // Flyte's tokens are long, and its key is one that HTTP/2 can index.
        let mut builder = self.builder()?.non_interactive_variable(NON_INTERACTIVE_VARIABLE).index_token(true);
        if let Some(discovery) = what_to_ask::discovery(&self.config, discovery) {
            builder = builder.discovery(discovery);
        }
        let flow = login::flow(&self.config, &self.registry)?;
        let config = &self.config;
        if let Some(unused) = config.unused_client().filter(|_| !config.auth_type().is_set()) {
            tracing::warn!("{}", plain_text(&unused));
        }
        builder = config.apply_to(builder);
        if let Some(proxy) = &proxy {
            builder = builder.proxy_credentials(proxy.clone());
        }
        let mut login_store = None;
        match self.store {
            Some(Store::Own(store)) => builder = builder.boxed_store(store),
            Some(Store::Logins(logins)) => {
                let logins = logins.chosen(std::env::var(LOGIN_STORE_VARIABLE).ok().as_deref())?;
                builder = builder.boxed_store(Box::new(logins.clone()));
                login_store = Some(logins);
            }
            None => {}
        }
        let mut builder = (self.adjust)(builder);
        // Others get a new token as easily as they would read an old one.
        let mut is_persistent = false;
        if builder.has_flow() {
            config.check_flow_of_program()?;
        } else if let Some(flow) = flow {
            is_persistent = flow.persistent();
            builder = builder.boxed_flow(flow);
        }
        let authenticator = builder.build()?;
        let channel = AuthenticatedChannel::connected(channel, authenticator);
        let login_store = login_store.filter(|_| is_persistent);
        Ok(Connection { channel, config: self.config, login_store })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("config", &self.config)
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}

/// An authenticated channel to a Flyte installation, and what it was made from. [`Connector`] has an example.
///
/// # Clone
///
/// Clones share the session.
#[derive(Debug, Clone)]
pub struct Connection {
    channel: AuthenticatedChannel,
    config: Config,
    login_store: Option<LoginStore>,
}

impl Connection {
    /// The channel. What is beneath it, [`anonymous`](AuthenticatedChannel::anonymous), is for calls without
    /// credentials; where `admin.proxyCommand` is set, they carry the proxy's.
    pub fn channel(&self) -> AuthenticatedChannel {
        self.channel.clone()
    }

    /// The session.
    pub fn authenticator(&self) -> Authenticator {
        self.channel.authenticator().clone()
    }

    /// Where its logins are kept, if that was left to a [`LoginStore`] and they are logins of people.
    pub fn login_store(&self) -> Option<&LoginStore> {
        self.login_store.as_ref()
    }

    /// What it was made from.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A generated authenticated client, or a bundle of such, over this connection: `AuthenticatedAdminServiceClient`.
    pub fn client<C: AuthenticatedClient<Transport = Channel>>(&self) -> C {
        C::from_channel(self.channel())
    }
}
