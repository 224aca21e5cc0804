#[macro_use]
#[path = "support/client.rs"]
mod client;

use auth_macros::authenticated_client;

client! {
    #[authenticated_client(no_replay("example.v1.Calls/Unary"), no_replay("example.v1.Calls/Watch"))]
}

fn main() {}
