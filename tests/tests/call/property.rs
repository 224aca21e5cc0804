//! Any stream of requests, rejected at any point: the attempt that counts has each message once and in order, and the
//! caller each answer once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use auth_runtime::{AuthError, AuthLayer, Authenticator, Credentials, Flow, FlowContext, limits::Limits};
use futures_util::{Stream, StreamExt as _, future::Either, stream};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use proptest::{prelude::*, test_runner::FileFailurePersistence};
use prost::Message as _;
use tests::{
    call::{Calls, Kind, Outcome},
    calls::{
        Message,
        calls_client::{AuthenticatedCallsClient, CallsClient},
    },
    message::{Deframer, frame},
    mock_body::{MockBody, MockBodyHandle},
    property::{run, turns},
    transport::{self, LocalTransport},
};
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, body::Body};
use tower::Layer as _;

/// The bound of the method `SmallBound`.
const SMALL_BOUND: usize = 1024;

/// tonic puts messages that are ready at the same time into one frame until it has this many bytes.
const TONICS_FRAME: usize = 32 * 1024;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Client {
    Authenticated,
    /// The client's client streaming method that holds little.
    SmallBound,
    /// tonic's own client over the layer.
    Layer,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Start {
    Token,
    Anonymous,
    LoginFirst,
}

/// A message of the caller's, so many bytes large, after so many polls that bring nothing.
#[derive(Debug, Clone)]
struct Upload {
    bytes: usize,
    pending: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Verdict {
    Accepted,
    TrailersOnly,
    Http401,
    /// Trailers behind headers, and behind an empty DATA frame.
    Late {
        empty_frame: bool,
    },
    AfterMessage,
}

/// What the server does with one attempt.
#[derive(Debug, Clone)]
struct Plan {
    verdict: Verdict,
    /// Its verdict falls when it has so many messages, or all.
    after: Option<usize>,
    /// Whether the request is read on then, as a connection does that sends what it gets.
    reads_on: bool,
    /// Whether what is not read on is kept, or else dropped.
    keeps: bool,
    /// Whether the headers come before the verdict.
    headers_first: bool,
    pending: usize,
    answers: usize,
    cut: bool,
}

#[derive(Debug, Clone)]
struct Case {
    client: Client,
    kind: Kind,
    start: Start,
    uploads: Vec<Upload>,
    /// Whether the messages come from another task, or are made by the poll that takes them.
    fed: bool,
    login_pending: usize,
    plans: [Plan; 2],
}

/// What a server has of one attempt.
#[derive(Debug, Clone, Default)]
struct Received {
    token: Option<String>,
    previous_attempts: Option<String>,
    messages: Vec<Message>,
    bytes: usize,
    ended: Option<Result<(), Code>>,
    /// Frames behind the end.
    behind: usize,
}

fn upload(number: usize, bytes: usize) -> Message {
    Message { number: number as u64, payload: vec![number as u8; bytes], ..Message::default() }
}

fn answer(number: usize) -> Message {
    Message { number: 100 + number as u64, text: "an answer".to_owned(), ..Message::default() }
}

/// Reads a request's body as a connection would, on a task of its own.
async fn read(mut body: Body, plan: Plan, received: watch::Sender<Received>) {
    let mut deframer = Deframer::default();
    loop {
        let enough = plan.after.is_some_and(|after| received.borrow().messages.len() >= after);
        if enough && !plan.reads_on {
            // Held open without being polled, or dropped.
            return if plan.keeps {
                std::future::pending().await
            };
        }
        turns(plan.pending).await;
        match body.frame().await {
            Some(Ok(frame)) => {
                let data = frame.into_data().expect("a request has no trailers");
                deframer.push(&data);
                let messages = std::iter::from_fn(|| deframer.next_message());
                let messages: Vec<_> = messages.map(|message| Message::decode(message.bytes).unwrap()).collect();
                received.send_modify(|received| {
                    received.bytes += data.len();
                    received.messages.extend(messages);
                });
            }
            end => {
                let end = end.transpose().map(|_| ()).map_err(|status| status.code());
                received.send_modify(|received| received.ended = Some(end));
                break;
            }
        }
    }
    for _ in 0..3 {
        turns(1).await;
        if let Some(Ok(_)) = body.frame().await {
            received.send_modify(|received| received.behind += 1);
        }
    }
}

fn send_answer(body: &MockBodyHandle, number: usize, plan: &Plan) {
    let frame = frame(&answer(number));
    for _ in 0..plan.pending {
        body.pending();
    }
    if plan.cut {
        body.data(frame.slice(..7)).pending().data(frame.slice(7..));
    } else {
        body.data(frame);
    }
}

/// What stands in the body of the answer.
fn send_verdict(body: &MockBodyHandle, plan: &Plan) {
    match plan.verdict {
        Verdict::Accepted => {
            (0..plan.answers).for_each(|number| send_answer(body, number, plan));
            body.status(Code::Ok);
        }
        Verdict::AfterMessage => {
            send_answer(body, 0, plan);
            body.status(Code::Unauthenticated);
        }
        Verdict::Late { empty_frame } => {
            if empty_frame {
                body.data("");
            }
            body.status(Code::Unauthenticated);
        }
        Verdict::TrailersOnly | Verdict::Http401 => {}
    }
    body.end();
}

async fn serve(request: Request<Body>, plan: Plan, received: watch::Sender<Received>) -> Response<MockBody> {
    let (head, body) = request.into_parts();
    let header = |key| head.headers.get(key).map(|value| value.to_str().unwrap().to_owned());
    received.send_modify(|received| {
        received.token = header("authorization");
        received.previous_attempts = header("grpc-previous-rpc-attempts");
    });
    let mut progress = received.subscribe();
    tokio::spawn(read(body, plan.clone(), received));
    let due = {
        let after = plan.after;
        async move {
            let due =
                |received: &Received| received.ended.is_some() || after.is_some_and(|k| received.messages.len() >= k);
            // The reader may be gone, with all that was due.
            let _ = progress.wait_for(due).await;
        }
    };
    match plan.verdict {
        Verdict::TrailersOnly => {
            due.await;
            transport::rejected()
        }
        Verdict::Http401 => {
            due.await;
            Response::builder().status(401).header("content-type", "text/html").body(MockBody::empty()).unwrap()
        }
        _ => {
            let (mock, handle) = MockBody::open();
            if plan.headers_first {
                tokio::spawn(async move {
                    due.await;
                    send_verdict(&handle, &plan);
                });
            } else {
                due.await;
                send_verdict(&handle, &plan);
            }
            transport::response(mock)
        }
    }
}

/// A login that takes its time.
struct SlowLogin {
    pending: usize,
    logins: Arc<AtomicUsize>,
}

impl Flow for SlowLogin {
    async fn refresh_credentials(
        &self,
        _context: &FlowContext,
        _previous: Option<&Credentials>,
    ) -> Result<Credentials, AuthError> {
        let number = self.logins.fetch_add(1, Ordering::SeqCst);
        turns(self.pending).await;
        Ok(Credentials::new(format!("token-{number}")))
    }
}

/// All that a case came to.
struct Observed {
    outcome: Outcome,
    attempts: Vec<Received>,
    logins: usize,
}

fn messages(case: &Case) -> impl Stream<Item = Message> + Send + use<> {
    let uploads = case.uploads.clone().into_iter().enumerate();
    if case.fed {
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            for (number, Upload { bytes, pending }) in uploads {
                turns(pending).await;
                if sender.send(upload(number, bytes)).await.is_err() {
                    break;
                }
            }
        });
        return Either::Left(ReceiverStream::new(receiver));
    }
    Either::Right(stream::iter(uploads).then(|(number, Upload { bytes, pending })| async move {
        turns(pending).await;
        upload(number, bytes)
    }))
}

