//! What an answer leads to: it is handed out, it is waited for, or the call goes on with other credentials.

use std::{
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
};
use crate::{Authenticator, Transport, session::AfterRejection};

/// What follows.
pub(super) enum Next<T: Transport> {
    /// The call has this answer.
    Answer(Answered<T>),
    /// The call goes on.
    Step(Step<T>),
}

pub(super) fn read_head<T: Transport>(
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
        Head::Complete => Next::Answer(Ok(answered_for_good(&answered, response, hops.proxy))),
        Head::Rejected => Next::Answer(Rejected::Head(response).into_answer().map_err(Into::into)),
        // The layer for the proxy's credentials is to see this.
        Head::NotGrpc if answered.behind_proxy() && classify::is_the_proxys(response.status()) => {
            Next::Answer(Ok(answered_for_good(&answered, response, hops.proxy)))
        }
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

pub(super) fn read_first_frame<T: Transport>(
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
    Next::Answer(Ok(response.map(|body| body.preceded_by(frame).witnessed(answered))))
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
    Next::Answer(match answer.into_answer() {
        Ok(mut response) => {
            mark_hops(&call, &mut response, call.role == Role::Proxy);
            Ok(response)
        }
        Err(status) => Err(status.into()),
    })
}

pub(super) fn refresh<T: Transport>(call: &Call<T>, rejected: Rejected<T>) -> Step<T> {
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

/// The first frame of a body, if there is one.
pub(super) type FirstFrame = Option<Result<Frame<Bytes>, StdError>>;

/// The first frame that says something. Empty DATA frames say nothing, and some proxies send them.
pub(super) fn poll_first_frame<B>(body: &mut B, cx: &mut Context<'_>) -> Poll<FirstFrame>
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
