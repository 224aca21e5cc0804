//! What an answer leads to: it is handed out, it is waited for, or the call goes on with other credentials.

use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::Response;
use http_body::{Body as HttpBody, Frame};
use tonic::codegen::StdError;

use super::{
    call::Call,
    classify::{self, Head, Role},
    future::{Answered, Step},
    hops::Hops,
    rejected::Rejected,
    response_body::ResponseBody,
    witness::Witness,
};
use crate::Transport;

/// What follows.
pub(super) enum Next<T: Transport> {
    /// The call has this answer.
    Answer(Answered<T>),
    /// The call goes on.
    Step(Step<T>),
}

pub(super) fn read_head<T: Transport>(
    slot: &mut Option<Box<Call<T>>>,
    mut response: Response<T::ResponseBody>,
    cx: &mut Context<'_>,
) -> Next<T> {
    let Some(call) = slot else {
        return Next::Answer(Ok(response.map(ResponseBody::plain)));
    };
    let hops = Hops::take(response.extensions_mut());
    call.attempts = call.attempts.max(hops.attempts);
    let mut expectation = call.expectation();
    expectation.behind_proxy |= hops.proxy;
    match classify::head(&mut response, expectation) {
        Head::Rejected if call.tracked => rejected(call, Rejected::Head(response)),
        Head::Complete => {
            call.accepted();
            Next::Answer(Ok(answered_for_good(call, response, hops.proxy)))
        }
        Head::Rejected => Next::Answer(Rejected::Head(response).into_answer().map_err(Into::into)),
        // The layer for the proxy's credentials is to see this.
        Head::NotGrpc if call.behind_proxy() && classify::is_the_proxys(response.status()) => {
            Next::Answer(Ok(answered_for_good(call, response, hops.proxy)))
        }
        Head::NotGrpc => Next::Answer(Err(classify::status_of_foreign_answer(&response).into())),
        Head::Open if !call.tracked || call.role == Role::Proxy => {
            call.accepted();
            Next::Answer(Ok(answered_for_good(call, response, hops.proxy)))
        }
        Head::Open if call.method.kind.single_response() && !call.spliced => {
            // Most often it came along with the head.
            match poll_meaningful_frame(response.body_mut(), cx) {
                Poll::Ready(frame) => read_first_frame(slot, response, frame),
                Poll::Pending => Next::Step(Step::FirstFrame { response: Some(Box::new(response)) }),
            }
        }
        Head::Open => {
            mark_hops(call, &mut response, hops.proxy);
            call.declare_encoding(response.headers());
            Next::Answer(Ok(match slot.take() {
                Some(call) => ResponseBody::watching(response, call),
                None => response.map(ResponseBody::plain),
            }))
        }
    }
}

/// The first frame of an answer of one message. Always inlined: a frame is large, and would be moved once more.
#[inline(always)]
pub(super) fn read_first_frame<T: Transport>(
    slot: &mut Option<Box<Call<T>>>,
    response: Response<T::ResponseBody>,
    frame: Option<Result<Frame<Bytes>, StdError>>,
) -> Next<T> {
    match frame {
        Some(Ok(frame)) => match frame.into_data() {
            Ok(message) => read_message(slot, response, message),
            Err(frame) => read_end(slot, response, Some(Ok(frame))),
        },
        frame => read_end(slot, response, frame),
    }
}

/// The message that the caller waits for: nothing is left that could lead to another attempt.
fn read_message<T: Transport>(
    slot: &mut Option<Box<Call<T>>>,
    mut response: Response<T::ResponseBody>,
    message: Bytes,
) -> Next<T> {
    let Some(call) = slot.take() else {
        return Next::Answer(Ok(response.map(|body| ResponseBody::plain(body).preceded_by_message(message))));
    };
    call.accepted();
    mark_hops(&call, &mut response, false);
    Next::Answer(
        Ok(response.map(|body| ResponseBody::answered(body, Witness::from(call)).preceded_by_message(message))),
    )
}

/// An end without a message: trailers, which may be a late rejection, an error, or nothing.
fn read_end<T: Transport>(
    slot: &mut Option<Box<Call<T>>>,
    mut response: Response<T::ResponseBody>,
    mut frame: Option<Result<Frame<Bytes>, StdError>>,
) -> Next<T> {
    let Some(call) = slot.take() else {
        return Next::Answer(Ok(response.map(|body| ResponseBody::plain(body).preceded_by(frame))));
    };
    if let Some(Ok(trailers)) = &mut frame
        && let Some(trailers) = trailers.trailers_mut()
        && classify::trailers_reject(trailers, call.expectation())
    {
        let trailers = mem::take(trailers);
        return rejected(slot.insert(call), Rejected::Late { response, trailers });
    }
    if let Some(Ok(_)) = frame {
        call.accepted();
    }
    mark_hops(&call, &mut response, false);
    Next::Answer(Ok(response.map(|body| ResponseBody::answered(body, Witness::from(call)).preceded_by(frame))))
}

/// The credentials of a call were rejected: gets others, unless the call cannot be sent again.
fn rejected<T: Transport>(call: &mut Call<T>, answer: Rejected<T>) -> Next<T> {
    if call.replayed {
        call.rejected_again();
    } else if !call.may_replay() {
        tracing::debug!(method = call.path(), "credentials were rejected; the call cannot be sent again");
        call.authenticator.session().mark_rejected(call.generation, Some(call.path()));
    } else if let Err(error) = call.check_destination() {
        return Next::Answer(Err(answer.into_status(error).into()));
    } else {
        return Next::Step(refresh(call, answer));
    }
    Next::Answer(match answer.into_answer() {
        Ok(mut response) => {
            mark_hops(call, &mut response, call.role == Role::Proxy);
            Ok(response)
        }
        Err(status) => Err(status.into()),
    })
}

pub(super) fn refresh<T: Transport>(call: &Call<T>, rejected: Rejected<T>) -> Step<T> {
    tracing::debug!(method = call.path(), bare = call.generation == 0, "credentials were rejected");
    call.kept.fence();
    let (authenticator, generation, deadline) = (call.authenticator.clone(), call.generation, call.deadline);
    let uri = call.uri().clone();
    let after = async move { authenticator.session().refresh_after(generation, uri.path(), deadline).await };
    Step::Refreshing { after: Box::pin(after), rejected: Some(Box::new(rejected)) }
}

fn answered_for_good<T: Transport>(
    call: &Call<T>,
    mut response: Response<T::ResponseBody>,
    proxy_said_no: bool,
) -> Response<ResponseBody<T>> {
    mark_hops(call, &mut response, proxy_said_no);
    response.map(ResponseBody::plain)
}

/// Tells a layer further out what was done, if there is anything to tell.
fn mark_hops<T: Transport, B>(call: &Call<T>, response: &mut Response<B>, proxy_said_no: bool) {
    if call.attempts > 1 || proxy_said_no {
        Hops { attempts: call.attempts, proxy: proxy_said_no }.put(response.extensions_mut());
    }
}

/// The first frame of a body, if there is one, that says something. Empty DATA frames say nothing, and some proxies
/// send them.
pub(super) fn poll_meaningful_frame<B>(
    body: &mut B,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, StdError>>>
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
