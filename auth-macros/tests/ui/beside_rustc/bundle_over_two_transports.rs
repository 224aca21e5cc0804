#[macro_use]
#[path = "../support/client.rs"]
mod client;

use auth_macros::authenticated_client;
use auth_runtime::AuthenticatedChannel;
use tonic::transport::Channel;

client! {
    #[authenticated_client]
}

#[authenticated_client]
struct Clients {
    calls: calls_client::AuthenticatedCallsClient<Channel>,
    proxied: calls_client::AuthenticatedCallsClient<AuthenticatedChannel<Channel>>,
}

fn main() {
    let _ = |clients: Clients| (clients.calls, clients.proxied);
}
