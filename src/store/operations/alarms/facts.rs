//! The facts that the rules of `domain::operations::alarm` are applied to. They are read every few seconds, so each query is
//! answered from an index or from few rows.

use crate::store::Operations;
use crate::store::database::sql::{Connection, OptionalExtension as _, Row, named_params, params};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::domain::operations::alarm::{EmptyDigests, FeedFacts, Refusals, SHORTEST_SILENCE};
use crate::domain::outbox::bounce::Fault;
use crate::domain::subscribers::subscriber::{Cadence, Status};
use crate::store::{Error, optional_time, seconds, time};

/// What the database says; pauses, held runs and the disk are read elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Every feed in the list.
    pub feeds: Vec<FeedFacts>,
    /// Cadences whose newest digests were empty, although there are subscribers.
    pub empty: Vec<EmptyDigests>,
    /// Emails that were refused because of us, not of their recipients.
    pub refusals: Refusals,
}

/// The number of posts from which a feed's rhythm is taken.
const POSTS: u32 = 60;

/// How far back refusals count.
const REFUSED_SINCE: TimeDelta = TimeDelta::days(3);

impl Operations<'_> {
    /// Reads everything that may be a problem.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn alarm_facts(self, now: DateTime<Utc>) -> Result<Facts, Error> {
        self.reader
            .read(move |connection| {
                Ok(Facts {
                    feeds: feeds(connection)?,
                    empty: empty_digests(connection, now)?,
                    refusals: refusals(connection, now)?,
                })
            })
            .await
    }
}

/// The newest day of each feed is found by a seek in `items_dated`.
const FEEDS: &str = "SELECT id, title, failing, failures, error, gone, outcome, empty, succeeded, gap, renumbered,
    (SELECT CASE WHEN coalesce(published, updated) < arrived THEN coalesce(published, updated) ELSE arrived END FROM items WHERE feed = feeds.id
     ORDER BY CASE WHEN coalesce(published, updated) < arrived THEN coalesce(published, updated) ELSE arrived END DESC LIMIT 1) AS latest
    FROM feeds WHERE removed IS NULL ORDER BY id";

const DAYS: &str = "SELECT CASE WHEN coalesce(published, updated) < arrived THEN coalesce(published, updated) ELSE arrived END AS posted FROM items WHERE feed = ?1
    ORDER BY CASE WHEN coalesce(published, updated) < arrived THEN coalesce(published, updated) ELSE arrived END DESC LIMIT ?2";

fn feeds(connection: &Connection) -> Result<Vec<FeedFacts>, Error> {
    let mut statement = connection.prepare(FEEDS)?;
    let mut rows = statement.query([])?;
    let mut feeds = Vec::new();
    while let Some(row) = rows.next()? {
        feeds.push(feed(connection, row)?);
    }
    Ok(feeds)
}

fn feed(connection: &Connection, row: Row<'_>) -> Result<FeedFacts, Error> {
    let (read, latest) = (optional_time(row.get("succeeded")?)?, optional_time(row.get("latest")?)?);
    let outcome: Option<String> = row.get("outcome")?;
    let mut feed = FeedFacts {
        id: row.get("id")?,
        title: row.get("title")?,
        failing: optional_time(row.get("failing")?)?,
        failures: row.get("failures")?,
        error: row.get("error")?,
        gone: optional_time(row.get("gone")?)?,
        is_no_feed: outcome.as_deref() == Some("no_feed"),
        // A feed that has never had an entry has lost none.
        empty: optional_time(row.get("empty")?)?.filter(|_| latest.is_some()),
        read,
        days: Vec::new(),
        gap: optional_time(row.get("gap")?)?,
        renumbered: optional_time(row.get("renumbered")?)?,
    };
    // The rhythm matters only for a feed that may be silent.
    if read.zip(latest).is_some_and(|(read, latest)| read - latest >= SHORTEST_SILENCE) {
        feed.days = days(connection, &feed.id)?;
    }
    Ok(feed)
}

fn days(connection: &Connection, feed: &str) -> Result<Vec<NaiveDate>, Error> {
    let mut statement = connection.prepare(DAYS)?;
    let mut rows = statement.query(params![feed, POSTS])?;
    let mut days = Vec::new();
    while let Some(row) = rows.next()? {
        days.push(time(row.get("posted")?)?.date_naive());
    }
    Ok(days)
}

