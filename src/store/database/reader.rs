//! Reading, with a few connections that cannot write. In WAL mode a database is read beside its writer through the files
//! `-wal` and `-shm`; a reader that finds none would create them, which needs permission to write to the folder. So where
//! there is no `-wal`, the file is read alone, as `immutable`: nothing is created or locked, and read permission is enough.
//! SQLite removes the `-wal` when the last process closes the database, and creates one before it writes, so without one
//! nothing is being written. If one appears, or the file changes, during a query, the result is discarded and the query
//! runs again on the new state.

use std::any::Any;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use tokio::sync::watch;

use super::place::Place;
use super::session::Session;
use super::sql::Connection;
use super::{connection, schema, server};
use crate::store::{Error, beside};

/// Connections that work in parallel.
const CONNECTIONS: usize = 3;

/// How often a query is repeated before it fails because the file keeps changing.
const TRIES: usize = 20;

/// The result of a query or change, of any type. Boxed, so that the code that passes it to a connection and back, with its
/// channels and futures, is compiled once, and not for each of two hundred queries and changes.
pub(crate) type Answer = Box<dyn Any + Send>;
type Question = Arc<dyn Fn(&Connection) -> Result<Answer, Error> + Send + Sync>;

pub(crate) fn boxed<T: Send + 'static>(value: T) -> Answer {
    Box::new(value)
}

/// The result, as the type that its query returns.
pub(crate) fn unboxed<T: 'static>(answer: Answer) -> T {
    *answer.downcast().expect("the result has the type of its query")
}

/// The database, for reading. A clone shares the connections.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) path: Arc<Path>,
    place: Place,
    pool: Arc<RwLock<Arc<Pool>>>,
    asked: Arc<AtomicUsize>,
    is_lost: watch::Sender<bool>,
}

#[derive(Debug)]
struct Pool {
    connections: Vec<Session>,
    turn: AtomicUsize,
    witness: Witness,
    /// Whether no other pool may take its place.
    is_fixed: bool,
}

/// The state of the file when it was opened to be read alone, to notice a change; none where it is read beside its
/// writer.
#[derive(Debug, Clone)]
pub(crate) struct Witness {
    path: Arc<Path>,
    still: Option<Stamp>,
}

impl Witness {
    fn is_as_opened(&self) -> bool {
        self.still.is_none_or(|still| Stamp::of(&self.path) == Some(still))
    }

    /// Makes sure that what was read is a committed state.
    ///
    /// # Errors
    /// [`Error::Unsteady`].
    pub(crate) fn confirm(&self) -> Result<(), Error> {
        if self.is_as_opened() { Ok(()) } else { Err(Error::Unsteady { path: self.path.to_path_buf() }) }
    }
}

