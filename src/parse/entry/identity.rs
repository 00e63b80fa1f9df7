//! The entries of one document with their keys, as `domain::items::identity` gives them, and without those that the caller has.

use std::collections::{HashMap, HashSet};

use super::draft::Draft;
use crate::domain::items::identity::Unchanged;
use crate::domain::items::identity::keys::{Entry, keys};
use crate::domain::items::item::Identity;
use crate::parse::Fresh;

/// A draft with its identity; `None` when only its text will tell. Its place in the document comes first.
pub(crate) type Settled<B> = (Option<Identity>, Draft<B>);

/// The drafts that are to be read with their places in the document, and those that were left out because the caller has
/// them just so. The same entry given twice is kept once, its first appearance. `varying` are the names of the tokens in
/// this feed's links.
pub(crate) fn settle<B>(
    drafts: Vec<Draft<B>>,
    known: &HashMap<Identity, u64>,
    varying: &[String],
) -> (Vec<(usize, Settled<B>)>, Vec<Unchanged>) {
    let entries: Vec<Entry<'_>> = drafts
        .iter()
        .map(|draft| Entry {
            id: &draft.id,
            link: draft.link.as_ref(),
            title: draft.title,
            published: draft.published,
            digest: draft.digest,
        })
        .collect();
    let keys = keys(&entries, varying);
    let mut seen = HashSet::new();
    let (mut fresh, mut unchanged) = (Vec::with_capacity(drafts.len()), Vec::new());
    for (place, (draft, identity)) in drafts.into_iter().zip(keys).enumerate() {
        if let Some(identity) = &identity {
            if !seen.insert(identity.clone()) {
                continue;
            }
            if known.get(identity) == Some(&draft.digest) {
                unchanged.push(Unchanged { place, identity: identity.clone() });
                continue;
            }
        }
        fresh.push((place, (identity, draft)));
    }
    (fresh, unchanged)
}

/// Drops what turned out to be the same entry again once its text was read.
pub(crate) fn once(items: &mut Vec<Fresh>) {
    let mut seen = HashSet::new();
    items.retain(|fresh| match &fresh.item.identity {
        Identity::Hash(hash) => seen.insert(hash.clone()),
        _ => true,
    });
}
