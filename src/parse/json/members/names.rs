//! Names of authors and tags, in all the shapes that they are written in.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Lenient, Text};

/// So many authors and tags of an entry are looked at; how many are kept, the administrator says.
const MAX_NAMES: usize = 1_000;

/// Names of authors or tags, and how many more there are than are looked at.
#[derive(Default)]
pub(in crate::parse::json) struct List<'a> {
    pub(in crate::parse::json) names: Vec<Text<'a>>,
    pub(in crate::parse::json) surplus: usize,
}

impl<'a> List<'a> {
    /// Of one name alone.
    pub(super) fn of(name: Option<Text<'a>>) -> Option<Self> {
        let mut list = Self::default();
        list.add(name);
        Some(list)
    }

    fn add(&mut self, name: Option<Text<'a>>) {
        if name.is_some() && self.names.len() == MAX_NAMES {
            self.surplus += 1;
        } else {
            self.names.extend(name);
        }
    }

    pub(in crate::parse::json) fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }
}

seed!(Names, Name);

/// Names of authors or tags: a list of texts and of objects with a `name`, or one of them alone. `None` for nothing.
pub(super) struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Option<List<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut names = List::default();
        while let Some(name) = list.next_element_seed(Name)? {
            names.add(name);
        }
        Ok(Some(names))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Name.visit_map(map).map(List::of)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(List::of(Some(text.into())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(List::of(Some(text.to_owned().into())))
    }

    pass_over!(number, nothing);
}

/// A text, or an object with a `name`.
pub(super) struct Name;

impl<'de> Visitor<'de> for Name {
    type Value = Option<Text<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut name = None;
        while let Some(key) = map.next_key_seed(Lenient)? {
            match key.as_deref() {
                Some("name") => name = map.next_value_seed(Lenient)?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(name)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned().into()))
    }

    pass_over!(number, nothing, list);
}
