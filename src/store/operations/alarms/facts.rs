//! What is known, as the rules of `domain::operations::alarm` take it. A look comes every few seconds, so each question is answered
//! from an index or from few rows.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::domain::operations::alarm::{EmptyDigests, FeedFacts, Refusals, SHORTEST_SILENCE};
use crate::domain::subscribers::subscriber::Cadence;
use crate::store::{Error, Reader, optional_time, seconds, time};

/// What is looked at, beside what others tell: pauses, held runs, the disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Every feed in the list.
    pub feeds: Vec<FeedFacts>,
    /// Cadences whose newest digests had nothing for anybody, though somebody is subscribed.
    pub empty: Vec<EmptyDigests>,
    /// Mails that were refused for our own sake.
    pub refusals: Refusals,
}

/// As many posts as tell a feed's rhythm.
const POSTS: u32 = 60;

/// For how long a refusal is remembered.
const REFUSED_SINCE: TimeDelta = TimeDelta::days(3);

impl Reader {
    /// Looks at everything that may be a trouble.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn alarm_facts(&self, now: DateTime<Utc>) -> Result<Facts, Error> {
        self.read(move |connection| {
            Ok(Facts {
                feeds: feeds(connection)?,
                empty: empty_digests(connection, now)?,
                refusals: refusals(connection, now)?,
            })
        })
        .await
    }
}

/// The newest day of each feed is a seek in `items_dated`.
const FEEDS: &str = "SELECT id, title, failing, failures, error, gone, outcome, empty, succeeded, gap, renumbered,
    (SELECT min(coalesce(published, updated, arrived), arrived) FROM items WHERE feed = feeds.id
     ORDER BY min(coalesce(published, updated, arrived), arrived) DESC LIMIT 1)
    FROM feeds WHERE removed IS NULL ORDER BY id";

const DAYS: &str = "SELECT min(coalesce(published, updated, arrived), arrived) FROM items WHERE feed = ?1
    ORDER BY min(coalesce(published, updated, arrived), arrived) DESC LIMIT ?2";

fn feeds(connection: &Connection) -> Result<Vec<FeedFacts>, Error> {
    let mut statement = connection.prepare_cached(FEEDS)?;
    let mut rows = statement.query([])?;
    let mut feeds = Vec::new();
    while let Some(row) = rows.next()? {
        feeds.push(feed(connection, row)?);
    }
    Ok(feeds)
}

fn feed(connection: &Connection, row: &Row<'_>) -> Result<FeedFacts, Error> {
    let (read, latest) = (optional_time(row.get(8)?)?, optional_time(row.get(11)?)?);
    let outcome: Option<String> = row.get(6)?;
    let mut feed = FeedFacts {
        id: row.get(0)?,
        title: row.get(1)?,
        failing: optional_time(row.get(2)?)?,
        failures: row.get(3)?,
        error: row.get(4)?,
        gone: optional_time(row.get(5)?)?,
        is_no_feed: outcome.as_deref() == Some("no_feed"),
        // A feed in which nobody has ever seen an entry has lost none.
        empty: optional_time(row.get(7)?)?.filter(|_| latest.is_some()),
        read,
        days: Vec::new(),
        gap: optional_time(row.get(9)?)?,
        renumbered: optional_time(row.get(10)?)?,
    };
    // Only one that may be silent is asked for its rhythm.
    if read.zip(latest).is_some_and(|(read, latest)| read - latest >= SHORTEST_SILENCE) {
        feed.days = days(connection, &feed.id)?;
    }
    Ok(feed)
}

fn days(connection: &Connection, feed: &str) -> Result<Vec<NaiveDate>, Error> {
    let mut statement = connection.prepare_cached(DAYS)?;
    let mut rows = statement.query(params![feed, POSTS])?;
    let mut days = Vec::new();
    while let Some(row) = rows.next()? {
        days.push(time(row.get(0)?)?.date_naive());
    }
    Ok(days)
}

fn empty_digests(connection: &Connection, now: DateTime<Utc>) -> Result<Vec<EmptyDigests>, Error> {
    let mut empty = Vec::new();
    for &cadence in Cadence::ALL {
        let last_with_a_story: Option<i64> = connection
            .prepare_cached(
                "SELECT due FROM runs WHERE cadence = ?1 AND due <= ?2
                 AND EXISTS (SELECT 1 FROM run_stories WHERE run = runs.id AND listed = 0) ORDER BY due DESC LIMIT 1",
            )?
            .query_row(params![cadence.as_str(), seconds(now)], |row| row.get(0))
            .optional()?;
        // Where nobody is subscribed any more, nobody misses anything.
        let (count, since): (u64, Option<i64>) = connection
            .prepare_cached(
                "SELECT count(*), min(due) FROM runs WHERE cadence = ?1 AND due > ?3 AND due <= ?2
                 AND EXISTS (SELECT 1 FROM subscribers WHERE status = 'active' AND cadence = ?1)",
            )?
            .query_row(params![cadence.as_str(), seconds(now), last_with_a_story.unwrap_or(i64::MIN)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        if let Some(since) = optional_time(since)? {
            empty.push(EmptyDigests { cadence, count, since });
        }
    }
    Ok(empty)
}

/// Held runs have an alarm of their own.
const OURS: &str = "FROM reports WHERE fault = 'ours' AND at > ?1 AND at <= ?2
    AND NOT EXISTS (SELECT 1 FROM messages m JOIN runs ON runs.id = m.run WHERE m.id = message AND held IS NOT NULL)";

fn refusals(connection: &Connection, now: DateTime<Utc>) -> Result<Refusals, Error> {
    let (from, upto) = (seconds(now - REFUSED_SINCE), seconds(now));
    let question =
        format!("SELECT min(at), count(DISTINCT message), count(DISTINCT CASE WHEN at > ?3 THEN message END) {OURS}");
    let yesterday = seconds(now - TimeDelta::days(1));
    let (since, count, today) = connection
        .prepare_cached(&question)?
        .query_row([from, upto, yesterday], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let question = format!("SELECT code {OURS} GROUP BY code ORDER BY count(*) DESC, code LIMIT 1");
    let code: Option<String> =
        connection.prepare_cached(&question)?.query_row([from, upto], |row| row.get(0)).optional()?;
    Ok(Refusals { since: optional_time(since)?, count, today, code: code.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use rusqlite_migration::Migrations;

    use super::{DAYS, FEEDS, OURS};
    use crate::store::database::schema::STEPS;

    #[test]
    fn no_look_reads_all_items_or_all_reports() {
        let mut connection = Connection::open_in_memory().unwrap();
        Migrations::from_slice(STEPS).to_latest(&mut connection).unwrap();
        for (question, index) in [
            (FEEDS.to_owned(), "SEARCH items USING COVERING INDEX items_dated (feed=?)"),
            (DAYS.to_owned(), "SEARCH items USING COVERING INDEX items_dated (feed=?)"),
            (
                format!("SELECT count(*) {OURS}"),
                "SEARCH reports USING INDEX reports_by_fault (fault=? AND at>? AND at<?)",
            ),
        ] {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {question}")).unwrap();
            let parameters = vec![rusqlite::types::Null; statement.parameter_count()];
            let steps = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, String>(3));
            let plan = steps.unwrap().map(Result::unwrap).collect::<Vec<_>>().join("; ");
            assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
