//! The blind samples of drafts: the drawn posts with their probabilities, and what an editor said of them.

use std::collections::BTreeMap;

use crate::store::database::sql::{Connection, Row, named_params, params};
use chrono::{DateTime, Utc};

use crate::domain::selection::labels::Kind;
use crate::domain::selection::sample::{Drawn, Outcome};
use crate::store::{Error, LabelChanges, Labels, seconds};

const MISSED: &str = "missed";
const CLEAR: &str = "clear";

/// A drawn post, as an editor sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// Its number and its probability.
    pub drawn: Drawn,
    /// Its title.
    pub title: String,
    /// Its link, if it has one.
    pub link: Option<String>,
    /// Its feed's title.
    pub source: String,
    /// Whether it should have been selected; `None` while no editor has looked.
    pub is_missed: Option<bool>,
}

/// What editors did within a time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// Selected posts that they kept.
    pub kept: usize,
    /// Selected posts that they left out as not on topic.
    pub off_topic: usize,
    /// Sampled posts that they looked at.
    pub outcomes: Vec<Outcome>,
}

impl Labels<'_> {
    /// The sample of a draft, in order of arrival; empty if none was drawn.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn sample(self, draft: String) -> Result<Vec<Sampled>, Error> {
        self.reader.read(move |connection| sample(connection, &draft)).await
    }

    /// What editors did since a moment. An item with several labels counts once, by the newest.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn tally(self, since: DateTime<Utc>) -> Result<Tally, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(OUTCOMES)?;
                let outcome = |row: Row<'_>| {
                    let is_missed = row.get::<_, String>("outcome")? == MISSED;
                    Ok(Outcome { probability: row.get("probability")?, is_missed })
                };
                let outcomes = statement.query_map([seconds(since)], outcome)?.collect::<Result<_, _>>()?;
                let count = |kind: Kind| -> Result<usize, Error> {
                    let values = named_params! { ":since": seconds(since), ":kind": kind.as_str(),
                    ":kept": Kind::Kept.as_str(), ":off_topic": Kind::OffTopic.as_str() };
                    Ok(connection.prepare(COUNT)?.query_row(values, |row| row.get("count"))?)
                };
                Ok(Tally { kept: count(Kind::Kept)?, off_topic: count(Kind::OffTopic)?, outcomes })
            })
            .await
    }
}

impl Labels<'_> {
    /// The probability of each sampled item that an editor has looked at, by its number.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn probabilities(self) -> Result<BTreeMap<i64, f64>, Error> {
        self.reader
            .read(|connection| {
                let mut statement = connection.prepare(PROBABILITIES)?;
                let rows = statement.query_map([], |row| Ok((row.get("item")?, row.get("probability")?)))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }
}

const PROBABILITIES: &str =
    "SELECT item, max(probability) AS probability FROM draft_samples WHERE outcome IS NOT NULL GROUP BY item";

impl LabelChanges<'_> {
    /// Keeps the sample of a draft, unless it has one already; returns the one that is kept.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn keep_sample(
        self,
        draft: String,
        seed: i64,
        drawn: Vec<(Drawn, f64)>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Sampled>, Error> {
        self.store
            .write(move |tx| {
                let known = sample(tx, &draft)?;
                if !known.is_empty() {
                    return Ok(known);
                }
                for (Drawn { item, probability }, score) in drawn {
                    let values = params![draft, item, seed, score, probability, seconds(now)];
                    tx.prepare(KEEP)?.execute(values)?;
                }
                sample(tx, &draft)
            })
            .await
    }

    /// Notes that an editor has looked at the sample of a draft, and which of its posts should have been selected.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn settle_sample(self, draft: String, missed: Vec<i64>, now: DateTime<Utc>) -> Result<(), Error> {
        self.store
            .write(move |tx| {
                tx.execute(SETTLE, params![draft, CLEAR, seconds(now)])?;
                for item in missed {
                    tx.execute(SETTLE_ONE, params![draft, MISSED, item])?;
                }
                Ok(())
            })
            .await
    }
}

fn sample(connection: &Connection, draft: &str) -> Result<Vec<Sampled>, Error> {
    let mut statement = connection.prepare(SAMPLE)?;
    let sampled = |row: Row<'_>| {
        let outcome: Option<String> = row.get("outcome")?;
        Ok(Sampled {
            drawn: Drawn { item: row.get("item")?, probability: row.get("probability")? },
            title: row.get("title")?,
            link: row.get("link")?,
            source: row.get("source")?,
            is_missed: outcome.map(|outcome| outcome == MISSED),
        })
    };
    Ok(statement.query_map([draft], sampled)?.collect::<Result<_, _>>()?)
}

const SAMPLE: &str = "SELECT s.item, s.probability, s.outcome, i.title, i.link, f.title AS source
    FROM draft_samples s JOIN items i ON i.seq = s.item JOIN feeds f ON f.id = i.feed WHERE s.draft = ?1 ORDER BY s.item";

const KEEP: &str =
    "INSERT INTO draft_samples (draft, item, seed, score, probability, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

const SETTLE: &str = "UPDATE draft_samples SET outcome = ?2, at = ?3 WHERE draft = ?1";
const SETTLE_ONE: &str = "UPDATE draft_samples SET outcome = ?2 WHERE draft = ?1 AND item = ?3";

const OUTCOMES: &str =
    "SELECT probability, outcome FROM draft_samples WHERE outcome IS NOT NULL AND at >= ?1 ORDER BY draft, item";

const COUNT: &str = "SELECT count(DISTINCT l.key) AS count FROM labels l WHERE l.at >= :since AND l.kind = :kind
    AND NOT EXISTS (SELECT 1 FROM labels n WHERE n.key = l.key AND n.kind IN (:kept, :off_topic)
        AND n.kind <> l.kind AND n.at > l.at)";
