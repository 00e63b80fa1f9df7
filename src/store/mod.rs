//! The database is the truth: the state of feeds, items in order of arrival, stories, frozen runs, the outbox, subscribers.
//! Callers see methods in the words of the domain, with `now` as an argument; no driver type leaves this folder. Each table
//! has one owner among the rooms. One writer numbers and commits; a few read-only connections run beside it (WAL).

mod database;
mod digests;
mod error;
mod feeds;
mod items;
mod operations;
mod outbox;
mod selection;
mod subscribers;

use database::connection;
use database::reader;
use database::server;
use database::session::Session;
use database::sql::Transaction;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};

pub use database::disk::free_bytes;
pub use database::place::{Place, Server};
pub use database::reader::Reader;
pub use database::server::processes::Process;
pub use database::server::standing::ServerSettings;
pub use database::sql::SqlError;
pub use digests::archive_list::{ArchiveRow, Neighbour, RunPage};
pub use digests::archives::{ArchivePage, LanguagePage, NewArchive, PageStory, SentStory};
pub use digests::corrections::NewCorrection;
pub use digests::drafts::{DraftMail, DraftOfRun, DraftRow, EDITOR, NewDraft, Recorded};
pub use digests::filling::FrozenRun;
pub use digests::held_runs::{Cancelled, Released};
pub use digests::proofs::{NewProof, PROOF};
pub use digests::runs::{NewBody, NewRun, RunRow, Window, WindowBody};
pub use digests::status_counts::{HeldRun, LastDigest, ReportCount, RunStatus};
pub use error::Error;
pub use feeds::{Activity, CRASHED, Failure, FeedState, Poll, PollOutcome, Reopened, Visited};
pub use items::arrival::Saved;
pub use items::by_hand::RESERVED;
pub use items::scored::{ScoredItem, Shown};
pub use items::{ItemRow, Rescored};
pub use operations::alarms::{AlarmMail, Facts, Untold};
pub use operations::keys::{FreshKeys, Keys, Rotated};
pub use operations::pending_configuration::PendingConfiguration;
pub use operations::requests::Request;
pub use operations::weeks::{WEEKS, WeekItems, WeekMails, Weeks};
pub use outbox::attempts::Attempts;
pub use outbox::bodies::{Body, RunName};
pub use outbox::messages::{MessageRow, Wanted};
pub use outbox::pauses::{Pause, PauseCause};
pub use outbox::reports::{NewReport, Reported, ReturnedCount, Source, Taken};
pub use outbox::suppressions::Suppressed;
pub use outbox::unknown::{Decision, UnknownMessage};
pub use outbox::{Claimed, Kind, MessageCounts, OpenCounts, Settlement};
pub use selection::labels::{LabelRow, LabelledItem, NewLabel, VotableStory};
pub use selection::samples::{Sampled, Tally};
pub use subscribers::erasure::{Erased, Expiry};
pub use subscribers::preferences::{AddressTaken, OwnMessage, OwnRecord};
pub use subscribers::sign_ups::{Answer, BETWEEN_CONFIRMATIONS, BETWEEN_REMINDERS, Wording};
pub use subscribers::{Confirmed, Joined, NewSubscriber, Subscriber};

/// The work of one transaction.
type Change = Box<dyn FnOnce(&Transaction<'_>) -> Result<reader::Answer, Error> + Send>;

/// The database, for reading and writing. Everything that only reads is a method of [`Reader`], so that code that has only
/// a reader cannot change anything.
#[derive(Debug)]
pub struct Store {
    writer: Session,
    writes: AtomicUsize,
    reader: Reader,
}

impl Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

/// The views of the database by subject, each with its questions, which any [`Reader`] answers, and its changes, which only
/// the [`Store`] makes: `store.feeds().save_polls(…)`.
macro_rules! subjects {
    ($($doc:literal $room:ident: $Questions:ident $(, $Changes:ident)?;)*) => {
        $(
            #[doc = $doc]
            #[derive(Debug, Clone, Copy)]
            pub struct $Questions<'a> {
                reader: &'a Reader,
            }

            impl Reader {
                #[doc = $doc]
                #[must_use]
                pub fn $room(&self) -> $Questions<'_> {
                    $Questions { reader: self }
                }
            }

            $(
                #[doc = $doc]
                #[derive(Debug, Clone, Copy)]
                pub struct $Changes<'a> {
                    store: &'a Store,
                    questions: $Questions<'a>,
                }

                impl<'a> Deref for $Changes<'a> {
                    type Target = $Questions<'a>;

                    fn deref(&self) -> &$Questions<'a> {
                        &self.questions
                    }
                }

                impl Store {
                    #[doc = $doc]
                    #[must_use]
                    pub fn $room(&self) -> $Changes<'_> {
                        $Changes { store: self, questions: self.reader.$room() }
                    }
                }
            )?
        )*
    };
}

subjects! {
    "Feeds' state between polls, and what a poll brought."
    feeds: Feeds, FeedChanges;
    "Items and the stories that they belong to."
    items: Items, ItemChanges;
    "Stored items under other scores."
    selection: Selection;
    "Labels, and the blind samples of drafts."
    labels: Labels, LabelChanges;
    "Runs, their windows and their states."
    digests: Digests, DigestChanges;
    "The archive's pages."
    archive: Archive;
    "Messages, attempts, reports, pauses and suppressions."
    outbox: Outbox, OutboxChanges;
    "Subscribers, their preferences and their erasure."
    subscribers: Subscribers, SubscriberChanges;
    "Sign-ups and what answers them."
    sign_ups: SignUps, SignUpChanges;
    "Alarms, keys, marks, requests to the daemon and its pending configuration."
    operations: Operations, OperationChanges;
}

