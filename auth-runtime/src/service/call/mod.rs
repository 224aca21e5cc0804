//! Every way that a call can take, top to bottom.
//!
//! A call that goes well has its request sent when it is made. It waits for the head of the response and, where the
//! caller gets one message, for the first frame: that is [`Progress`], without a box, a lock or a task. Whatever else is
//! waited for stands in async functions, of which [`log_in_and_send`] and [`refresh_and_replay`] are the policy; for a
//! stream that the caller has already, `refresh_and_splice` in `splice`.

mod attempt_info;
mod auth;
mod next;
mod not_replayed;
mod splice;
mod state;
mod times;
mod unprocessed;

use std::{
    fmt,
    future::{Future, poll_fn},
    mem,
    pin::{Pin, pin},
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use pin_project_lite::pin_project;
use tonic::{Status, body::Body, client::GrpcService, codegen::StdError};

pub use self::auth::CallAuth;
pub(super) use self::state::Known;
use self::{
    attempt_info::AttemptInfo,
    next::{AfterFrame, AfterHead, Next},
    not_replayed::NotReplayed,
    state::{Attach, Call},
    times::Bounds,
};
use super::{
    deadline,
    request::Detach,
    response::{Begun, First, Head, Rejection, ResponseBody, Rest, Role, classify, in_words_of_grpc, poll_first_frame},
};
use crate::{
    Authenticator, Transport,
    session::{AfterRejection, Attachment},
};

type BodyOf<T> = <T as GrpcService<Body>>::ResponseBody;
type Outcome<T> = Result<Response<ResponseBody<BodyOf<T>>>, StdError>;
type Waiting<O> = Pin<Box<dyn Future<Output = O> + Send>>;

pin_project! {
    /// The response to a call over an [`AuthenticatedChannel`](crate::AuthenticatedChannel), in the making.
    ///
    /// # Cancel safety
    ///
    /// Dropping it ends the call, and makes no second attempt. A login or refresh that it waited for goes on.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<T: Transport> {
        #[pin]
        progress: Progress<T>,
        // Few calls have some.
        bounds: Option<Box<Bounds>>,
    }
}

pin_project! {
    // Where a call is.
    #[project = ProgressProjection]
    #[project_replace = ProgressOwned]
    enum Progress<T: Transport> {
        // Sent; the head of the response is not here.
        Sending { #[pin] response: <T as GrpcService<Body>>::Future, call: Box<Call<T>> },
        // The head is here; the first frame is not.
        FirstFrame { response: Box<Response<BodyOf<T>>>, call: Box<Call<T>> },
        // Anything else is waited for.
        Waiting { outcome: Waiting<Outcome<T>> },
        Done,
    }
}

// === The way of a call that goes well ===

impl<T: Transport> ResponseFuture<T> {
    /// Begins a call, and sends it if there is nothing to wait for: what need not be kept until the future is polled
    /// need not be moved into it. Where something has to be waited for, it is asked again with a waker.
    ///
    /// Inlined, as what it calls: a request is large, and each function that it is handed to moves it.
    #[inline]
    pub(super) fn new(transport: T, authenticator: Authenticator, known: Known, mut request: Request<Body>) -> Self {
        let cx = &mut Context::from_waker(Waker::noop());
        let (call, drained) = Call::new(transport, authenticator, known, &mut request, cx);
        Self::begin(call, request, drained.is_ready(), cx)
    }

    /// The same for a call whose message is there, encoded, or failed to be.
    #[inline]
    pub(super) fn of_message(
        transport: T,
        authenticator: Authenticator,
        known: Known,
        headers: HeaderMap,
        message: Result<Bytes, Status>,
    ) -> Self {
        let (call, request) = Call::of_message(transport, authenticator, known, headers, message);
        Self::begin(call, request, true, &mut Context::from_waker(Waker::noop()))
    }

    #[inline(always)]
    fn begin(mut call: Box<Call<T>>, mut request: Request<Body>, drained: bool, cx: &mut Context<'_>) -> Self {
        let bounds = Bounds::of(&call.times);
        if drained && let Attach::Now(attachment) = call.attach() {
            call.carry(attachment);
            if let Poll::Ready(Ok(())) = call.transport.poll_ready(cx) {
                call.prepare(&mut request);
                let response = call.transport.call(request);
                return Self { progress: Progress::Sending { response, call }, bounds };
            }
        }
        let outcome = Box::pin(log_in_and_send(call, request, drained));
        Self { progress: Progress::Waiting { outcome }, bounds }
    }

    /// A call that cannot even begin.
    pub(super) fn failed(status: Status) -> Self {
        let outcome = Box::pin(std::future::ready(Err(status.into())));
        Self { progress: Progress::Waiting { outcome }, bounds: None }
    }
}

impl<T: Transport> Future for ResponseFuture<T> {
    type Output = Outcome<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(bounds) = this.bounds else { return this.progress.poll_outcome(cx) };
        let outcome = match this.progress.as_mut().poll_outcome(cx) {
            Poll::Pending => Err(ready!(bounds.until_head.poll(cx)).into()),
            // A server or a channel that counts the time as well may be quicker than our own timer.
            Poll::Ready(Err(_)) if bounds.until_head.is_over() => Err(deadline::exceeded().into()),
            Poll::Ready(outcome) => outcome,
        };
        this.progress.set(Progress::Done);
        let of_body = this.bounds.take().and_then(|bounds| bounds.into_deadline_of_body());
        Poll::Ready(outcome.map(|response| match of_body {
            Some(deadline) => response.map(|body| body.until(deadline)),
            None => response,
        }))
    }
}

