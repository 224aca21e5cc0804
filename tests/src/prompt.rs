//! A prompt that remembers what it was to show.

use std::{
    future::{Future, ready},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use auth_runtime::{
    BrowserPrompt, DeviceCodePrompt, LoginEnd, LoginNotice, LoginPrompt, ProviderChange, ServersChoice,
};
use tokio::sync::watch;

use crate::guard::within_reason;

/// What a person was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A page to open on this machine.
    Browser {
        /// The one that a program opens.
        opened: String,
        /// The one that a person is shown.
        shown: String,
        /// Where the person logs in.
        provider: String,
        /// For which server.
        server: String,
        /// What that has chosen.
        choice: ServersChoice,
    },
    /// A page to open anywhere, and a code.
    DeviceCode {
        /// The page.
        verification_uri: String,
        /// The page with the code in it.
        verification_uri_complete: Option<String>,
        /// The code.
        user_code: String,
        /// How long it is good for.
        expires_in: Duration,
        /// Where the person logs in.
        provider: String,
        /// For which server.
        server: String,
        /// What that has chosen.
        choice: ServersChoice,
    },
}

/// A [`LoginPrompt`] that shows nothing. Clones are the same prompt, so that the test can keep one.
#[derive(Clone, Debug, Default)]
pub struct RecordingPrompt {
    record: Arc<Record>,
}

#[derive(Debug, Default)]
struct Record {
    shown: watch::Sender<Vec<Shown>>,
    finished: watch::Sender<Vec<bool>>,
    notices: watch::Sender<Vec<String>>,
    people: Mutex<Vec<Option<String>>>,
    changes: Mutex<Vec<String>>,
    agrees: AtomicBool,
}

impl RecordingPrompt {
    /// A prompt that was not used yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// All that was shown so far.
    pub fn shown(&self) -> Vec<Shown> {
        self.record.shown.borrow().clone()
    }

    /// How the logins ended that were shown.
    pub fn finished(&self) -> Vec<bool> {
        self.record.finished.borrow().clone()
    }

    /// What the person was told beside that.
    pub fn notices(&self) -> Vec<String> {
        self.record.notices.borrow().clone()
    }

    /// Waits until the person was told so much.
    pub async fn noticed(&self, count: usize) -> Vec<String> {
        let mut notices = self.record.notices.subscribe();
        within_reason("a notice", notices.wait_for(|notices| notices.len() >= count)).await.unwrap().clone()
    }

    /// Who the logins that ended were said to be of.
    pub fn people(&self) -> Vec<Option<String>> {
        self.record.people.lock().unwrap().clone()
    }

    /// The person agrees to changes from now on, or not.
    pub fn agrees(&self, agrees: bool) {
        self.record.agrees.store(agrees, Ordering::SeqCst);
    }

    /// The changes that the person was asked about, each as one line.
    pub fn changes(&self) -> Vec<String> {
        self.record.changes.lock().unwrap().clone()
    }

    /// Waits until so many logins that were shown have ended.
    pub async fn ended(&self, count: usize) {
        let mut finished = self.record.finished.subscribe();
        within_reason("the end of a login", finished.wait_for(|finished| finished.len() >= count)).await.unwrap();
    }

    /// Waits for the n-th thing to be shown, from 0, which is a page to open on this machine. The one that a program opens.
    pub async fn page(&self, number: usize) -> String {
        self.pages(number).await.0
    }

    /// The same: what a program opens, and what a person is shown.
    pub async fn pages(&self, number: usize) -> (String, String) {
        match self.nth(number).await {
            Shown::Browser { opened, shown, .. } => (opened, shown),
            other => panic!("{other:?} was shown instead of a page"),
        }
    }

    /// Waits for the n-th thing to be shown, from 0.
    pub async fn nth(&self, number: usize) -> Shown {
        let mut shown = self.record.shown.subscribe();
        within_reason("a prompt", shown.wait_for(|shown| shown.len() > number)).await.unwrap()[number].clone()
    }
}

impl LoginPrompt for RecordingPrompt {
    fn browser(&self, request: &BrowserPrompt<'_>) {
        let request = Shown::Browser {
            opened: request.opened_url().to_owned(),
            shown: request.shown_url().to_owned(),
            provider: request.provider().to_owned(),
            server: request.server().to_owned(),
            choice: request.servers_choice().clone(),
        };
        self.record.shown.send_modify(|shown| shown.push(request));
    }

    fn device_code(&self, request: &DeviceCodePrompt<'_>) {
        let request = Shown::DeviceCode {
            verification_uri: request.verification_uri().to_owned(),
            verification_uri_complete: request.verification_uri_complete().map(str::to_owned),
            user_code: request.user_code().to_owned(),
            expires_in: request.expires_in(),
            provider: request.provider().to_owned(),
            server: request.server().to_owned(),
            choice: request.servers_choice().clone(),
        };
        self.record.shown.send_modify(|shown| shown.push(request));
    }

    fn provider_changed<'a>(
        &'a self,
        change: &'a ProviderChange<'a>,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        let changes = change.changes().map(|(what, was, now)| format!("{what}: {was} -> {now}"));
        self.record.changes.lock().unwrap().push(changes.collect::<Vec<_>>().join("; "));
        Box::pin(ready(self.record.agrees.load(Ordering::SeqCst)))
    }

    fn notice(&self, notice: &LoginNotice<'_>) {
        self.record.notices.send_modify(|notices| notices.push(notice.to_string()));
    }

    fn finished(&self, end: &LoginEnd<'_>) {
        self.record.people.lock().unwrap().push(end.person().map(str::to_owned));
        self.record.finished.send_modify(|finished| finished.push(end.succeeded()));
    }
}
