use auth_macros::authenticated_client;

#[authenticated_client]
mod clients {
    pub struct FirstClient<T> {
        pub inner: tonic::client::Grpc<T>,
    }

    pub struct SecondClient<T> {
        pub inner: tonic::client::Grpc<T>,
    }
}

fn main() {
    let _ = clients::FirstClient { inner: tonic::client::Grpc::new(()) }.inner;
    let _ = clients::SecondClient { inner: tonic::client::Grpc::new(()) }.inner;
}
