//! What anybody may know of the feeds: whether they can be read, and how much they publish. The latter is counted from
//! the dates of what is kept, up to the last successful poll, so that what is said of a feed changes with its polls alone.

use chrono::{DateTime, TimeDelta, Utc};

use crate::store::{Error, Reader, optional_time};

/// What a feed published before its last successful poll, and how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Which feed.
    pub feed: String,
    /// Its dated items in the time that is looked back over.
    pub items: u64,
    /// The date of the oldest of these.
    pub oldest: Option<DateTime<Utc>>,
    /// First poll that was kept whole.
    pub first_polled: Option<DateTime<Utc>>,
    /// Last poll.
    pub checked: Option<DateTime<Utc>>,
    /// Last successful poll.
    pub succeeded: Option<DateTime<Utc>>,
    /// Whether the last poll failed.
    pub is_failing: bool,
    /// Whether its server says that it is gone for good.
    pub is_gone: bool,
}

impl Reader {
    /// How every feed in the list is, and what it published in the `window` before it was last read.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn feed_activity(&self, window: TimeDelta) -> Result<Vec<Activity>, Error> {
        self.read(move |connection| {
            let mut statement = connection.prepare(
                "SELECT f.id, count(i.published), min(i.published), f.first_polled, f.checked, f.succeeded,
                 f.failures > 0, f.gone IS NOT NULL
                 FROM feeds f LEFT JOIN items i ON i.feed = f.id AND i.published IS NOT NULL
                 AND i.published > f.succeeded - ?1 AND i.published <= f.succeeded
                 WHERE f.removed IS NULL GROUP BY f.id",
            )?;
            let mut rows = statement.query([window.num_seconds()])?;
            let mut activity = Vec::new();
            while let Some(row) = rows.next()? {
                activity.push(Activity {
                    feed: row.get(0)?,
                    items: row.get(1)?,
                    oldest: optional_time(row.get(2)?)?,
                    first_polled: optional_time(row.get(3)?)?,
                    checked: optional_time(row.get(4)?)?,
                    succeeded: optional_time(row.get(5)?)?,
                    is_failing: row.get(6)?,
                    is_gone: row.get(7)?,
                });
            }
            Ok(activity)
        })
        .await
    }
}
