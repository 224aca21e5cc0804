//! The right to refresh what is stored.

use std::{any::Any, fmt};

/// Held while stored credentials are being replaced; dropping it lets the next one in.
///
/// ```
/// use std::sync::Arc;
/// use auth_runtime::store::StoreLock;
///
/// # async fn lock(mutex: Arc<tokio::sync::Mutex<()>>) {
/// let lock = StoreLock::holding(mutex.lock_owned().await);
/// # }
/// ```
#[must_use = "dropping it lets the next one in"]
pub struct StoreLock {
    _held: Option<Box<dyn Any + Send + Sync>>,
}

impl StoreLock {
    /// A lock that is given back by dropping `guard`.
    pub fn holding(guard: impl Any + Send + Sync) -> Self {
        Self { _held: Some(Box::new(guard)) }
    }

    /// For a store that nobody else uses.
    pub fn unshared() -> Self {
        Self { _held: None }
    }
}

impl fmt::Debug for StoreLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreLock").finish_non_exhaustive()
    }
}
