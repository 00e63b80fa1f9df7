//! The members of a JSON Feed, read one by one as they come: a member of an unexpected shape is passed over, and of the
//! entries only the newest are kept.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::domain::feeds::budget::Spent;
use crate::parse::entry::newest::Newest;
use crate::parse::{Source, dates};

type Text<'a> = Cow<'a, str>;

/// Visits that pass over a value of another shape than the expected one.
macro_rules! pass_over {
    ($($shape:ident),*) => { $(pass_over!(@ $shape);)* };
    (@ text) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(None)
        }
    };
    (@ number) => {
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(None)
        }
    };
    (@ nothing) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    };
    (@ list) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(None)
        }
    };
    (@ map) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(None)
        }
    };
}

/// Every visitor here takes a value of any shape.
macro_rules! seed {
    ($($seed:ty),*) => { $(
        impl<'de> DeserializeSeed<'de> for $seed {
            type Value = <Self as Visitor<'de>>::Value;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
                deserializer.deserialize_any(self)
            }
        }
    )* };
}

mod attachment;
mod names;

use attachment::Attachments;
pub(super) use names::List;
use names::Names;

seed!(Entries<'_>, OneEntry, Lenient);

/// What the document says of itself, and its entries.
pub(super) struct Feed<'a> {
    pub(super) title: Option<Text<'a>>,
    pub(super) home_page: Option<Text<'a>>,
    pub(super) authors: List<'a>,
    /// None where there is no list of them.
    pub(super) items: Option<Newest<Entry<'a>>>,
    /// Its `version` is that of a JSON Feed.
    pub(super) claims_to_be_one: bool,
}

/// One entry, as it is written.
#[derive(Default)]
pub(super) struct Entry<'a> {
    pub(super) id: Option<Text<'a>>,
    pub(super) url: Option<Text<'a>>,
    pub(super) external_url: Option<Text<'a>>,
    /// Of its first attachment that is no picture.
    pub(super) attachment: Option<Text<'a>>,
    pub(super) title: Option<Text<'a>>,
    pub(super) summary: Option<Text<'a>>,
    pub(super) content_html: Option<Text<'a>>,
    pub(super) content_text: Option<Text<'a>>,
    pub(super) date_published: Option<Text<'a>>,
    pub(super) date_modified: Option<Text<'a>>,
    pub(super) tags: List<'a>,
    /// Of version 1.1, where there is one.
    many_authors: Option<List<'a>>,
    /// Of version 1.0.
    one_author: List<'a>,
}

impl<'a> Feed<'a> {
    /// Reads the document; `None` when it is no JSON object.
    ///
    /// # Errors
    /// The budget is spent.
    pub(super) fn read(text: &'a str, source: &Source<'_>) -> Result<Option<Self>, Spent> {
        source.budget.step(text.len())?;
        let mut spent = None;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let read = deserializer.deserialize_any(Members { source, spent: &mut spent });
        match (spent, read) {
            (Some(spent), _) => Err(spent),
            (None, Ok(feed)) => Ok(feed.filter(|_| deserializer.end().is_ok())),
            (None, Err(_)) => Ok(None),
        }
    }
}

impl<'a> Entry<'a> {
    /// All that an Item is made from.
    pub(super) fn texts(&self) -> Vec<&str> {
        let single = [
            &self.id,
            &self.url,
            &self.external_url,
            &self.attachment,
            &self.title,
            &self.summary,
            &self.content_html,
            &self.content_text,
            &self.date_published,
            &self.date_modified,
        ];
        let single = single.into_iter().map(|text| text.as_deref().unwrap_or_default());
        single.chain(self.authors().iter()).chain([""]).chain(self.tags.iter()).collect()
    }

