//! What must not happen, and did.

use std::sync::Mutex;

/// So many are kept: the first ones tell most.
const KEPT: usize = 20;

#[derive(Default)]
pub(crate) struct Violations {
    kept: Mutex<Vec<String>>,
}

impl Violations {
    pub(crate) fn add(&self, violation: String) {
        let mut kept = self.kept.lock().unwrap();
        if kept.len() < KEPT {
            eprintln!("{violation}");
            kept.push(violation);
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.kept.lock().unwrap().len()
    }

    pub(crate) fn all(&self) -> String {
        self.kept.lock().unwrap().join("\n")
    }
}
