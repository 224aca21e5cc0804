//! The listener on the redirect URI. It exists for as long as the login does: dropping it closes the port.

use std::{
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::pin,
    sync::Arc,
    task::Poll,
};

use tokio::net::{TcpListener, TcpStream};

use super::{
    connections::{Connections, HasAsked},
    door::{Door, converse},
    peer,
    redirect_uri::RedirectUri,
};
use crate::{AuthError, limits};

/// The sockets, and the connections that came in on them.
pub(super) struct Listener {
    sockets: Vec<TcpListener>,
    connections: Connections,
    redirect_uri: RedirectUri,
    door: Option<Arc<Door>>,
}

impl Listener {
    /// # Errors
    ///
    /// [`AuthErrorKind::Configuration`](crate::AuthErrorKind::Configuration) where the port is taken, on either address: whoever has it would receive the code.
    pub(super) async fn bind(redirect_uri: RedirectUri) -> Result<Self, AuthError> {
        let mut attempts_left = if redirect_uri.port == 0 { limits::FREE_PORT_ATTEMPTS } else { 1 };
        let (sockets, port) = loop {
            attempts_left -= 1;
            match bind(&redirect_uri).await {
                Ok(bound) => break bound,
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && attempts_left > 0 => {}
                Err(error) => return Err(not_bound(&redirect_uri, &error)),
            }
        };
        let redirect_uri = redirect_uri.on_port(port)?;
        Ok(Self { sockets, connections: Connections::default(), redirect_uri, door: None })
    }

    /// The redirect URI, with the port that was taken.
    pub(super) fn redirect_uri(&self) -> &RedirectUri {
        &self.redirect_uri
    }

    /// What browsers find here from now on.
    pub(super) fn open(&mut self, door: Door) {
        self.door = Some(Arc::new(door));
    }

    /// Answers requests until `until` is ready.
    pub(super) async fn serve<F: Future>(&mut self, until: F) -> F::Output {
        let mut until = pin!(until);
        loop {
            tokio::select! {
                biased;
                output = &mut until => return output,
                () = self.connections.ended() => {}
                stream = accept(&self.sockets), if self.connections.have_room() => {
                    if let Some(door) = &self.door {
                        self.connections.serve(|has_asked| receive(stream, Arc::clone(door), has_asked));
                    }
                }
            }
        }
    }
}

/// Another user of this machine gets no answer: they can read the link from the browser's arguments.
async fn receive(stream: TcpStream, door: Arc<Door>, has_asked: HasAsked) {
    let ends = (stream.peer_addr(), stream.local_addr());
    let is_another_user = match ends {
        (Ok(client), Ok(server)) => peer::is_another_user(client, server).await,
        _ => false,
    };
    if !is_another_user {
        converse(stream, door, has_asked).await;
    }
}

async fn bind(redirect_uri: &RedirectUri) -> io::Result<(Vec<TcpListener>, u16)> {
    let mut sockets: Vec<TcpListener> = Vec::new();
    let mut port = redirect_uri.port;
    let mut missing = None;
    for address in &redirect_uri.addresses {
        match TcpListener::bind(SocketAddr::new(*address, port)).await {
            Ok(socket) => {
                port = socket.local_addr()?.port();
                sockets.push(socket);
            }
            // A machine without IPv6, or without IPv4.
            Err(error) if no_such_address(&error) => missing = Some(error),
            Err(error) => return Err(error),
        }
    }
    match missing {
        Some(error) if sockets.is_empty() => Err(error),
        _ => Ok((sockets, port)),
    }
}

fn no_such_address(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        // EAFNOSUPPORT has no kind of its own.
        || error.raw_os_error().is_some_and(|code| matches!(code, 97 | 47 | 10047))
}

fn not_bound(redirect_uri: &RedirectUri, error: &io::Error) -> AuthError {
    let port = redirect_uri.port;
    let reason = match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {port} is taken, so the browser could not come back to this program; \
             end what uses it (another login?), or set a redirect URI with another port that the provider knows"
        ),
        _ => format!("cannot listen on port {port} ({error}); set a redirect URI with another port"),
    };
    AuthError::configuration("redirect_uri", reason)
}

/// The next connection on any of the sockets.
async fn accept(sockets: &[TcpListener]) -> TcpStream {
    loop {
        let accepted = poll_fn(|cx| {
            sockets.iter().map(|socket| socket.poll_accept(cx)).find(Poll::is_ready).unwrap_or(Poll::Pending)
        });
        match accepted.await {
            Ok((stream, _)) => return stream,
            // Out of file descriptors, most likely: that does not pass any faster by asking at once again.
            Err(_) => tokio::time::sleep(limits::CALLBACK_ACCEPT_PAUSE).await,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    /// Set aside for documentation (RFC 5737), so that no machine has it.
    const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    fn on(addresses: Vec<IpAddr>) -> RedirectUri {
        RedirectUri { addresses, ..RedirectUri::parse("http://localhost:0/").unwrap() }
    }

    #[tokio::test]
    async fn an_address_that_the_machine_does_not_have_is_left_out_as_long_as_there_is_another() {
        let (sockets, port) = bind(&on(vec![ELSEWHERE, Ipv4Addr::LOCALHOST.into()])).await.unwrap();
        assert_eq!(sockets.len(), 1);
        assert_eq!(sockets[0].local_addr().unwrap(), SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port));
        assert_eq!(bind(&on(vec![ELSEWHERE])).await.unwrap_err().kind(), io::ErrorKind::AddrNotAvailable);
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_not_left_out() {
        let twice = on(vec![Ipv4Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]);
        assert_eq!(bind(&twice).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
        let error = Listener::bind(twice).await.err().unwrap();
        assert!(error.setting() == Some("redirect_uri"), "{error}");
    }
}