async fn call(client: &impl Calls, case: &Case) -> Outcome {
    let single = || tonic::Request::new(upload(0, case.uploads[0].bytes));
    let many = || tonic::Request::new(messages(case).boxed());
    match case.kind {
        Kind::Unary => Outcome::of_message(client.unary(single()).await),
        Kind::ServerStreaming => Outcome::of_stream(client.server_streaming(single()).await).await,
        Kind::ClientStreaming => Outcome::of_message(client.client_streaming(many()).await),
        Kind::BidiStreaming => Outcome::of_stream(client.bidi_streaming(many()).await).await,
    }
}

async fn observe(case: &Case) -> Observed {
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let server = LocalTransport::new({
        let (attempts, plans) = (attempts.clone(), case.plans.clone());
        move |request| {
            let received = watch::Sender::<Received>::default();
            let mut attempts = attempts.lock().unwrap();
            attempts.push(received.clone());
            let plan = plans.get(attempts.len() - 1).expect("a call is sent twice at most").clone();
            serve(request, plan, received)
        }
    });
    let logins = Arc::<AtomicUsize>::default();
    let login = SlowLogin { pending: case.login_pending, logins: logins.clone() };
    let builder = Authenticator::builder("http://localhost:1").flow(login).login_first(case.start == Start::LoginFirst);
    let builder = if case.start == Start::Token { builder.credentials(Credentials::new("old")) } else { builder };
    let authenticator = builder.build().unwrap();
    let client = AuthenticatedCallsClient::new(authenticator.over(server.clone()));
    let outcome = match case.client {
        Client::Authenticated => call(&client, case).await,
        Client::SmallBound => Outcome::of_message(client.small_bound(messages(case)).await),
        Client::Layer => call(&CallsClient::new(AuthLayer::new(authenticator.clone()).layer(server)), case).await,
    };
    // Whoever reads on has read to the end when it has, and a refresh in the background is over.
    let attempts: Vec<_> = attempts.lock().unwrap().clone();
    for (attempt, plan) in attempts.iter().zip(&case.plans) {
        if plan.reads_on || plan.after.is_none() {
            attempt.subscribe().wait_for(|received| received.ended.is_some()).await.unwrap();
        }
    }
    turns(case.login_pending + 20).await;
    let attempts = attempts.iter().map(|attempt| attempt.borrow().clone()).collect();
    Observed { outcome, attempts, logins: logins.load(Ordering::SeqCst) }
}

