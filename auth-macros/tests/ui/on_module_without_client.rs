use auth_macros::authenticated_client;

#[authenticated_client]
mod messages {
    pub struct Message;
}

fn main() {
    let _ = messages::Message;
}
