#[macro_use]
#[path = "../support/client.rs"]
mod client;

use auth_macros::authenticated_client;

client! {
    #[authenticated_client]
}

#[derive(Clone, Debug)]
struct Settings;

#[authenticated_client]
struct Clients {
    calls: Settings,
}

fn main() {}
