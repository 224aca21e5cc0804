//! A keyring for tests.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

#[cfg(feature = "flyte")]
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;

use super::entries::{Entries, Keyring, Secret};
use crate::store::StoreError;

/// A keyring that is only a map, and can be told to fail.
#[derive(Default)]
pub(crate) struct Map {
    entries: Mutex<BTreeMap<(String, String), String>>,
    failing: Mutex<Vec<Step>>,
    opened: AtomicUsize,
    /// Where whoever opens it waits, if the test wants that.
    gate: Mutex<Option<Gate>>,
    /// How many entries can still be changed, if that has a bound.
    changes: Mutex<Option<usize>>,
}

struct Gate {
    arrived: UnboundedSender<()>,
    open: mpsc::Receiver<()>,
}

/// A keyring that does not answer, until this is dropped.
#[cfg(feature = "flyte")]
pub(crate) struct Held {
    arrivals: UnboundedReceiver<()>,
    _open: mpsc::Sender<()>,
}

#[cfg(feature = "flyte")]
impl Held {
    /// Somebody waits for an answer.
    pub(crate) async fn is_asked(&mut self) {
        self.arrivals.recv().await.unwrap();
    }
}

/// What can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Open,
    Get,
    Set,
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Map")
    }
}

impl Keyring for Map {
    fn open(&self, work: &mut dyn FnMut(&dyn Entries)) -> Result<(), StoreError> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        let gate = self.gate.lock().unwrap().take();
        if let Some(gate) = gate {
            gate.arrived.send(()).unwrap();
            let _ = gate.open.recv();
        }
        self.step(Step::Open)?;
        work(self);
        Ok(())
    }
}

impl Entries for Map {
    fn get(&self, service: &str, user: &str) -> Result<Option<Secret>, StoreError> {
        self.step(Step::Get)?;
        let entries = self.entries.lock().unwrap();
        Ok(entries.get(&(service.to_owned(), user.to_owned())).cloned().map(Secret::new))
    }

    fn set(&self, service: &str, user: &str, secret: &str) -> Result<(), StoreError> {
        self.step(Step::Set)?;
        self.change()?;
        self.entries.lock().unwrap().insert((service.to_owned(), user.to_owned()), secret.to_owned());
        Ok(())
    }

    fn delete(&self, service: &str, user: &str) -> Result<(), StoreError> {
        self.change()?;
        self.entries.lock().unwrap().remove(&(service.to_owned(), user.to_owned()));
        Ok(())
    }
}

impl Map {
    pub(crate) fn with<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> Self {
        let entries = entries
            .into_iter()
            .map(|(service, user, secret)| ((service.to_owned(), user.to_owned()), secret.to_owned()));
        Self { entries: Mutex::new(entries.collect()), ..Self::default() }
    }

    /// Lets these steps fail, and no others.
    #[cfg(feature = "flyte")]
    pub(crate) fn fail(&self, steps: &[Step]) {
        *self.failing.lock().unwrap() = steps.to_vec();
    }

    /// Lets this many changes succeed, and none after them; `None` lets all succeed.
    #[cfg(feature = "flyte")]
    pub(crate) fn end_after(&self, changes: Option<usize>) {
        *self.changes.lock().unwrap() = changes;
    }

    /// Lets whoever opens it next wait.
    #[cfg(feature = "flyte")]
    pub(crate) fn hold(&self) -> Held {
        let (arrived, arrivals) = tokio::sync::mpsc::unbounded_channel();
        let (opens, open) = mpsc::channel();
        *self.gate.lock().unwrap() = Some(Gate { arrived, open });
        Held { arrivals, _open: opens }
    }

    /// How often it was opened.
    #[cfg(feature = "flyte")]
    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }

    fn step(&self, step: Step) -> Result<(), StoreError> {
        match self.failing.lock().unwrap().contains(&step) {
            true => Err(StoreError::new(format!("{step:?} fails, as the test wants it"))),
            false => Ok(()),
        }
    }

    fn change(&self) -> Result<(), StoreError> {
        match &mut *self.changes.lock().unwrap() {
            Some(0) => Err(StoreError::new("the keyring goes away, as the test wants it")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(crate) fn content(&self) -> Vec<(String, String, String)> {
        let entries = self.entries.lock().unwrap();
        entries.iter().map(|((service, user), secret)| (service.clone(), user.clone(), secret.clone())).collect()
    }
}
