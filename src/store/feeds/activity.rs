//! What the public pages say about feeds: whether they can be read, and how much they publish. The latter is counted from
//! the dates of stored items up to the last successful poll, so that it changes only when a feed is polled.

use crate::store::Feeds;
use chrono::{DateTime, TimeDelta, Utc};

use crate::store::{Error, optional_time};

/// What a feed published before its last successful poll, and its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Which feed.
    pub feed: String,
    /// Its dated items in the window.
    pub items: u64,
    /// The date of the oldest of these.
    pub oldest: Option<DateTime<Utc>>,
    /// When its first poll was stored.
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

const ACTIVITY: &str =
    "SELECT f.id, count(i.published) AS items, min(i.published) AS oldest, f.first_polled, f.checked,
    f.succeeded, f.failures > 0 AS is_failing, f.gone IS NOT NULL AS is_gone
    FROM feeds f LEFT JOIN items i ON i.feed = f.id AND i.published IS NOT NULL
    AND i.published > f.succeeded - ?1 AND i.published <= f.succeeded
    WHERE f.removed IS NULL GROUP BY f.id";

impl Feeds<'_> {
    /// The status of every listed feed, and what it published in the `window` before it was last read.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn feed_activity(self, window: TimeDelta) -> Result<Vec<Activity>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(ACTIVITY)?;
                let mut rows = statement.query([window.num_seconds()])?;
                let mut activity = Vec::new();
                while let Some(row) = rows.next()? {
                    activity.push(Activity {
                        feed: row.get("id")?,
                        items: row.get("items")?,
                        oldest: optional_time(row.get("oldest")?)?,
                        first_polled: optional_time(row.get("first_polled")?)?,
                        checked: optional_time(row.get("checked")?)?,
                        succeeded: optional_time(row.get("succeeded")?)?,
                        is_failing: row.get("is_failing")?,
                        is_gone: row.get("is_gone")?,
                    });
                }
                Ok(activity)
            })
            .await
    }
}
