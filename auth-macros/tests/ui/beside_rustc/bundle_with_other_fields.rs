#[macro_use]
#[path = "../support/client.rs"]
mod client;

use auth_macros::authenticated_client;
use calls_client::AuthenticatedCallsClient;
use tonic::transport::Channel;

client! {
    #[authenticated_client]
}

#[authenticated_client]
struct Clients {
    calls: AuthenticatedCallsClient<Channel>,
    name: String,
}

#[authenticated_client]
struct OverAny<T> {
    calls: AuthenticatedCallsClient<T>,
    name: String,
}

#[authenticated_client]
struct WithTransports<T> {
    calls: AuthenticatedCallsClient<T>,
    transports: Vec<T>,
}

fn main() {
    let _ = WithTransports::<Channel>::new;
}
