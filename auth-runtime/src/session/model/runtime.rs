//! What stands in for tokio's runtimes: the checker runs their tasks, and a test may shut one down or let it rest.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
};

use shuttle::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

shuttle::thread_local! {
    static CURRENT: RefCell<Option<Handle>> = RefCell::new(None);
}

/// A runtime. Those who use it are its clones.
#[derive(Clone)]
pub(crate) struct Handle {
    shared: Arc<Shared>,
}

struct Shared {
    shut_down: AtomicBool,
    /// No thread runs it, for now.
    at_rest: AtomicBool,
    tasks: Mutex<Vec<Arc<Task>>>,
    /// How many have not come to their end.
    running: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Task {
    aborted: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

/// Which of them one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RuntimeId(usize);

/// No runtime, or none that would run the task to its end.
#[derive(Debug)]
pub(crate) struct TaskGone;

impl TaskGone {
    /// A panic fails the test instead.
    pub(crate) fn is_panic(&self) -> bool {
        false
    }
}

pub(crate) struct JoinHandle<T> {
    task: Arc<Task>,
    output: Option<shuttle::future::JoinHandle<Result<T, TaskGone>>>,
}

#[derive(Debug)]
pub(crate) struct AbortHandle {
    task: Arc<Task>,
}

pub(crate) fn spawn<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = Result<T, TaskGone>> {
    let spawned = Handle::try_current().unwrap().spawn(future);
    async { spawned.output.ok_or(TaskGone)?.await.map_err(|_| TaskGone)? }
}

impl Handle {
    pub(super) fn new() -> Self {
        let (shut_down, at_rest) = (AtomicBool::new(false), AtomicBool::new(false));
        Self {
            shared: Arc::new(Shared { shut_down, at_rest, tasks: Mutex::default(), running: watch::Sender::new(0) }),
        }
    }

    pub(crate) fn id(&self) -> RuntimeId {
        RuntimeId(Arc::as_ptr(&self.shared).addr())
    }

    pub(crate) fn try_current() -> Result<Self, TaskGone> {
        CURRENT.with(|current| current.borrow().clone()).ok_or(TaskGone)
    }

    pub(crate) fn spawn<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        let task = Arc::new(Task::default());
        if self.shared.shut_down.load(Ordering::SeqCst) {
            // As tokio does: here and now.
            drop(future);
            return JoinHandle { task, output: None };
        }
        self.shared.tasks.lock().unwrap().push(Arc::clone(&task));
        self.shared.running.send_modify(|running| *running += 1);
        let output = shuttle::future::spawn(run(self.clone(), Arc::clone(&task), future));
        JoinHandle { task, output: Some(output) }
    }

    /// Runs a future on this thread, within this runtime.
    pub(super) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        shuttle::future::block_on(poll_fn(|context| self.enter(|| future.as_mut().poll(context))))
    }

    /// Its tasks are dropped, wherever they are.
    pub(super) fn shut_down(&self) {
        self.shared.shut_down.store(true, Ordering::SeqCst);
        self.wake_all();
    }

    /// Its tasks stay where they are.
    pub(super) fn rest(&self) {
        self.shared.at_rest.store(true, Ordering::SeqCst);
    }

    pub(super) fn resume(&self) {
        self.shared.at_rest.store(false, Ordering::SeqCst);
        self.wake_all();
    }

    /// Waits until all of its tasks have come to their end.
    pub(super) async fn left_alone(&self) {
        self.shared.running.subscribe().wait_for(|running| *running == 0).await.unwrap();
    }

    fn wake_all(&self) {
        let tasks = self.shared.tasks.lock().unwrap().clone();
        tasks.iter().for_each(|task| task.wake());
    }

    fn enter<R>(&self, within: impl FnOnce() -> R) -> R {
        let outside = CURRENT.with(|current| current.replace(Some(self.clone())));
        let result = within();
        CURRENT.with(|current| current.replace(outside));
        result
    }
}

/// The task itself.
async fn run<T>(runtime: Handle, task: Arc<Task>, future: impl Future<Output = T>) -> Result<T, TaskGone> {
    let mut future = Box::pin(Some(future));
    let output = poll_fn(|context| {
        // Before it looks, so that nobody's word is missed.
        *task.waker.lock().unwrap() = Some(context.waker().clone());
        if runtime.shared.at_rest.load(Ordering::SeqCst) {
            return Poll::Pending;
        }
        // Last, so that a task which was aborted before it runs does not run.
        if runtime.shared.shut_down.load(Ordering::SeqCst) || task.aborted.load(Ordering::SeqCst) {
            runtime.enter(|| future.set(None));
            return Poll::Ready(Err(TaskGone));
        }
        match future.as_mut().as_pin_mut() {
            Some(future) => runtime.enter(|| future.poll(context)).map(Ok),
            None => Poll::Ready(Err(TaskGone)),
        }
    })
    .await;
    future.set(None);
    runtime.shared.running.send_modify(|running| *running -= 1);
    output
}

impl Task {
    fn wake(&self) {
        let waker = self.waker.lock().unwrap().clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> JoinHandle<T> {
    pub(crate) fn abort_handle(&self) -> AbortHandle {
        AbortHandle { task: Arc::clone(&self.task) }
    }
}

impl AbortHandle {
    pub(crate) fn abort(&self) {
        self.task.aborted.store(true, Ordering::SeqCst);
        self.task.wake();
    }
}