const LAST_WITH_A_STORY: &str = "SELECT due FROM runs WHERE cadence = ?1 AND due <= ?2
    AND EXISTS (SELECT 1 FROM run_stories WHERE run = runs.id AND listed = 0) ORDER BY due DESC LIMIT 1";

/// Where no one is subscribed any more, no one misses anything.
const EMPTY_SINCE: &str = "SELECT count(*) AS count, min(due) AS since FROM runs
    WHERE cadence = :cadence AND due > :after AND due <= :now
    AND EXISTS (SELECT 1 FROM subscribers WHERE status = :active AND cadence = :cadence)";

fn empty_digests(connection: &Connection, now: DateTime<Utc>) -> Result<Vec<EmptyDigests>, Error> {
    let mut empty = Vec::new();
    for &cadence in Cadence::ALL {
        let last_with_a_story: Option<i64> = connection
            .prepare(LAST_WITH_A_STORY)?
            .query_row(params![cadence.as_str(), seconds(now)], |row| row.get("due"))
            .optional()?;
        let parameters = named_params! {
            ":cadence": cadence.as_str(),
            ":after": last_with_a_story.unwrap_or(i64::MIN),
            ":now": seconds(now),
            ":active": Status::Active.as_str(),
        };
        let (count, since): (u64, Option<i64>) =
            connection.prepare(EMPTY_SINCE)?.query_row(parameters, |row| Ok((row.get("count")?, row.get("since")?)))?;
        if let Some(since) = optional_time(since)? {
            empty.push(EmptyDigests { cadence, count, since });
        }
    }
    Ok(empty)
}

/// Held runs have an alarm of their own.
const REFUSALS: &str = "SELECT min(at) AS since, count(DISTINCT message) AS count,
    count(DISTINCT CASE WHEN at > :yesterday THEN message END) AS today
    FROM reports WHERE fault = :ours AND at > :from AND at <= :now
    AND NOT EXISTS (SELECT 1 FROM messages m JOIN runs ON runs.id = m.run WHERE m.id = message AND held IS NOT NULL)";

const REFUSED_WITH: &str = "SELECT code FROM reports WHERE fault = ?1 AND at > ?2 AND at <= ?3
    AND NOT EXISTS (SELECT 1 FROM messages m JOIN runs ON runs.id = m.run WHERE m.id = message AND held IS NOT NULL)
    GROUP BY code ORDER BY count(*) DESC, code LIMIT 1";

fn refusals(connection: &Connection, now: DateTime<Utc>) -> Result<Refusals, Error> {
    let (ours, from, until) = (Fault::Ours.as_str(), seconds(now - REFUSED_SINCE), seconds(now));
    let parameters = named_params! {
        ":ours": ours,
        ":from": from,
        ":now": until,
        ":yesterday": seconds(now - TimeDelta::days(1)),
    };
    let (since, count, today) = connection
        .prepare(REFUSALS)?
        .query_row(parameters, |row| Ok((row.get("since")?, row.get("count")?, row.get("today")?)))?;
    let code: Option<String> =
        connection.prepare(REFUSED_WITH)?.query_row(params![ours, from, until], |row| row.get("code")).optional()?;
    Ok(Refusals { since: optional_time(since)?, count, today, code: code.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use rusqlite_migration::Migrations;

    use super::{DAYS, FEEDS, REFUSALS};
    use crate::store::database::schema::STEPS;

    #[test]
    fn no_look_reads_all_items_or_all_reports() {
        let mut connection = Connection::open_in_memory().unwrap();
        Migrations::from_slice(STEPS).to_latest(&mut connection).unwrap();
        for (question, index) in [
            (FEEDS, "SEARCH items USING COVERING INDEX items_dated (feed=?)"),
            (DAYS, "SEARCH items USING COVERING INDEX items_dated (feed=?)"),
            (REFUSALS, "SEARCH reports USING INDEX reports_by_fault (fault=? AND at>? AND at<?)"),
        ] {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {question}")).unwrap();
            let parameters = vec![rusqlite::types::Null; statement.parameter_count()];
            let steps = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, String>(3));
            let plan = steps.unwrap().map(Result::unwrap).collect::<Vec<_>>().join("; ");
            let sorts = plan.replace("USE TEMP B-TREE FOR count(DISTINCT)", "");
            assert!(plan.contains(index) && !sorts.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
