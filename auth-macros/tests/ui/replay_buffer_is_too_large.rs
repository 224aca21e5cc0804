#[macro_use]
#[path = "support/client.rs"]
mod client;

use auth_macros::authenticated_client;

client! {
    #[authenticated_client(replay_buffer_bytes("example.v1.Calls" = 99999999999999999999, "example.v1.Calls/Unary" = 1i8))]
}

fn main() {}
