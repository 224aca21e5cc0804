use auth_macros::authenticated_client;

#[authenticated_client]
enum Clients {
    One,
}

fn main() {
    let Clients::One = Clients::One;
}
