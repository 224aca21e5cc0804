//! The service behind the guard: it looks at each message that arrives, and answers with as many.

use std::{pin::Pin, sync::Arc};

use futures_util::{Stream, StreamExt as _, stream};
use tests::calls::{Message, calls_server::Calls};
use tonic::{Request, Response, Status, Streaming};

use super::{
    ledger::{CALL, CallId},
    messages::{Arrivals, message},
    violations::Violations,
};

pub(crate) struct Service {
    pub(crate) violations: Arc<Violations>,
}

type Messages = Pin<Box<dyn Stream<Item = Result<Message, Status>> + Send>>;

/// The answer to a request stream that was read to its end carries this many more than there were messages, so that it
/// is not one of an echo.
pub(crate) const SUM: u64 = 1000;

impl Service {
    fn check(&self, arrivals: &mut Arrivals, message: &Message) -> Result<(), Status> {
        arrivals.next(message).map_err(|violation| {
            self.violations.add(format!("at the server: {violation}"));
            Status::data_loss(violation)
        })
    }
}

fn call_of<T>(request: &Request<T>) -> Result<CallId, Status> {
    let name = request.metadata().get(CALL).and_then(|value| value.to_str().ok()?.parse().ok());
    name.ok_or_else(|| Status::invalid_argument("a call without a name"))
}

#[tonic::async_trait]
impl Calls for Service {
    async fn unary(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        let call = call_of(&request)?;
        self.check(&mut Arrivals::of(call), request.get_ref())?;
        Ok(Response::new(message(call, SUM + 1)))
    }

    type ServerStreamingStream = Messages;

    /// The request is the last message that the answer is to have.
    async fn server_streaming(&self, request: Request<Message>) -> Result<Response<Messages>, Status> {
        let (call, last) = (call_of(&request)?, request.get_ref());
        if *last != message(call, last.number) {
            self.violations.add(format!("at the server: call {call}: the request is not what was sent"));
        }
        let messages = stream::iter(0..=last.number).map(move |number| Ok(message(call, number)));
        Ok(Response::new(messages.boxed()))
    }

    async fn client_streaming(&self, request: Request<Streaming<Message>>) -> Result<Response<Message>, Status> {
        let call = call_of(&request)?;
        let (mut messages, mut arrivals) = (request.into_inner(), Arrivals::of(call));
        while let Some(message) = messages.message().await? {
            self.check(&mut arrivals, &message)?;
        }
        Ok(Response::new(message(call, SUM + arrivals.count())))
    }

    type BidiStreamingStream = Messages;

    async fn bidi_streaming(&self, request: Request<Streaming<Message>>) -> Result<Response<Messages>, Status> {
        let call = call_of(&request)?;
        let (mut arrivals, violations) = (Arrivals::of(call), self.violations.clone());
        let service = Self { violations };
        let echo = request.into_inner().map(move |message| {
            let message = message?;
            service.check(&mut arrivals, &message).map(|()| message)
        });
        Ok(Response::new(echo.boxed()))
    }

    async fn open(&self, _request: Request<Message>) -> Result<Response<Message>, Status> {
        Err(Status::unimplemented("not called"))
    }

    async fn once(&self, _request: Request<Message>) -> Result<Response<Message>, Status> {
        Err(Status::unimplemented("not called"))
    }

    type OnceStreamingStream = Messages;

    async fn once_streaming(&self, _request: Request<Streaming<Message>>) -> Result<Response<Messages>, Status> {
        Err(Status::unimplemented("not called"))
    }

    async fn small_bound(&self, _request: Request<Streaming<Message>>) -> Result<Response<Message>, Status> {
        Err(Status::unimplemented("not called"))
    }
}
