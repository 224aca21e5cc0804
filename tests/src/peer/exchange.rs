//! One request in the hands of a script.

use std::{future::poll_fn, sync::Arc};

use bytes::Bytes;
use h2::{RecvStream, SendStream, server::SendResponse};
use http::HeaderMap;
use tokio::sync::mpsc;

use super::{Answer, Ending, RequestRecord, answer::Step};

/// What a script may do to its connection.
#[derive(Debug)]
pub(super) enum ConnectionCommand {
    OpenWindows(u32),
    GoAway,
    Abort(h2::Reason),
    Close,
}

/// A request and what can be done to it. Dropping it ends the stream: what the client has not sent is refused.
#[derive(Debug)]
pub struct Exchange {
    record: Arc<RequestRecord>,
    body: Option<RecvStream>,
    respond: SendResponse<Bytes>,
    response: Option<SendStream<Bytes>>,
    connection: mpsc::UnboundedSender<ConnectionCommand>,
}

impl Exchange {
    pub(super) fn new(
        record: Arc<RequestRecord>,
        body: RecvStream,
        respond: SendResponse<Bytes>,
        connection: mpsc::UnboundedSender<ConnectionCommand>,
    ) -> Self {
        Self { record, body: Some(body), respond, response: None, connection }
    }

    /// What has arrived of the request.
    pub fn record(&self) -> &Arc<RequestRecord> {
        &self.record
    }

    /// The request's headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.record.headers
    }

    /// Does all that an answer says.
    pub async fn run(mut self, answer: Answer) {
        self.act(answer).await;
    }

    /// Does all that an answer says, with the request still in the script's hands.
    pub async fn act(&mut self, answer: Answer) {
        for step in answer.steps {
            self.step(step).await;
        }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Read(count) => self.read(count).await,
            Step::ReadAll => self.read_all().await,
            Step::Headers(response) => self.response = self.respond.send_response(response, false).ok(),
            Step::HeadersOnly(response) => {
                self.response = self.respond.send_response(response, true).ok();
            }
            Step::Data(bytes) => self.send(|response| response.send_data(bytes, false)),
            Step::Trailers(trailers) => self.send(|response| response.send_trailers(trailers)),
            Step::End => self.send(|response| response.send_data(Bytes::new(), true)),
            Step::Reset(reason) => self.respond.send_reset(reason),
            Step::GoAway => self.command(ConnectionCommand::GoAway),
            Step::Abort(reason) => {
                self.command(ConnectionCommand::Abort(reason));
                std::future::pending().await
            }
            Step::Close => {
                self.command(ConnectionCommand::Close);
                std::future::pending().await
            }
            Step::Pass(gate) => gate.pass().await,
            Step::OpenWindows(bytes) => self.open_windows(bytes),
            Step::UntilReset => self.until_reset().await,
        }
    }

    /// Reads until so many messages have arrived in all, or the request has ended.
    pub async fn read(&mut self, count: usize) {
        while self.record.message_count() < count && self.read_some().await {}
    }

    /// Reads the request to its end.
    pub async fn read_all(&mut self) {
        while self.read_some().await {}
    }

    /// Waits until the client gives the call up.
    pub async fn until_reset(&mut self) {
        let lost = OnLoss { record: self.record.clone(), note: |record| record.cancel(Ending::Lost) };
        let ended = match &mut self.response {
            Some(response) => poll_fn(|cx| response.poll_reset(cx)).await,
            None => poll_fn(|cx| self.respond.poll_reset(cx)).await,
        };
        self.record.cancel(ended.map_or(Ending::Lost, Ending::Reset));
        drop(lost);
    }

    /// Lets the client send so many bytes ahead of the script's reading, on all streams of the connection.
    pub fn open_windows(&self, bytes: u32) {
        self.command(ConnectionCommand::OpenWindows(bytes));
    }

    async fn read_some(&mut self) -> bool {
        let Some(body) = &mut self.body else { return false };
        let mut lost = OnLoss { record: self.record.clone(), note: |record| record.end(Ending::Lost) };
        let data = body.data().await;
        lost.note = |_| {};
        let ending = match data {
            Some(Ok(bytes)) => {
                let _ = body.flow_control().release_capacity(bytes.len());
                self.record.receive(&bytes);
                return true;
            }
            Some(Err(error)) => match error.reason() {
                Some(reason) if error.is_reset() => Ending::Reset(reason),
                _ => Ending::Lost,
            },
            None => Ending::Complete,
        };
        self.record.end(ending);
        self.body = None;
        false
    }

    /// A client that has gone away, and to whom no headers could be sent, is no error of the script.
    fn send(&mut self, send: impl FnOnce(&mut SendStream<Bytes>) -> Result<(), h2::Error>) {
        if let Some(response) = &mut self.response {
            let _ = send(response);
        }
    }

    fn command(&self, command: ConnectionCommand) {
        // The connection may be gone by now, and with it the wish.
        let _ = self.connection.send(command);
    }
}

/// A script is dropped together with its connection, in the middle of what it waits for.
struct OnLoss {
    record: Arc<RequestRecord>,
    note: fn(&RequestRecord),
}

impl Drop for OnLoss {
    fn drop(&mut self) {
        (self.note)(&self.record);
    }
}
