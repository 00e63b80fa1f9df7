//! Threads of their own for what a stranger's server can make long: the connections to it, and reading what it sent. The
//! threads that serve the pages do none of it, so that no feed holds them up; on Linux they also come first when there
//! are fewer cores than work.

use std::panic::resume_unwind;
use std::sync::LazyLock;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinHandle, JoinSet};

/// Two, so that a connection that keeps one busy does not hold up the others.
const THREADS: usize = 2;

/// It lasts as long as the process, for connections outlast the fetch that opened them.
static RUNTIME: LazyLock<std::io::Result<Runtime>> = LazyLock::new(|| {
    Builder::new_multi_thread().worker_threads(THREADS).thread_name("background").enable_all().build()
});

/// Where no more threads can be started, the caller's have to do.
fn handle() -> Handle {
    RUNTIME.as_ref().map_or_else(|_| Handle::current(), |runtime| runtime.handle().clone())
}

/// Runs `work` there; it is abandoned when the caller gives this future up.
pub(super) async fn run<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let mut tasks = JoinSet::new();
    tasks.spawn_on(work, &handle());
    match tasks.join_next().await.expect("it was just begun") {
        Ok(done) => done,
        Err(error) => resume_unwind(error.into_panic()),
    }
}

/// Runs `work`, which uses a core all the time.
pub fn run_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    handle().spawn_blocking(work)
}
