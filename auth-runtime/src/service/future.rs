//! Runs one call: drain, credentials, permit, attempt, and once more after a rejection.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use http::{HeaderMap, Request, Response};
use pin_project_lite::pin_project;
use tokio::{runtime::Handle, time::Sleep};
use tonic::{Status, TimeoutExpired, body::Body, client::GrpcService, codegen::StdError};

use super::{
    answer::{self, Next},
    begin,
    call::Call,
    classify::Role,
    method::Method,
    rejected::Rejected,
    response_body::ResponseBody,
};
use crate::{
    AuthError, Authenticator, Transport,
    session::{AfterRejection, Attachment, Issued},
};

type Boxed<O> = Pin<Box<dyn Future<Output = O> + Send>>;
pub(super) type Answered<T> = Result<Response<ResponseBody<T>>, StdError>;

pin_project! {
    /// The answer to a call over an [`AuthenticatedChannel`](crate::AuthenticatedChannel).
    ///
    /// A call that goes well is run without a box, a lock or a task; only a login, a refresh and what follows them
    /// take some.
    ///
    /// # Cancel safety
    ///
    /// Dropping it ends the call, and makes no second attempt. A login or refresh that it waited for goes on.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<T: Transport> {
        // Taken when the answer is handed out.
        call: Option<Box<Call<T>>>,
        #[pin]
        step: Step<T>,
        // Few calls have one, and it is large.
        deadline: Option<Pin<Box<Sleep>>>,
    }
}

pin_project! {
    #[project = StepProjection]
    // Where a call is. Until it is sent, its request is parked.
    pub(super) enum Step<T: Transport> {
        Draining,
        Attaching { attachment: Boxed<Result<Attachment, AuthError>> },
        Readying,
        Sending { #[pin] response: <T as GrpcService<Body>>::Future },
        FirstFrame { response: Option<Box<Response<T::ResponseBody>>> },
        Refreshing { after: Boxed<AfterRejection>, rejected: Option<Box<Rejected<T>>> },
        // Before anything was sent.
        Failed { error: Option<StdError> },
        Ended,
    }
}

impl<T: Transport> Step<T> {
    pub(super) fn failed(error: impl Into<StdError>) -> Self {
        Self::Failed { error: Some(error.into()) }
    }
}

impl<T: Transport> ResponseFuture<T> {
    /// Begins a call, and sends it if there is nothing to wait for: what need not be kept until the future is polled
    /// need not be moved into it. Where something has to be waited for, the first poll asks again, with a waker.
    ///
    /// Inlined, as what it calls: a request is large, and each function that it is handed to moves it.
    #[inline]
    pub(super) fn new(
        transport: T,
        authenticator: Authenticator,
        role: Role,
        method: &'static Method,
        mut request: Request<Body>,
    ) -> Self {
        let mut call = Call::new(transport, authenticator, role, method, &mut request);
        let step = begin::start(&mut call, request, &mut Context::from_waker(Waker::noop()));
        Self { call: Some(call), step, deadline: None }
    }

    /// A call that cannot even begin.
    pub(super) fn failed(status: Status) -> Self {
        Self { call: None, step: Step::failed(status), deadline: None }
    }

    /// Goes on with a call whose stream began with a rejection.
    pub(super) fn after_late_rejection(mut call: Box<Call<T>>, trailers: HeaderMap) -> Self {
        (call.waited, call.spliced) = (true, true);
        let step = answer::refresh(&call, Rejected::Spliced(trailers));
        Self { call: Some(call), step, deadline: None }
    }
}

impl<T: Transport> fmt::Debug for ResponseFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

impl<T: Transport> Future for ResponseFuture<T> {
    type Output = Answered<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(answer) = self.as_mut().poll_steps(cx) {
            let mut this = self.project();
            this.step.set(Step::Ended);
            // And with it what was kept.
            *this.call = None;
            return Poll::Ready(answer);
        }
        self.poll_deadline(cx).map(Err)
    }
}