impl Case {
    fn bound(&self) -> usize {
        if self.client == Client::SmallBound { SMALL_BOUND } else { Limits::new().replay_buffer_bytes() }
    }

    fn single_request(&self) -> bool {
        matches!(self.kind, Kind::Unary | Kind::ServerStreaming)
    }

    /// A stream that is not known to be whole asks first whether the server wants credentials: it might not be sent again.
    fn start(&self, first: &Received) -> Start {
        match self.start {
            Start::Anonymous if !self.single_request() && first.token.is_some() => Start::LoginFirst,
            start => start,
        }
    }

    /// Whether a call of which the first attempt has had so much is to be sent again. `None` where both are right.
    fn replays(&self, first: &Received) -> Option<bool> {
        match self.plans[0].verdict {
            Verdict::Accepted | Verdict::AfterMessage => Some(false),
            _ if self.single_request() || first.bytes <= self.bound() => Some(true),
            _ if self.client != Client::Layer && self.start(first) != Start::LoginFirst => Some(false),
            // What was taken in advance, to look for the end or for a cancellation, is held whatever its size.
            _ => {
                let largest = self.uploads.iter().map(|upload| upload.bytes).max().unwrap_or(0);
                (first.bytes > self.bound() + 2 * (largest + TONICS_FRAME)).then_some(false)
            }
        }
    }
}

fn check(case: &Case, observed: &Observed) {
    let Observed { outcome, attempts, logins } = observed;
    let sent: Vec<_> = case.uploads.iter().enumerate().map(|(number, each)| upload(number, each.bytes)).collect();
    let replayed = attempts.len() == 2;
    let start = case.start(&attempts[0]);
    if let Some(replays) = case.replays(&attempts[0]) {
        assert_eq!(replayed, replays, "the call was sent {} times: {:?}", attempts.len(), outcome.status);
    }
    for (received, plan) in attempts.iter().zip(&case.plans) {
        assert!(sent.starts_with(&received.messages), "no message is lost, doubled or out of order");
        assert_eq!(received.behind, 0, "a body goes on behind its end");
        let whole = received.messages.len() == sent.len();
        match received.ended {
            // Of an attempt that the server has rejected and ended, the rest is not sent.
            Some(Ok(())) => assert!(
                whole || (replayed && plan.verdict != Verdict::Accepted),
                "a request that ends has all its messages"
            ),
            Some(Err(code)) => assert_eq!(code, Code::Cancelled, "an attempt that is given up is reset"),
            None => assert!(!plan.reads_on, "who reads on comes to the end"),
        }
    }
    let counts = attempts.last().unwrap();
    let plan = &case.plans[attempts.len() - 1];
    assert!(!matches!(counts.ended, Some(Err(_))), "the attempt that counts was disturbed");
    if plan.reads_on {
        assert_eq!(counts.messages.len(), sent.len(), "the attempt that counts has all messages");
    }

    let streamed = Kind::WITH_STREAMED_ANSWER.contains(&case.kind);
    let (code, answers) = match plan.verdict {
        Verdict::Accepted => (Code::Ok, plan.answers),
        Verdict::AfterMessage if streamed => (Code::Unauthenticated, 1),
        _ => (Code::Unauthenticated, 0),
    };
    assert_eq!(outcome.code(), code, "{:?}", outcome.status);
    assert_eq!(outcome.messages, (0..answers).map(answer).collect::<Vec<_>>(), "each answer comes once");

    let rejected_for_good = replayed && plan.verdict == Verdict::AfterMessage;
    let rejections = usize::from(case.plans[0].verdict != Verdict::Accepted) + usize::from(rejected_for_good);
    assert_eq!(*logins, usize::from(start == Start::LoginFirst) + rejections, "logins");
    let tokens: Vec<_> = attempts.iter().map(|attempt| attempt.token.as_deref()).collect();
    let expected = match start {
        Start::Token => [Some("Bearer old"), Some("Bearer token-0")],
        Start::Anonymous => [None, Some("Bearer token-0")],
        Start::LoginFirst => [Some("Bearer token-0"), Some("Bearer token-1")],
    };
    assert_eq!(tokens, expected[..attempts.len()]);
    let previous: Vec<_> = attempts.iter().map(|attempt| attempt.previous_attempts.as_deref()).collect();
    assert_eq!(previous, [None, Some("1")][..attempts.len()]);
}

