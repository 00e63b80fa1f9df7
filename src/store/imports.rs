//! Many people at once, as a file has them: each as if they came alone, all in one transaction.

use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension as _;

use super::subscribers::{Starts, join_from};
use super::{Error, Joined, NewSubscriber, Store};

impl Store {
    /// Adds people, in order; all of them are kept, or none. `None` for somebody who has left: a file brings nobody back.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn join_all(&self, people: Vec<NewSubscriber>, now: DateTime<Utc>) -> Result<Vec<Option<Joined>>, Error> {
        self.write(move |tx| {
            let mut starts = Starts::default();
            let mut joined = Vec::with_capacity(people.len());
            for person in people {
                let has_left: Option<bool> = tx
                    .prepare_cached("SELECT status = 'left' FROM subscribers WHERE address_key = ?1")?
                    .query_row([person.address.key()], |row| row.get(0))
                    .optional()?;
                joined.push(match has_left {
                    Some(true) => None,
                    _ => Some(join_from(tx, person, &mut starts, now)?.0),
                });
            }
            Ok(joined)
        })
        .await
    }
}
