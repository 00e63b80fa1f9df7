//! Items as they arrive: known ones are updated in place, new ones are numbered, and each belongs to a story.
//! Which story, `stories` knows; how reasons are written, `reasons`.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use super::{Error, Store, from_json, optional_time, reasons, seconds, stories, time, to_json};
use crate::domain::item::{Identity, Item};
use crate::domain::language::Language;
use crate::domain::relevance::{Score, Text};
use crate::domain::story::Likeness;

/// The circumstances in which a poll's items arrive.
pub(super) struct Arrival<'a> {
    pub feed: &'a str,
    pub now: i64,
    pub since: i64,
    pub is_first: bool,
    pub fingerprint: &'a str,
}

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
}

/// An item as it came from a poll, judged.
#[derive(Debug, Clone)]
pub struct ScoredItem {
    /// The item.
    pub item: Item,
    /// Its canonical link.
    pub canonical: Option<String>,
    /// What it is compared by.
    pub likeness: Likeness,
    /// The judgement.
    pub score: Score,
    /// The feed's prior that went into it.
    pub prior: f32,
}

/// What a kept poll added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Saved {
    /// Items never seen before.
    pub new: usize,
    /// Known items whose text has changed.
    pub changed: usize,
    /// New items that are picked, and may be mailed.
    pub picked: usize,
    /// New items that are just under the threshold, and may be listed.
    pub listed: usize,
    /// New items that are too old to be mailed.
    pub old: usize,
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

