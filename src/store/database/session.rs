//! Sessions: a connection and the thread that owns it. What is to be done is sent there as a closure, one after the other,
//! so that no query blocks a thread of the runtime. A panic in a closure ends the session.

use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::sql::{self, Connection};
use crate::store::Error;

/// A handle on a session; it ends with its last handle.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    work: mpsc::Sender<Work>,
    /// Closed when the thread ends.
    life: watch::Receiver<()>,
}

enum Work {
    Run(Box<dyn FnOnce(&mut Connection) + Send>),
    Close(oneshot::Sender<sql::Result<()>>),
}

impl Session {
    /// Opens a connection on a thread of its own.
    ///
    /// # Errors
    /// Those of `open`; [`Error::Closed`].
    pub(crate) async fn open(open: impl FnOnce() -> Result<Connection, Error> + Send + 'static) -> Result<Self, Error> {
        let (work, to_do) = mpsc::channel();
        let (opened, is_open) = oneshot::channel();
        let (alive, life) = watch::channel(());
        let run = move || {
            let _alive = alive;
            match open() {
                Ok(connection) => {
                    let _ = opened.send(Ok(()));
                    serve(connection, &to_do);
                }
                Err(error) => drop(opened.send(Err(error))),
            }
        };
        thread::Builder::new().name("database".to_owned()).spawn(run).map_err(|_| Error::Closed)?;
        is_open.await.map_err(|_| Error::Closed)??;
        Ok(Self { work, life })
    }

    /// Runs `work` on the connection, after what was asked before.
    ///
    /// # Errors
    /// Those of `work`; [`Error::Closed`].
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (done, answer) = oneshot::channel();
        // Whoever asked may have gone away.
        let run = Box::new(move |connection: &mut Connection| {
            let answer = work(connection).map_err(|error| if connection.is_over() { lost(&error) } else { error });
            drop(done.send(answer));
        });
        self.work.send(Work::Run(run)).map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }

    /// Waits until the session has ended, whoever ended it: nothing that it is asked will be answered.
    pub(crate) async fn ended(&self) {
        let mut life = self.life.clone();
        while life.changed().await.is_ok() {}
    }

    /// Closes the connection, whatever other handles there are.
    ///
    /// # Errors
    /// [`Error::Statement`]; [`Error::Closed`].
    pub(crate) async fn close(&self) -> Result<(), Error> {
        let (done, answer) = oneshot::channel();
        self.work.send(Work::Close(done)).map_err(|_| Error::Closed)?;
        Ok(answer.await.map_err(|_| Error::Closed)??)
    }
}

/// The server has gone, or has ended the session: whatever is asked next finds it closed as well.
fn lost(error: &Error) -> Error {
    let why = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    tracing::error!("the connection to the database is lost: {why}");
    Error::Closed
}

/// How often a server is shown that this process runs, when it is asked nothing. A server that has gone is noticed with it.
const PULSE: Duration = Duration::from_secs(5);

fn serve(mut connection: Connection, to_do: &mpsc::Receiver<Work>) {
    let pulse = if connection.is_remote() { PULSE } else { Duration::MAX };
    loop {
        match to_do.recv_timeout(pulse) {
            Ok(Work::Run(run)) => run(&mut connection),
            Ok(Work::Close(done)) => {
                let _ = done.send(connection.close());
                return;
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Err(error) = connection.pulse() {
                    tracing::warn!("the connection to the database is lost: {error}");
                    return;
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if connection.is_over() {
            return;
        }
    }
}
