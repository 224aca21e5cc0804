//! An authenticated client has the types of tonic's own client: the same generic code takes either.
//!
//! What is below compiles: that is the test. Nothing is called.

use std::fmt::Debug;
use std::future::Future;

use auth_runtime::{AuthenticatedChannel, AuthenticatedClient, Transport, authenticated_client};
use tests::calls::Message;
use tests::calls::calls_client::{AuthenticatedCallsClient, CallsClient};
use tests::calls::public_client::AuthenticatedPublicClient;
use tonic::codec::{CompressionEncoding, Streaming};
use tonic::transport::Channel;
use tonic::{IntoRequest, IntoStreamingRequest, Response, Status};

/// A function that calls one method of a client, whatever the client is.
trait Call<Client, Request, Answer>: AsyncFnOnce(Client, Request) -> Result<Response<Answer>, Status> {}

impl<Client, Request, Answer, F> Call<Client, Request, Answer> for F where
    F: AsyncFnOnce(Client, Request) -> Result<Response<Answer>, Status>
{
}

fn same<First, Second, Request, Answer>(_: impl Call<First, Request, Answer>, _: impl Call<Second, Request, Answer>) {}

#[test]
fn each_kind_takes_and_returns_what_tonics_client_does() {
    type Tonic = CallsClient<Channel>;
    type Ours = AuthenticatedCallsClient;
    type Sent = tokio_stream::Iter<std::vec::IntoIter<Message>>;

    fn unary<R: IntoRequest<Message>>() {
        same::<Tonic, Ours, R, Message>(
            async |mut client: Tonic, request| client.unary(request).await,
            async |client: Ours, request| client.unary(request).await,
        );
        same::<Tonic, Ours, R, Streaming<Message>>(
            async |mut client: Tonic, request| client.server_streaming(request).await,
            async |client: Ours, request| client.server_streaming(request).await,
        );
    }
    fn streaming<R: IntoStreamingRequest<Message = Message>>() {
        same::<Tonic, Ours, R, Message>(
            async |mut client: Tonic, request| client.client_streaming(request).await,
            async |client: Ours, request| client.client_streaming(request).await,
        );
        same::<Tonic, Ours, R, Streaming<Message>>(
            async |mut client: Tonic, request| client.bidi_streaming(request).await,
            async |client: Ours, request| client.bidi_streaming(request).await,
        );
    }
    // A message, a request with metadata, a stream and a request around one.
    unary::<Message>();
    unary::<tonic::Request<Message>>();
    streaming::<Sent>();
    streaming::<tonic::Request<Sent>>();
}

#[test]
fn the_settings_are_those_of_tonics_client() {
    macro_rules! settings {
        ($client:expr) => {
            $client
                .send_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Gzip)
                .max_decoding_message_size(1 << 20)
                .max_encoding_message_size(1 << 20)
        };
    }
    let _ = |client: CallsClient<Channel>| -> CallsClient<Channel> { settings!(client) };
    let _ = |client: AuthenticatedCallsClient| -> AuthenticatedCallsClient { settings!(client) };
}

#[test]
fn an_authenticated_client_is_clone_send_sync_and_debug_over_any_transport() {
    fn is<C: AuthenticatedClient<Transport = T> + Clone + Debug + Send + Sync + 'static, T: Transport>() {}
    fn over_any<T: Transport + Sync>() {
        is::<AuthenticatedCallsClient<T>, T>();
        is::<AuthenticatedPublicClient<T>, T>();
        is::<Clients<T>, T>();
    }
    over_any::<Channel>();
    is::<OverChannel, Channel>();
    is::<Nested, Channel>();
}

#[test]
fn the_futures_can_be_spawned() {
    fn spawned(future: impl Future + Send + 'static) {
        drop(future);
    }
    let _ = |client: AuthenticatedCallsClient| spawned(async move { client.unary(Message::default()).await });
    // Nor do they borrow the client.
    let _ = |client: &AuthenticatedCallsClient| spawned(client.unary(Message::default()));
    let _ =
        |client: &AuthenticatedCallsClient| spawned(client.bidi_streaming(tokio_stream::iter([Message::default()])));
    fn over_any<T: Transport>(client: &AuthenticatedCallsClient<T>) {
        spawned(client.server_streaming(Message::default()));
        spawned(client.client_streaming(tokio_stream::iter([Message::default()])));
    }
    let _ = over_any::<Channel>;
    let _ = |client: AuthenticatedCallsClient| {
        spawned(async move { client.bidi_streaming(tokio_stream::iter([Message::default()])).await })
    };
}

/// A bundle over one kind of transport.
#[authenticated_client]
struct OverChannel {
    calls: AuthenticatedCallsClient,
    public: AuthenticatedPublicClient,
}

/// A bundle over any transport.
#[authenticated_client]
struct Clients<T = Channel> {
    calls: AuthenticatedCallsClient<T>,
    public: AuthenticatedPublicClient<T>,
}

/// A bundle of bundles: a bundle is an authenticated client itself.
#[authenticated_client]
#[derive(Clone, Debug)]
struct Nested {
    first: OverChannel,
    second: Clients,
}

#[test]
fn a_bundle_is_made_from_one_channel() {
    let _ = |channel: AuthenticatedChannel| {
        let nested = Nested::new(channel);
        (nested.first.calls, nested.first.public, nested.second.calls, nested.second.public)
    };
}
