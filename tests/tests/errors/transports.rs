//! Transports that do what none should.

use std::{future::Future as _, pin::pin, task::Context};

use auth_runtime::{Authenticator, Credentials, flow::StaticToken};
use tests::transport::{self, LocalTransport};
use tonic::{Code, Status, body::Body};
use tower::Service as _;

#[tokio::test]
async fn a_call_that_is_polled_behind_its_end_says_so() {
    let transport = LocalTransport::answering([transport::trailers_only(Code::NotFound, "no")]);
    let authenticator = Authenticator::builder("https://flyte.example.test").flow(StaticToken::new("a"));
    let authenticator = authenticator.credentials(Credentials::new("a")).build().unwrap();
    let mut channel = authenticator.over(transport);
    let mut call = pin!(channel.call(http::Request::post("/a.B/C").body(Body::empty()).unwrap()));
    call.as_mut().await.unwrap();
    let mut context = Context::from_waker(std::task::Waker::noop());
    let again = call.as_mut().poll(&mut context).map(|outcome| outcome.err().unwrap().downcast::<Status>().unwrap());
    let std::task::Poll::Ready(status) = again else { panic!("it waits") };
    assert_eq!((status.code(), status.message()), (Code::Internal, "the call has ended, its future was polled again"));
}
