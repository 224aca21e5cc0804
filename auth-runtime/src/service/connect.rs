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
    #[cfg(feature = "flyte")]
    use tonic::transport::Channel;
    use tonic::{codegen::StdError, transport::Endpoint};
    use tower_service::Service;

    use super::AuthenticatedChannel;
    use crate::{AuthError, Authenticator};

    impl Authenticator {
        /// Connects to the endpoint, with the authenticator's certificates and proxy.
        ///
        /// # Errors
        ///
        /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for certificates or a proxy that
        /// cannot be used, [`AuthErrorKind::Untrusted`](crate::AuthErrorKind::Untrusted) where the server's
        /// certificate is not trusted, [`AuthErrorKind::Unavailable`](crate::AuthErrorKind::Unavailable) where the
        /// endpoint cannot be reached.
        ///
        /// # Cancel safety
        ///
        /// Dropping the future drops the connection that it made.
        pub async fn connect(&self) -> Result<AuthenticatedChannel, AuthError> {
            self.connect_with(|endpoint| endpoint).await
        }

        /// As [`connect`](Self::connect), but connects at the first call.
        ///
        /// # Errors
        ///
        /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) for certificates or a proxy that
        /// cannot be used, and [`AuthError::no_runtime()`] outside of a tokio runtime.
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
        /// Address, origin and TLS are the authenticator's: they are set after `settings`, so that what it says of
        /// them has no effect. `Endpoint::local_address` has none where a proxy is used.
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
            Ok(self.over(prepared.connect().await?))
        }

        /// As [`connect_with`](Self::connect_with), but connects at the first call.
        ///
        /// # Errors
        ///
        /// As `connect_with`, and [`AuthError::no_runtime()`] outside of a tokio runtime.
        pub fn connect_lazy_with(
            &self,
            settings: impl FnOnce(Endpoint) -> Endpoint,
        ) -> Result<AuthenticatedChannel, AuthError> {
            Ok(self.over(self.target().prepare(settings)?.connect_lazy()?))
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
            Ok(self.over(prepared.connect_with_connector(connector).await?))
        }

        /// A channel to the endpoint without credentials.
        #[cfg(feature = "flyte")]
        pub(crate) async fn connect_anonymously(&self) -> Result<Channel, AuthError> {
            self.target().prepare(|endpoint| endpoint)?.connect().await
        }

        /// The same, which connects at the first call.
        #[cfg(feature = "flyte")]
        pub(crate) fn connect_anonymously_lazy(&self) -> Result<Channel, AuthError> {
            self.target().prepare(|endpoint| endpoint)?.connect_lazy()
        }
    }
}
