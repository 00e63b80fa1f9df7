//! How a poll's items arrive: known ones are updated in place, new ones are numbered, and each belongs to a story.
//! Which story, `stories` knows; how reasons are written, `reasons`.

use std::collections::{HashMap, HashSet};

use rusqlite::{OptionalExtension as _, Transaction, named_params, params};

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
    /// New items that are selected, and may be mailed.
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
    Ok(statement.query_row(params![feed, scored.canonical, scored.likeness.title], |row| row.get(0)).optional()?)
}

const IS_OTHER_TEXT: &str =
    "SELECT EXISTS (SELECT 1 FROM item_texts WHERE item = ?1 AND (summary <> ?2 OR content <> ?3))";

/// A copy does not become the original by changing its link afterwards, so that ownership never rises.
const UPDATE: &str = "UPDATE items SET identity = :identity, title = :title, link = :link, author = :author,
    categories = :categories, updated = :updated, title_key = :title_key, shingles = :shingles, words = :words,
    prior = :prior, digest = :digest, canonical = :canonical, published = coalesce(published, :published),
    reading_minutes = :reading_minutes, ownership = CASE WHEN ownership > :ownership THEN :ownership ELSE ownership END
    WHERE seq = :seq AND (:is_other_text
        OR (identity, title, categories, coalesce(link, ''), coalesce(author, ''))
            <> (:identity, :title, :categories, coalesce(:link, ''), coalesce(:author, ''))
        OR published IS NULL AND :published IS NOT NULL)";

/// A text whose time is over has no row, and does not come back because its feed still has it.
const UPDATE_TEXT: &str = "UPDATE item_texts SET summary = :summary, content = :content, excerpt = :excerpt,
    excerpt_chars = :excerpt_chars WHERE item = :seq";

const DIGEST: &str = "UPDATE items SET digest = ?2 WHERE seq = ?1";

const STORY: &str = "SELECT story FROM items WHERE seq = ?1";

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
    let is_other_text: bool =
        tx.prepare_cached(IS_OTHER_TEXT)?.query_row(params![seq, item.summary, item.content], |row| row.get(0))?;
    let changed = tx.prepare_cached(UPDATE)?.execute(named_params! {
        ":seq": seq,
        ":is_other_text": is_other_text,
        ":identity": identity,
        ":title": item.title,
        ":link": item.link.as_ref().map(url::Url::as_str),
        ":author": item.author,
        ":categories": to_json(&item.categories),
        ":updated": item.updated.map(seconds),
        ":title_key": scored.likeness.title,
        ":shingles": scored.likeness.shingles.cast_signed(),
        ":words": scored.likeness.words,
        ":prior": scored.prior,
        ":digest": scored.digest.cast_signed(),
        ":canonical": scored.canonical,
        ":published": item.published.map(seconds),
        ":reading_minutes": scored.shown.as_ref().map(|shown| shown.reading_minutes),
        ":ownership": scored.ownership.rank(),
    })? == 1;
    if !changed {
        tx.prepare_cached(DIGEST)?.execute([seq, scored.digest.cast_signed()])?;
        return Ok(false);
    }
    write_text(tx, UPDATE_TEXT, seq, scored)?;
    if seq > covered {
        write_score(tx, seq, &scored.score, arrival.fingerprint)?;
        let story = tx.prepare_cached(STORY)?.query_row([seq], |row| row.get::<_, i64>("story"))?;
        stories::number(tx, story, covered)?;
    }
    Ok(true)
}

const INSERT: &str = "INSERT INTO items (feed, identity, story, canonical, link, title, author, categories, published, updated,
    arrived, mailable, title_key, shingles, words, prior, score, selected, themes, reasons, fingerprint, digest, borderline,
    language, reading_minutes, ownership)
    VALUES (:feed, :identity, :story, :canonical, :link, :title, :author, :categories, :published, :updated,
    :arrived, :mailable, :title_key, :shingles, :words, :prior, :score, :selected, :themes, :reasons, :fingerprint, :digest,
    :borderline, :language, :reading_minutes, :ownership) RETURNING seq";

const INSERT_TEXT: &str = "INSERT INTO item_texts (item, summary, content, excerpt, excerpt_chars)
    VALUES (:seq, :summary, :content, :excerpt, :excerpt_chars)";

fn insert(
    tx: &Transaction<'_>,
    arrival: &Arrival<'_>,
    identity: &str,
    story: i64,
    mailable: bool,
    scored: &ScoredItem,
) -> Result<(), Error> {
    let (item, score) = (&scored.item, &scored.score);
    let parameters = named_params! {
        ":feed": arrival.feed,
        ":identity": identity,
        ":story": story,
        ":canonical": scored.canonical,
        ":link": item.link.as_ref().map(url::Url::as_str),
        ":title": item.title,
        ":author": item.author,
        ":categories": to_json(&item.categories),
        ":published": item.published.map(seconds),
        ":updated": item.updated.map(seconds),
        ":arrived": arrival.now,
        ":mailable": mailable,
        ":title_key": scored.likeness.title,
        ":shingles": scored.likeness.shingles.cast_signed(),
        ":words": scored.likeness.words,
        ":prior": scored.prior,
        ":score": score.total,
        ":selected": score.picked,
        ":themes": to_json(&score.themes),
        ":reasons": reasons::write(&score.reasons),
        ":fingerprint": arrival.fingerprint,
        ":digest": scored.digest.cast_signed(),
        ":borderline": score.borderline,
        ":language": score.language.as_ref().map(Language::code),
        ":reading_minutes": scored.shown.as_ref().map(|shown| shown.reading_minutes),
        ":ownership": scored.ownership.rank(),
    };
    let seq = tx.prepare_cached(INSERT)?.query_row(parameters, |row| row.get("seq"))?;
    write_text(tx, INSERT_TEXT, seq, scored)
}

fn write_text(tx: &Transaction<'_>, statement: &str, seq: i64, scored: &ScoredItem) -> Result<(), Error> {
    tx.prepare_cached(statement)?.execute(named_params! {
        ":seq": seq,
        ":summary": scored.item.summary,
        ":content": scored.item.content,
        ":excerpt": scored.shown.as_ref().map(|shown| &shown.excerpt),
        ":excerpt_chars": scored.shown.as_ref().map(|shown| shown.max_chars),
    })?;
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
