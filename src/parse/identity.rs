//! Which item is which within one document: its own id, else its link, else its text. An id that a feed gives
//! to several entries tells nothing alone, so it is joined with the link.

use std::collections::{HashMap, HashSet};

use crate::domain::canonical::canonical;
use crate::domain::item::{Identity, Item};

/// Settles every item's identity; the same entry given twice is kept once, its first appearance.
pub(super) fn settle(items: Vec<Item>) -> Vec<Item> {
    let id = |item: &Item| match &item.identity {
        Identity::Id(id) => id.trim().to_owned(),
        _ => String::new(),
    };
    let mut links: HashMap<String, HashSet<String>> = HashMap::new();
    for item in &items {
        let link = item.link.as_ref().map(canonical).unwrap_or_default();
        links.entry(id(item)).or_default().insert(link);
    }
    let mut seen = HashSet::new();
    let mut kept = Vec::with_capacity(items.len());
    for mut item in items {
        let own = id(&item);
        let repeated = links.get(&own).is_some_and(|links| links.len() > 1);
        let text = if item.content.is_empty() { &item.summary } else { &item.content };
        item.identity = match &item.link {
            Some(link) if repeated && !own.is_empty() => Identity::Id(format!("{own} {}", canonical(link))),
            link => Identity::of(Some(&own), link.as_ref(), &item.title, text),
        };
        let says_something = !(item.title.is_empty() && text.is_empty() && item.link.is_none() && own.is_empty());
        if says_something && seen.insert(item.identity.clone()) {
            kept.push(item);
        }
    }
    kept
}
