//! How often feeds publish, counted from the dates of what is kept of them, up to their last successful poll: so what
//! is said of a feed changes with its polls alone.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::{Error, Store, optional_time};

/// What a feed published in the time before its last successful poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Which feed.
    pub feed: String,
    /// How many dated items.
    pub items: u64,
    /// The date of the oldest of these.
    pub oldest: Option<DateTime<Utc>>,
    /// When the feed was first read.
    pub first_polled: Option<DateTime<Utc>>,
    /// When it was last read.
    pub succeeded: Option<DateTime<Utc>>,
}

impl Store {
    /// What every feed in the list published in the `window` before it was last read.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn feed_activity(&self, window: TimeDelta) -> Result<Vec<Activity>, Error> {
        self.read(move |connection| {
            let mut statement = connection.prepare(
                "SELECT f.id, f.first_polled, f.succeeded, count(i.published), min(i.published)
                 FROM feeds f LEFT JOIN items i ON i.feed = f.id AND i.published IS NOT NULL
                 AND i.published > f.succeeded - ?1 AND i.published <= f.succeeded
                 WHERE f.removed IS NULL GROUP BY f.id",
            )?;
            let mut rows = statement.query([window.num_seconds()])?;
            let mut activity = Vec::new();
            while let Some(row) = rows.next()? {
                activity.push(Activity {
                    feed: row.get(0)?,
                    first_polled: optional_time(row.get(1)?)?,
                    succeeded: optional_time(row.get(2)?)?,
                    items: row.get(3)?,
                    oldest: optional_time(row.get(4)?)?,
                });
            }
            Ok(activity)
        })
        .await
    }
}
