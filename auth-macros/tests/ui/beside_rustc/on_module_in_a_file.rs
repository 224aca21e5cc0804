use auth_macros::authenticated_client;

#[authenticated_client]
#[path = "../support/elsewhere.rs"]
mod elsewhere;

fn main() {}
