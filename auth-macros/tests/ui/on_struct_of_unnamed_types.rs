use auth_macros::authenticated_client;

#[authenticated_client]
struct Clients {
    others: (u8, u8),
    calls: dyn Send + Sync,
}

fn main() {}
