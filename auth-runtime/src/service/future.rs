//! Runs one call: drain, credentials, permit, attempt, and once more after a rejection.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, Response};
use pin_project_lite::pin_project;
use tokio::{runtime::Handle, time::Sleep};
use tonic::{Status, TimeoutExpired, body::Body, client::GrpcService, codegen::StdError};

use super::{
    answer::{self, Next},
    begin::{self, Attach},
    call::Call,
    rejected::Rejected,
    response_body::ResponseBody,
};
use crate::{
    AuthError, Transport,
    session::{AfterRejection, Attachment, Issued},
};

type Boxed<O> = Pin<Box<dyn Future<Output = O> + Send>>;
pub(super) type Answered<T> = Result<Response<ResponseBody<T>>, StdError>;

pin_project! {
    /// The answer to a call over an [`AuthService`](crate::AuthService).
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
        call: Option<Call<T>>,
        // The body to send next.
        body: Body,
        attachment: Attachment,
        // Whether something was waited for before the first attempt.
        waited: bool,
        // Whether the answer will be spliced into a stream that has begun.
        spliced: bool,
        #[pin]
        step: Step<T>,
        #[pin]
        deadline: Option<Sleep>,
    }
}

pin_project! {
    #[project = StepProjection]
    // Where a call is.
    pub(super) enum Step<T: Transport> {
        Draining,
        Attaching { attachment: Boxed<Result<Attachment, AuthError>> },
        Readying,
        Sending { #[pin] response: <T as GrpcService<Body>>::Future },
        FirstFrame { response: Option<Response<T::ResponseBody>> },
        Refreshing { after: Boxed<AfterRejection>, rejected: Option<Rejected<T>> },
        Ended,
    }
}

impl<T: Transport> ResponseFuture<T> {
    pub(super) fn new(call: Call<T>, body: Body) -> Self {
        Self {
            call: Some(call),
            body,
            attachment: Attachment::Bare,
            waited: false,
            spliced: false,
            step: Step::Draining,
            deadline: None,
        }
    }

    /// Goes on with a call whose stream began with a rejection.
    pub(super) fn after_late_rejection(call: Call<T>, trailers: HeaderMap) -> Self {
        let step = answer::refresh(&call, Rejected::Spliced(trailers));
        Self {
            call: Some(call),
            body: Body::empty(),
            attachment: Attachment::Bare,
            waited: true,
            spliced: true,
            step,
            deadline: None,
        }
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
            self.as_mut().project().step.set(Step::Ended);
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
            this.deadline.set(Some(tokio::time::sleep_until(deadline)));
        }
        match this.deadline.as_mut().as_pin_mut() {
            Some(sleep) => {
                ready!(sleep.poll(cx));
                this.step.set(Step::Ended);
                Poll::Ready(deadline_exceeded())
            }
            None => Poll::Pending,
        }
    }

    fn poll_steps(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answered<T>> {
        let mut this = self.project();
        loop {
            let Some(call) = this.call.as_mut() else {
                return Poll::Ready(Err(Status::internal("the call has ended, its future was polled again").into()));
            };
            match this.step.as_mut().project() {
                StepProjection::Draining => {
                    ready!(begin::poll_drain(call, this.body, cx));
                    match begin::attach(call) {
                        Attach::Now(attachment) => {
                            *this.attachment = attachment;
                            this.step.set(Step::Readying);
                        }
                        Attach::Wait(attachment) => {
                            *this.waited = true;
                            this.step.set(Step::Attaching { attachment });
                        }
                        Attach::Refuse(error) => return Poll::Ready(Err(error.into_status().into())),
                    }
                }
                StepProjection::Attaching { attachment } => {
                    if let Poll::Ready(status) = call.kept.poll_cancelled(cx) {
                        return Poll::Ready(Err(status.into()));
                    }
                    match ready!(attachment.as_mut().poll(cx)) {
                        Ok(attachment) => *this.attachment = begin::own(call, attachment),
                        Err(error) => return Poll::Ready(Err(error.into_status().into())),
                    }
                    this.step.set(Step::Readying);
                }
                StepProjection::Readying => {
                    if let Err(error) = ready!(call.transport.poll_ready(cx)) {
                        return Poll::Ready(Err(error.into()));
                    }
                    let body = std::mem::take(this.body);
                    let Some(request) = call.request(this.attachment, body, *this.waited) else {
                        return Poll::Ready(Err(Status::internal("the request is gone").into()));
                    };
                    let response = call.transport.call(request);
                    this.step.set(Step::Sending { response });
                }
                StepProjection::Sending { response } => {
                    if let Poll::Ready(status) = call.kept.poll_cancelled_meanwhile(cx) {
                        return Poll::Ready(Err(status.into()));
                    }
                    let response = match ready!(response.poll(cx)) {
                        Ok(response) => response,
                        Err(error) => return Poll::Ready(Err(transport_error(call, error.into()))),
                    };
                    match answer::read_head(this.call, response, *this.spliced) {
                        Next::Answer(answer) => return Poll::Ready(answer),
                        Next::Step(step) => this.step.set(step),
                    }
                }
                StepProjection::FirstFrame { response } => {
                    if let Poll::Ready(status) = call.kept.poll_cancelled_meanwhile(cx) {
                        return Poll::Ready(Err(status.into()));
                    }
                    let Some(waiting) = response else {
                        return Poll::Ready(Err(Status::internal("the response is gone").into()));
                    };
                    let frame = ready!(answer::poll_first_frame(waiting.body_mut(), cx));
                    let Some(response) = response.take() else { continue };
                    match answer::read_first_frame(this.call, response, frame) {
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
                            *this.attachment = replay(call, issued);
                            *this.body = call.kept.last_attempt();
                            this.step.set(Step::Readying);
                        }
                        AfterRejection::Replay(_) | AfterRejection::Stands => {
                            return Poll::Ready(rejected.into_answer().map_err(Into::into));
                        }
                        AfterRejection::Failed(error) => return Poll::Ready(Err(rejected.into_status(error).into())),
                    }
                }
                StepProjection::Ended => {
                    return Poll::Ready(
                        Err(Status::internal("the call has ended, its future was polled again").into()),
                    );
                }
            }
        }
    }
}

fn replay<T>(call: &mut Call<T>, issued: Arc<Issued>) -> Attachment {
    call.replayed = true;
    call.authenticator.session().replaying();
    tracing::debug!(method = call.path(), "sending the call again with new credentials");
    Attachment::Credentials(issued)
}

/// The channel has a timer of its own for `grpc-timeout`, and calls its end CANCELLED.
fn transport_error<T>(call: &Call<T>, error: StdError) -> StdError {
    let over = call.deadline.is_some_and(|deadline| deadline <= tokio::time::Instant::now());
    if over && chain(&*error).any(|error| error.is::<TimeoutExpired>()) { deadline_exceeded() } else { error }
}

fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

fn deadline_exceeded() -> StdError {
    Status::deadline_exceeded("the call's deadline passed before it had an answer").into()
}
