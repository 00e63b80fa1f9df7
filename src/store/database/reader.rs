//! Reading: a few connections that cannot write. A database in WAL mode is read beside its writer through the files
//! `-wal` and `-shm`, and a reader that finds none would make them, which takes the right to write into the folder.
//! So without a `-wal` beside it the file is read alone, as `immutable`: nothing is made, nothing locked, and a user who may
//! only read can. SQLite leaves no `-wal` behind when the last process closes the database, and makes one before it writes,
//! so without one nobody has written. When one appears, or the file changes, while a question is answered, the
//! answer is thrown away and the question asked again of what is there then.

use std::any::Any;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use rusqlite::Connection;
use tokio::sync::watch;

use super::{connection, schema};
use crate::store::{Error, beside, flatten};

/// Connections that answer side by side.
const CONNECTIONS: usize = 3;

/// So often a question is asked again before the file is taken to be changing for ever.
const TRIES: usize = 20;

/// What a connection gives back, of whatever type. The way to a connection and back, with its channels and futures, is
/// compiled once for all two hundred questions and changes, and not once for each.
pub(crate) type Answer = Box<dyn Any + Send>;
type Question = Arc<dyn Fn(&Connection) -> Result<Answer, Error> + Send + Sync>;

pub(crate) fn boxed<T: Send + 'static>(value: T) -> Answer {
    Box::new(value)
}

/// The answer as what its question gives.
pub(crate) fn unboxed<T: 'static>(answer: Answer) -> T {
    *answer.downcast().expect("the answer has the type of its question")
}

/// The database, to be read. A clone shares the connections.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) path: Arc<Path>,
    pool: Arc<RwLock<Arc<Pool>>>,
    asked: Arc<AtomicUsize>,
    is_lost: watch::Sender<bool>,
}

#[derive(Debug)]
struct Pool {
    connections: Vec<tokio_rusqlite::Connection>,
    turn: AtomicUsize,
    witness: Witness,
    /// Whether another one may take its place.
    is_fixed: bool,
}

/// Knows how the file was when it was opened to be read alone; where the writer's files are read with it, it knows nothing
/// and has nothing to say.
#[derive(Debug, Clone)]
pub(crate) struct Witness {
    path: Arc<Path>,
    still: Option<Stamp>,
}

impl Witness {
    fn is_as_opened(&self) -> bool {
        self.still.is_none_or(|still| Stamp::of(&self.path) == Some(still))
    }

    /// That what was read is what a commit has left.
    ///
    /// # Errors
    /// [`Error::Unsteady`].
    pub(crate) fn confirm(&self) -> Result<(), Error> {
        if self.is_as_opened() { Ok(()) } else { Err(Error::Unsteady { path: self.path.to_path_buf() }) }
    }
}

/// What changes when somebody writes into the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    has_log: bool,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    /// None where there is no such file.
    fn of(path: &Path) -> Option<Self> {
        let file = fs::metadata(path).ok()?;
        Some(Self { has_log: beside(path, "-wal").exists(), bytes: file.len(), modified: file.modified().ok() })
    }
}

