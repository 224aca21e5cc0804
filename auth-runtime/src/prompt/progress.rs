//! A line on the terminal that moves while a person has to act.

use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

use crate::limits;

/// A line that moves while a person has to act. It is drawn on a terminal only.
#[derive(Debug, Default)]
pub(super) struct Progress {
    line: Mutex<Option<ProgressBar>>,
}

impl Progress {
    pub(super) fn begin(&self, message: &'static str) {
        let line = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner()).with_message(message);
        line.enable_steady_tick(limits::PROGRESS_TICK);
        if let Some(earlier) = self.replace(Some(line)) {
            earlier.finish_and_clear();
        }
    }

    pub(super) fn end(&self) {
        if let Some(line) = self.replace(None) {
            line.finish_and_clear();
        }
    }

    fn replace(&self, line: Option<ProgressBar>) -> Option<ProgressBar> {
        std::mem::replace(&mut *self.line.lock().unwrap_or_else(PoisonError::into_inner), line)
    }
}
