//! Which calls are made, how large, how many at once.

use std::{
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use tokio::task::JoinSet;
use tonic::{Request, metadata::MetadataValue};

use crate::{calls::Calls, load::Payload};

/// How many messages a long stream has.
pub const LONG_STREAM: u64 = 10_000;

/// One batch of calls.
#[derive(Debug, Clone)]
pub struct Work {
    /// Which RPC.
    pub kind: Kind,
    /// Bytes of each message.
    pub bytes: usize,
    /// Messages of a stream.
    pub messages: u64,
    /// How many callers call at once, each on a task of its own.
    pub callers: usize,
    /// Whether calls carry what real ones often do, and which differs with each: a deadline and a trace.
    pub traced: bool,
}

/// Which side streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One message each way.
    Unary,
    /// One request, many responses.
    ServerStreaming,
    /// Many requests, one response.
    ClientStreaming,
    /// Many messages each way.
    BidiStreaming,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Unary, Self::ServerStreaming, Self::ClientStreaming, Self::BidiStreaming];

    /// For tables and command lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::ServerStreaming => "server-streaming",
            Self::ClientStreaming => "client-streaming",
            Self::BidiStreaming => "bidi-streaming",
        }
    }
}

impl Work {
    /// One caller, and streams of one message.
    pub fn new(kind: Kind, bytes: usize) -> Self {
        Self { kind, bytes, messages: 1, callers: 1, traced: false }
    }

    fn payload(&self) -> Payload {
        Payload { data: vec![b'x'; self.bytes].into(), count: self.messages }
    }
}

/// A client of any variant, ready to work.
pub trait Worker {
    /// Makes so many calls, shared among the callers.
    fn run<'a>(&'a self, work: &'a Work, calls: usize) -> Pin<Box<dyn Future<Output = ()> + 'a>>;
}

impl<C: Calls> Worker for C {
    fn run<'a>(&'a self, work: &'a Work, calls: usize) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
        Box::pin(async move {
            let (payload, messages, kind) = (work.payload(), work.messages, work.kind);
            if work.traced {
                return call_traced(self, work, &payload, calls).await;
            }
            if work.callers == 1 {
                return call_repeatedly(self.clone(), kind, payload, messages, calls).await;
            }
            let mut callers = JoinSet::new();
            for _ in 0..work.callers {
                let calls = calls.div_ceil(work.callers);
                callers.spawn(call_repeatedly(self.clone(), kind, payload.clone(), messages, calls));
            }
            callers.join_all().await;
        })
    }
}

async fn call_repeatedly<C: Calls>(mut client: C, kind: Kind, payload: Payload, messages: u64, calls: usize) {
    for _ in 0..calls {
        call(&mut client, kind, &payload, messages).await;
    }
}

async fn call_traced<C: Calls>(client: &C, work: &Work, payload: &Payload, calls: usize) {
    let mut callers = JoinSet::new();
    for _ in 0..work.callers {
        let (mut client, payload, calls) = (client.clone(), payload.clone(), calls.div_ceil(work.callers));
        callers.spawn(async move {
            for _ in 0..calls {
                client.echo(traced(payload.clone())).await.unwrap();
            }
        });
    }
    callers.join_all().await;
}

/// A request with a deadline and a trace of its own.
fn traced(payload: Payload) -> Request<Payload> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut request = Request::new(payload);
    request.set_timeout(Duration::from_micros(60_000_000 - number % 1_000_000));
    let trace = format!("00-{number:032x}-{number:016x}-01");
    request.metadata_mut().insert("traceparent", MetadataValue::try_from(trace).unwrap());
    request
}

/// Makes one call, and reads it to its end.
pub async fn call<C: Calls>(client: &mut C, kind: Kind, payload: &Payload, messages: u64) {
    match kind {
        Kind::Unary => {
            client.echo(payload.clone()).await.unwrap();
        }
        Kind::ServerStreaming => {
            let mut answers = client.download(payload.clone()).await.unwrap().into_inner();
            while answers.message().await.unwrap().is_some() {}
        }
        Kind::ClientStreaming => {
            client.upload(repeated(payload, messages)).await.unwrap();
        }
        Kind::BidiStreaming => {
            let mut answers = client.exchange(repeated(payload, messages)).await.unwrap().into_inner();
            while answers.message().await.unwrap().is_some() {}
        }
    }
}

fn repeated(payload: &Payload, messages: u64) -> impl futures_util::Stream<Item = Payload> + Send + 'static {
    stream::repeat(payload.clone()).take(usize::try_from(messages).unwrap())
}
