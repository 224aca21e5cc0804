//! One call of any kind through the generated client, with a look at each message.

use std::time::Duration;

use fastrand::Rng;
use futures_util::stream;
use tests::{
    call::Kind,
    calls::{Message, calls_client::AuthenticatedCallsClient},
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status, Streaming, metadata::MetadataMap, transport::Channel};

use super::{
    guard::INCARNATION,
    ledger::{CALL, CallId},
    messages::{Arrivals, LONGEST, message},
    service::SUM,
};

/// Long enough for most outages, so that calls with a deadline wait them out.
const DEADLINE: Duration = Duration::from_secs(10);

/// What a call is to be like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    /// How many messages there are in each direction that is streamed.
    length: u64,
    /// Whether a bidirectional call sends its next message when the last one has been answered.
    in_step: bool,
    pub(crate) deadline: Option<Duration>,
    /// The caller drops the call after this time.
    pub(crate) abandoned_after: Option<Duration>,
}

impl Plan {
    pub(crate) fn random(random: &mut Rng) -> Self {
        Self {
            kind: Kind::ALL[random.usize(..Kind::ALL.len())],
            length: random.u64(0..=LONGEST),
            in_step: random.bool(),
            deadline: (random.u8(..4) == 0).then_some(DEADLINE),
            abandoned_after: (random.u8(..50) == 0).then(|| Duration::from_micros(random.u64(..20_000))),
        }
    }

    /// For a call that has all the time that it needs.
    pub(crate) fn patient(kind: Kind, deadline: Duration) -> Self {
        Self { kind, length: LONGEST, in_step: false, deadline: Some(deadline), abandoned_after: None }
    }
}

/// Why a call did not go as planned.
#[derive(Debug)]
pub(crate) enum Failure {
    Status(Status),
    /// A message is missing, or is not the right one.
    Violation(String),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

/// Makes the call and reads its answer. `answered_by` hears which server answers, as soon as it does.
pub(crate) async fn exchange(
    client: &AuthenticatedCallsClient<Channel>,
    call: CallId,
    plan: Plan,
    answered_by: impl Fn(u64),
) -> Result<(), Failure> {
    let hear = |metadata: &MetadataMap| {
        if let Some(incarnation) = metadata.get(INCARNATION).and_then(|value| value.to_str().ok()?.parse().ok()) {
            answered_by(incarnation);
        }
    };
    match plan.kind {
        Kind::Unary => {
            let answer = client.unary(request(call, plan, message(call, 0))).await?;
            hear(answer.metadata());
            only(answer.get_ref(), message(call, SUM + 1))
        }
        Kind::ServerStreaming => {
            let answer = client.server_streaming(request(call, plan, message(call, plan.length))).await?;
            hear(answer.metadata());
            read(answer.into_inner(), Arrivals::of(call), plan.length + 1, Following::Nothing).await
        }
        Kind::ClientStreaming => {
            let messages = stream::iter((0..plan.length).map(move |number| message(call, number)));
            let answer = client.client_streaming(request(call, plan, messages)).await?;
            hear(answer.metadata());
            only(answer.get_ref(), message(call, SUM + plan.length))
        }
        Kind::BidiStreaming if plan.in_step => {
            let (send, messages) = mpsc::channel(1);
            let mut following = Following::InStep { send: Some(send), call, length: plan.length };
            following.send(0).await;
            let answer = client.bidi_streaming(request(call, plan, ReceiverStream::new(messages))).await?;
            hear(answer.metadata());
            read(answer.into_inner(), Arrivals::of(call), plan.length, following).await
        }
        Kind::BidiStreaming => {
            let messages = stream::iter((0..plan.length).map(move |number| message(call, number)));
            let answer = client.bidi_streaming(request(call, plan, messages)).await?;
            hear(answer.metadata());
            read(answer.into_inner(), Arrivals::of(call), plan.length, Following::Nothing).await
        }
    }
}

fn request<T>(call: CallId, plan: Plan, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(CALL, call.to_string().parse().unwrap());
    if let Some(deadline) = plan.deadline {
        request.set_timeout(deadline);
    }
    request
}

fn only(arrived: &Message, expected: Message) -> Result<(), Failure> {
    match *arrived == expected {
        true => Ok(()),
        false => Err(Failure::Violation(format!(
            "call {}: answer {} was expected, and {} of call {} arrived",
            expected.text, expected.number, arrived.number, arrived.text
        ))),
    }
}

/// What is sent behind each message that arrives.
enum Following {
    Nothing,
    /// The next message of the request, until there are so many.
    InStep {
        send: Option<mpsc::Sender<Message>>,
        call: CallId,
        length: u64,
    },
}

impl Following {
    async fn send(&mut self, number: u64) {
        let Self::InStep { send, call, length } = self else { return };
        match send {
            // The call may have ended meanwhile, which its answer says.
            Some(send) if number < *length => drop(send.send(message(*call, number)).await),
            _ => *send = None,
        }
    }
}

/// Reads messages to their end.
async fn read(
    mut messages: Streaming<Message>,
    mut arrivals: Arrivals,
    expected: u64,
    mut following: Following,
) -> Result<(), Failure> {
    while let Some(message) = messages.message().await? {
        arrivals.next(&message).map_err(Failure::Violation)?;
        following.send(arrivals.count()).await;
    }
    match arrivals.count() {
        count if count == expected => Ok(()),
        count => Err(Failure::Violation(format!("{arrivals}: {count} messages arrived instead of {expected}"))),
    }
}
