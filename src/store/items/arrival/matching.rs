//! Which stored item each entry of a document is: looked up by its key, then by its id without trifles, its link, its
//! title and its date, a few seeks each, and judged by `domain::items::identity`. An item is taken once: what stands in the document under
//! its own key is no other entry's.

use std::collections::{HashMap, HashSet};

use crate::store::database::sql::{Bind, OptionalExtension as _, Row, Transaction, params};
use url::Url;

use super::{Brought, identity_text};
use crate::domain::items::identity::{
    Found, MOST_VARYING, Traits, Verdict, base, is_placeholder, judge, stripped, varying,
};
use crate::domain::items::item::Identity;
use crate::store::items::key::key;
use crate::store::{Error, ScoredItem, optional_time, seconds};

/// A stored item.
#[derive(Debug)]
pub(super) struct Known {
    pub seq: i64,
    pub story: i64,
    pub arrived: i64,
    pub is_mailable: bool,
    /// It has a date of its feed's.
    pub is_dated: bool,
    /// Its text was not removed.
    pub has_text: bool,
    identity: String,
    traits: Traits,
}

/// What was found of a document.
#[derive(Debug)]
pub(super) struct Matches {
    /// For each entry, the stored item that it is.
    pub items: Vec<Option<Known>>,
    /// For each entry, the item that has its key.
    holders: Vec<Option<i64>>,
    /// Nearly every id was new, and most items were known all the same.
    pub is_renumbered: bool,
    /// All parameters that are known to be tokens, if there are more of them than before.
    pub learned: Option<Vec<String>>,
}

impl Matches {
    /// Of a feed of which nothing is stored.
    pub(super) fn none(brought: &Brought<'_>) -> Self {
        let items = brought.items.iter().map(|_| None).collect();
        Self { items, holders: vec![None; brought.items.len()], is_renumbered: false, learned: None }
    }
}

/// A document with fewer entries says nothing about what most of a feed's entries do.
const FEWEST_ENTRIES: usize = 3;

/// Finds the items that the entries of a document are.
pub(super) fn find(tx: &Transaction<'_>, feed: &str, brought: &Brought<'_>) -> Result<Matches, Error> {
    let mut matches = Matches::none(brought);
    let mut taken = HashSet::new();
    for (place, scored) in brought.items.iter().enumerate() {
        let Some(known) = by_key(tx, feed, &identity_text(&scored.item.identity), brought.varying)? else { continue };
        matches.holders[place] = Some(known.seq);
        if judge(&known.traits, &traits(scored, brought.varying), Found::Key) == Verdict::Same
            && taken.insert(known.seq)
        {
            matches.items[place] = Some(known);
        }
    }
    let entries = brought.items.len() + brought.unchanged.len();
    let same_key = taken.len() + brought.unchanged.len();
    if same_key == entries {
        return Ok(matches);
    }
    let standing: HashSet<String> = brought.unchanged.iter().map(|entry| identity_text(&entry.identity)).collect();
    let mut doubtful = Vec::new();
    let mut tokens: HashMap<String, usize> = HashMap::new();
    for (place, scored) in
        brought.items.iter().enumerate().filter(|(place, _)| matches.items[*place].is_none()).collect::<Vec<_>>()
    {
        let traits = traits(scored, brought.varying);
        let mut moved = None;
        for (found, seq) in candidates(tx, feed, scored)? {
            if taken.contains(&seq) {
                continue;
            }
            let known = load(tx, seq, brought.varying)?;
            if standing.contains(&known.identity) {
                continue;
            }
            match judge(&known.traits, &traits, found) {
                Verdict::Different => {}
                Verdict::IfAllMoved => moved = moved.or(Some(known)),
                Verdict::Same => {
                    tokens_of(&known, &traits, scored)
                        .into_iter()
                        .for_each(|name| *tokens.entry(name).or_default() += 1);
                    taken.insert(known.seq);
                    matches.items[place] = Some(known);
                    break;
                }
            }
        }
        doubtful.extend(moved.filter(|_| matches.items[place].is_none()).map(|known| (place, known)));
    }
    let recognised = taken.len() + brought.unchanged.len() - same_key + doubtful.len();
    let is_changed_throughout = entries >= FEWEST_ENTRIES && same_key * 10 <= entries && recognised * 2 > entries;
    for (place, known) in doubtful.into_iter().filter(|_| is_changed_throughout) {
        if taken.insert(known.seq) {
            matches.items[place] = Some(known);
        }
    }
    matches.is_renumbered = is_changed_throughout;
    matches.learned = learned(brought, tokens, entries);
    Ok(matches)
}