impl Store {
    /// The newest item with this link, canonical or as the feed wrote it.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn item_by_link(&self, link: String, canonical: String) -> Result<Option<ItemRow>, Error> {
        self.read(move |connection| {
            let rest = "WHERE i.canonical = ?1 OR i.link = ?2 ORDER BY i.seq DESC LIMIT 1";
            Ok(select(connection, rest, params![canonical, link])?.pop())
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

    /// Items that no run has covered yet and that were judged under another fingerprint, 1,000 at most.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn stale(&self, fingerprint: String) -> Result<Vec<ItemRow>, Error> {
        self.read(move |connection| {
            let rest = "WHERE i.seq > (SELECT coalesce(max(upto), 0) FROM runs) AND i.fingerprint <> ?1
                        ORDER BY i.seq LIMIT 1000";
            select(connection, rest, [fingerprint])
        })
        .await
    }

    /// Keeps new judgements. What a run has already covered stays as it was: its stories keep their numbers.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn rescore(&self, scores: Vec<Rescored>, fingerprint: String) -> Result<(), Error> {
        self.write(move |tx| {
            let covered: i64 = tx.query_row("SELECT coalesce(max(upto), 0) FROM runs", [], |row| row.get(0))?;
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

/// Keeps a poll's items, oldest first.
pub(super) fn keep(tx: &Transaction<'_>, arrival: &Arrival<'_>, items: &[ScoredItem]) -> Result<Saved, Error> {
    let mut saved = Saved::default();
    let covered: i64 = tx.query_row("SELECT coalesce(max(upto), 0) FROM runs", [], |row| row.get(0))?;
    let renumbered = is_renumbered(tx, arrival.feed, items)?;
    for scored in items {
        let identity = identity_text(&scored.item.identity);
        let mut known = by_identity(tx, arrival.feed, &identity)?;
        if known.is_none() && renumbered {
            known = by_link_and_title(tx, arrival.feed, scored)?;
        }
        if let Some(seq) = known {
            saved.changed += usize::from(update(tx, arrival, seq, &identity, scored, covered)?);
            continue;
        }
        let dated = scored.item.published.or(scored.item.updated);
        let is_old = dated.map_or(arrival.is_first, |at| seconds(at) < arrival.since);
        let story = stories::find(tx, arrival.now, scored)?.map_or_else(|| stories::make(tx, arrival.now), Ok)?;
        insert(tx, arrival, &identity, story, !is_old, scored)?;
        stories::number(tx, story, covered)?;
        saved.new += 1;
        saved.old += usize::from(is_old);
        saved.picked += usize::from(scored.score.picked && !is_old);
        saved.listed += usize::from(scored.score.is_listed() && !is_old);
    }
    Ok(saved)
}

/// Nearly every id of a known feed is new, while nearly every link is known: the site has re-numbered.
fn is_renumbered(tx: &Transaction<'_>, feed: &str, items: &[ScoredItem]) -> Result<bool, Error> {
    if items.len() < 3 {
        return Ok(false);
    }
    let mut same_id = 0;
    let mut same_post = HashSet::new();
    for scored in items {
        same_id += usize::from(by_identity(tx, feed, &identity_text(&scored.item.identity))?.is_some());
        same_post.extend(by_link_and_title(tx, feed, scored)?);
    }
    Ok(same_id * 10 <= items.len() && same_post.len() * 2 > items.len())
}

fn by_identity(tx: &Transaction<'_>, feed: &str, identity: &str) -> Result<Option<i64>, Error> {
    let mut statement = tx.prepare_cached("SELECT seq FROM items WHERE feed = ?1 AND identity = ?2")?;
    Ok(statement.query_row([feed, identity], |row| row.get(0)).optional()?)
}

fn by_link_and_title(tx: &Transaction<'_>, feed: &str, scored: &ScoredItem) -> Result<Option<i64>, Error> {
    let mut statement = tx.prepare_cached(
        "SELECT seq FROM items WHERE feed = ?1 AND canonical = ?2 AND title_key = ?3 ORDER BY seq DESC",
    )?;
    Ok(statement.query_row(params![feed, scored.canonical, scored.likeness.title], |row| row.get(0)).optional()?)
}

/// Updates a known item in place; true when its words have changed. It is never mailed again.
fn update(
    tx: &Transaction<'_>,
    arrival: &Arrival<'_>,
    seq: i64,
    identity: &str,
    scored: &ScoredItem,
    covered: i64,
) -> Result<bool, Error> {
    let item = &scored.item;
    let changed = tx.prepare_cached(
        "UPDATE items SET identity = ?2, title = ?3, summary = ?4, content = ?5, link = ?6, author = ?7, categories = ?8,
         updated = ?9, title_key = ?10, shingles = ?11, words = ?12, prior = ?13
         WHERE seq = ?1 AND (identity, title, summary, content, coalesce(link, '')) <> (?2, ?3, ?4, ?5, coalesce(?6, ''))",
    )?
    .execute(params![
        seq,
        identity,
        item.title,
        item.summary,
        item.content,
        item.link.as_ref().map(url::Url::as_str),
        item.author,
        to_json(&item.categories),
        item.updated.map(seconds),
        scored.likeness.title,
        scored.likeness.shingles.cast_signed(),
        scored.likeness.words,
        scored.prior,
    ])? == 1;
    if changed && seq > covered {
        write_score(tx, seq, &scored.score, arrival.fingerprint)?;
        let story: i64 = tx.query_row("SELECT story FROM items WHERE seq = ?1", [seq], |row| row.get(0))?;
        stories::number(tx, story, covered)?;
    }
    Ok(changed)
}

fn write_score(tx: &Transaction<'_>, seq: i64, score: &Score, fingerprint: &str) -> Result<(), Error> {
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

fn insert(
    tx: &Transaction<'_>,
    arrival: &Arrival<'_>,
    identity: &str,
    story: i64,
    mailable: bool,
    scored: &ScoredItem,
) -> Result<(), Error> {
    let (item, score) = (&scored.item, &scored.score);
    tx.prepare_cached(
        "INSERT INTO items (feed, identity, story, canonical, link, title, summary, content, author, categories, published,
         updated, arrived, mailable, title_key, shingles, words, prior, score, picked, themes, reasons, fingerprint,
         borderline, language)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,
         ?24, ?25)",
    )?
    .execute(params![
        arrival.feed,
        identity,
        story,
        scored.canonical,
        item.link.as_ref().map(url::Url::as_str),
        item.title,
        item.summary,
        item.content,
        item.author,
        to_json(&item.categories),
        item.published.map(seconds),
        item.updated.map(seconds),
        arrival.now,
        mailable,
        scored.likeness.title,
        scored.likeness.shingles.cast_signed(),
        scored.likeness.words,
        scored.prior,
        score.total,
        score.picked,
        to_json(&score.themes),
        reasons::write(&score.reasons),
        arrival.fingerprint,
        score.borderline,
        score.language.as_ref().map(Language::code),
    ])?;
    Ok(())
}

fn identity_text(identity: &Identity) -> String {
    match identity {
        Identity::Id(id) => format!("id:{id}"),
        Identity::Link(link) => format!("link:{link}"),
        Identity::Hash(hash) => format!("hash:{hash}"),
    }
}

fn select(connection: &Connection, rest: &str, values: impl rusqlite::Params) -> Result<Vec<ItemRow>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT i.seq, i.feed, f.title, i.title, i.link, i.summary, i.content, i.categories, i.published, i.arrived,
         i.mailable, i.prior, i.score, i.picked, i.themes, i.reasons, i.borderline, i.language
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
            reasons: reasons::read(&row.get::<_, String>(15)?)?,
            borderline: row.get(16)?,
            language: row.get::<_, Option<String>>(17)?.map(|code| Language::of(&code)),
        },
    })
}