impl<T: Transport> Progress<T> {
    /// A response is large. On the way of a call that goes well it stays where it is until the caller gets it: what reads
    /// it borrows it.
    fn poll_outcome(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome<T>> {
        loop {
            let next = match self.as_mut().project() {
                ProgressProjection::Sending { response, call } => {
                    let Poll::Ready(response) = response.poll(cx) else {
                        return call.body.poll_cancelled_in_flight(cx).map(|status| Err(status.into()));
                    };
                    let ProgressOwned::Sending { call, .. } = self.as_mut().project_replace(Self::Done) else {
                        continue;
                    };
                    match response {
                        Err(error) => Next::Lost(error.into(), call),
                        Ok(mut response) => match read_head(&mut response, call) {
                            // Most often the first frame came along with the head.
                            AfterHead::FirstFrame(call) => match poll_first_frame(response.body_mut(), cx) {
                                Poll::Ready(frame) => match read_first_frame(frame, call) {
                                    AfterFrame::Deliver(begun) => {
                                        return Poll::Ready(Ok(response.map(|body| begun.before(body))));
                                    }
                                    after => after.next(response),
                                },
                                Poll::Pending => Next::FirstFrame(response, call),
                            },
                            after => after.next(response),
                        },
                    }
                }
                ProgressProjection::FirstFrame { response, call } => {
                    let Poll::Ready(frame) = poll_first_frame(response.body_mut(), cx) else {
                        return call.body.poll_cancelled_in_flight(cx).map(|status| Err(status.into()));
                    };
                    let ProgressOwned::FirstFrame { response, call } = self.as_mut().project_replace(Self::Done) else {
                        continue;
                    };
                    read_first_frame(frame, call).next(*response)
                }
                ProgressProjection::Waiting { outcome } => return outcome.as_mut().poll(cx),
                ProgressProjection::Done => {
                    return Poll::Ready(
                        Err(Status::internal("the call has ended, its future was polled again").into()),
                    );
                }
            };
            let progress = match next {
                Next::Outcome(outcome) => return Poll::Ready(outcome),
                Next::FirstFrame(response, call) => Self::FirstFrame { response: Box::new(response), call },
                Next::Rejected(rejection, call) => {
                    Self::Waiting { outcome: Box::pin(refresh_and_replay(rejection, call)) }
                }
                Next::Lost(error, call) => Self::Waiting { outcome: Box::pin(send_again(error, call)) },
            };
            self.set(progress);
        }
    }
}

/// Reads the head of a response. Always inlined, as what follows: what it says would be moved once more.
#[inline(always)]
fn read_head<T: Transport>(response: &mut Response<BodyOf<T>>, mut call: Box<Call<T>>) -> AfterHead<T> {
    let info = AttemptInfo::take(response.extensions_mut());
    call.attempts = call.attempts.max(info.attempts);
    let mut context = call.context();
    context.behind_proxy |= info.proxy;
    let head = classify::head(response, context);
    tell(&call, info.proxy, response);
    match head {
        Head::Rejected => AfterHead::Rejected(call.is_tracked().then_some(call)),
        // The layer for the proxy's credentials is to see this.
        Head::NotGrpc if !(call.behind_proxy && classify::is_the_proxys(response)) => AfterHead::NotGrpc,
        Head::Streaming if call.is_tracked() && call.role == Role::Server => {
            if call.method.kind.single_response() {
                return AfterHead::FirstFrame(call);
            }
            call.declare_encoding(response.headers());
            AfterHead::Watch(call)
        }
        Head::TrailersOnly | Head::Streaming | Head::NotGrpc => {
            call.accepted();
            AfterHead::Deliver
        }
    }
}

/// Reads the first frame of a response of one message.
#[inline(always)]
fn read_first_frame<T: Transport>(mut first: Option<First>, call: Box<Call<T>>) -> AfterFrame<T> {
    match &mut first {
        // The message that the caller waits for: nothing is left that could lead to another attempt.
        Some(First::Message(_)) => call.accepted(),
        Some(First::Trailers(trailers)) => {
            if classify::trailers_reject(trailers, call.context()) {
                return AfterFrame::Rejected(mem::take(&mut **trailers), call);
            }
            call.accepted();
        }
        Some(First::Error(_)) | None => {}
    }
    AfterFrame::Deliver(Begun::with(first, call.classifier()))
}

/// Tells a layer further out what was done, if there is anything to tell.
#[inline]
fn tell<T: Transport, B>(call: &Call<T>, proxy_said_no: bool, response: &mut Response<B>) {
    if call.attempts > 1 || proxy_said_no {
        AttemptInfo { attempts: call.attempts, proxy: proxy_said_no }.put(response.extensions_mut());
    }
}

// === What waits ===

/// The first attempt of a call that has to wait for something.
async fn log_in_and_send<T: Transport>(
    mut call: Box<Call<T>>,
    mut request: Request<Body>,
    drained: bool,
) -> Outcome<T> {
    if !drained {
        poll_fn(|cx| call.poll_drain(&mut request, cx)).await;
    }
    let attachment = match call.attach() {
        Attach::Now(attachment) => attachment,
        Attach::Wait => credentials(&mut call).await?,
        Attach::Refuse(status) => return Err(status.into()),
    };
    call.carry(attachment);
    send_and_heal(request, call).await
}

/// Waits for credentials.
async fn credentials<T: Transport>(call: &mut Call<T>) -> Result<Attachment, Status> {
    call.waited = true;
    let (authenticator, deadline) = (call.authenticator.clone(), call.times.until_head());
    let has_one_attempt = call.has_one_attempt();
    let attachment = async {
        match has_one_attempt {
            true => authenticator.session().attachment_for_one_attempt(deadline).await,
            false => authenticator.session().attachment(deadline).await,
        }
    };
    call.body.while_idle(attachment).await?.map_err(|error| error.into_status())
}

/// Another attempt, where the server provably processed nothing of the one that was lost (gRPC proposal A6).
async fn send_again<T: Transport>(error: StdError, mut call: Box<Call<T>>) -> Outcome<T> {
    let request = call.repeat_if_unprocessed(error)?;
    send_and_heal(request, call).await
}

async fn send_and_heal<T: Transport>(request: Request<Body>, call: Box<Call<T>>) -> Outcome<T> {
    match send(request, call).await {
        Next::Rejected(rejection, call) => refresh_and_replay(rejection, call).await,
        next => next.into_outcome(),
    }
}

/// Gets other credentials than those that were rejected, and sends the call once more. The second response is final,
/// whatever it is.
async fn refresh_and_replay<T: Transport>(mut rejection: Rejection<BodyOf<T>>, mut call: Box<Call<T>>) -> Outcome<T> {
    if call.is_without_login() {
        return hand_out(rejection.into_response(), &call);
    }
    if let Err(not_replayed) = call.may_replay() {
        return give_up(not_replayed, rejection, &call);
    }
    if let Err(error) = call.check_destination() {
        return Err(rejection.into_status(error).into());
    }
    let token = match other_credentials(&mut call, rejection.rest()).await? {
        AfterRejection::Replay(token) if !call.caller_set(&token.header) => token,
        AfterRejection::Replay(_) | AfterRejection::Stands => return hand_out(rejection.into_response(), &call),
        AfterRejection::Failed(error) => return Err(rejection.into_status(error).into()),
    };
    let request = call.replay_with(token);
    match send(request, call).await {
        Next::Rejected(rejection, call) => give_up(NotReplayed::RejectedAgain, rejection, &call),
        next => next.into_outcome(),
    }
}

/// The server's rejection is the call's outcome, with the reason why nothing was done about it.
fn give_up<T: Transport>(not_replayed: NotReplayed, rejection: Rejection<BodyOf<T>>, call: &Call<T>) -> Outcome<T> {
    call.rejected(not_replayed);
    hand_out(rejection.into_explained(not_replayed.reason()), call)
}

/// A rejection that is handed out after all. Where it is the proxy's, a layer further out has to know.
fn hand_out<T: Transport>(outcome: Result<Response<ResponseBody<BodyOf<T>>>, Status>, call: &Call<T>) -> Outcome<T> {
    let mut response = outcome?;
    tell(call, call.role == Role::Proxy, &mut response);
    Ok(response)
}

/// Waits for other credentials than those of the last attempt, and reads what is left of its response meanwhile.
async fn other_credentials<T: Transport>(
    call: &mut Call<T>,
    mut rest: Rest<'_, BodyOf<T>>,
) -> Result<AfterRejection, Status> {
    tracing::debug!(method = call.path(), anonymous = call.generation == 0, "credentials were rejected");
    let ended = rest.has_ended(&mut Context::from_waker(Waker::noop()));
    call.body.fence(if ended { Detach::End } else { Detach::Reset });
    let (authenticator, generation, deadline) = (call.authenticator.clone(), call.generation, call.times.until_head());
    let path = call.head.path();
    let after = async {
        let mut after = pin!(authenticator.session().refresh_after(generation, path, deadline));
        let after = poll_fn(|cx| {
            rest.has_ended(cx);
            after.as_mut().poll(cx)
        })
        .await;
        rest.read().await;
        after
    };
    call.body.while_idle(after).await
}

/// Sends an attempt, more than once where nobody processed it, and reads what comes back.
async fn send<T: Transport>(request: Request<Body>, mut call: Box<Call<T>>) -> Next<T> {
    let mut response = match response(request, &mut call).await {
        Ok(response) => response,
        Err(error) => return Next::Outcome(Err(error)),
    };
    match read_head(&mut response, call) {
        AfterHead::FirstFrame(mut call) => {
            let frame = poll_fn(|cx| poll_first_frame(response.body_mut(), cx));
            match call.body.while_in_flight(frame).await {
                Ok(frame) => read_first_frame(frame, call).next(response),
                Err(status) => Next::Outcome(Err(status.into())),
            }
        }
        after => after.next(response),
    }
}

/// The head of the response to an attempt.
async fn response<T: Transport>(
    mut request: Request<Body>,
    call: &mut Call<T>,
) -> Result<Response<BodyOf<T>>, StdError> {
    loop {
        // A call whose time is up is not sent, though its login has just succeeded.
        if call.times.until_head().is_some_and(deadline::is_over) {
            return Err(deadline::exceeded().into());
        }
        let ready = poll_fn(|cx| call.transport.poll_ready(cx)).await;
        ready.map_err(|error| in_words_of_grpc(error.into()))?;
        call.prepare(&mut request);
        let sent = call.transport.call(request);
        match call.body.while_in_flight(sent).await? {
            Ok(response) => return Ok(response),
            Err(error) => request = call.repeat_if_unprocessed(error.into())?,
        }
    }
}

impl<T: Transport> fmt::Debug for ResponseFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
