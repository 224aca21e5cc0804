use auth_macros::authenticated_client;

#[authenticated_client]
#[derive(Clone)]
pub struct CallsClient<T> {
    inner: tonic::client::Grpc<T>,
}

impl<T> CallsClient<T> {
    pub fn new(inner: T) -> Self {
        Self { inner: tonic::client::Grpc::new(inner) }
    }
}

fn main() {
    let _ = CallsClient::new(()).inner;
}
