//! How a poll's items arrive: known ones are updated in place, new ones are numbered, and each belongs to a story.
//! Which of them are known, `matching` finds; which story, `stories` knows; how reasons are written, `reasons`.

mod matching;
mod order;

use std::collections::HashMap;

use rusqlite::{Transaction, params};

use matching::Matches;

use super::scored::ScoredItem;
use super::{stories, write_score};
use crate::domain::feeds::FeedId;
use crate::domain::items::identity::Unchanged;
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
pub(crate) fn keep(tx: &Transaction<'_>, arrival: &Arrival<'_>, brought: &Brought<'_>) -> Result<Kept, Error> {
    let covered = tx.prepare_cached(COVERED)?.query_row([], |row| row.get::<_, i64>(0))?;
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
        insert(tx, arrival, &identity, story, !is_old, scored)?;
        if !is_old && (scored.score.picked || scored.score.borderline) {
            stories::number(tx, story, covered)?;
        }
        saved.new += 1;
        saved.old += usize::from(is_old);
        saved.picked += usize::from(scored.score.picked && !is_old);
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
        tx.prepare_cached("UPDATE items SET mailable = 1 WHERE seq = ?1")?.execute([known.seq])?;
        stories::number(tx, known.story, covered)?;
        return Ok(known.seq);
    }
    let number: i64 = tx
        .prepare_cached("SELECT seq + 1 FROM sqlite_sequence WHERE name = 'items'")?
        .query_row([], |row| row.get(0))?;
    tx.prepare_cached("UPDATE items SET seq = ?2, mailable = 1 WHERE seq = ?1")?.execute([known.seq, number])?;
    tx.prepare_cached("UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'items'")?.execute([number])?;
    stories::number(tx, known.story, covered)?;
    Ok(number)
}

fn has_no_items(tx: &Transaction<'_>, feed: &str) -> Result<bool, Error> {
    let mut statement = tx.prepare_cached("SELECT NOT EXISTS (SELECT 1 FROM items WHERE feed = ?1)")?;
    Ok(statement.query_row([feed], |row| row.get(0))?)
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
         reading_minutes = ?19, ownership = min(ownership, ?20), base = ?21
         WHERE seq = ?1 AND ((identity, title, summary, content, categories, coalesce(link, ''), coalesce(author, ''))
                             <> (?2, ?3, iif(text_removed IS NULL, ?4, ''), iif(text_removed IS NULL, ?5, ''), ?8,
                                 coalesce(?6, ''), coalesce(?7, ''))
                             OR published IS NULL AND ?16 IS NOT NULL OR base IS NOT ?21)",
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
            scored.base.map(u64::cast_signed),
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
         borderline, language, excerpt, excerpt_chars, reading_minutes, ownership, base)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,
         ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31)",
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
        scored.base.map(u64::cast_signed),
    ])?;
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
