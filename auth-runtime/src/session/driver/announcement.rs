//! What many wait for, and hear in turns.
//!
//! Thousands of calls may wait for one refresh. Woken all at once, each prepares what it sends before the first byte of any is
//! written, and their connection does with the pile what it could have done with each while it was at hand. So a few are
//! woken, and the rest after the runtime has looked at its sockets.

use tokio::sync::{Semaphore, SetOnce};

use super::super::sync::{RuntimeId, this_runtime, yield_now};
use crate::limits;

#[derive(Debug)]
pub(super) struct Announcement<T> {
    value: SetOnce<T>,
    /// Whose tasks wait in turns. Others are told at once: this one may never be run again, and then who waits in it
    /// misses nothing.
    runtime: RuntimeId,
    /// In the order in which they came. There are none before the value is set.
    turns: Semaphore,
}

impl<T> Announcement<T> {
    pub(super) fn new(runtime: RuntimeId) -> Self {
        Self { value: SetOnce::new(), runtime, turns: Semaphore::new(0) }
    }

    /// Tells everybody. The first word counts: what comes too late is dropped.
    pub(super) fn make(&self, value: T) {
        let _ = self.value.set(value);
        self.turns.close();
    }

    /// Tells those who ask from now on, and those of other runtimes. The others hear it in [`turns`](Self::turns).
    pub(super) fn prepare(&self, value: T) {
        let _ = self.value.set(value);
    }

    pub(super) fn turns(&self) -> Turns<'_> {
        Turns(&self.turns)
    }

    /// Waits for it.
    pub(super) async fn heard(&self) -> &T {
        let in_turn = self.value.get().is_none() && this_runtime() == Some(self.runtime);
        if in_turn && let Ok(turn) = self.turns.acquire().await {
            turn.forget();
        }
        self.value.wait().await
    }

    /// What was said, if it was.
    pub(super) fn get(&self) -> Option<&T> {
        self.value.get()
    }
}

/// The turns of those who wait. Who has had none when this is dropped hears it then.
pub(super) struct Turns<'a>(&'a Semaphore);

impl Turns<'_> {
    /// Tells all who wait. To be called on their runtime.
    pub(super) async fn take(self) {
        while self.0.available_permits() == 0 {
            self.0.add_permits(limits::WOKEN_IN_A_TURN);
            yield_now().await;
        }
    }
}

impl Drop for Turns<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(all(test, not(shuttle)))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use tokio::{
        runtime::{Builder, Runtime},
        task::JoinSet,
    };

    use super::*;

    fn runtime() -> Runtime {
        Builder::new_current_thread().build().unwrap()
    }

    /// Long enough for so many tasks to be polled, of which tokio takes 61 before it comes back.
    async fn until_all_wait(count: usize) {
        for _ in 0..=count {
            yield_now().await;
        }
    }

    /// So many tasks that wait, and how many of them have heard.
    fn listeners(
        runtime: &Runtime,
        announcement: &Arc<Announcement<u8>>,
        count: usize,
    ) -> (JoinSet<u8>, Arc<AtomicUsize>) {
        let (mut listeners, heard) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..count {
            let (announcement, heard) = (Arc::clone(announcement), Arc::clone(&heard));
            let listener = async move {
                let value = *announcement.heard().await;
                heard.fetch_add(1, Ordering::SeqCst);
                value
            };
            listeners.spawn_on(listener, runtime.handle());
        }
        runtime.block_on(until_all_wait(count));
        (listeners, heard)
    }

    fn announcement(runtime: &Runtime) -> Arc<Announcement<u8>> {
        Arc::new(Announcement::new(runtime.handle().id()))
    }

    const MANY: usize = 3 * limits::WOKEN_IN_A_TURN + 1;

    #[test]
    fn many_hear_it_a_few_at_a_time_and_all_of_them() {
        let runtime = runtime();
        let announcement = announcement(&runtime);
        let (listeners, heard) = listeners(&runtime, &announcement, MANY);
        announcement.prepare(7);
        let told = runtime.block_on(async {
            let (telling, announcement) = (Arc::clone(&announcement), Arc::clone(&announcement));
            let telling = tokio::spawn(async move { telling.turns().take().await });
            let mut told = Vec::new();
            while !telling.is_finished() {
                yield_now().await;
                told.push(heard.load(Ordering::SeqCst));
            }
            assert_eq!(*announcement.heard().await, 7);
            assert_eq!(listeners.join_all().await, [7; MANY]);
            told
        });
        let most = told.windows(2).map(|pair| pair[1] - pair[0]).chain(told.first().copied()).max();
        assert!(most <= Some(limits::WOKEN_IN_A_TURN), "{told:?}");
        assert_eq!(told.last(), Some(&MANY));
    }

    #[test]
    fn those_of_other_runtimes_hear_it_though_its_own_rests_in_the_midst_of_the_turns() {
        let (own, other) = (runtime(), runtime());
        let announcement = announcement(&own);
        let (_resting, _) = listeners(&own, &announcement, MANY);
        let (listeners, _) = listeners(&other, &announcement, MANY);
        announcement.prepare(7);
        own.spawn({
            let announcement = Arc::clone(&announcement);
            async move { announcement.turns().take().await }
        });
        own.block_on(yield_now());
        assert_eq!(other.block_on(listeners.join_all()), [7; MANY]);
    }

    #[test]
    fn turns_that_end_half_way_leave_nobody_behind() {
        let runtime = runtime();
        let announcement = announcement(&runtime);
        let (listeners, _) = listeners(&runtime, &announcement, MANY);
        announcement.prepare(7);
        let telling = runtime.spawn({
            let announcement = Arc::clone(&announcement);
            async move { announcement.turns().take().await }
        });
        runtime.block_on(yield_now());
        telling.abort();
        assert_eq!(runtime.block_on(listeners.join_all()), [7; MANY]);
    }

    #[test]
    fn whoever_gives_up_takes_nobody_elses_turn() {
        let runtime = runtime();
        let announcement = announcement(&runtime);
        let (given_up, _) = listeners(&runtime, &announcement, MANY);
        let (listeners, _) = listeners(&runtime, &announcement, MANY);
        announcement.prepare(7);
        runtime.block_on(async move {
            let telling = tokio::spawn(async move { announcement.turns().take().await });
            drop(given_up);
            assert_eq!(listeners.join_all().await, [7; MANY]);
            telling.await.unwrap();
        });
    }
}
