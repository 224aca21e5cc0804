//! All that this process says, and who looks for what in it.
//!
//! The tests of an area run side by side in one process, so there is one capture and one text. Each piece of it is
//! searched once, for the secrets of all tests that run at the time.

use std::{
    collections::HashMap,
    error::Error,
    fmt::{Debug, Write as _},
    ops::Range,
    sync::{Mutex, MutexGuard, PoisonError},
};

use aho_corasick::AhoCorasick;

use super::forms;

/// Which test a secret belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Owner(u64);

/// Text is searched when this much of it has come together, so that a storm of calls does not fill the memory.
const SEARCH_AT: usize = 4 * 1024 * 1024;

/// How much of the text around a sighting is shown.
const CONTEXT: usize = 300;

#[derive(Default)]
struct Capture {
    owners: u64,
    watched: Vec<(Owner, String)>,
    text: String,
    sightings: HashMap<Owner, Vec<String>>,
}

static CAPTURE: Mutex<Option<Capture>> = Mutex::new(None);

fn capture() -> MutexGuard<'static, Option<Capture>> {
    // A test that fails while it holds the lock must not fail all others.
    CAPTURE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn with<R>(act: impl FnOnce(&mut Capture) -> R) -> R {
    act(capture().get_or_insert_default())
}

impl Capture {
    fn append(&mut self, text: &str) {
        self.text.push_str(text);
        if self.text.len() >= SEARCH_AT {
            self.search();
        }
    }

    fn search(&mut self) {
        let text = std::mem::take(&mut self.text);
        if self.watched.is_empty() || text.is_empty() {
            return;
        }
        let searcher = AhoCorasick::new(self.watched.iter().map(|(_, form)| form)).unwrap();
        for found in searcher.find_overlapping_iter(&text) {
            let (owner, _) = &self.watched[found.pattern().as_usize()];
            self.sightings.entry(*owner).or_default().push(surroundings(&text, found.range()));
        }
    }
}

fn surroundings(text: &str, found: Range<usize>) -> String {
    let start = found.start.saturating_sub(CONTEXT);
    let end = (found.end + CONTEXT).min(text.len());
    String::from_utf8_lossy(&text.as_bytes()[start..end]).into_owned()
}

/// Begins to look on behalf of a test.
pub(super) fn register() -> Owner {
    with(|capture| {
        capture.owners += 1;
        Owner(capture.owners)
    })
}

/// Looks for these halves of secrets from now on.
pub(super) fn watch_for<'a>(owner: Owner, halves: impl IntoIterator<Item = &'a str>) {
    let forms: Vec<_> = halves.into_iter().flat_map(forms::of).map(|form| (owner, form)).collect();
    with(|capture| capture.watched.extend(forms));
}

/// Where the secrets of `owner` were seen.
pub(super) fn sightings(owner: Owner) -> Vec<String> {
    with(|capture| {
        capture.search();
        capture.sightings.remove(&owner).unwrap_or_default()
    })
}

/// The same, and looks no longer.
pub(super) fn release(owner: Owner) -> Vec<String> {
    let sightings = sightings(owner);
    with(|capture| capture.watched.retain(|(other, _)| *other != owner));
    sightings
}

/// Adds the `Debug` of a value to what is searched.
pub fn observe(value: &(impl Debug + ?Sized)) {
    observe_text(&format!("{value:?}\n{value:#?}\n"));
}

/// Adds an error and all its sources to what is searched.
pub fn observe_error(error: &(dyn Error + 'static)) {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let _ = writeln!(text, "{error}\n{error:?}\n{error:#?}");
        next = error.source();
    }
    observe_text(&text);
}

/// Adds a text to what is searched.
pub fn observe_text(text: &str) {
    with(|capture| capture.append(text));
}
