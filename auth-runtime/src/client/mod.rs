//! What expanded code is made of.

mod calls;
mod core;

pub use self::core::ClientCore;
use crate::Authenticator;

/// A client whose calls carry credentials: what `#[authenticated_client]` makes of a generated module, or of a struct
/// of such clients.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an authenticated client",
    label = "use one of the generated `Authenticated...Client`s, or a struct with `#[authenticated_client]`"
)]
pub trait AuthenticatedClient {
    /// What calls travel over.
    type Transport;

    /// A client over a transport to the authenticator's endpoint.
    fn from_transport(transport: Self::Transport, authenticator: Authenticator) -> Self;
}
