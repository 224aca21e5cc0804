//! What stands in for `arc_swap::ArcSwap`: the checker knows nothing of it, so that each load and each store is one
//! step here. That these are atomic is arc-swap's own promise; which of them comes first is what is checked.

use shuttle::sync::{Arc, Mutex};

pub(crate) struct ArcSwap<T>(Mutex<Arc<T>>);

impl<T> ArcSwap<T> {
    pub(crate) fn from_pointee(value: T) -> Self {
        Self(Mutex::new(Arc::new(value)))
    }

    pub(crate) fn load(&self) -> Arc<T> {
        Arc::clone(&self.0.lock().unwrap())
    }

    pub(crate) fn store(&self, value: Arc<T>) {
        let replaced = std::mem::replace(&mut *self.0.lock().unwrap(), value);
        drop(replaced);
    }
}
