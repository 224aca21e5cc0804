use auth_macros::authenticated_client;

#[authenticated_client]
fn connect() -> u8 {
    1
}

fn main() {
    connect();
}
