//! How an authenticator connects.

use std::{net::IpAddr, time::Duration};

use super::{Authenticator, AuthenticatorBuilder};
use crate::{ClientIdentity, net::channel::Target};

impl AuthenticatorBuilder {
    /// The name that the server's certificate has to be for, instead of the endpoint's host: for servers that are
    /// reached by an address, a tunnel or a service mesh under another name than their own. It is also the name that
    /// the server is asked for in the handshake.
    ///
    /// Of the gRPC server's certificate alone; the identity provider is checked by its URL.
    #[doc(alias = "ssl_target_name_override")]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.connection.server_name = Some(name.into()).filter(|name| !name.is_empty());
        self
    }

    /// The certificate that the server is shown if it asks for one (mutual TLS).
    ///
    /// It is also for the identity provider's endpoints as far as their hosts, or the issuer that names them, are set
    /// here or on the flow. A host that only a server names does not see it.
    pub fn client_identity(mut self, identity: ClientIdentity) -> Self {
        #[cfg(feature = "oauth")]
        {
            self.provider.identity = Some(identity.clone());
        }
        self.connection.identity = Some(identity);
        self
    }

    /// The address of this machine that connections to the server or its proxy come from; the system chooses one by
    /// default. It takes the place of tonic's `Endpoint::local_address`, which does not tell what it was set to.
    pub fn local_address(mut self, address: IpAddr) -> Self {
        self.connection.local_address = Some(address);
        self
    }

    /// How often HTTP/2 asks whether the server is still there, while calls are in flight: every five minutes by
    /// default. A connection whose server does not answer within 20 seconds is closed, and its calls fail with
    /// UNAVAILABLE.
    ///
    /// Servers of grpc-go and grpc-java take more frequent pings than that for an attack, unless they are configured to
    /// permit them, and close the connection after the third (`too_many_pings`). A warning says so then. The interval
    /// stays as it is: a channel of tonic's has one for all of its connections.
    ///
    /// To be ready to ask costs each call 0.1 to 2 microseconds. `Duration::MAX` never asks. Then TCP alone notices, which a
    /// proxy or a server that hangs still answers. An interval of zero is an error of `build`.
    #[doc(alias = "too_many_pings")]
    pub fn keep_alive_interval(mut self, interval: Duration) -> Self {
        self.connection.keep_alive_interval = Some(interval);
        self
    }
}

impl Authenticator {
    pub(crate) fn target(&self) -> Target<'_> {
        let source = self.inner.session.source();
        Target {
            uri: self.inner.destination.uri(),
            verify: &source.verify,
            proxy: source.http_proxy.as_deref(),
            timeout: self.inner.limits.connect_timeout,
            settings: &self.inner.connection,
        }
    }
}
