//! How an authenticator makes channels.

use super::{anonymous::AnonymousChannel, channel::AuthenticatedChannel};
use crate::Authenticator;

impl Authenticator {
    /// An authenticated channel over a transport of one's own: an in-process server, a balanced channel, a channel with
    /// layers.
    ///
    /// The caller vouches that the transport leads to this authenticator's endpoint, and for how it is protected:
    /// credentials go wherever it leads. A request that names a scheme or an authority is compared with the endpoint,
    /// and refused where they differ. Of a transport that adds them below, as tonic's channel does, nothing can be
    /// seen; [`connect`](Self::connect) cannot lead elsewhere.
    pub fn over<T>(&self, transport: T) -> AuthenticatedChannel<T> {
        AuthenticatedChannel::new(AnonymousChannel::new(transport), self.clone())
    }
}

#[cfg(feature = "transport")]
mod transport {
    use http::Uri;
    use hyper::rt;
    use tonic::{
        codegen::StdError,
        transport::{Channel, Endpoint},
    };
    use tower_service::Service;

    use super::{AnonymousChannel, AuthenticatedChannel};
    use crate::{AuthError, Authenticator};

    impl Authenticator {
        /// Connects to the endpoint, with the authenticator's certificates and proxy. It returns once the server has
        /// answered in HTTP/2.
        ///
        /// A connection that is dead without having been closed is noticed: TCP asks after 45 seconds of silence, on
        /// Linux nothing that was sent stays unacknowledged for more than 20 seconds, and HTTP/2 asks the server every
        /// five minutes while calls are in flight
        /// ([`keep_alive_interval`](crate::AuthenticatorBuilder::keep_alive_interval)). Calls over it fail with
        /// UNAVAILABLE; the next one gets a new connection, for which certificates are read anew.
        ///
        /// The channel lives on the tokio runtime on which it is made. Calls from another runtime go over it for as long as
        /// that one runs: they wait while nothing drives it, and fail with UNAVAILABLE once it is shut down.
        ///
        /// # Errors
        ///
        /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for certificates or a proxy that
        /// cannot be used, [`AuthErrorKind::Untrusted`](crate::AuthErrorKind::Untrusted) where the server's
        /// certificate is not trusted, [`AuthErrorKind::Unreachable`](crate::AuthErrorKind::Unreachable) where the
        /// endpoint cannot be reached as things are set (an unknown name, TLS where there is none), and
        /// [`AuthErrorKind::Unavailable`](crate::AuthErrorKind::Unavailable) where another attempt may reach it. Outside
        /// of a tokio runtime, [`AuthErrorKind::NoRuntime`](crate::AuthErrorKind::NoRuntime).
        ///
        /// # Cancel safety
        ///
        /// Dropping the future drops the connection that it made.
        pub async fn connect(&self) -> Result<AuthenticatedChannel, AuthError> {
            self.connect_with(|endpoint| endpoint).await
        }

        /// As [`connect`](Self::connect), but connects at the first call. A call for which no connection can be made
        /// fails with UNAVAILABLE, the words of `connect`'s error, and that error among the causes of its status.
        ///
        /// # Errors
        ///
        /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for certificates or a proxy that
        /// cannot be used, and [`AuthErrorKind::NoRuntime`](crate::AuthErrorKind::NoRuntime) outside of a tokio runtime.
        pub fn connect_lazy(&self) -> Result<AuthenticatedChannel, AuthError> {
            self.connect_lazy_with(|endpoint| endpoint)
        }

        /// As [`connect`](Self::connect), with settings of tonic's: keep-alive, windows, limits, timeouts.
        ///
        /// ```no_run
        /// # async fn connect(authenticator: auth_runtime::Authenticator) -> Result<(), auth_runtime::AuthError> {
        /// let channel = authenticator.connect_with(|endpoint| endpoint.tcp_nodelay(true).concurrency_limit(64)).await?;
        /// # Ok(()) }
        /// ```
        ///
        /// Address, origin and TLS are the authenticator's: what `settings` says of origin and TLS has no effect, and
        /// the endpoint shows its address with `http://`, since TLS is added beneath it. All other settings hold with a
        /// proxy and without, but for `Endpoint::local_address`, which tonic does not tell: use
        /// [`local_address`](crate::AuthenticatorBuilder::local_address).
        ///
        /// # Errors
        ///
        /// As `connect`, and [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) where `settings`
        /// returns an endpoint with another address.
        ///
        /// # Cancel safety
        ///
        /// As `connect`.
        pub async fn connect_with(
            &self,
            settings: impl FnOnce(Endpoint) -> Endpoint,
        ) -> Result<AuthenticatedChannel, AuthError> {
            let prepared = self.target().prepare(settings)?;
            Ok(self.over_own(prepared.connect().await?))
        }

        /// As [`connect_with`](Self::connect_with), but connects at the first call.
        ///
        /// # Errors
        ///
        /// As `connect_with`, and [`AuthErrorKind::NoRuntime`](crate::AuthErrorKind::NoRuntime) outside of a tokio runtime.
        pub fn connect_lazy_with(
            &self,
            settings: impl FnOnce(Endpoint) -> Endpoint,
        ) -> Result<AuthenticatedChannel, AuthError> {
            Ok(self.over_own(self.target().prepare(settings)?.connect_lazy()?))
        }

        /// As [`connect`](Self::connect), over a connector of one's own, which is asked for connections to the
        /// endpoint's address: for sockets other than TCP, or another kind of proxy. The authenticator's proxy is not
        /// used.
        ///
        /// For an `https://` endpoint the connector yields the bytes below TLS. TLS is the authenticator's: wherever
        /// the connector leads, the server has to prove that it is the endpoint, in the way that
        /// [`verify`](crate::AuthenticatorBuilder::verify) says. For an `http://` endpoint nobody proves anything: the
        /// caller vouches for where the connector leads.
        ///
        /// # Errors
        ///
        /// As `connect`.
        ///
        /// # Cancel safety
        ///
        /// As `connect`.
        pub async fn connect_with_connector<C>(&self, connector: C) -> Result<AuthenticatedChannel, AuthError>
        where
            C: Service<Uri> + Send + 'static,
            C::Response: rt::Read + rt::Write + Send + Unpin,
            C::Future: Send,
            StdError: From<C::Error> + Send,
        {
            let prepared = self.target().prepare(|endpoint| endpoint)?;
            Ok(self.over_own(prepared.connect_with_connector(connector).await?))
        }

        /// Over a channel that was connected for this authenticator.
        fn over_own(&self, channel: Channel) -> AuthenticatedChannel {
            AuthenticatedChannel::connected(AnonymousChannel::new(channel), self.clone())
        }

        /// A channel to the endpoint without credentials.
        #[cfg(feature = "flyte")]
        pub(crate) async fn connect_anonymously(
            &self,
            settings: impl FnOnce(Endpoint) -> Endpoint,
        ) -> Result<Channel, AuthError> {
            self.target().prepare(settings)?.connect().await
        }

        /// The same, which connects at the first call.
        #[cfg(feature = "flyte")]
        pub(crate) fn connect_anonymously_lazy(&self) -> Result<Channel, AuthError> {
            self.target().prepare(|endpoint| endpoint)?.connect_lazy()
        }
    }
}
