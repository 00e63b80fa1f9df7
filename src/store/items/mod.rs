//! Items as they are stored, looked up and scored again. `arrival` adds them, `retention` removes their texts; how reasons
//! are written is in `selection::reasons`.

pub(super) mod arrival;
pub(super) mod by_hand;
pub(super) mod key;
pub(super) mod not_selected;
pub(super) mod reopening;
pub(super) mod retention;
pub(super) mod scored;
pub(super) mod stories;

use crate::store::database::sql::{self, Connection, OptionalExtension as _, Row, Transaction, named_params, params};
use crate::store::{ItemChanges, Items};
use chrono::{DateTime, Utc};

use super::digests::runs::COVERED;
use super::selection::reasons;
use super::{Error, from_json, optional_time, time, to_json};
use crate::domain::items::language::Language;
use crate::domain::selection::relevance::{Score, Text};

/// An item as stored.
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
    /// Its score.
    pub score: Score,
    /// When its texts were removed; its score stays as it was.
    pub text_removed: Option<DateTime<Utc>>,
}

impl ItemRow {
    /// The text that is scored.
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

/// A new score.
#[derive(Debug, Clone)]
pub struct Rescored {
    /// The item's number.
    pub seq: i64,
    /// The score.
    pub score: Score,
}

impl Items<'_> {
    /// The newest item with this link, in its canonical form.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn item_by_link(self, canonical: String) -> Result<Option<ItemRow>, Error> {
        self.reader.read(move |connection| Ok(select(connection, WITH_LINK, [key::key(&canonical)])?.pop())).await
    }

    /// The item with this number.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn item(self, seq: i64) -> Result<Option<ItemRow>, Error> {
        self.reader.read(move |connection| Ok(select(connection, WITH_SEQ, [seq])?.pop())).await
    }

    /// The highest number that arrived before a moment; 0 if there is none.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn last_before(self, at: DateTime<Utc>) -> Result<i64, Error> {
        self.reader
            .read(move |connection| {
                let seq = connection.query_row(LAST_BEFORE, [super::seconds(at)], |row| row.get("seq")).optional()?;
                Ok(seq.unwrap_or(0))
            })
            .await
    }

    /// Items after `after` that are in no digest, best score first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn left_out(self, after: i64, limit: usize) -> Result<Vec<ItemRow>, Error> {
        self.reader.read(move |connection| select(connection, LEFT_OUT, params![after, limit])).await
    }

    /// The next `limit` items after `after`, in order of arrival.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn items_after(self, after: i64, limit: usize) -> Result<Vec<ItemRow>, Error> {
        self.reader.read(move |connection| select(connection, AFTER, params![after, limit])).await
    }

    /// The `limit` items before `before`, the newest first.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn items_before(self, before: i64, limit: usize) -> Result<Vec<ItemRow>, Error> {
        self.reader.read(move |connection| select(connection, BEFORE, params![before, limit])).await
    }

    /// How many items have their texts.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn items_with_text(self) -> Result<usize, Error> {
        self.reader.read(|connection| Ok(connection.query_row(WITH_TEXT, [], |row| row.get("count"))?)).await
    }

    /// Items after `after` that no run has covered yet and that were scored under another fingerprint, in order, a few at a
    /// time; those whose texts were removed keep their score.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn stale(self, fingerprint: String, after: i64) -> Result<Vec<ItemRow>, Error> {
        self.reader
            .read(move |connection| {
                let covered: i64 = connection.prepare(COVERED)?.query_row([], |row| row.get("through_seq"))?;
                select(connection, STALE, params![fingerprint, after.max(covered)])
            })
            .await
    }
}

impl ItemChanges<'_> {
    /// Stores new scores. What a run has already covered stays as it was: its stories keep their numbers.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn rescore(self, scores: Vec<Rescored>, fingerprint: String) -> Result<(), Error> {
        self.store
            .write(move |tx| {
                let covered: i64 = tx.prepare(COVERED)?.query_row([], |row| row.get("through_seq"))?;
                for Rescored { seq, score } in scores {
                    if seq <= covered {
                        continue;
                    }
                    write_score(tx, seq, &score, &fingerprint)?;
                    let story: i64 = tx.prepare(STORY)?.query_row([seq], |row| row.get("story"))?;
                    stories::number(tx, story, covered)?;
                }
                Ok(())
            })
            .await
    }
}

