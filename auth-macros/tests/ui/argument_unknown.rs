#[macro_use]
#[path = "support/client.rs"]
mod client;

use auth_macros::authenticated_client;

client! {
    #[authenticated_client(unauthenticate("example.v1.Calls"), retries = 3)]
}

fn main() {}
