//! How a poll's items arrive: known ones are updated in place, new ones are numbered, and each belongs to a story.
//! Which story, `stories` knows; how reasons are written, `reasons`.

use std::collections::{HashMap, HashSet};

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::scored::ScoredItem;
use super::stories;
use super::write_score;
use crate::domain::feeds::FeedId;
use crate::domain::items::item::Identity;
use crate::domain::items::language::Language;
use crate::store::digests::runs::COVERED;
use crate::store::selection::reasons;
use crate::store::{Error, Reader, seconds, to_json};

/// The circumstances in which a poll's items arrive.
pub(crate) struct Arrival<'a> {
    pub feed: &'a str,
    pub now: i64,
    pub since: i64,
    pub is_first: bool,
    pub fingerprint: &'a str,
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
    /// Nothing of the document was known: items between it and the last one may have been missed.
    pub gap: bool,
    /// Nearly every id was new, and the items were known by their links and titles.
    pub renumbered: bool,
}

/// What a poll brought.
pub(crate) struct Brought<'a> {
    /// New or changed, oldest first.
    pub items: &'a [ScoredItem],
    /// Entries beside them that are known and stand as they were.
    pub unchanged: usize,
}

impl Reader {
    /// What is known of a feed's newest entries, more than twice as many as its last document had: each identity with the
    /// digest of the entry as it was last read.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn known(&self, feed: &FeedId, entries: u64) -> Result<HashMap<Identity, u64>, Error> {
        let feed = feed.to_string();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT identity, digest FROM items WHERE feed = ?1 AND digest IS NOT NULL ORDER BY arrived DESC LIMIT ?2",
            )?;
            let mut rows = statement.query(params![feed, entries.saturating_mul(2).saturating_add(KNOWN_BESIDE)])?;
            let mut known = HashMap::new();
            while let Some(row) = rows.next()? {
                known.insert(identity(&row.get::<_, String>(0)?)?, row.get::<_, i64>(1)?.cast_unsigned());
            }
            Ok(known)
        })
        .await
    }
}

/// So many entries are known beside those of the last documents: what went out of a feed may come back into it.
const KNOWN_BESIDE: u64 = 100;

/// Keeps what a poll brought.
pub(crate) fn keep(tx: &Transaction<'_>, arrival: &Arrival<'_>, brought: &Brought<'_>) -> Result<Saved, Error> {
    let renumbered = is_renumbered(tx, arrival, brought)?;
    let mut saved = Saved { renumbered, ..Saved::default() };
    let covered = tx.prepare_cached(COVERED)?.query_row([], |row| row.get::<_, i64>(0))?;
    let is_empty = arrival.is_first && has_no_items(tx, arrival.feed)?;
    for scored in brought.items {
        let identity = identity_text(&scored.item.identity);
        // A document has each identity once, so that in an empty feed there is nothing to find.
        let mut known = if is_empty { None } else { by_identity(tx, arrival, &identity)? };
        if known.is_none() && renumbered {
            known = by_link_and_title(tx, arrival.feed, scored)?;
        }
        if let Some(seq) = known {
            saved.changed += usize::from(update(tx, arrival, seq, &identity, scored, covered)?);
            continue;
        }
        let dated = scored.item.published.or(scored.item.updated);
        let is_old = dated.map_or(arrival.is_first, |at| seconds(at) < arrival.since);
        let story =
            stories::find(tx, arrival.now, arrival.feed, scored)?.map_or_else(|| stories::make(tx, arrival.now), Ok)?;
        insert(tx, arrival, &identity, story, !is_old, scored)?;
        if !is_old && (scored.score.picked || scored.score.borderline) {
            stories::number(tx, story, covered)?;
        }
        saved.new += 1;
        saved.old += usize::from(is_old);
        saved.picked += usize::from(scored.score.picked && !is_old);
        saved.listed += usize::from(scored.score.is_listed() && !is_old);
    }
    Ok(saved)
}

/// Nearly every id of a known feed is new, while nearly every link is known: the site has re-numbered.
fn is_renumbered(tx: &Transaction<'_>, arrival: &Arrival<'_>, brought: &Brought<'_>) -> Result<bool, Error> {
    let entries = brought.items.len() + brought.unchanged;
    // A feed that was never read has nothing that could have another number.
    if arrival.is_first || entries < 3 {
        return Ok(false);
    }
    let mut same_id = brought.unchanged;
    for scored in brought.items {
        if same_id * 10 > entries {
            return Ok(false);
        }
        same_id += usize::from(by_identity(tx, arrival, &identity_text(&scored.item.identity))?.is_some());
    }
    let mut same_item = HashSet::new();
    for scored in brought.items {
        same_item.extend(by_link_and_title(tx, arrival.feed, scored)?);
    }
    Ok(same_id * 10 <= entries && same_item.len() * 2 > entries)
}

