use auth_macros::authenticated_client;

#[authenticated_client]
struct Clients;

fn main() {
    let _ = Clients;
}
