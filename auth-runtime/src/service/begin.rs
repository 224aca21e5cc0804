//! What comes before the first attempt: the message is taken out of the request, and credentials are found.

use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Request;
use tonic::{GrpcMethod, body::Body};

use super::{call::Call, future::Step, kept::Kept, method::RpcKind};
use crate::{AuthError, Transport, session::Attachment};

/// How a call gets its credentials.
enum Attach {
    /// They are there.
    Now(Attachment),
    /// They have to be waited for.
    Wait(Pin<Box<dyn Future<Output = Result<Attachment, AuthError>> + Send>>),
    /// They must not be sent.
    Refuse(AuthError),
}

/// Goes as far as it can without waiting, which for most calls is until the request is sent. What has to be waited for
/// leaves the request parked.
#[inline]
pub(super) fn start<T: Transport>(call: &mut Call<T>, mut request: Request<Body>, cx: &mut Context<'_>) -> Step<T> {
    let waiting = if poll_drain(call, &mut request, cx).is_pending() {
        Step::Draining
    } else {
        match attach(call) {
            Attach::Now(attachment) => {
                call.attachment = attachment;
                match call.transport.poll_ready(cx) {
                    Poll::Ready(Ok(())) => return Step::Sending { response: call.send(request) },
                    Poll::Ready(Err(error)) => return Step::failed(error),
                    Poll::Pending => Step::Readying,
                }
            }
            Attach::Wait(attachment) => {
                call.waited = true;
                Step::Attaching { attachment }
            }
            Attach::Refuse(error) => return Step::failed(error.into_status()),
        }
    };
    call.parked = Some(Box::new(request));
    waiting
}

/// Takes the request's message out of its body, before anything else can happen to it.
fn poll_drain<T: Transport>(call: &mut Call<T>, request: &mut Request<Body>, cx: &mut Context<'_>) -> Poll<()> {
    if !call.tracked || !call.method.replay {
        return Poll::Ready(());
    }
    let kind = call.method.kind;
    let bound = call.method.replay_buffer_bytes.unwrap_or_else(|| call.authenticator.limits().replay_bound);
    let (kept, first) = if kind.single_request() {
        ready!(Kept::poll_drain(request.body_mut(), cx))
    } else {
        let fused = request.extensions().get::<GrpcMethod<'static>>().is_some();
        // Of a stream nothing is taken in advance that may not be held.
        let enough = if kind == RpcKind::Unknown { usize::MAX } else { bound };
        Kept::probe(mem::take(request.body_mut()), bound, enough, fused, cx)
    };
    if matches!(kept, Kept::Nothing) {
        // The body yields an error: the caller gets that, and credentials have nothing to do with it.
        call.tracked = false;
    }
    call.kept = kept;
    *request.body_mut() = first;
    Poll::Ready(())
}

fn attach<T: Transport>(call: &mut Call<T>) -> Attach {
    if !call.tracked {
        if call.handed_in
            && let Err(error) = call.check_destination()
        {
            return Attach::Refuse(error);
        }
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
            let (authenticator, deadline) = (call.authenticator.clone(), call.deadline);
            Attach::Wait(Box::pin(async move { authenticator.session().attachment(deadline).await }))
        }
    }
}

/// The caller's own header wins, also where its key was learnt from the server only now.
pub(super) fn own<T: Transport>(call: &mut Call<T>, attachment: Attachment) -> Attachment {
    match attachment {
        Attachment::Credentials(issued) if call.caller_set(&issued.header) => {
            call.tracked = false;
            Attachment::Bare
        }
        attachment => attachment,
    }
}
