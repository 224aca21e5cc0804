//! The attribute's code means the same where names of the prelude mean something else, or nothing.
//!
//! What is below compiles: that is the test. Nothing is called.

#![deny(warnings, unreachable_pub)]

/// No prelude, not even the names of crates. tonic's own code cannot live here, so this client is written as tonic
/// writes it, with absolute paths.
pub mod without_prelude {
    #![no_implicit_prelude]

    #[::auth_runtime::authenticated_client(
        no_replay("hygiene.Hygiene/Unary"),
        replay_buffer_bytes("hygiene.Hygiene" = 1),
        default_host("hygiene.Hygiene" = "example.com"),
    )]
    pub mod hygiene_client {
        #![allow(missing_docs)]

        #[derive(::core::fmt::Debug, ::core::clone::Clone)]
        pub struct HygieneClient<T> {
            inner: ::tonic::client::Grpc<T>,
        }

        impl<T> HygieneClient<T>
        where
            T: ::tonic::client::GrpcService<::tonic::body::Body>,
            T::Error: ::core::convert::Into<::tonic::codegen::StdError>,
            T::ResponseBody: ::tonic::codegen::Body<Data = ::bytes::Bytes> + ::core::marker::Send + 'static,
            <T::ResponseBody as ::tonic::codegen::Body>::Error:
                ::core::convert::Into<::tonic::codegen::StdError> + ::core::marker::Send,
        {
            pub async fn unary(
                &mut self,
                request: impl ::tonic::IntoRequest<::tests::calls::Message>,
            ) -> ::core::result::Result<::tonic::Response<::tests::calls::Message>, ::tonic::Status> {
                let codec = ::tonic_prost::ProstCodec::new();
                let path = ::http::uri::PathAndQuery::from_static("/hygiene.Hygiene/Unary");
                self.inner.unary(::tonic::IntoRequest::into_request(request), path, codec).await
            }

            pub async fn bidi(
                &mut self,
                request: impl ::tonic::IntoStreamingRequest<Message = ::tests::calls::Message>,
            ) -> ::core::result::Result<
                ::tonic::Response<::tonic::codec::Streaming<::tests::calls::Message>>,
                ::tonic::Status,
            > {
                let codec = ::tonic_prost::ProstCodec::new();
                let path = ::http::uri::PathAndQuery::from_static("/hygiene.Hygiene/Bidi");
                let request = ::tonic::IntoStreamingRequest::into_streaming_request(request);
                self.inner.streaming(request, path, codec).await
            }
        }
    }

    /// Both clients.
    #[::auth_runtime::authenticated_client]
    pub struct Clients {
        /// Without a prelude.
        pub hygiene: hygiene_client::AuthenticatedHygieneClient<::tonic::transport::Channel>,
        /// As tonic generates it.
        pub calls: ::tests::calls::calls_client::AuthenticatedCallsClient,
    }

    /// Both clients over any transport.
    #[::auth_runtime::authenticated_client]
    pub struct OverAny<T> {
        /// Without a prelude.
        pub hygiene: hygiene_client::AuthenticatedHygieneClient<T>,
        /// As tonic generates it.
        pub calls: ::tests::calls::calls_client::AuthenticatedCallsClient<T>,
    }
}

/// A prelude of other things.
pub mod shadowed {
    #![allow(dead_code, non_camel_case_types)]

    macro_rules! shadow {
        ($($name:ident)*) => { $( struct $name; )* };
    }
    shadow!(Result Option Vec Box Some None Ok Err String Send Sync Sized Clone Debug Into From Future usize str);
    mod core {}
    mod std {}
    mod tonic {}
    mod auth_runtime {}

    /// The generated client of the tests, among other things of the same names.
    #[::auth_runtime::authenticated_client]
    pub struct Clients {
        /// One service.
        pub calls: ::tests::calls::calls_client::AuthenticatedCallsClient,
        /// Another service.
        pub public: ::tests::calls::public_client::AuthenticatedPublicClient,
    }
}

#[test]
fn the_clients_exist() {
    fn is_client<C: auth_runtime::AuthenticatedClient + Clone + std::fmt::Debug>() {}
    is_client::<without_prelude::Clients>();
    is_client::<without_prelude::OverAny<tonic::transport::Channel>>();
    is_client::<shadowed::Clients>();
}

#[test]
fn a_default_host_is_named_without_a_transport() {
    assert_eq!(without_prelude::hygiene_client::AuthenticatedHygieneClient::DEFAULT_HOST, "example.com");
}
