use auth_macros::authenticated_client;

#[authenticated_client]
struct Clients(u8);

fn main() {
    let _ = Clients(1).0;
}
