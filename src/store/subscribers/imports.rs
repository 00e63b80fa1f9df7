//! Imports: many subscribers from a file, each as if they were added alone, all in one transaction.

use crate::store::SubscriberChanges;
use chrono::{DateTime, Utc};

use super::{Starts, join_from};
use crate::store::{Error, Joined, NewSubscriber};

impl SubscriberChanges<'_> {
    /// Adds subscribers, in order; all of them or none.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn join_all(self, people: Vec<NewSubscriber>, now: DateTime<Utc>) -> Result<Vec<Joined>, Error> {
        self.store
            .write(move |tx| {
                let mut starts = Starts::default();
                let joined = people.into_iter().map(|person| Ok(join_from(tx, person, &mut starts, now)?.0));
                joined.collect()
            })
            .await
    }
}
