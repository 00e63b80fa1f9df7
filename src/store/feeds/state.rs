//! The stored state of feeds, read back.

use crate::store::Feeds;
use std::time::Duration;

use crate::store::database::sql::{Row, Transaction};
use chrono::{DateTime, Utc};

use crate::domain::feeds::{Because, Cut, Hints, Moved};
use crate::store::{Error, from_json, optional_time, time, word};

/// The state of a feed, as its polls left it.
#[derive(Debug, Clone)]
pub struct FeedState {
    /// Which feed.
    pub id: String,
    /// Its validator, replayed exactly.
    pub etag: Option<String>,
    /// Its other validator, replayed exactly.
    pub last_modified: Option<String>,
    /// The address that gave the two.
    pub location: Option<String>,
    /// Hash of the last body, so that equal bytes cost no parse.
    pub body_hash: Option<String>,
    /// Which version of the program read that body.
    pub reader: Option<String>,
    /// When it is to be polled next.
    pub next_check: DateTime<Utc>,
    /// What determined that time.
    pub because: Option<Because>,
    /// It asked not to be polled before this.
    pub not_before: Option<DateTime<Utc>>,
    /// What its last document said about when to poll it.
    pub hints: Hints,
    /// Last poll.
    pub checked: Option<DateTime<Utc>>,
    /// Last successful poll.
    pub succeeded: Option<DateTime<Utc>>,
    /// The last poll's outcome: read, unchanged, failed, no_feed, gone, crashed.
    pub outcome: Option<String>,
    /// How long the last poll took.
    pub took: Option<Duration>,
    /// Bytes of the last answer, unpacked.
    pub bytes: Option<u64>,
    /// Entries in the document that was last read.
    pub entries: Option<u64>,
    /// What was left out of that document because there was more of it than the limits allow.
    pub cut: Cut,
    /// Failed polls in a row.
    pub failures: u32,
    /// The last failure.
    pub error: Option<String>,
    /// Where it has moved permanently, according to its server.
    pub moved: Option<Moved>,
    /// The new address that is polled since a move was accepted, instead of the one in the list.
    pub address: Option<String>,
    /// Since when its server answers that it is gone.
    pub gone: Option<DateTime<Utc>>,
    /// When a poll last showed nothing that was known: items before it may have been missed.
    pub gap: Option<DateTime<Utc>>,
    /// Parameters in its links that are tokens.
    pub varying: Vec<String>,
    /// When it last sent a document, rather than "not modified".
    pub answered: Option<DateTime<Utc>>,
    /// Items kept of it.
    /// Stored items.
    pub items: u64,
    /// Selected items.
    pub selected: u64,
}

impl Feeds<'_> {
    /// The state of every feed in the list, by id.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn feed_states(self) -> Result<Vec<FeedState>, Error> {
        self.reader
            .read(|connection| {
                let mut statement = connection.prepare("SELECT * FROM feeds WHERE removed IS NULL ORDER BY id")?;
                let mut rows = statement.query([])?;
                let mut states = Vec::new();
                while let Some(row) = rows.next()? {
                    states.push(state(row)?);
                }
                Ok(states)
            })
            .await
    }
}

fn state(row: Row<'_>) -> Result<FeedState, Error> {
    let because: Option<String> = row.get("because")?;
    let interval: Option<u64> = row.get("hint_interval")?;
    Ok(FeedState {
        id: row.get("id")?,
        etag: row.get("etag")?,
        last_modified: row.get("last_modified")?,
        location: row.get("location")?,
        body_hash: row.get("body_hash")?,
        reader: row.get("reader")?,
        next_check: time(row.get("next_check")?)?,
        because: because.map(|because| word("a reason for the next check", because)).transpose()?,
        not_before: optional_time(row.get("not_before")?)?,
        hints: Hints {
            interval: interval.map(Duration::from_secs),
            skip_hours: row.get("skip_hours")?,
            skip_days: row.get("skip_days")?,
        },
        checked: optional_time(row.get("checked")?)?,
        succeeded: optional_time(row.get("succeeded")?)?,
        outcome: row.get("outcome")?,
        took: row.get::<_, Option<u64>>("took")?.map(Duration::from_millis),
        bytes: row.get("bytes")?,
        entries: row.get("entries")?,
        cut: cut(row.get("cut")?)?,
        failures: row.get("failures")?,
        error: row.get("error")?,
        moved: moved(row)?,
        address: row.get("address")?,
        gone: optional_time(row.get("gone")?)?,
        gap: optional_time(row.get("gap")?)?,
        varying: varying(row.get("varying")?)?,
        answered: optional_time(row.get("answered")?)?,
        items: row.get("items")?,
        selected: row.get("selected")?,
    })
}

/// The five counts, in the order of [`Cut`]; none where nothing was left out.
pub(super) fn cut_to_text(cut: &Cut) -> Option<String> {
    let Cut { entries, items, texts, authors, categories } = *cut;
    (!cut.is_nothing()).then(|| format!("[{entries},{items},{texts},{authors},{categories}]"))
}

fn cut(text: Option<String>) -> Result<Cut, Error> {
    let Some(text) = text else { return Ok(Cut::default()) };
    let [entries, items, texts, authors, categories] = from_json("what was left out of a document", &text)?;
    Ok(Cut { entries, items, texts, authors, categories })
}

/// What a feed's next document is compared with.
pub(super) struct Before {
    pub since: i64,
    pub first_polled: Option<i64>,
    /// Entries in its last document.
    pub entries: usize,
    pub varying: Vec<String>,
}

pub(super) fn before(tx: &Transaction<'_>, feed: &str) -> Result<Before, Error> {
    let mut statement = tx.prepare("SELECT since, first_polled, entries, varying FROM feeds WHERE id = ?1")?;
    let mut rows = statement.query([feed])?;
    let row = rows.next()?.ok_or_else(|| Error::content("a known feed", feed))?;
    Ok(Before {
        since: row.get("since")?,
        first_polled: row.get("first_polled")?,
        entries: row.get::<_, Option<usize>>("entries")?.unwrap_or(0),
        varying: varying(row.get("varying")?)?,
    })
}

/// Names of parameters, as they are kept.
fn varying(text: Option<String>) -> Result<Vec<String>, Error> {
    text.map_or(Ok(Vec::new()), |text| from_json("parameters that are tokens", &text))
}

fn moved(row: Row<'_>) -> Result<Option<Moved>, Error> {
    let Some(to) = row.get("moved_to")? else { return Ok(None) };
    // Reported by a version that did not keep the time: from the last poll.
    let since: Option<i64> = row.get::<_, Option<i64>>("moved_since")?.or(row.get("checked")?);
    Ok(Some(Moved { to, since: time(since.unwrap_or_default())?, polls: row.get("moved_polls")? }))
}