impl Reader {
    /// Opens the database to be read, whether or not another process is at work on it.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::OlderSchema`], [`Error::NewerSchema`], [`Error::Foreign`], [`Error::Open`].
    pub async fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self::new(path, Pool::open(path, CONNECTIONS).await?))
    }

    /// The same beside the writer of this process.
    pub(crate) async fn beside_writer(path: &Path) -> Result<Self, Error> {
        Ok(Self::new(path, Pool::of(CONNECTIONS, path, None).await?))
    }

    /// A database with nothing in it, for an installation that has not begun.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Migrate`].
    pub async fn empty() -> Result<Self, Error> {
        let path = Path::new(":memory:");
        Ok(Self::new(path, Pool::new(vec![connection::empty().await?], path, None)))
    }

    /// This connection, with all that was prepared on it.
    pub(crate) fn fixed(connection: tokio_rusqlite::Connection, witness: Witness) -> Self {
        let path = Arc::clone(&witness.path);
        Self::new(&path, Pool { connections: vec![connection], turn: AtomicUsize::new(0), witness, is_fixed: true })
    }

    fn new(path: &Path, pool: Pool) -> Self {
        Self {
            path: path.into(),
            pool: Arc::new(RwLock::new(Arc::new(pool))),
            asked: Arc::default(),
            is_lost: watch::Sender::new(false),
        }
    }

    /// Answers a question from one of the connections, as of the last commit.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        question: impl Fn(&Connection) -> Result<T, Error> + Send + Sync + 'static,
    ) -> Result<T, Error> {
        let question = move |connection: &Connection| question(connection).map(boxed);
        self.ask(Arc::new(question)).await.map(unboxed)
    }

    async fn ask(&self, question: Question) -> Result<Answer, Error> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        for _ in 0..TRIES {
            let pool = Arc::clone(&self.pool.read().unwrap_or_else(PoisonError::into_inner));
            let asked = Arc::clone(&question);
            let answer = self.answered(pool.next().call(move |connection| asked(connection)).await);
            if pool.witness.is_as_opened() {
                return answer;
            }
            if pool.is_fixed {
                break;
            }
            let opened = Arc::new(Pool::open(&self.path, CONNECTIONS).await?);
            *self.pool.write().unwrap_or_else(PoisonError::into_inner) = opened;
        }
        Err(Error::Unsteady { path: self.path.to_path_buf() })
    }

    /// Questions so far.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn answered(&self, answer: Result<Answer, tokio_rusqlite::Error<Error>>) -> Result<Answer, Error> {
        let answer = answer.map_err(flatten);
        if matches!(answer, Err(Error::Closed)) {
            self.is_lost.send_replace(true);
        }
        answer
    }

    /// Waits until a connection is lost: a panic in what it was asked has ended its thread. Nothing is answered by it any
    /// more, so the process must end, and a new one begin.
    pub async fn lost(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.is_lost.subscribe().wait_for(|is_lost| *is_lost).await;
    }

    /// A connection of its own for something long, that must not keep others waiting.
    pub(crate) async fn apart(&self) -> Result<Apart, Error> {
        let Pool { mut connections, witness, .. } = Pool::open(&self.path, 1).await?;
        Ok(Apart { connection: connections.remove(0), witness })
    }

    /// Closes the connections.
    pub(crate) async fn close(&self) {
        let pool = Arc::clone(&self.pool.read().unwrap_or_else(PoisonError::into_inner));
        for connection in &pool.connections {
            close(connection).await;
        }
    }
}

pub(crate) async fn close(connection: &tokio_rusqlite::Connection) {
    if let Err(error) = connection.clone().close().await {
        tracing::debug!("a connection to the database did not close: {error}");
    }
}

/// A connection, and what says whether its answers count.
pub(crate) struct Apart {
    pub(crate) connection: tokio_rusqlite::Connection,
    pub(crate) witness: Witness,
}

impl Pool {
    async fn open(path: &Path, number: usize) -> Result<Self, Error> {
        for _ in 0..TRIES {
            let Some(stamp) = Stamp::of(path) else {
                return Err(Error::Missing { path: path.to_owned() });
            };
            let still = (!stamp.has_log).then_some(stamp);
            let opened = Self::of(number, path, still).await;
            // A writer may have begun, or ended and taken its files away, in between.
            match &opened {
                Ok(pool) if pool.witness.is_as_opened() => return opened,
                Err(_) if Stamp::of(path) == Some(stamp) => return opened,
                _ => {}
            }
        }
        Err(Error::Unsteady { path: path.to_owned() })
    }

    async fn of(number: usize, path: &Path, still: Option<Stamp>) -> Result<Self, Error> {
        let mut connections = Vec::with_capacity(number);
        for _ in 0..number {
            let connection = match still {
                Some(_) => connection::still_reader(path).await?,
                None => connection::reader(path).await?,
            };
            // The first question finds the file in order, and from then on the writer's files stay while they are read.
            let asked = path.to_owned();
            let checked = connection.call(move |connection| schema::require_latest(connection, &asked));
            checked.await.map_err(flatten)?;
            connections.push(connection);
        }
        Ok(Self::new(connections, path, still))
    }

    fn new(connections: Vec<tokio_rusqlite::Connection>, path: &Path, still: Option<Stamp>) -> Self {
        let witness = Witness { path: path.into(), still };
        Self { connections, turn: AtomicUsize::new(0), witness, is_fixed: false }
    }

    fn next(&self) -> &tokio_rusqlite::Connection {
        &self.connections[self.turn.fetch_add(1, Ordering::Relaxed) % self.connections.len()]
    }
}
