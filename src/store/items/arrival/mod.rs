//! How a poll's items arrive: known ones are updated in place, new ones are numbered, and each belongs to a story.
//! Which of them are known, `matching` finds; which story, `stories` knows; how reasons are written, `reasons`.

mod matching;
mod order;

use crate::store::Items;
use crate::store::database::sql::{Transaction, named_params, params};
use matching::Matches;
use std::collections::HashMap;

use super::key::{key, whole};
use super::scored::ScoredItem;
use super::{stories, write_score};
use crate::domain::feeds::FeedId;
use crate::domain::items::identity::Unchanged;
use crate::domain::items::item::Identity;
use crate::domain::items::language::Language;
use crate::store::digests::runs::{COVERED, HIGHEST_SEQ};
use crate::store::selection::reasons;
use crate::store::{Error, seconds, to_json};

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
    pub selected: usize,
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
    pub unchanged: &'a [Unchanged],
    /// Parameters in the feed's links that are known to be tokens.
    pub varying: &'a [String],
    /// Entries in the document before.
    pub entries_before: usize,
}

/// What was learned while a poll was kept.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub saved: Saved,
    /// The parameters in the feed's links that are tokens, if there are more of them than before.
    pub varying: Option<Vec<String>>,
}

impl Items<'_> {
    /// What is known of a feed's newest entries, more than twice as many as its last document had: each identity with the
    /// digest of the entry as it was last read.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn known(self, feed: &FeedId, entries: u64) -> Result<HashMap<Identity, u64>, Error> {
        let feed = feed.to_string();
        self.reader.read(move |connection| {
            let mut statement = connection.prepare(
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
pub(crate) fn keep(tx: &Transaction<'_>, arrival: &Arrival<'_>, brought: &Brought<'_>) -> Result<Kept, Error> {
    let covered = tx.prepare(COVERED)?.query_row([], |row| row.get::<_, i64>(0))?;
    // A document has each identity once, so that in an empty feed there is nothing to find.
    let is_empty = arrival.is_first && has_no_items(tx, arrival.feed)?;
    let known = if is_empty { Matches::none(brought) } else { matching::find(tx, arrival.feed, brought)? };
    let mut kept =
        Kept { saved: Saved { renumbered: known.is_renumbered, ..Saved::default() }, varying: known.learned.clone() };
    let saved = &mut kept.saved;
    let below = if is_empty { None } else { order::below(tx, arrival, brought, &known.items)? };
    matching::make_way(tx, arrival.feed, brought, &known)?;
    for (scored, known) in brought.items.iter().zip(&known.items) {
        let identity = identity_text(&scored.item.identity);
        if let Some(known) = known {
            // Half an entry does not take the place of a whole one.
            if scored.is_partial {
                continue;
            }
            let seq = readmit(tx, arrival, known, scored, covered)?;
            saved.changed += usize::from(update(tx, arrival, seq, &identity, scored, covered)?);
            continue;
        }
        let dated = scored.item.published.or(scored.item.updated);
        let is_undated_old = arrival.is_first || below.is_some_and(|place| scored.place > place);
        let is_old = dated.map_or(is_undated_old, |at| seconds(at) < arrival.since);
        let story =
            stories::find(tx, arrival.now, arrival.feed, scored)?.map_or_else(|| stories::make(tx, arrival.now), Ok)?;
        insert(tx, arrival, (next_number(tx)?, &identity, story), !is_old, scored)?;
        if !is_old && (scored.score.selected || scored.score.borderline) {
            stories::number(tx, story, covered)?;
        }
        saved.new += 1;
        saved.old += usize::from(is_old);
        saved.selected += usize::from(scored.score.selected && !is_old);
        saved.listed += usize::from(scored.score.is_listed() && !is_old);
    }
    Ok(kept)
}

/// Judges an item anew that was undated when the feed was first read, as the last entry of a document that was cut off
/// is, when its date comes and is within the feed's window. It arrives once more with a number of its own if a run has
/// covered the old one. A date after its arrival is made up, and says nothing. The item's number.
fn readmit(
    tx: &Transaction<'_>,
    arrival: &Arrival<'_>,
    known: &matching::Known,
    scored: &ScoredItem,
    covered: i64,
) -> Result<i64, Error> {
    const CLOCKS_DIFFER: i64 = 24 * 60 * 60;
    let dated = scored.item.published.or(scored.item.updated).map(seconds);
    let is_due = dated.is_some_and(|at| (arrival.since..=known.arrived + CLOCKS_DIFFER).contains(&at));
    if known.is_mailable || known.is_dated || !known.has_text || !is_due {
        return Ok(known.seq);
    }
    if known.seq > covered {
        tx.prepare("UPDATE items SET mailable = 1 WHERE seq = ?1")?.execute([known.seq])?;
        stories::number(tx, known.story, covered)?;
        return Ok(known.seq);
    }
    let number = next_number(tx)?;
    tx.prepare("UPDATE items SET seq = ?2, mailable = 1 WHERE seq = ?1")?.execute([known.seq, number])?;
    stories::number(tx, known.story, covered)?;
    Ok(number)
}

/// The number of the next item. Numbers are given in order and never again: no item is ever removed.
fn next_number(tx: &Transaction<'_>) -> Result<i64, Error> {
    let highest: i64 = tx.prepare(HIGHEST_SEQ)?.query_row([], |row| row.get("seq"))?;
    Ok(highest + 1)
}

fn has_no_items(tx: &Transaction<'_>, feed: &str) -> Result<bool, Error> {
    let mut statement = tx.prepare("SELECT NOT EXISTS (SELECT 1 FROM items WHERE feed = ?1)")?;
    Ok(statement.query_row([feed], |row| row.get(0))?)
}

const IS_OTHER_TEXT: &str =
    "SELECT EXISTS (SELECT 1 FROM item_texts WHERE item = ?1 AND (summary <> ?2 OR content <> ?3))";

/// A copy does not become the original by changing its link afterwards, so that ownership never rises.
const UPDATE: &str = "UPDATE items SET identity = :identity, whole_identity = :whole_identity, title = :title, link = :link, author = :author,
    categories = :categories, updated = :updated, title_key = :title_key, shingles = :shingles, words = :words,
    prior = :prior, digest = :digest, canonical = :canonical, published = coalesce(published, :published),
    reading_minutes = :reading_minutes, base = :base, ownership = CASE WHEN ownership > :ownership THEN :ownership ELSE ownership END
    WHERE seq = :seq AND (:is_other_text = 1
        OR (identity, title, categories, coalesce(link, ''), coalesce(author, ''))
            <> (:identity, :title, :categories, coalesce(:link, ''), coalesce(:author, ''))
        OR published IS NULL AND :published IS NOT NULL OR base IS DISTINCT FROM :base)";

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
        tx.prepare(IS_OTHER_TEXT)?.query_row(params![seq, item.summary, item.content], |row| row.get(0))?;
    let changed = tx.prepare(UPDATE)?.execute(named_params! {
        ":seq": seq,
        ":is_other_text": is_other_text,
        ":identity": key(identity),
        ":whole_identity": whole(identity),
        ":title": item.title,
        ":link": item.link.as_ref().map(url::Url::as_str),
        ":author": item.author,
        ":categories": to_json(&item.categories),
        ":updated": item.updated.map(seconds),
        ":title_key": key(&scored.fingerprint.title),
        ":shingles": scored.fingerprint.shingles.cast_signed(),
        ":words": scored.fingerprint.words,
        ":prior": scored.prior,
        ":digest": scored.digest.cast_signed(),
        ":canonical": scored.canonical.as_deref().map(key),
        ":published": item.published.map(seconds),
        ":reading_minutes": scored.shown.as_ref().map(|shown| shown.reading_minutes),
        ":ownership": scored.ownership.rank(),
        ":base": scored.base.map(u64::cast_signed),
    })? == 1;
    if !changed {
        tx.prepare(DIGEST)?.execute([seq, scored.digest.cast_signed()])?;
        return Ok(false);
    }
    write_text(tx, UPDATE_TEXT, seq, scored)?;
    if seq > covered {
        write_score(tx, seq, &scored.score, arrival.fingerprint)?;
        let story = tx.prepare(STORY)?.query_row([seq], |row| row.get::<_, i64>("story"))?;
        stories::number(tx, story, covered)?;
    }
    Ok(true)
}

const INSERT: &str = "INSERT INTO items (seq, feed, identity, whole_identity, story, canonical, link, title, author, categories, published, updated,
    arrived, mailable, title_key, shingles, words, prior, score, selected, themes, reasons, fingerprint, digest, borderline,
    language, reading_minutes, ownership, base)
    VALUES (:seq, :feed, :identity, :whole_identity, :story, :canonical, :link, :title, :author, :categories, :published, :updated,
    :arrived, :mailable, :title_key, :shingles, :words, :prior, :score, :selected, :themes, :reasons, :fingerprint, :digest,
    :borderline, :language, :reading_minutes, :ownership, :base)";

const INSERT_TEXT: &str = "INSERT INTO item_texts (item, summary, content, excerpt, excerpt_chars)
    VALUES (:seq, :summary, :content, :excerpt, :excerpt_chars)";

/// Stores a new item and its texts under this number.
pub(super) fn insert(
    tx: &Transaction<'_>,
    arrival: &Arrival<'_>,
    (seq, identity, story): (i64, &str, i64),
    mailable: bool,
    scored: &ScoredItem,
) -> Result<(), Error> {
    let (item, score) = (&scored.item, &scored.score);
    let parameters = named_params! {
        ":seq": seq,
        ":feed": arrival.feed,
        ":identity": key(identity),
        ":whole_identity": whole(identity),
        ":story": story,
        ":canonical": scored.canonical.as_deref().map(key),
        ":link": item.link.as_ref().map(url::Url::as_str),
        ":title": item.title,
        ":author": item.author,
        ":categories": to_json(&item.categories),
        ":published": item.published.map(seconds),
        ":updated": item.updated.map(seconds),
        ":arrived": arrival.now,
        ":mailable": mailable,
        ":title_key": key(&scored.fingerprint.title),
        ":shingles": scored.fingerprint.shingles.cast_signed(),
        ":words": scored.fingerprint.words,
        ":prior": scored.prior,
        ":score": score.total,
        ":selected": score.selected,
        ":themes": to_json(&score.themes),
        ":reasons": reasons::write(&score.reasons),
        ":fingerprint": arrival.fingerprint,
        ":digest": scored.digest.cast_signed(),
        ":borderline": score.borderline,
        ":language": score.language.as_ref().map(Language::code),
        ":reading_minutes": scored.shown.as_ref().map(|shown| shown.reading_minutes),
        ":ownership": scored.ownership.rank(),
        ":base": scored.base.map(u64::cast_signed),
    };
    tx.prepare(INSERT)?.execute(parameters)?;
    write_text(tx, INSERT_TEXT, seq, scored)
}

fn write_text(tx: &Transaction<'_>, statement: &str, seq: i64, scored: &ScoredItem) -> Result<(), Error> {
    tx.prepare(statement)?.execute(named_params! {
        ":seq": seq,
        ":summary": scored.item.summary,
        ":content": scored.item.content,
        ":excerpt": scored.shown.as_ref().map(|shown| &shown.excerpt),
        ":excerpt_chars": scored.shown.as_ref().map(|shown| shown.max_chars),
    })?;
    Ok(())
}

pub(super) fn identity_text(identity: &Identity) -> String {
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