fn has_no_items(tx: &Transaction<'_>, feed: &str) -> Result<bool, Error> {
    let mut statement = tx.prepare_cached("SELECT NOT EXISTS (SELECT 1 FROM items WHERE feed = ?1)")?;
    Ok(statement.query_row([feed], |row| row.get(0))?)
}

fn by_identity(tx: &Transaction<'_>, arrival: &Arrival<'_>, identity: &str) -> Result<Option<i64>, Error> {
    let mut statement = tx.prepare_cached("SELECT seq FROM items WHERE feed = ?1 AND identity = ?2")?;
    Ok(statement.query_row([arrival.feed, identity], |row| row.get(0)).optional()?)
}

fn by_link_and_title(tx: &Transaction<'_>, feed: &str, scored: &ScoredItem) -> Result<Option<i64>, Error> {
    let mut statement = tx.prepare_cached(
        "SELECT seq FROM items WHERE feed = ?1 AND canonical = ?2 AND title_key = ?3 ORDER BY seq DESC",
    )?;
    Ok(statement.query_row(params![feed, scored.canonical, scored.fingerprint.title], |row| row.get(0)).optional()?)
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
    let changed =
        tx.prepare_cached(
            // A text whose time is over does not come back because its feed still has it. A copy does not become the
            // original by changing its link afterwards, so that ownership never rises.
            "UPDATE items SET identity = ?2, title = ?3, summary = iif(text_removed IS NULL, ?4, ''),
         content = iif(text_removed IS NULL, ?5, ''), link = ?6, author = ?7, categories = ?8,
         updated = ?9, title_key = ?10, shingles = ?11, words = ?12, prior = ?13, digest = ?14, canonical = ?15,
         published = coalesce(published, ?16), excerpt = iif(text_removed IS NULL, ?17, ''), excerpt_chars = ?18,
         reading_minutes = ?19, ownership = min(ownership, ?20)
         WHERE seq = ?1 AND ((identity, title, summary, content, categories, coalesce(link, ''), coalesce(author, ''))
                             <> (?2, ?3, iif(text_removed IS NULL, ?4, ''), iif(text_removed IS NULL, ?5, ''), ?8,
                                 coalesce(?6, ''), coalesce(?7, ''))
                             OR published IS NULL AND ?16 IS NOT NULL)",
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
            scored.fingerprint.title,
            scored.fingerprint.shingles.cast_signed(),
            scored.fingerprint.words,
            scored.prior,
            scored.digest.cast_signed(),
            scored.canonical,
            item.published.map(seconds),
            scored.shown.as_ref().map(|shown| &shown.excerpt),
            scored.shown.as_ref().map(|shown| shown.max_chars),
            scored.shown.as_ref().map(|shown| shown.reading_minutes),
            scored.ownership.rank(),
        ])? == 1;
    if !changed {
        tx.prepare_cached("UPDATE items SET digest = ?2 WHERE seq = ?1")?
            .execute([seq, scored.digest.cast_signed()])?;
    } else if seq > covered {
        write_score(tx, seq, &scored.score, arrival.fingerprint)?;
        let story = tx
            .prepare_cached("SELECT story FROM items WHERE seq = ?1")?
            .query_row([seq], |row| row.get::<_, i64>(0))?;
        stories::number(tx, story, covered)?;
    }
    Ok(changed)
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
         updated, arrived, mailable, title_key, shingles, words, prior, score, picked, themes, reasons, fingerprint, digest,
         borderline, language, excerpt, excerpt_chars, reading_minutes, ownership)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,
         ?24, ?25, ?26, ?27, ?28, ?29, ?30)",
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
        scored.fingerprint.title,
        scored.fingerprint.shingles.cast_signed(),
        scored.fingerprint.words,
        scored.prior,
        score.total,
        score.picked,
        to_json(&score.themes),
        reasons::write(&score.reasons),
        arrival.fingerprint,
        scored.digest.cast_signed(),
        score.borderline,
        score.language.as_ref().map(Language::code),
        scored.shown.as_ref().map(|shown| &shown.excerpt),
        scored.shown.as_ref().map(|shown| shown.max_chars),
        scored.shown.as_ref().map(|shown| shown.reading_minutes),
        scored.ownership.rank(),
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

fn identity(text: &str) -> Result<Identity, Error> {
    match text.split_once(':') {
        Some(("id", id)) => Ok(Identity::Id(id.to_owned())),
        Some(("link", link)) => Ok(Identity::Link(link.to_owned())),
        Some(("hash", hash)) => Ok(Identity::Hash(hash.to_owned())),
        _ => Err(Error::content("an identity", text)),
    }
}
