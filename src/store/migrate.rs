//! The schema's history: numbered, append-only, one purpose each. A database from a later version is refused.

use std::path::Path;

use rusqlite_migration::{Error as MigrationError, M, MigrationDefinitionError, Migrations};
use tokio_rusqlite::Connection;

use super::Error;

const STEPS: &[M<'_>] = &[
    M::up(include_str!("migrations/0001_base.sql")),
    M::up(include_str!("migrations/0002_visits.sql")),
    M::up(include_str!("migrations/0003_digests.sql")),
    M::up(include_str!("migrations/0004_borderline.sql")),
    M::up(include_str!("migrations/0005_reasons.sql")),
    M::up(include_str!("migrations/0007_notes.sql")),
];

pub(super) async fn to_latest(connection: &Connection, path: &Path) -> Result<(), Error> {
    let migrated = connection
        .call(|connection| {
            let found: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
            Ok::<_, MigrationError>((found, Migrations::from_slice(STEPS).to_latest(connection)))
        })
        .await;
    match migrated {
        Ok((_, Ok(()))) => Ok(()),
        Ok((found, Err(MigrationError::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead)))) => {
            Err(Error::NewerSchema { path: path.to_owned(), found, known: STEPS.len() })
        }
        Ok((_, Err(source))) | Err(tokio_rusqlite::Error::Error(source)) => {
            Err(Error::Migrate { path: path.to_owned(), source })
        }
        Err(_) => Err(Error::Closed),
    }
}
