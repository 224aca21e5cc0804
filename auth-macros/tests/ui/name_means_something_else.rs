#[macro_use]
#[path = "support/client.rs"]
mod client;

use auth_macros::authenticated_client;

client! {
    #[authenticated_client(name = Body)]
}

fn main() {}