/// The tokens that are known from now on: parameters that have changed in two entries or in the only one, while the posts
/// stayed. What alone tells two of the entries apart is no token.
fn learned(brought: &Brought<'_>, tokens: HashMap<String, usize>, entries: usize) -> Option<Vec<String>> {
    let new = tokens.into_iter().filter(|(name, times)| *times >= entries.min(2) && !brought.varying.contains(name));
    let mut all: Vec<String> = brought.varying.to_vec();
    all.extend(new.map(|(name, _)| name));
    let links = || brought.items.iter().filter_map(|scored| scored.item.link.as_ref());
    let distinct: HashSet<&str> = links().map(Url::as_str).collect();
    let bare: HashSet<Url> = links().map(|link| stripped(link, &all)).collect();
    all.sort_unstable();
    (all.len() > brought.varying.len() && all.len() <= MOST_VARYING && bare.len() == distinct.len()).then_some(all)
}

/// The parameters in which the links of a post differ, or its ids.
fn tokens_of(known: &Known, traits: &Traits, scored: &ScoredItem) -> Vec<String> {
    let mut names = match (&known.traits.link, &traits.link) {
        (Some(one), Some(other)) => varying(one, other),
        _ => Vec::new(),
    };
    if let (Some(Ok(one)), Identity::Id(other)) =
        (known.identity.strip_prefix("id:").map(Url::parse), &scored.item.identity)
        && let Ok(other) = Url::parse(other)
    {
        names.extend(varying(&one, &other));
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// Gives way to entries whose key an item has that is another post: a site gives its ids out again, or all of them have
/// moved on by one.
pub(super) fn make_way(
    tx: &Transaction<'_>,
    feed: &str,
    brought: &Brought<'_>,
    matches: &Matches,
) -> Result<(), Error> {
    for ((scored, known), holder) in brought.items.iter().zip(&matches.items).zip(&matches.holders) {
        if let Some(holder) = holder.filter(|holder| known.as_ref().is_none_or(|known| known.seq != *holder)) {
            tx.prepare("UPDATE items SET identity = 'was:' || seq, whole_identity = NULL, digest = NULL WHERE seq = ?1 AND feed = ?2 AND identity = ?3")?
                .execute(params![holder, feed, key(&identity_text(&scored.item.identity))])?;
        }
    }
    Ok(())
}

/// So many items that have something in common with an entry are compared with it, of each kind.
const MOST_CANDIDATES: usize = 8;
/// And so many characters of a text. Of a long text its SimHash tells enough, and it is not read.
const MOST_CHARS: usize = 1_000;

const KNOWN: &str =
    "SELECT i.seq, i.story, i.arrived, i.mailable, coalesce(i.whole_identity, i.identity) AS identity, i.base, i.link, i.title_key, i.title, i.published, i.updated,
    i.shingles, i.words, i.text_removed IS NULL AS has_text,
    CASE WHEN octet_length(t.content) > 4096 OR octet_length(t.summary) > 4096 THEN ''
    WHEN octet_length(t.content) >= octet_length(t.summary) THEN t.content ELSE coalesce(t.summary, '') END AS text
    FROM items i LEFT JOIN item_texts t ON t.item = i.seq WHERE i.seq = ?1";

fn by_key(tx: &Transaction<'_>, feed: &str, identity: &str, varying: &[String]) -> Result<Option<Known>, Error> {
    let mut statement = tx.prepare("SELECT seq FROM items WHERE feed = ?1 AND identity = ?2")?;
    let seq: Option<i64> = statement.query_row(params![feed, key(identity)], |row| row.get(0)).optional()?;
    seq.map(|seq| load(tx, seq, varying)).transpose()
}

/// The item, its link without the parameters of these names.
fn load(tx: &Transaction<'_>, seq: i64, varying: &[String]) -> Result<Known, Error> {
    let mut statement = tx.prepare(KNOWN)?;
    let mut rows = statement.query([seq])?;
    rows.next()?.map(|row| known(row, varying)).unwrap_or_else(|| Err(Error::content("an item", seq.to_string())))
}

const BY_BASE: &str = "SELECT seq FROM items WHERE feed = ?1 AND base = ?2 ORDER BY seq DESC LIMIT ?3";
const BY_LINK_AND_TITLE: &str =
    "SELECT seq FROM items WHERE feed = ?1 AND canonical = ?2 AND title_key = ?4 ORDER BY seq DESC LIMIT ?3";
const BY_LINK: &str = "SELECT seq FROM items WHERE feed = ?1 AND canonical = ?2 LIMIT ?3";
const BY_DATE: &str = "SELECT seq FROM items WHERE feed = ?1 AND published = ?2 ORDER BY seq DESC LIMIT ?3";
const BY_TITLE: &str = "SELECT seq FROM items WHERE feed = ?1 AND title_key = ?2 ORDER BY seq DESC LIMIT ?3";

/// The numbers of the stored items that an entry may be, the likeliest first, each once; read from indexes alone.
fn candidates(tx: &Transaction<'_>, feed: &str, scored: &ScoredItem) -> Result<Vec<(Found, i64)>, Error> {
    let mut all: Vec<(Found, i64)> = Vec::new();
    let mut add = |found, question: &str, values: &[&dyn Bind]| -> Result<usize, Error> {
        let mut statement = tx.prepare(question)?;
        let mut rows = statement.query(values)?;
        let mut number = 0;
        while let Some(row) = rows.next()? {
            let seq = row.get(0)?;
            number += 1;
            if !all.iter().any(|(_, known)| *known == seq) {
                all.push((found, seq));
            }
        }
        Ok(number)
    };
    let (title, most) = (&key(&scored.fingerprint.title), &MOST_CANDIDATES);
    let mut of_base = 0;
    if let Some(base) = scored.base.map(u64::cast_signed) {
        of_base = add(Found::Base { is_shared: false }, BY_BASE, &[&feed, &base, most])?;
    }
    if let Some(canonical) = &scored.canonical.as_deref().map(key) {
        add(Found::Link, BY_LINK_AND_TITLE, &[&feed, canonical, most, title])?;
        add(Found::Link, BY_LINK, &[&feed, canonical, most])?;
    }
    add(Found::Title, BY_TITLE, &[&feed, title, most])?;
    if let Some(published) = scored.item.published.map(seconds) {
        add(Found::Date, BY_DATE, &[&feed, &published, most])?;
    }
    // An id that was joined with more of its entry is one that several entries have.
    let is_joined = matches!(&scored.item.identity, Identity::Id(id) if scored.base != Some(base(id)));
    for (found, _) in &mut all {
        if let Found::Base { is_shared } = found {
            *is_shared = is_joined || of_base > 1;
        }
    }
    Ok(all)
}

fn known(row: Row<'_>, varying: &[String]) -> Result<Known, Error> {
    let identity: String = row.get("identity")?;
    let (published, updated) = (optional_time(row.get("published")?)?, optional_time(row.get("updated")?)?);
    let link: Option<String> = row.get("link")?;
    Ok(Known {
        seq: row.get("seq")?,
        story: row.get("story")?,
        arrived: row.get("arrived")?,
        is_mailable: row.get("mailable")?,
        is_dated: published.is_some() || updated.is_some(),
        has_text: row.get("has_text")?,
        traits: Traits {
            has_id: row.get::<_, Option<i64>>("base")?.is_some()
                || identity.strip_prefix("id:").is_some_and(|id| !is_placeholder(id)),
            link: link.and_then(|link| Url::parse(&link).ok()).map(|link| stripped(&link, varying)),
            title_key: row.get("title_key")?,
            title: row.get("title")?,
            published,
            updated,
            text: row.get("text")?,
            shingles: row.get::<_, i64>("shingles")?.cast_unsigned(),
            words: row.get("words")?,
        },
        identity,
    })
}

fn traits(scored: &ScoredItem, varying: &[String]) -> Traits {
    let item = &scored.item;
    let text = if item.content.len() >= item.summary.len() { &item.content } else { &item.summary };
    Traits {
        has_id: scored.base.is_some(),
        link: item.link.as_ref().map(|link| stripped(link, varying)),
        title_key: key(&scored.fingerprint.title).into_owned(),
        title: item.title.clone(),
        published: item.published,
        updated: item.updated,
        text: text.chars().take(MOST_CHARS).collect(),
        shingles: scored.fingerprint.shingles,
        words: scored.fingerprint.words,
    }
}
