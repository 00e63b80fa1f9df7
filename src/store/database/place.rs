//! Where a database is: a file of SQLite's, or a server of PostgreSQL's.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// A database on a server.
    Server(Box<Server>),
}

/// A database on a server, and how it is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    /// `postgres://user@host:port/database`; what stands in it in place of a password is not shown.
    pub url: Url,
    /// The password, if the server asks for one.
    pub password: Option<String>,
    /// Whether the connection is encrypted, and the server's certificate checked. A socket of this machine needs neither.
    pub is_encrypted: bool,
    /// Certificate authorities beside the system's, in PEM.
    pub authorities: Option<Vec<u8>>,
    /// Connections that only read.
    pub readers: usize,
}

impl Server {
    /// The URL without a password, for people.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut url = self.url.clone();
        // A URL that has no host takes no password either.
        let _ = url.set_password(None);
        url.set_query(None);
        url.to_string()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.shown())
    }
}

impl Place {
    /// Its name in messages and errors: a path, or a URL without a password.
    pub(crate) fn name(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Server(server) => server.shown().into(),
        }
    }
}

impl From<PathBuf> for Place {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl From<&PathBuf> for Place {
    fn from(path: &PathBuf) -> Self {
        Self::File(path.clone())
    }
}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}
