//! Which entry is which within one document: its own id, else its link, else its text. An id that a feed gives
//! to several entries tells nothing alone, so it is joined with the link.

use std::collections::{HashMap, HashSet};

use url::Url;

use super::draft::Draft;
use super::{Fresh, Known};
use crate::domain::items::canonical::canonical;
use crate::domain::items::item::Identity;

/// A draft with its identity; `None` when only its text will tell.
pub(super) type Settled<B> = (Option<Identity>, Draft<B>);

/// The drafts that are to be read, and how many were left out because the caller has them just so. The same entry
/// given twice is kept once, its first appearance.
pub(super) fn settle<B>(drafts: Vec<Draft<B>>, known: &Known) -> (Vec<Settled<B>>, usize) {
    let mut links: HashMap<&str, Option<&Url>> = HashMap::new();
    let mut repeated: HashSet<String> = HashSet::new();
    for Draft { id, link, .. } in drafts.iter().filter(|draft| !draft.id.is_empty()) {
        let first = *links.entry(id).or_insert(link.as_ref());
        if first != link.as_ref() && first.map(canonical) != link.as_ref().map(canonical) {
            repeated.insert(id.clone());
        }
    }
    let mut seen = HashSet::new();
    let (mut fresh, mut unchanged) = (Vec::with_capacity(drafts.len()), 0);
    for draft in drafts {
        let identity = match (&draft.link, draft.id.as_str()) {
            (None, "") => None,
            (Some(link), id) if repeated.contains(id) => Some(Identity::id(format!("{id} {}", canonical(link)))),
            (link, id) => Some(Identity::of(Some(id), link.as_ref(), "", "")),
        };
        if let Some(identity) = &identity {
            if !seen.insert(identity.clone()) {
                continue;
            }
            if known.get(identity) == Some(&draft.digest) {
                unchanged += 1;
                continue;
            }
        }
        fresh.push((identity, draft));
    }
    (fresh, unchanged)
}

/// Drops what turned out to be the same entry again once its text was read.
pub(super) fn once(items: &mut Vec<Fresh>) {
    let mut seen = HashSet::new();
    items.retain(|fresh| match &fresh.item.identity {
        Identity::Hash(hash) => seen.insert(hash.clone()),
        _ => true,
    });
}