fn client() -> impl Strategy<Value = (Client, Kind)> {
    prop_oneof![
        4 => proptest::sample::select(&Kind::ALL[..]).prop_map(|kind| (Client::Authenticated, kind)),
        2 => Just((Client::SmallBound, Kind::ClientStreaming)),
        4 => proptest::sample::select(&Kind::ALL[..]).prop_map(|kind| (Client::Layer, kind)),
    ]
}

/// From nothing to more than what is held.
fn uploads(bound: usize) -> impl Strategy<Value = Vec<Upload>> {
    let bytes = prop_oneof![
        2 => Just(0),
        6 => 1..40_usize,
        3 => bound / 8..bound / 2,
        1 => bound..bound + bound / 4,
    ];
    let pending = prop_oneof![3 => Just(0), 2 => 1..6_usize];
    proptest::collection::vec((bytes, pending).prop_map(|(bytes, pending)| Upload { bytes, pending }), 0..9)
}

fn plan(verdict: impl Strategy<Value = Verdict>, kind: Kind) -> impl Strategy<Value = Plan> {
    let after = prop_oneof![2 => Just(Some(0)), 4 => (1..6_usize).prop_map(Some), 2 => Just(None)];
    let pending = prop_oneof![3 => Just(0), 1 => 1..4_usize];
    (verdict, after, any::<(bool, bool, bool, bool)>(), pending, 0..4_usize).prop_map(
        move |(verdict, after, (reads_on, keeps, headers_first, cut), pending, answers)| {
            let reads_on = reads_on || verdict == Verdict::Accepted;
            let answers = if Kind::WITH_STREAMED_ANSWER.contains(&kind) { answers } else { 1 };
            Plan { verdict, after, reads_on, keeps, headers_first, pending, answers, cut }
        },
    )
}

fn verdict(accepted: u32, rejected: u32) -> impl Strategy<Value = Verdict> {
    prop_oneof![
        accepted => Just(Verdict::Accepted),
        rejected => Just(Verdict::TrailersOnly),
        1 => Just(Verdict::Http401),
        rejected => any::<bool>().prop_map(|empty_frame| Verdict::Late { empty_frame }),
        1 => Just(Verdict::AfterMessage),
    ]
}

fn start() -> impl Strategy<Value = Start> {
    prop_oneof![4 => Just(Start::Token), 2 => Just(Start::Anonymous), 1 => Just(Start::LoginFirst)]
}

fn case() -> impl Strategy<Value = Case> {
    client().prop_flat_map(|(client, kind)| {
        let bound = if client == Client::SmallBound { SMALL_BOUND } else { Limits::new().replay_buffer_bytes() };
        let plans = (plan(verdict(1, 4), kind), plan(verdict(8, 1), kind));
        (start(), uploads(bound), any::<bool>(), 0..12_usize, plans).prop_map(
            move |(start, mut uploads, fed, login_pending, plans)| {
                if matches!(kind, Kind::Unary | Kind::ServerStreaming) {
                    uploads.resize(1, Upload { bytes: 0, pending: 0 });
                }
                Case { client, kind, start, uploads, fed, login_pending, plans: plans.into() }
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        // Says how to run a case that failed once more.
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_is_sent_and_whenever_it_is_rejected_each_message_arrives_once_on_the_attempt_that_counts(case in case()) {
        check(&case, &run(observe(&case)));
    }
}