    pub(super) fn authors(&self) -> &List<'a> {
        self.many_authors.as_ref().unwrap_or(&self.one_author)
    }

    /// When it was published, or last changed.
    pub(super) fn date(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let date = |text: &Option<Text<'a>>| dates::parse(text.as_deref()?, now);
        date(&self.date_published).or_else(|| date(&self.date_modified))
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.texts().iter().map(|text| text.len() + size_of::<Text<'a>>()).sum::<usize>()
    }
}

/// Reads the document's own members.
struct Members<'s> {
    source: &'s Source<'s>,
    spent: &'s mut Option<Spent>,
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Option<Feed<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut feed =
            Feed { title: None, home_page: None, authors: List::default(), items: None, claims_to_be_one: false };
        let mut has_many_authors = false;
        while let Some(key) = map.next_key_seed(Lenient)? {
            match key.as_deref().unwrap_or_default() {
                "title" => feed.title = map.next_value_seed(Lenient)?,
                "home_page_url" => feed.home_page = map.next_value_seed(Lenient)?,
                "version" => {
                    let version = map.next_value_seed(Lenient)?;
                    feed.claims_to_be_one = version.is_some_and(|version| version.contains("jsonfeed"));
                }
                "authors" => {
                    feed.authors = map.next_value_seed(Names)?.unwrap_or_default();
                    has_many_authors = true;
                }
                "author" if !has_many_authors => feed.authors = map.next_value_seed(Names)?.unwrap_or_default(),
                "items" => {
                    feed.items = map.next_value_seed(Entries { source: self.source, spent: &mut *self.spent })?
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(feed))
    }

    pass_over!(text, number, nothing, list);
}

/// Reads the list of entries.
struct Entries<'s> {
    source: &'s Source<'s>,
    spent: &'s mut Option<Spent>,
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = Option<Newest<Entry<'de>>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut newest = Newest::new(self.source.limits.entries);
        while let Some(entry) = list.next_element_seed(OneEntry)? {
            let Some(entry) = entry else { continue };
            let (budget, bytes) = (self.source.budget, entry.bytes());
            if let Err(spent) = budget.step(bytes).and_then(|()| budget.hold(bytes)) {
                *self.spent = Some(spent);
                return Err(serde::de::Error::custom("the budget is spent"));
            }
            budget.release(newest.push(entry.date(self.source.now), bytes, entry));
        }
        Ok(Some(newest))
    }

    pass_over!(text, number, nothing, map);
}

/// One element of the list; `None` for one that is no object.
struct OneEntry;

impl<'de> Visitor<'de> for OneEntry {
    type Value = Option<Entry<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entry = Entry::default();
        while let Some(key) = map.next_key_seed(Lenient)? {
            let member = match key.as_deref().unwrap_or_default() {
                "id" => &mut entry.id,
                "url" => &mut entry.url,
                "external_url" => &mut entry.external_url,
                "title" => &mut entry.title,
                "summary" => &mut entry.summary,
                "content_html" => &mut entry.content_html,
                "content_text" => &mut entry.content_text,
                "date_published" => &mut entry.date_published,
                "date_modified" => &mut entry.date_modified,
                "tags" => {
                    entry.tags = map.next_value_seed(Names)?.unwrap_or_default();
                    continue;
                }
                "attachments" => {
                    entry.attachment = map.next_value_seed(Attachments)?;
                    continue;
                }
                "authors" => {
                    entry.many_authors = map.next_value_seed(Names)?;
                    continue;
                }
                "author" => {
                    entry.one_author = map.next_value_seed(Names)?.unwrap_or_default();
                    continue;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *member = map.next_value_seed(Lenient)?;
        }
        Ok(Some(entry))
    }

    pass_over!(text, number, nothing, list);
}

/// A text, or a number as people write ids.
struct Lenient;

impl<'de> Visitor<'de> for Lenient {
    type Value = Option<Text<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned().into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string().into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string().into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(serde_json::Number::from_f64(number).map(|number| number.to_string().into()))
    }

    pass_over!(nothing, list, map);
}
