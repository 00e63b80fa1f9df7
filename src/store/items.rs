//! Items as they are kept, looked up and judged anew. How they come in, `arrival` knows; how reasons are
//! written, `reasons`.

pub(super) mod arrival;
pub(super) mod scored;
pub(super) mod stories;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use super::digests::runs::COVERED;
use super::selection::reasons;
use super::{Error, Reader, Store, from_json, optional_time, time, to_json};
use crate::domain::items::language::Language;
use crate::domain::selection::relevance::{Score, Text};

/// An item as kept.
#[derive(Debug, Clone)]
pub struct ItemRow {
    /// Its number.
    pub seq: i64,
    /// Its feed's id.
    pub feed: String,
    /// Its feed's title.
    pub source: String,
    /// Title.
    pub title: String,
    /// Link, if it has one.
    pub link: Option<String>,
    /// Summary.
    pub summary: String,
    /// Content.
    pub content: String,
    /// The feed's categories.
    pub categories: Vec<String>,
    /// When the feed says it was published.
    pub published: Option<DateTime<Utc>>,
    /// When it was first seen.
    pub arrived: DateTime<Utc>,
    /// Whether it was new enough to be mailed when it was first seen.
    pub is_mailable: bool,
    /// The feed's prior.
    pub prior: f32,
    /// The judgement.
    pub score: Score,
    /// When its texts were removed; what it holds says little of it then, and its judgement stays.
    pub text_removed: Option<DateTime<Utc>>,
}

impl ItemRow {
    /// What is judged of it.
    #[must_use]
    pub fn text(&self) -> Text<'_> {
        Text {
            title: &self.title,
            summary: &self.summary,
            content: &self.content,
            categories: &self.categories,
            prior: self.prior,
        }
    }
}

/// A new judgement.
#[derive(Debug, Clone)]
pub struct Rescored {
    /// The item's number.
    pub seq: i64,
    /// The judgement.
    pub score: Score,
}

impl Reader {
    /// The newest item with this link, in its canonical form.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn item_by_link(&self, canonical: String) -> Result<Option<ItemRow>, Error> {
        self.read(move |connection| {
            let rest = "WHERE i.seq = (SELECT max(seq) FROM items WHERE canonical = ?1)";
            Ok(select(connection, rest, [&canonical])?.pop())
        })
        .await
    }

    /// The item with this number.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn item(&self, seq: i64) -> Result<Option<ItemRow>, Error> {
        self.read(move |connection| Ok(select(connection, "WHERE i.seq = ?1", [seq])?.pop())).await
    }

    /// The highest number that arrived before a moment; 0 if there is none.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn last_before(&self, at: DateTime<Utc>) -> Result<i64, Error> {
        self.read(move |connection| {
            let question = "SELECT seq FROM items WHERE arrived < ?1 ORDER BY arrived DESC, seq DESC LIMIT 1";
            let seq = connection.query_row(question, [super::seconds(at)], |row| row.get(0)).optional()?;
            Ok(seq.unwrap_or(0))
        })
        .await
    }

    /// Items after `after` that stand in no digest, best score first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn left_out(&self, after: i64, limit: usize) -> Result<Vec<ItemRow>, Error> {
        self.read(move |connection| {
            let rest = "WHERE i.seq > ?1 AND ((i.picked = 0 AND i.borderline = 0) OR i.mailable = 0) ORDER BY i.score DESC, i.seq LIMIT ?2";
            select(connection, rest, params![after, limit])
        })
        .await
    }

    /// The next `limit` items after `after`, in order of arrival.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn items_after(&self, after: i64, limit: usize) -> Result<Vec<ItemRow>, Error> {
        self.read(move |connection| {
            select(connection, "WHERE i.seq > ?1 ORDER BY i.seq LIMIT ?2", params![after, limit])
        })
        .await
    }

    /// The `limit` items before `before`, the newest first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn items_before(&self, before: i64, limit: usize) -> Result<Vec<ItemRow>, Error> {
        self.read(move |connection| {
            select(connection, "WHERE i.seq < ?1 ORDER BY i.seq DESC LIMIT ?2", params![before, limit])
        })
        .await
    }

    /// How many items have their texts.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn items_with_text(&self) -> Result<usize, Error> {
        self.read(|connection| {
            let question = "SELECT count(*) FROM items WHERE text_removed IS NULL";
            Ok(connection.query_row(question, [], |row| row.get(0))?)
        })
        .await
    }

    /// Items after `after` that no run has covered yet and that were judged under another fingerprint, in order, a few at a
    /// time; those without their texts keep their judgement.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn stale(&self, fingerprint: String, after: i64) -> Result<Vec<ItemRow>, Error> {
        self.read(move |connection| {
            let rest = format!(
                "WHERE i.seq > max(?2, ({COVERED})) AND i.fingerprint <> ?1 AND i.text_removed IS NULL
                 ORDER BY i.seq LIMIT 200"
            );
            select(connection, &rest, params![fingerprint, after])
        })
        .await
    }
}

