//! A score's reasons as a JSON column: `[[phrase, found, place, weight, label]]`, the weight in thousandths. An item has
//! some twenty-five, so that their names would take more room than its text.

use std::borrow::Cow;

use super::{Error, from_json};
use crate::domain::relevance::{Place, Reason};

type Row<'a> = (Cow<'a, str>, Cow<'a, str>, Cow<'a, str>, f32, Option<Cow<'a, str>>);

pub(super) fn write(reasons: &[Reason]) -> String {
    let rows: Vec<_> = reasons
        .iter()
        .map(|Reason { phrase, found, place, weight, label }| {
            (&**phrase, found, place.as_str(), (weight * 1000.0).round() / 1000.0, label.as_deref())
        })
        .collect();
    let mut json = Vec::with_capacity(rows.len() * 64 + 2);
    serde_json::to_writer(&mut json, &rows).expect("strings and finite numbers are always JSON");
    String::from_utf8(json).expect("JSON is UTF-8")
}

pub(super) fn read(text: &str) -> Result<Vec<Reason>, Error> {
    let rows: Vec<Row<'_>> = from_json("a list of reasons", text)?;
    rows.into_iter()
        .map(|(phrase, found, place, weight, label)| {
            let known = Place::ALL.into_iter().find(|known| known.as_str() == place);
            // As versions without a classifier wrote it.
            let known = known.or((place == "wording").then_some(Place::Classifier));
            let place = known.ok_or_else(|| Error::content("a place", &place))?;
            Ok(Reason { phrase: phrase.into(), found: found.into_owned(), place, weight, label: label.map(Into::into) })
        })
        .collect()
}
