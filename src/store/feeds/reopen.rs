//! Reopening a feed: its window begins earlier, so that items are admitted that were too old when it was first read.

use crate::store::FeedChanges;
use crate::store::database::sql::params;
use chrono::{DateTime, Utc};

use crate::domain::feeds::FeedId;
use crate::store::items::reopening::{self, Admitted};
use crate::store::{Error, seconds};

/// What reopening a feed did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reopened {
    /// Items that may be mailed from now on.
    pub items: usize,
    /// Those of them that are selected.
    pub selected: usize,
    /// Published then or later.
    pub since: DateTime<Utc>,
}

impl FeedChanges<'_> {
    /// Admits items of a feed that were published at `since` or later and were too old so far. `None` for a feed that was
    /// never read: its window is not fixed yet. Items without a date or without their text stay as they are,
    /// and a story that a run has covered is not mailed again.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn reopen(
        self,
        feed: &FeedId,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Option<Reopened>, Error> {
        let feed = feed.to_string();
        self.store
            .write(move |tx| {
                if tx.execute(WIDEN, params![feed, seconds(since)])? == 0 {
                    return Ok(None);
                }
                let Admitted { items, selected } = reopening::admit(tx, &feed, since, now)?;
                Ok(Some(Reopened { items, selected, since }))
            })
            .await
    }
}

const WIDEN: &str = "UPDATE feeds SET since = CASE WHEN since > ?2 THEN ?2 ELSE since END
    WHERE id = ?1 AND first_polled IS NOT NULL";
