//! What expanded code is made of.

mod calls;
mod core;
mod traits;

pub use self::core::ClientCore;
use crate::AuthenticatedChannel;

/// A client whose calls carry credentials: what `#[authenticated_client]` makes of a generated module, or of a struct
/// of such clients.
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
