#[macro_use]
#[path = "support/client.rs"]
mod client;

use auth_macros::authenticated_client;

client! {
    #[authenticated_client(unauthenticated("example.v1.Calls"), no_replay("example.v1.Calls/Unary"))]
}

fn main() {}
