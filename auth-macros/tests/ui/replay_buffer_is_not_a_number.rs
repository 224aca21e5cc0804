#[macro_use]
#[path = "support/client.rs"]
mod client;

use auth_macros::authenticated_client;

client! {
    #[authenticated_client(replay_buffer_bytes("example.v1.Calls" = "64 KiB"))]
}

fn main() {}
