//! Runs one call: drain, credentials, permit, attempt, and once more after a rejection.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Body as HttpBody, Frame};
use pin_project_lite::pin_project;
use tokio::{runtime::Handle, time::Sleep};
use tonic::{Status, TimeoutExpired, body::Body, client::GrpcService, codegen::StdError};

use super::{
    call::Call,
    classify::{self, Head, Role},
    hops::Hops,
    method::RpcKind,
    rejected::Rejected,
    replay_body::Kept,
    response_body::ResponseBody,
};
use crate::{
    AuthError, Authenticator, Transport,
    session::{AfterRejection, Attachment, Issued},
};

type Boxed<O> = Pin<Box<dyn Future<Output = O> + Send>>;
type Answered<T> = Result<Response<ResponseBody<T>>, StdError>;

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
    enum Step<T: Transport> {
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
        let step = refresh(&call, Rejected::Spliced(trailers));
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
                    ready!(poll_drain(call, this.body, cx));
                    match attach(call) {
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
                        Ok(attachment) => *this.attachment = own(call, attachment),
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
                    let response = match ready!(response.poll(cx)) {
                        Ok(response) => response,
                        Err(error) => return Poll::Ready(Err(transport_error(call, error.into()))),
                    };
                    match read_head(this.call, response, *this.spliced) {
                        Next::Answer(answer) => return Poll::Ready(answer),
                        Next::Step(step) => this.step.set(step),
                    }
                }
                StepProjection::FirstFrame { response } => {
                    let Some(waiting) = response else {
                        return Poll::Ready(Err(Status::internal("the response is gone").into()));
                    };
                    let frame = ready!(poll_first_frame(waiting.body_mut(), cx));
                    let Some(response) = response.take() else { continue };
                    match read_first_frame(this.call, response, frame) {
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
                            return Poll::Ready(Ok(rejected.into_response()));
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

enum Next<T: Transport> {
    Answer(Answered<T>),
    Step(Step<T>),
}

enum Attach {
    Now(Attachment),
    Wait(Boxed<Result<Attachment, AuthError>>),
    Refuse(AuthError),
}

/// Takes the request's message out of its body, before anything else can happen to it.
fn poll_drain<T>(call: &mut Call<T>, body: &mut Body, cx: &mut Context<'_>) -> Poll<()> {
    if !call.tracked || !call.method.replay {
        return Poll::Ready(());
    }
    let kind = call.method.kind;
    let (kept, first) = if kind.single_request() {
        ready!(Kept::poll_drain(body, cx))
    } else if kind == RpcKind::Unknown {
        Kept::probe(std::mem::take(body), call.method.replay_bound, call.by_generated_client(), cx)
    } else {
        Kept::record(std::mem::take(body), call.method.replay_bound)
    };
    if matches!(kept, Kept::Nothing) {
        // The body yields an error: the caller gets that, and credentials have nothing to do with it.
        call.tracked = false;
    }
    call.kept = kept;
    *body = first;
    Poll::Ready(())
}

fn attach<T>(call: &mut Call<T>) -> Attach {
    if !call.tracked {
        return Attach::Now(Attachment::Bare);
    }
    let ready = call.authenticator.session().ready_attachment();
    if let Some(Attachment::Bare) = ready {
        return Attach::Now(Attachment::Bare);
    }
    // Before a login, not only before the token goes out: it would be in vain.
    if let Err(error) = call.check_destination() {
        return Attach::Refuse(error);
    }
    match ready {
        Some(attachment) => Attach::Now(own(call, attachment)),
        None => {
            let authenticator = call.authenticator.clone();
            Attach::Wait(Box::pin(async move { authenticator.session().attachment().await }))
        }
    }
}

/// The caller's own header wins, also where its key was learnt from the server only now.
fn own<T>(call: &mut Call<T>, attachment: Attachment) -> Attachment {
    match attachment {
        Attachment::Credentials(issued) if call.caller_set(&issued.header) => {
            call.tracked = false;
            Attachment::Bare
        }
        attachment => attachment,
    }
}

fn replay<T>(call: &mut Call<T>, issued: Arc<Issued>) -> Attachment {
    call.replayed = true;
    call.authenticator.session().replaying();
    tracing::debug!(method = call.path(), "sending the call again with new credentials");
    Attachment::Credentials(issued)
}

fn read_head<T: Transport>(
    call: &mut Option<Call<T>>,
    mut response: Response<T::ResponseBody>,
    spliced: bool,
) -> Next<T> {
    let Some(mut answered) = call.take() else {
        return Next::Answer(Ok(response.map(ResponseBody::plain)));
    };
    let hops = Hops::take(response.extensions_mut());
    answered.attempts = answered.attempts.max(hops.attempts);
    classify::drop_unreadable_details(response.headers_mut());
    let mut expectation = answered.expectation();
    expectation.behind_proxy |= hops.proxy;
    match classify::head(&response, expectation) {
        Head::Rejected if answered.tracked => rejected(call, answered, Rejected::Head(response)),
        Head::Rejected | Head::Complete => Next::Answer(Ok(answered_for_good(&answered, response, hops.proxy))),
        Head::NotGrpc => Next::Answer(Err(classify::status_of_foreign_answer(&response).into())),
        Head::Open if !answered.tracked || answered.role == Role::Proxy => {
            Next::Answer(Ok(answered_for_good(&answered, response, hops.proxy)))
        }
        Head::Open if answered.method.kind.single_response() && !spliced => {
            *call = Some(answered);
            Next::Step(Step::FirstFrame { response: Some(response) })
        }
        Head::Open => {
            mark_hops(&answered, &mut response, hops.proxy);
            answered.declare_encoding(response.headers());
            Next::Answer(Ok(ResponseBody::watching(response, answered)))
        }
    }
}

fn read_first_frame<T: Transport>(
    call: &mut Option<Call<T>>,
    response: Response<T::ResponseBody>,
    frame: FirstFrame,
) -> Next<T> {
    let Some(answered) = call.take() else {
        return Next::Answer(Ok(response.map(ResponseBody::plain)));
    };
    let frame = match frame.map(|frame| frame.map(Frame::into_trailers)) {
        Some(Ok(Ok(mut trailers))) => {
            classify::drop_unreadable_details(&mut trailers);
            if classify::rejects(&trailers, answered.expectation()) {
                return rejected(call, answered, Rejected::Late { response, trailers });
            }
            Some(Ok(Frame::trailers(trailers)))
        }
        Some(Ok(Err(data))) => Some(Ok(data)),
        Some(Err(error)) => Some(Err(error)),
        None => None,
    };
    let response = answered_for_good(&answered, response, false);
    Next::Answer(Ok(response.map(|body| body.preceded_by(frame))))
}

/// The credentials of a call were rejected: gets others, unless the call cannot be sent again.
fn rejected<T: Transport>(slot: &mut Option<Call<T>>, call: Call<T>, answer: Rejected<T>) -> Next<T> {
    let session = call.authenticator.session();
    if call.replayed {
        session.replayed(call.generation, true);
    } else if !call.may_replay() {
        tracing::debug!(method = call.path(), "credentials were rejected; the call cannot be sent again");
        session.rejected_for_good(call.generation);
    } else if let Err(error) = call.check_destination() {
        return Next::Answer(Err(answer.into_status(error).into()));
    } else {
        let step = refresh(&call, answer);
        *slot = Some(call);
        return Next::Step(step);
    }
    let mut response = answer.into_response();
    mark_hops(&call, &mut response, call.role == Role::Proxy);
    Next::Answer(Ok(response))
}

fn refresh<T: Transport>(call: &Call<T>, rejected: Rejected<T>) -> Step<T> {
    tracing::debug!(method = call.path(), bare = call.generation == 0, "credentials were rejected");
    call.kept.fence();
    let after = after_rejection(call.authenticator.clone(), call.generation);
    Step::Refreshing { after: Box::pin(after), rejected: Some(rejected) }
}

async fn after_rejection(authenticator: Authenticator, generation: u64) -> AfterRejection {
    authenticator.session().after_rejection(generation).await
}

fn answered_for_good<T: Transport>(
    call: &Call<T>,
    mut response: Response<T::ResponseBody>,
    proxy_said_no: bool,
) -> Response<ResponseBody<T>> {
    if call.replayed {
        call.authenticator.session().replayed(call.generation, false);
    }
    mark_hops(call, &mut response, proxy_said_no);
    response.map(ResponseBody::plain)
}

/// Tells a layer further out what was done, if there is anything to tell.
fn mark_hops<T, B>(call: &Call<T>, response: &mut Response<B>, proxy_said_no: bool) {
    if call.attempts > 1 || proxy_said_no {
        Hops { attempts: call.attempts, proxy: proxy_said_no }.put(response.extensions_mut());
    }
}

type FirstFrame = Option<Result<Frame<Bytes>, StdError>>;

/// The first frame that says something. Empty DATA frames say nothing, and some proxies send them.
fn poll_first_frame<B>(body: &mut B, cx: &mut Context<'_>) -> Poll<FirstFrame>
where
    B: HttpBody<Data = Bytes, Error: Into<StdError>> + Unpin,
{
    loop {
        let frame = ready!(Pin::new(&mut *body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) if frame.data_ref().is_some_and(Bytes::is_empty) => {}
            _ => return Poll::Ready(frame.map(|frame| frame.map_err(Into::into))),
        }
    }
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
