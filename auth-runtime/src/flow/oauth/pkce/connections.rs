//! The connections to the listener: as many as are needed, and none that keeps the browser out.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::task::{AbortHandle, JoinSet};

use crate::limits;

/// Connections that are served, each by a task of its own. Dropping them closes them.
#[derive(Default)]
pub(super) struct Connections {
    tasks: JoinSet<()>,
    /// The oldest first.
    open: VecDeque<Open>,
}

struct Open {
    task: AbortHandle,
    has_asked: HasAsked,
}

/// Whether a request came on a connection.
#[derive(Clone, Default)]
pub(crate) struct HasAsked(Arc<AtomicBool>);

impl HasAsked {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Connections {
    /// Whether another one is to be accepted.
    pub(super) fn have_room(&self) -> bool {
        self.open.len() < limits::CALLBACK_CONNECTIONS || self.open.iter().any(|open| !open.has_asked.get())
    }

    /// Serves another one. Where there are too many, the one is closed that has been silent for longest: a browser asks at
    /// once, and whoever opens connections and says nothing is not to keep it out.
    pub(super) fn serve<F>(&mut self, conversation: impl FnOnce(HasAsked) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if self.open.len() >= limits::CALLBACK_CONNECTIONS
            && let Some(silent) = self.open.iter().position(|open| !open.has_asked.get())
            && let Some(silent) = self.open.remove(silent)
        {
            silent.task.abort();
        }
        let has_asked = HasAsked::default();
        let task = self.tasks.spawn(conversation(has_asked.clone()));
        self.open.push_back(Open { task, has_asked });
    }

    /// Waits until one has ended; for ever where there is none.
    pub(super) async fn ended(&mut self) {
        if self.tasks.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
        self.open.retain(|open| !open.task.is_finished());
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn the_longest_silent_one_makes_room_and_one_that_has_asked_never() {
        let mut connections = Connections::default();
        let mut opened = Vec::new();
        let mut open = |connections: &mut Connections| {
            connections.serve(|has_asked| {
                opened.push(has_asked);
                pending()
            });
            opened.clone()
        };
        for _ in 0..limits::CALLBACK_CONNECTIONS {
            open(&mut connections);
        }
        let all = open(&mut connections);
        assert_eq!(connections.open.len(), limits::CALLBACK_CONNECTIONS, "the first has gone");
        all[1].set();
        open(&mut connections);
        connections.ended().await;
        connections.ended().await;
        let stays = |number: usize| connections.open.iter().any(|open| Arc::ptr_eq(&open.has_asked.0, &all[number].0));
        assert!(!stays(0) && stays(1) && !stays(2) && stays(3));
        all.iter().for_each(HasAsked::set);
        assert!(connections.have_room(), "the newest is silent");
        connections.open.iter().for_each(|open| open.has_asked.set());
        assert!(!connections.have_room());
    }
}
