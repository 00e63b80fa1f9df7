//! The keys of the entries of one document: the id, else the link, else the text. Where one id or one link is used for
//! several posts, title, date and text join it, so that none is lost; an entry that is given twice has one key.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use url::Url;

use super::address::{is_placeholder, is_stamp, stripped};
use crate::domain::items::canonical::canonical;
use crate::domain::items::item::Identity;

/// What distinguishes an entry from the others.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The feed's own id, or empty.
    pub id: &'a str,
    /// Where a reader finds it.
    pub link: Option<&'a Url>,
    /// A hash of its title; 0 where it has none.
    pub title: u64,
    /// When it was published.
    pub published: Option<DateTime<Utc>>,
    /// A hash of all that it says.
    pub digest: u64,
}

/// A key for each entry, in their order; `None` where only its text can tell (it has neither id nor link). Two entries
/// have one key if they are one entry given twice. `varying` are the parameters in links and ids that are known to be
/// tokens in this feed; they count for nothing, unless without them two entries would be one.
#[must_use]
pub fn keys(entries: &[Entry<'_>], varying: &[String]) -> Vec<Option<Identity>> {
    let plain: Vec<Option<Plain>> = entries.iter().map(|entry| Plain::of(entry, &[])).collect();
    let plain = match varying {
        [] => plain,
        names => {
            let bare: Vec<Option<Plain>> = entries.iter().map(|entry| Plain::of(entry, names)).collect();
            let number =
                |keys: &[Option<Plain>]| keys.iter().flatten().map(|key| &key.key).collect::<HashSet<_>>().len();
            if number(&bare) == number(&plain) { bare } else { plain }
        }
    };
    let mut by_key: HashMap<&Identity, Vec<usize>> = HashMap::new();
    for (place, key) in plain.iter().enumerate() {
        if let Some(key) = key {
            by_key.entry(&key.key).or_default().push(place);
        }
    }
    let mut keys: Vec<Option<Identity>> = plain.iter().map(|key| key.as_ref().map(|key| key.key.clone())).collect();
    for places in by_key.into_values().filter(|places| places.len() > 1) {
        for (place, key) in apart(entries, &plain, &places) {
            keys[place] = Some(key);
        }
    }
    keys
}

/// The key of an entry alone, and its link.
struct Plain {
    key: Identity,
    has_id: bool,
    /// The canonical link, with a fragment that may tell its post from others on the page.
    link: String,
}

impl Plain {
    fn of(entry: &Entry<'_>, names: &[String]) -> Option<Self> {
        let link = entry.link.map(|link| with_fragment(&stripped(link, names))).unwrap_or_default();
        let id = entry.id.trim();
        let (key, has_id) = match id {
            id if id.is_empty() || is_placeholder(id) => {
                let page = entry.link.map(|link| canonical(&stripped(link, names))).unwrap_or_default();
                (Identity::Link(page), false)
            }
            id => (Identity::id(bare_id(id, names)), true),
        };
        (has_id || !link.is_empty()).then_some(Self { key, has_id, link })
    }
}

/// The id as it is, without tokens if it is an address that has some.
fn bare_id(id: &str, names: &[String]) -> String {
    if names.is_empty() || !id.contains(['?', ';']) {
        return id.to_owned();
    }
    Url::parse(id).map_or_else(|_| id.to_owned(), |url| stripped(&url, names).to_string())
}

/// The canonical link, and the fragment that tells its post from others on the same page.
fn with_fragment(link: &Url) -> String {
    match link.fragment().filter(|fragment| !fragment.is_empty() && !is_stamp(fragment)) {
        Some(fragment) => format!("{}#{fragment}", canonical(link)),
        None => canonical(link),
    }
}

/// Keys for entries that have one id or one link: those that differ in link, title, date or, without an id, in anything
/// are several posts.
fn apart(entries: &[Entry<'_>], plain: &[Option<Plain>], places: &[usize]) -> Vec<(usize, Identity)> {
    let members: Vec<(usize, &Plain)> =
        places.iter().filter_map(|&place| Some((place, plain[place].as_ref()?))).collect();
    let links: HashSet<&str> = members.iter().map(|(_, key)| key.link.as_str()).collect();
    // One link and one title.
    let mut faces: HashMap<(&str, u64), Vec<usize>> = HashMap::new();
    for (place, key) in &members {
        faces.entry((&key.link, entries[*place].title)).or_default().push(*place);
    }
    // Titles tell apart what one link cannot.
    let has_titles = faces.len() > links.len();
    let mut keys = Vec::with_capacity(members.len());
    for ((link, title), twins) in &faces {
        let date = |place: usize| entries[place].published.map(|at| at.timestamp().unsigned_abs());
        let differ = twins.iter().any(|&twin| entries[twin].digest != entries[twins[0]].digest);
        let is_dated = twins.iter().all(|&twin| date(twin).is_some());
        let by_date = differ && is_dated && twins.iter().any(|&twin| date(twin) != date(twins[0]));
        for &place in twins {
            let Some(Plain { key, has_id, .. }) = plain[place].as_ref() else { continue };
            let by_text = differ && !by_date && !has_id;
            let mut more = String::new();
            if links.len() > 1 && *has_id {
                more.extend([" ", link]);
            }
            for (_, part) in
                [(has_titles, *title), (by_date, date(place).unwrap_or_default()), (by_text, entries[place].digest)]
                    .into_iter()
                    .filter(|(is_needed, _)| *is_needed)
            {
                more.push_str(&format!(" {part:x}"));
            }
            // A page that holds several posts is no key: their places on it are.
            let own = if links.len() > 1 && !has_id { link } else { text(key) };
            let key = format!("{own}{more}");
            keys.push((place, if *has_id { Identity::id(key) } else { Identity::Link(key) }));
        }
    }
    keys
}

fn text(key: &Identity) -> &str {
    let (Identity::Id(text) | Identity::Link(text) | Identity::Hash(text)) = key;
    text
}

/// FNV-1a over pieces, each with its end marked: kept in databases, so that it never changes.
#[must_use]
pub fn hash<const N: usize>(pieces: [&[u8]; N]) -> u64 {
    const PRIME: u64 = 0x0100_0000_01b3;
    pieces.iter().fold(0xcbf2_9ce4_8422_2325, |hash, piece| {
        let bytes = piece.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME));
        (bytes ^ 0xff).wrapping_mul(PRIME)
    })
}
