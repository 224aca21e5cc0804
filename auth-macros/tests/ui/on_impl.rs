use auth_macros::authenticated_client;

struct Client;

#[authenticated_client]
impl Client {
    fn call(&self) {}
}

fn main() {
    Client.call();
}
