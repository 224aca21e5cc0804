//! What expanded code is made of.

mod buffers;
mod calls;
mod core;
mod simple;
mod traits;

pub use self::core::ClientCore;
use crate::AuthenticatedChannel;

/// A client whose calls carry credentials: what `#[authenticated_client]` makes of a generated module, or of a struct
/// of such clients.
///
/// ```
/// use auth_runtime::{AuthError, AuthenticatedClient, Authenticator};
/// use tonic::transport::Channel;
///
/// /// A client of any service.
/// fn client<C: AuthenticatedClient<Transport = Channel>>(authenticator: &Authenticator) -> Result<C, AuthError> {
///     Ok(C::from_channel(authenticator.connect_lazy()?))
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an authenticated client",
    label = "use one of the generated `Authenticated...Client`s, or a struct with `#[authenticated_client]`"
)]
pub trait AuthenticatedClient {
    /// What is beneath the channel.
    type Transport;

    /// A client over an authenticated channel. Nothing is contacted yet.
    fn from_channel(channel: AuthenticatedChannel<Self::Transport>) -> Self;
}
