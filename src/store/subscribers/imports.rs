//! Many people at once, as a file has them: each as if they came alone, all in one transaction.

use chrono::{DateTime, Utc};

use super::{Starts, join_from};
use crate::store::{Error, Joined, NewSubscriber, Store};

impl Store {
    /// Adds people, in order; all of them are kept, or none.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn join_all(&self, people: Vec<NewSubscriber>, now: DateTime<Utc>) -> Result<Vec<Joined>, Error> {
        self.write(move |tx| {
            let mut starts = Starts::default();
            let joined = people.into_iter().map(|person| Ok(join_from(tx, person, &mut starts, now)?.0));
            joined.collect()
        })
        .await
    }
}
