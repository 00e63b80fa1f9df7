//! What a document says of the feed as a whole, outside its entries.

use url::Url;

use super::base::absolute;
use super::leaf::{Leaf, Value};
use super::vocabulary::Target;
use crate::parse::entry::distinct;
use crate::parse::hints::Collector;

/// More of the feed's authors are not given to its entries.
pub(crate) const MAX_INHERITED: usize = 5;
/// More of the feed's authors are not looked at.
const MAX_AUTHORS: usize = 100;

/// The values of the feed's own elements.
#[derive(Debug, Default)]
pub(super) struct Channel {
    /// Its title, with the rank of the element that it is from.
    pub(super) title: Option<(u8, Value)>,
    /// The site that the feed belongs to.
    pub(super) link: Option<Url>,
    pub(super) hints: Collector,
    authors: Vec<Value>,
}

impl Channel {
    /// Takes a value.
    pub(super) fn take(&mut self, leaf: &Leaf<'_>, is_atom: bool) {
        match leaf.target {
            Target::Title => {
                let better = self.title.as_ref().is_none_or(|(rank, _)| leaf.rank < *rank);
                if let Some(value) = leaf.value().filter(|_| better) {
                    self.title = Some((leaf.rank, value));
                }
            }
            Target::Link => {
                if let Some((0..=2, href)) = leaf.link() {
                    let base = leaf.base.as_ref().and_then(|base| base.url());
                    self.link = self.link.take().or_else(|| absolute(&href, base));
                }
            }
            // RFC 4287 §4.2.1: they apply to entries that name none. RSS has no such rule.
            Target::Author if is_atom => {
                if self.authors.len() < MAX_AUTHORS {
                    self.authors.extend(leaf.author());
                }
            }
            target => self.hints.add(target, &leaf.decoded),
        }
    }

    /// The authors for entries that name none, and how many more the feed has. Every entry gets a copy: few are enough.
    pub(super) fn inherited(&mut self) -> (Vec<Value>, usize) {
        let names = std::mem::take(&mut self.authors).into_iter().map(|name| name.text);
        let (authors, surplus) = distinct(names, MAX_INHERITED);
        (authors.iter().map(|name| Value::plain(name)).collect(), surplus)
    }
}
