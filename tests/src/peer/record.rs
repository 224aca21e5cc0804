//! What the peer saw of a request.

use std::{collections::VecDeque, sync::Mutex};

use bytes::Bytes;
use http::{HeaderMap, Uri, request::Parts};
use tokio::sync::watch;

use super::bearer;
use crate::{
    guard::within_reason,
    message::{Deframer, ReceivedMessage},
};

/// One request, as far as it has arrived.
#[derive(Debug)]
pub struct RequestRecord {
    /// The number of its connection, from 0.
    pub connection: usize,
    /// Path, scheme and authority.
    pub uri: Uri,
    /// All headers, with their raw values.
    pub headers: HeaderMap,
    /// Whether the headers said that nothing follows them.
    pub ended_with_headers: bool,
    progress: watch::Sender<Progress>,
    deframer: Mutex<Deframer>,
}

#[derive(Debug, Default)]
struct Progress {
    messages: VecDeque<ReceivedMessage>,
    body_bytes: usize,
    ending: Option<Ending>,
    given_up: Option<Ending>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The client said that this was all.
    Complete,
    /// The client reset the stream, with this reason.
    Reset(h2::Reason),
    /// The connection was lost.
    Lost,
}

impl RequestRecord {
    pub(super) fn new(connection: usize, request: Parts, ended_with_headers: bool) -> Self {
        Self {
            connection,
            uri: request.uri,
            headers: request.headers,
            ended_with_headers,
            progress: watch::Sender::default(),
            deframer: Mutex::default(),
        }
    }

    pub(super) fn receive(&self, bytes: &[u8]) {
        let mut deframer = self.deframer.lock().unwrap();
        deframer.push(bytes);
        self.progress.send_modify(|progress| {
            progress.body_bytes += bytes.len();
            progress.messages.extend(std::iter::from_fn(|| deframer.next_message()));
        });
    }

    pub(super) fn end(&self, ending: Ending) {
        self.progress.send_modify(|progress| {
            progress.ending.get_or_insert(ending);
        });
    }

    pub(super) fn cancel(&self, ending: Ending) {
        self.progress.send_modify(|progress| {
            // A reset behind the complete request cancels the call; it does not make the request incomplete.
            progress.ending.get_or_insert(ending);
            progress.given_up.get_or_insert(ending);
        });
    }

    /// The method's path, such as `/package.Service/Method`.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// The bearer token in the header `authorization`.
    pub fn bearer(&self) -> Option<String> {
        bearer(&self.headers, "authorization")
    }

    /// `grpc-previous-rpc-attempts`: how often the client had sent the request before.
    pub fn previous_attempts(&self) -> Option<String> {
        self.header("grpc-previous-rpc-attempts")
    }

    /// The value of a header that stands there once.
    ///
    /// # Panics
    ///
    /// If it stands there more than once, or is not text.
    pub fn header(&self, key: &str) -> Option<String> {
        let mut values = self.headers.get_all(key).iter();
        let value = values.next()?;
        assert!(values.next().is_none(), "the header {key} was sent more than once");
        Some(value.to_str().unwrap().to_owned())
    }

    /// The messages that have arrived, without their prefixes.
    pub fn bodies(&self) -> Vec<Bytes> {
        self.progress.borrow().messages.iter().map(|message| message.bytes.clone()).collect()
    }

    /// The messages that have arrived, decoded.
    pub fn messages<M: prost::Message + Default>(&self) -> Vec<M> {
        self.bodies().into_iter().map(|bytes| M::decode(bytes).unwrap()).collect()
    }

    /// How many messages have arrived.
    pub fn message_count(&self) -> usize {
        self.progress.borrow().messages.len()
    }

    /// How many bytes of the body have arrived, prefixes included.
    pub fn body_bytes(&self) -> usize {
        self.progress.borrow().body_bytes
    }

    /// How the request ended, if it has.
    pub fn ending(&self) -> Option<Ending> {
        self.progress.borrow().ending
    }

    /// Waits until so many messages have arrived.
    ///
    /// They only arrive while the script reads the body.
    pub async fn received(&self, count: usize) {
        let mut progress = self.progress.subscribe();
        let arrived = progress.wait_for(|progress| progress.messages.len() >= count);
        within_reason("messages of a request", arrived).await.unwrap();
    }

    /// Waits until the request has ended, and says how.
    pub async fn ended(&self) -> Ending {
        let mut progress = self.progress.subscribe();
        let ended = progress.wait_for(|progress| progress.ending.is_some());
        within_reason("the end of a request", ended).await.unwrap().ending.unwrap()
    }

    /// Waits until the client has given the call up, while the script waits for that too, and says how.
    pub async fn given_up(&self) -> Ending {
        let mut progress = self.progress.subscribe();
        let given_up = progress.wait_for(|progress| progress.given_up.is_some());
        within_reason("a call to be given up", given_up).await.unwrap().given_up.unwrap()
    }
}