const STORY: &str = "SELECT story FROM items WHERE seq = ?1";

const WRITE_SCORE: &str =
    "UPDATE items SET score = :score, selected = :selected, borderline = :borderline, themes = :themes,
    language = :language, reasons = :reasons, fingerprint = :fingerprint WHERE seq = :seq";

/// Writes a score beside its item.
pub(super) fn write_score(tx: &Transaction<'_>, seq: i64, score: &Score, fingerprint: &str) -> Result<(), Error> {
    tx.prepare(WRITE_SCORE)?.execute(named_params! {
        ":seq": seq,
        ":score": score.total,
        ":selected": score.selected,
        ":borderline": score.borderline,
        ":themes": to_json(&score.themes),
        ":language": score.language.as_ref().map(Language::code),
        ":reasons": reasons::write(&score.reasons),
        ":fingerprint": fingerprint,
    })?;
    Ok(())
}

const LAST_BEFORE: &str = "SELECT seq FROM items WHERE arrived < ?1 ORDER BY arrived DESC, seq DESC LIMIT 1";

const WITH_TEXT: &str = "SELECT count(*) AS count FROM item_texts";

/// Conditions for [`select`], with their order.
const WITH_SEQ: &str = "WHERE i.seq = ?1";
const WITH_LINK: &str = "WHERE i.seq = (SELECT max(seq) FROM items WHERE canonical = ?1)";
const AFTER: &str = "WHERE i.seq > ?1 ORDER BY i.seq LIMIT ?2";
const BEFORE: &str = "WHERE i.seq < ?1 ORDER BY i.seq DESC LIMIT ?2";
const LEFT_OUT: &str = "WHERE i.seq > ?1 AND ((i.selected = 0 AND i.borderline = 0) OR i.mailable = 0)
    ORDER BY i.score DESC, i.seq LIMIT ?2";
const STALE: &str = "WHERE i.seq > ?2 AND i.fingerprint <> ?1 AND i.text_removed IS NULL ORDER BY i.seq LIMIT 200";

fn select(connection: &Connection, which: &str, values: impl sql::Params) -> Result<Vec<ItemRow>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT i.seq, i.feed, f.title AS source, i.title, i.link, coalesce(t.summary, '') AS summary,
         coalesce(t.content, '') AS content, i.categories, i.published, i.arrived,
         i.mailable, i.prior, i.score, i.selected, i.themes, i.reasons, i.borderline, i.language, i.text_removed
         FROM items i JOIN feeds f ON f.id = i.feed LEFT JOIN item_texts t ON t.item = i.seq {which}"
    ))?;
    let mut rows = statement.query(values)?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(item_row(row)?);
    }
    Ok(items)
}

fn item_row(row: Row<'_>) -> Result<ItemRow, Error> {
    Ok(ItemRow {
        seq: row.get("seq")?,
        feed: row.get("feed")?,
        source: row.get("source")?,
        title: row.get("title")?,
        link: row.get("link")?,
        summary: row.get("summary")?,
        content: row.get("content")?,
        categories: from_json("a list of categories", &row.get::<_, String>("categories")?)?,
        published: optional_time(row.get("published")?)?,
        arrived: time(row.get("arrived")?)?,
        is_mailable: row.get("mailable")?,
        prior: row.get("prior")?,
        score: Score {
            total: row.get("score")?,
            selected: row.get("selected")?,
            themes: from_json("a list of themes", &row.get::<_, String>("themes")?)?,
            // Not stored: `explain` scores the text again.
            excluded: Vec::new(),
            reasons: reasons::read(&row.get::<_, String>("reasons")?)?,
            borderline: row.get("borderline")?,
            language: row.get::<_, Option<String>>("language")?.map(|code| Language::of(&code)),
        },
        text_removed: optional_time(row.get("text_removed")?)?,
    })
}