impl<T: Transport> ResponseFuture<T> {
    /// The deadline holds for the wait for credentials too, of which the transport knows nothing.
    fn poll_deadline(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<StdError> {
        let mut this = self.project();
        let Some(deadline) = this.call.as_ref().and_then(|call| call.deadline) else { return Poll::Pending };
        if this.deadline.is_none() && Handle::try_current().is_ok() {
            *this.deadline = Some(Box::pin(tokio::time::sleep_until(deadline)));
        }
        match this.deadline {
            Some(sleep) => {
                ready!(sleep.as_mut().poll(cx));
                this.step.set(Step::Ended);
                *this.call = None;
                Poll::Ready(deadline_exceeded())
            }
            None => Poll::Pending,
        }
    }

    fn poll_steps(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answered<T>> {
        let mut this = self.project();
        loop {
            let step = this.step.as_mut().project();
            if let StepProjection::Failed { error } = step {
                return Poll::Ready(Err(error.take().unwrap_or_else(polled_again)));
            }
            let Some(call) = this.call.as_mut() else { return Poll::Ready(Err(polled_again())) };
            match step {
                StepProjection::Draining => {
                    let Some(request) = call.parked.take() else { return Poll::Ready(Err(polled_again())) };
                    let next = begin::start(call, *request, cx);
                    let waits = matches!(next, Step::Draining | Step::Readying);
                    this.step.set(next);
                    if waits {
                        return Poll::Pending;
                    }
                }
                StepProjection::Attaching { attachment } => {
                    if let Poll::Ready(status) = call.kept.poll_cancelled(cx) {
                        return Poll::Ready(Err(status.into()));
                    }
                    match ready!(attachment.as_mut().poll(cx)) {
                        Ok(attachment) => call.attachment = begin::own(call, attachment),
                        Err(error) => return Poll::Ready(Err(error.into_status().into())),
                    }
                    this.step.set(Step::Readying);
                }
                StepProjection::Readying => {
                    let response = ready!(poll_send(call, cx))?;
                    this.step.set(Step::Sending { response });
                }
                StepProjection::Sending { response } => {
                    let response = match response.poll(cx) {
                        Poll::Ready(Ok(response)) => response,
                        Poll::Ready(Err(error)) => return Poll::Ready(Err(transport_error(call, error.into()))),
                        Poll::Pending => {
                            return call.kept.poll_cancelled_meanwhile(cx).map(|status| Err(status.into()));
                        }
                    };
                    match answer::read_head(this.call, response, cx) {
                        Next::Answer(answer) => return Poll::Ready(answer),
                        Next::Step(step) => this.step.set(step),
                    }
                }
                StepProjection::FirstFrame { response: held } => {
                    let Some(response) = held else { return Poll::Ready(Err(polled_again())) };
                    let Poll::Ready(frame) = answer::poll_meaningful_frame(response.body_mut(), cx) else {
                        return call.kept.poll_cancelled_meanwhile(cx).map(|status| Err(status.into()));
                    };
                    let Some(response) = held.take() else { return Poll::Ready(Err(polled_again())) };
                    match answer::read_first_frame(this.call, *response, frame) {
                        Next::Answer(answer) => return Poll::Ready(answer),
                        Next::Step(step) => this.step.set(step),
                    }
                }
                StepProjection::Refreshing { after, rejected } => {
                    if let Poll::Ready(status) = call.kept.poll_cancelled(cx) {
                        return Poll::Ready(Err(status.into()));
                    }
                    let after = ready!(after.as_mut().poll(cx));
                    let Some(rejected) = rejected.take() else { continue };
                    match after {
                        AfterRejection::Replay(issued) if !call.caller_set(&issued.header) => {
                            replay(call, issued);
                            this.step.set(Step::Readying);
                        }
                        AfterRejection::Replay(_) | AfterRejection::Stands => {
                            return Poll::Ready(rejected.into_answer().map_err(Into::into));
                        }
                        AfterRejection::Failed(error) => return Poll::Ready(Err(rejected.into_status(error).into())),
                    }
                }
                StepProjection::Failed { .. } | StepProjection::Ended => return Poll::Ready(Err(polled_again())),
            }
        }
    }
}

/// Sends what is parked, once the transport has a permit to give, if the caller still waits.
fn poll_send<T: Transport>(call: &mut Call<T>, cx: &mut Context<'_>) -> Poll<Result<T::Future, StdError>> {
    if (call.waited || call.replayed) && call.is_over() {
        return Poll::Ready(Err(deadline_exceeded()));
    }
    ready!(call.transport.poll_ready(cx)).map_err(Into::into)?;
    Poll::Ready(match call.parked.take() {
        Some(request) => Ok(call.send(*request)),
        None => Err(Status::internal("the request is gone").into()),
    })
}

fn replay<T: Transport>(call: &mut Call<T>, issued: Arc<Issued>) {
    tracing::debug!(method = call.path(), "sending the call again with new credentials");
    call.prepare_replay(issued);
    call.authenticator.session().replaying();
}

/// The channel has a timer of its own for `grpc-timeout`, and calls its end CANCELLED.
fn transport_error<T: Transport>(call: &Call<T>, error: StdError) -> StdError {
    if call.is_over() && chain(&*error).any(|error| error.is::<TimeoutExpired>()) { deadline_exceeded() } else { error }
}

fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

fn polled_again() -> StdError {
    Status::internal("the call has ended, its future was polled again").into()
}

fn deadline_exceeded() -> StdError {
    Status::deadline_exceeded("the call's deadline passed before it had an answer").into()
}
