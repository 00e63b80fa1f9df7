//! An entry's attachments, of which the first that is no picture may stand for its link.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Lenient, Text};

/// The address of the first attachment that is no picture.
pub(super) struct Attachments;

struct One;

seed!(Attachments, One);

impl<'de> Visitor<'de> for Attachments {
    type Value = Option<Text<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut first = None;
        while let Some(address) = list.next_element_seed(One)? {
            first = first.or(address);
        }
        Ok(first)
    }

    pass_over!(text, number, nothing, map);
}

impl<'de> Visitor<'de> for One {
    type Value = Option<Text<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut url, mut kind) = (None, None);
        while let Some(key) = map.next_key_seed(Lenient)? {
            match key.as_deref() {
                Some("url") => url = map.next_value_seed(Lenient)?,
                Some("mime_type") => kind = map.next_value_seed(Lenient)?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(url.filter(|_| !kind.is_some_and(|kind| kind.starts_with("image/"))))
    }

    pass_over!(text, number, nothing, list);
}
