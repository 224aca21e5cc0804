//! What a user without tonic's transport may write. Where nothing else asks for that transport, in `cargo check -p
//! without-transport`, generated code may not name it: what is below compiles, and that is most of the test.

use auth_runtime::{AuthenticatedChannel, Transport, authenticated_client};

/// The generated clients.
pub mod notes {
    tonic::include_proto!("notes.v1");
}

use notes::notes_client::AuthenticatedNotesClient;

/// Over any transport.
#[authenticated_client]
pub struct Clients<T> {
    /// The service.
    pub notes: AuthenticatedNotesClient<T>,
}

/// All clients over a transport that is known to the caller only.
pub fn clients<T: Transport + Clone>(channel: AuthenticatedChannel<T>) -> Clients<T> {
    Clients::new(channel)
}

/// Where the service is usually found: no transport is named for it.
pub const HOST: &str = AuthenticatedNotesClient::DEFAULT_HOST;

#[test]
fn the_default_host_is_there_without_a_transport() {
    assert_eq!(HOST, "notes.example.com");
}