/// Transactions since the database was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transactions {
    /// On a read-only connection.
    pub reads: usize,
    /// On the writer, including those that changed nothing.
    pub writes: usize,
}

impl Store {
    /// Opens the database, creates it if there is none, and migrates its schema: for the one process that holds the folder's
    /// lock. On a server, this takes the worker's lock, which is held as long as the session.
    ///
    /// # Errors
    /// [`Error::Open`], [`Error::Foreign`], [`Error::NewerSchema`], [`Error::Migrate`]; [`Error::InUse`] on a server.
    pub async fn open(place: impl Into<Place>) -> Result<Self, Error> {
        let place = place.into();
        let writer = match &place {
            Place::File(path) => connection::maker(path).await?,
            Place::Server(server) => server::worker(server).await?,
        };
        Self::with(writer, &place).await
    }

    /// Opens an existing database, to change something beside the process that holds its lock.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::OlderSchema`], [`Error::NewerSchema`], [`Error::Foreign`], [`Error::Open`].
    pub async fn open_existing(place: impl Into<Place>) -> Result<Self, Error> {
        let place = place.into();
        let writer = match &place {
            Place::File(path) if !path.exists() => return Err(Error::Missing { path: path.clone() }),
            Place::File(path) => connection::editor(path).await?,
            Place::Server(server) => server::editor(server).await?,
        };
        Self::with(writer, &place).await
    }

    /// Takes the worker's lock on a server, for something that one process does at a time; a file has the folder's lock.
    ///
    /// # Errors
    /// [`Error::InUse`].
    pub async fn become_worker(&self) -> Result<(), Error> {
        let Place::Server(server) = self.reader.place().clone() else { return Ok(()) };
        self.writer.call(move |connection| server::become_worker(connection, &server)).await
    }

    /// The same without waiting; `false` if another process is the worker.
    ///
    /// # Errors
    /// The database fails, or its schema cannot be brought up to date.
    pub async fn take_over(&self) -> Result<bool, Error> {
        let Place::Server(server) = self.reader.place().clone() else { return Ok(false) };
        self.writer.call(move |connection| server::take_over(connection, &server)).await
    }

    /// Tells a server which command this process runs.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn introduce(&self, command: &str) -> Result<(), Error> {
        if matches!(self.reader.place(), Place::File(_)) {
            return Ok(());
        }
        let command = command.to_owned();
        self.writer.call(move |connection| server::introduce(connection, &command)).await
    }

    async fn with(writer: Session, place: &Place) -> Result<Self, Error> {
        Ok(Self { writer, writes: AtomicUsize::new(0), reader: Reader::beside_writer(place).await? })
    }

    /// A reader of the same database.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Waits until the writer or a reader is lost, as [`Reader::lost`] says.
    pub async fn lost(&self) {
        tokio::select! {
            () = self.reader.lost() => {}
            () = self.writer.ended() => {}
        }
    }

    /// Closes it: the log is written back, so that the file is the complete database. Without that, as after a kill, the next
    /// start does so.
    pub async fn close(&self) {
        // The last connection to close writes the log back, and only the writer may.
        self.reader.close().await;
        reader::close(&self.writer).await;
    }

    /// The number of transactions so far.
    #[must_use]
    pub fn transactions(&self) -> Transactions {
        Transactions { reads: self.reader.asked(), writes: self.writes.load(Ordering::Relaxed) }
    }

    /// Runs `work` in one transaction of the single writer: all of it is committed, or nothing.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let work = move |transaction: &Transaction<'_>| work(transaction).map(reader::boxed);
        self.change(Box::new(work)).await.map(reader::unboxed)
    }

    async fn change(&self, work: Change) -> Result<reader::Answer, Error> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let done = self.writer.call(move |connection| {
            let transaction = connection.begin()?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        });
        self.reader.answered(done.await)
    }

    /// Ends the writer, as a bug in a closure would.
    #[cfg(test)]
    pub(crate) async fn lose(&self) {
        let fault = self.write::<()>(|_| panic!("a fault, made by a test")).await;
        assert!(matches!(fault, Err(Error::Closed)), "{fault:?}");
    }
}

/// The file that SQLite keeps beside a database under its name with this ending.
fn beside(database: &Path, end: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// A path that is valid from any folder.
fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// A time as it is stored: whole seconds, UTC.
fn seconds(at: DateTime<Utc>) -> i64 {
    at.timestamp()
}

fn time(seconds: i64) -> Result<DateTime<Utc>, Error> {
    DateTime::from_timestamp(seconds, 0).ok_or_else(|| Error::content("a time in seconds", seconds))
}

fn optional_time(seconds: Option<i64>) -> Result<Option<DateTime<Utc>>, Error> {
    seconds.map(time).transpose()
}

fn word<T: std::str::FromStr>(what: &'static str, text: String) -> Result<T, Error> {
    text.parse().map_err(|_| Error::content(what, text))
}

fn to_json(list: &[String]) -> String {
    serde_json::Value::from(list).to_string()
}

fn from_json<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| Error::content(what, text))
}
