//! Threads of their own for what a stranger's server can make long: the connections to it, and reading what it sent. The
//! threads that serve the pages do none of it, so that no feed holds them up.
//!
//! Large documents have a thread that reads nothing else: the memory that a thread has used and freed stays with it for
//! a while, and what reading them takes should stay with one only.

use std::panic::resume_unwind;
use std::sync::LazyLock;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinHandle, JoinSet};

/// Two, so that a connection that keeps one busy does not hold up the others.
const NETWORK_THREADS: usize = 2;

/// A body of more bytes than this is a large one.
pub const LARGE: usize = 256 * 1024;

type Threads = LazyLock<std::io::Result<Runtime>>;

// They last as long as the process: connections outlast the fetch that opened them, and work may outlast its caller.
static NETWORK: Threads = LazyLock::new(|| {
    Builder::new_multi_thread().worker_threads(NETWORK_THREADS).thread_name("network").enable_all().build()
});
static SMALL: Threads = LazyLock::new(|| Builder::new_current_thread().thread_name("reader").build());
static LARGE_ONES: Threads = LazyLock::new(|| Builder::new_current_thread().thread_name("large reader").build());

/// Where no more threads can be started, the caller's have to do.
fn handle(threads: &Threads) -> Handle {
    threads.as_ref().map_or_else(|_| Handle::current(), |runtime| runtime.handle().clone())
}

/// Runs `work` beside the connections; it is abandoned when the caller gives this future up.
pub(super) async fn run<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let mut tasks = JoinSet::new();
    tasks.spawn_on(work, &handle(&NETWORK));
    match tasks.join_next().await.expect("it was just begun") {
        Ok(done) => done,
        Err(error) => resume_unwind(error.into_panic()),
    }
}

/// Reads a document of so many bytes. What is begun is not abandoned; the caller says how many are read at a time.
pub fn read<T: Send + 'static>(bytes: usize, work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    handle(if bytes > LARGE { &LARGE_ONES } else { &SMALL }).spawn_blocking(work)
}
