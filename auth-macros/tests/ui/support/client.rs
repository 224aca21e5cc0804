/// A client as tonic generates it, with the given attributes. It stays usable whatever is wrong with them.
macro_rules! client {
    ($(#[$attribute:meta])*) => {
        $(#[$attribute])*
        pub mod calls_client {
            use tonic::codegen::*;

            #[derive(Debug, Clone)]
            pub struct CallsClient<T> {
                inner: tonic::client::Grpc<T>,
            }

            impl<T> CallsClient<T>
            where
                T: tonic::client::GrpcService<tonic::body::Body>,
                T::Error: Into<StdError>,
                T::ResponseBody: Body<Data = Bytes> + std::marker::Send + 'static,
                <T::ResponseBody as Body>::Error: Into<StdError> + std::marker::Send,
            {
                pub fn new(inner: T) -> Self {
                    Self { inner: tonic::client::Grpc::new(inner) }
                }

                pub async fn unary(
                    &mut self,
                    request: impl tonic::IntoRequest<()>,
                ) -> std::result::Result<tonic::Response<()>, tonic::Status> {
                    let codec = tonic_prost::ProstCodec::default();
                    let path = http::uri::PathAndQuery::from_static("/example.v1.Calls/Unary");
                    self.inner.unary(request.into_request(), path, codec).await
                }

                pub async fn watch(
                    &mut self,
                    request: impl tonic::IntoRequest<()>,
                ) -> std::result::Result<tonic::Response<tonic::codec::Streaming<()>>, tonic::Status> {
                    let codec = tonic_prost::ProstCodec::default();
                    let path = http::uri::PathAndQuery::from_static("/example.v1.Calls/Watch");
                    self.inner.server_streaming(request.into_request(), path, codec).await
                }
            }
        }

        #[allow(unused_imports)]
        use calls_client::CallsClient;
    };
}