impl Store {
    /// Keeps new judgements. What a run has already covered stays as it was: its stories keep their numbers.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn rescore(&self, scores: Vec<Rescored>, fingerprint: String) -> Result<(), Error> {
        self.write(move |tx| {
            let covered: i64 = tx.query_row(COVERED, [], |row| row.get(0))?;
            for Rescored { seq, score } in scores {
                if seq <= covered {
                    continue;
                }
                write_score(tx, seq, &score, &fingerprint)?;
                let story: i64 = tx.query_row("SELECT story FROM items WHERE seq = ?1", [seq], |row| row.get(0))?;
                stories::number(tx, story, covered)?;
            }
            Ok(())
        })
        .await
    }
}

/// Writes a judgement beside its item.
pub(super) fn write_score(tx: &Transaction<'_>, seq: i64, score: &Score, fingerprint: &str) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE items SET score = ?2, picked = ?3, borderline = ?4, themes = ?5, language = ?6, reasons = ?7,
         fingerprint = ?8 WHERE seq = ?1",
    )?
    .execute(params![
        seq,
        score.total,
        score.picked,
        score.borderline,
        to_json(&score.themes),
        score.language.as_ref().map(Language::code),
        reasons::write(&score.reasons),
        fingerprint,
    ])?;
    Ok(())
}

fn select(connection: &Connection, rest: &str, values: impl rusqlite::Params) -> Result<Vec<ItemRow>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT i.seq, i.feed, f.title, i.title, i.link, i.summary, i.content, i.categories, i.published, i.arrived,
         i.mailable, i.prior, i.score, i.picked, i.themes, i.reasons, i.borderline, i.language, i.text_removed
         FROM items i JOIN feeds f ON f.id = i.feed {rest}"
    ))?;
    let mut rows = statement.query(values)?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(item_row(row)?);
    }
    Ok(items)
}

fn item_row(row: &Row<'_>) -> Result<ItemRow, Error> {
    Ok(ItemRow {
        seq: row.get(0)?,
        feed: row.get(1)?,
        source: row.get(2)?,
        title: row.get(3)?,
        link: row.get(4)?,
        summary: row.get(5)?,
        content: row.get(6)?,
        categories: from_json("a list of categories", &row.get::<_, String>(7)?)?,
        published: optional_time(row.get(8)?)?,
        arrived: time(row.get(9)?)?,
        is_mailable: row.get(10)?,
        prior: row.get(11)?,
        score: Score {
            total: row.get(12)?,
            picked: row.get(13)?,
            themes: from_json("a list of themes", &row.get::<_, String>(14)?)?,
            // Not kept: `explain` judges anew.
            excluded: Vec::new(),
            reasons: reasons::read(&row.get::<_, String>(15)?)?,
            borderline: row.get(16)?,
            language: row.get::<_, Option<String>>(17)?.map(|code| Language::of(&code)),
        },
        text_removed: optional_time(row.get(18)?)?,
    })
}