/// What changes when a process writes to the database.
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
    /// Opens the database for reading, whether or not another process uses it.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::OlderSchema`], [`Error::NewerSchema`], [`Error::Foreign`], [`Error::Open`].
    pub async fn open(place: impl Into<Place>) -> Result<Self, Error> {
        let place = place.into();
        Ok(Self::new(&place, Pool::open(&place, None).await?))
    }

    /// The same beside the writer of this process.
    pub(crate) async fn beside_writer(place: &Place) -> Result<Self, Error> {
        let pool = match place {
            Place::File(path) => Pool::of(CONNECTIONS, path, None).await?,
            Place::Server(_) => Pool::open(place, None).await?,
        };
        Ok(Self::new(place, pool))
    }

    /// An empty database in memory, for an installation that has not started yet.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Migrate`].
    pub async fn empty() -> Result<Self, Error> {
        let path = Path::new(":memory:");
        Ok(Self::new(&path.into(), Pool::new(vec![connection::empty().await?], path, None)))
    }

    /// Reads through this connection only, with what was prepared on it.
    pub(crate) fn fixed(connection: Session, witness: Witness) -> Self {
        let place = Place::from(&*witness.path);
        Self::new(&place, Pool { connections: vec![connection], turn: AtomicUsize::new(0), witness, is_fixed: true })
    }

    fn new(place: &Place, pool: Pool) -> Self {
        Self {
            path: place.name().into(),
            place: place.clone(),
            pool: Arc::new(RwLock::new(Arc::new(pool))),
            asked: Arc::default(),
            is_lost: watch::Sender::new(false),
        }
    }

    /// The error that there is no such database yet.
    #[must_use]
    pub fn missing(&self) -> Error {
        Error::Missing { path: self.path.to_path_buf() }
    }

    /// Where the database is.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Runs a query on one of the connections, on the last committed state.
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
            let opened = Arc::new(Pool::open(&self.place, None).await?);
            *self.pool.write().unwrap_or_else(PoisonError::into_inner) = opened;
        }
        Err(Error::Unsteady { path: self.path.to_path_buf() })
    }

    /// Queries so far.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn answered(&self, answer: Result<Answer, Error>) -> Result<Answer, Error> {
        if matches!(answer, Err(Error::Closed)) {
            self.is_lost.send_replace(true);
        }
        answer
    }

    /// Waits until a connection is lost: a server has ended it, which is noticed within seconds, or a panic in a query has
    /// ended its thread. It answers nothing any more, so that the database must be opened again.
    pub async fn lost(&self) {
        let mut is_lost = self.is_lost.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let answered = async { drop(is_lost.wait_for(|is_lost| *is_lost).await) };
        let pool = Arc::clone(&self.pool.read().unwrap_or_else(PoisonError::into_inner));
        // Connections to a file are opened anew where it changes, and end for that.
        let ended = async {
            match self.place {
                Place::File(_) => std::future::pending().await,
                Place::Server(_) => {
                    let sessions = pool.connections.iter().map(|session| Box::pin(session.ended()));
                    futures::future::select_all(sessions).await;
                }
            }
        };
        tokio::select! {
            () = answered => {}
            () = ended => {}
        }
    }

    /// A separate connection for a long task, which must not make other queries wait.
    pub(crate) async fn apart(&self) -> Result<Apart, Error> {
        let Pool { mut connections, witness, .. } = Pool::open(&self.place, Some(1)).await?;
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

pub(crate) async fn close(connection: &Session) {
    if let Err(error) = connection.close().await {
        tracing::debug!("a connection to the database did not close: {error}");
    }
}

/// A connection, and the witness that tells whether its results are valid.
pub(crate) struct Apart {
    pub(crate) connection: Session,
    pub(crate) witness: Witness,
}

impl Pool {
    /// With so many connections, or as many as are usual there.
    async fn open(place: &Place, number: Option<usize>) -> Result<Self, Error> {
        let path = match place {
            Place::File(path) => path,
            Place::Server(server) => {
                let sessions = (0..number.unwrap_or(server.readers)).map(|_| server::reader(server));
                let sessions = futures::future::try_join_all(sessions).await?;
                return Ok(Self::new(sessions, &place.name(), None));
            }
        };
        let number = number.unwrap_or(CONNECTIONS);
        for _ in 0..TRIES {
            let Some(stamp) = Stamp::of(path) else {
                return Err(Error::Missing { path: path.to_owned() });
            };
            let still = (!stamp.has_log).then_some(stamp);
            let opened = Self::of(number, path, still).await;
            // A writer may have started, or ended and removed its files, in between.
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
            // The first query checks the schema, and from then on SQLite keeps the writer's files while they are read.
            let asked = path.to_owned();
            let checked = connection.call(move |connection| schema::require_latest(connection.sqlite(), &asked));
            checked.await?;
            connections.push(connection);
        }
        Ok(Self::new(connections, path, still))
    }

    fn new(connections: Vec<Session>, path: &Path, still: Option<Stamp>) -> Self {
        let witness = Witness { path: path.into(), still };
        Self { connections, turn: AtomicUsize::new(0), witness, is_fixed: false }
    }

    fn next(&self) -> &Session {
        &self.connections[self.turn.fetch_add(1, Ordering::Relaxed) % self.connections.len()]
    }
}
