use auth_macros::authenticated_client;

#[authenticated_client]
mod calls_client {
    pub struct CallsClient<T> {
        inner: tonic::client::Grpc<T>,
    }

    impl<T> CallsClient<T> {
        pub fn new(inner: T) -> Self {
            Self { inner: tonic::client::Grpc::new(inner) }
        }

        pub async fn unary(&mut self, _: tonic::Request<()>) -> tonic::Status {
            let _ = &self.inner;
            tonic::Status::ok("/example.v1.Calls/Unary")
        }
    }
}

fn main() {
    let _ = calls_client::CallsClient::new(()).unary(tonic::Request::new(()));
}
