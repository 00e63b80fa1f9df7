//! Sending by SMTP (RFC 5321), on lettre's connection with a small pool of our own.
//!
//! lettre 0.11's own pool never sets TCP_NODELAY, writes the final dot apart and asks NOOP before each reuse: 44 ms a
//! message where this takes less than one. It can go when a release has fixed that (its PR 1159). What lettre's
//! connection leaves to its caller is done in the files below: TLS and STARTTLS (`secure`), groups and RSET
//! (`connection`), time limits (`answer`), bounds (`stream`), line ends and dots (`wire`), one failure for all that wait (`single_flight`).

mod answer;
mod connection;
mod hint;
mod secure;
mod single_flight;
mod stream;
mod wire;

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use lettre::Address;
use tokio::sync::{OnceCell, Semaphore};
use tokio_rustls::TlsConnector;

use super::reply::{self, Command};
use super::{Accepted, Error, Outgoing};
use answer::is_closing;
use connection::{Connection, Transaction};
use single_flight::SingleFlight;

/// How a server is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A name or an IP address; the certificate must be for it.
    pub host: String,
    /// 465, 587 or 25, as a rule.
    pub port: u16,
    /// How the channel is protected.
    pub tls: Tls,
    /// Certificates of authorities that are trusted beside the system's, in PEM.
    pub ca: Option<Vec<u8>>,
    /// The log-in, if the server wants one.
    pub login: Option<Login>,
    /// The name that we give in EHLO: a domain, or an address in brackets. Without one it is the address of our end.
    pub hello: Option<String>,
    /// Connections at a time; at least one.
    pub max_connections: usize,
    /// Messages over one connection before it is closed; at least one.
    pub messages_per_connection: u32,
    /// The longest wait for each single answer; after the final dot ten times as long.
    pub timeout: Duration,
    /// A connection that was not used for so long is not used again.
    pub max_idle: Duration,
}

/// How the channel is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (RFC 8314).
    Implicit,
    /// STARTTLS (RFC 3207), required: without it nothing is sent.
    StartTls,
    /// Not at all: for a relay on the same machine.
    None,
}

/// A user name and a password, neither of which a message shows.
#[derive(Clone)]
pub struct Login {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login")
    }
}

/// Connections to one server, kept open between messages.
pub struct Pool {
    settings: Settings,
    slots: Semaphore,
    idle: Mutex<Vec<Connection>>,
    connector: OnceCell<TlsConnector>,
    opening: SingleFlight,
    /// The most messages that the server has taken over one connection, once it said that it takes no more.
    session_limit: AtomicU32,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Pool {
    /// A pool without connections; they are made when messages want them.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let slots = Semaphore::new(settings.max_connections.max(1));
        let (idle, connector, opening) = (Mutex::default(), OnceCell::new(), SingleFlight::default());
        let session_limit = AtomicU32::new(settings.messages_per_connection);
        Self { settings, slots, idle, connector, opening, session_limit }
    }

    /// Sends one message, waiting for a free connection.
    ///
    /// # Errors
    /// [`Error::verdict`] says what to do. After a refusal the connection is used again.
    pub async fn send(&self, outgoing: &Outgoing<'_>) -> Result<Accepted, Error> {
        let from: Address = outgoing.from.parse().map_err(|_| Error::Address("from"))?;
        let to: Address = outgoing.to.parse().map_err(|_| Error::Address("to"))?;
        let transaction = Transaction { from: &from, to: &to, bytes: outgoing.bytes };
        let _slot = self.slots.acquire().await.expect("the pool never closes its semaphore");
        if let Some(mut kept) = self.take_idle() {
            let outcome = kept.transact(&transaction).await;
            // A server may close what was idle. Nothing of the message was sent yet: trying again repeats nothing.
            let is_stale = outcome.as_ref().is_err_and(|error| match error {
                Error::Lost { command, .. } => *command == Command::Mail,
                Error::Refused { command, .. } if *command == Command::Mail && is_closing(error) => true,
                // It has enough of this connection; the message is no worse for it.
                Error::Refused { command, reply } => {
                    matches!(command, Command::Mail | Command::Rcpt) && reply::is_session_limit(reply)
                }
                _ => false,
            });
            if !is_stale {
                return self.settle(kept, outcome).await;
            }
            if outcome.is_err_and(|error| !is_closing(&error) && matches!(error, Error::Refused { .. })) {
                self.session_limit.fetch_min(kept.transactions.saturating_sub(1).max(1), Ordering::Relaxed);
                kept.abandon();
            }
        }
        let mut fresh = self.open().await?;
        let outcome = fresh.transact(&transaction).await;
        self.settle(fresh, outcome).await
    }

    /// Connects, secures, logs in, and says good-bye: whether mail could be sent.
    ///
    /// # Errors
    /// Why nothing can be sent.
    pub async fn probe(&self) -> Result<(), Error> {
        self.open().await?.leave().await;
        Ok(())
    }

    /// Says good-bye on every connection that is not in use. The pool may be used again.
    pub async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle());
        join_all(idle.into_iter().map(Connection::leave)).await;
    }

    /// The connection used last, unless it was idle for too long; then the others were idle for longer.
    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle();
        let kept = idle.pop()?;
        if kept.idle_since.elapsed() < self.settings.max_idle {
            return Some(kept);
        }
        idle.drain(..).chain([kept]).for_each(Connection::abandon);
        None
    }

    /// Keeps the connection for the next message, if it can be used for one.
    async fn settle<T>(&self, mut connection: Connection, outcome: Result<T, Error>) -> Result<T, Error> {
        if connection.is_usable(&outcome).await {
            if connection.transactions >= self.session_limit.load(Ordering::Relaxed) {
                connection.leave().await;
            } else {
                self.idle().push(connection);
            }
        }
        outcome
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn open(&self) -> Result<Connection, Error> {
        self.opening.run(self.connect()).await
    }

    async fn connect(&self) -> Result<Connection, Error> {
        if self.settings.tls == Tls::None {
            return Connection::open(&self.settings, None).await;
        }
        let made = self.connector.get_or_try_init(|| async { secure::connector(self.settings.ca.as_deref()) });
        Connection::open(&self.settings, Some(made.await?)).await
    }
}
