//! What the store could not do, in words that name the file and, where there is one, the cause.

use std::path::PathBuf;

use super::absolute;
use super::database::sql::SqlError;

/// What the store could not do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened or created.
    #[error("cannot open the database `{path}`")]
    Open {
        /// Its path.
        path: PathBuf,
        /// Why.
        #[source]
        source: SqlError,
    },
    /// There is no database.
    #[error("there is no database `{}` yet", absolute(path))]
    Missing {
        /// Its path.
        path: PathBuf,
    },
    /// An earlier version of the program wrote this database; only the process that holds its lock migrates it.
    #[error(
        "the database `{path}` has schema {found}, and this program reads {known}: it was last used by an earlier version"
    )]
    OlderSchema {
        /// Its path.
        path: PathBuf,
        /// Its schema number.
        found: usize,
        /// The current schema number.
        known: usize,
    },
    /// It kept changing while it was read.
    #[error("the database `{path}` changed while it was read")]
    Unsteady {
        /// Its path.
        path: PathBuf,
    },
    /// A later version of the program wrote this database.
    #[error(
        "the database `{path}` has schema {found}, and this program knows {known}: it was written by a later version"
    )]
    NewerSchema {
        /// Its path.
        path: PathBuf,
        /// Its schema number.
        found: usize,
        /// The newest schema number that this program knows.
        known: usize,
    },
    /// Processes of an earlier version are connected that could not go on with the new schema.
    #[error("the database `{path}` cannot be brought up to date while these are connected: {processes}")]
    EarlierVersions {
        /// Where it is.
        path: PathBuf,
        /// Which.
        processes: String,
    },
    /// A database of another program.
    #[error("`{path}` is not a database of this program")]
    Foreign {
        /// Its path.
        path: PathBuf,
    },
    /// The schema could not be brought up to date.
    #[error("cannot bring the database `{path}` up to date")]
    Migrate {
        /// Its path.
        path: PathBuf,
        /// Why.
        #[source]
        source: SqlError,
    },
    /// A statement failed.
    #[error("the database refused a statement")]
    Statement(#[from] SqlError),
    /// A column holds a value that this program never writes.
    #[error("the database holds `{value}` where {what} should be")]
    Content {
        /// What was expected.
        what: &'static str,
        /// What was found.
        value: String,
    },
    /// A copy cannot be written.
    #[error("cannot write the copy `{path}`")]
    Copy {
        /// Its path.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database that another one should be copied into is in use already.
    #[error("the database `{path}` is not empty")]
    Occupied {
        /// Where it is.
        path: PathBuf,
    },
    /// Another process has the database open.
    #[error("the database `{path}` is in use")]
    InUse {
        /// Its path.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("the database `{path}` is damaged: {found}")]
    Damaged {
        /// Its path.
        path: PathBuf,
        /// The first finding.
        found: String,
    },
    /// Somebody did something to a draft while its run was being made.
    #[error("the draft was changed while its run was being made")]
    DraftChanged,
    /// A connection's thread has ended: it was closed, or a bug has ended it, which is logged.
    #[error("the connection to the database is closed")]
    Closed,
}

impl Error {
    pub(super) fn content(what: &'static str, value: impl std::fmt::Display) -> Self {
        Self::Content { what, value: value.to_string() }
    }
}
