#[macro_use]
#[path = "support/client.rs"]
mod client;

use auth_macros::authenticated_client;

client! {
    #[authenticated_client]
}

#[authenticated_client(unauthenticated("example.v1.Calls"))]
struct Clients<T> {
    calls: calls_client::AuthenticatedCallsClient<T>,
}

fn main() {
    let _ = |clients: Clients<()>| clients.calls;
}
