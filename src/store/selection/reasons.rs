//! A score's reasons as a JSON column: `[[phrase, found, place, weight, label, is telling]]`, the weight rounded to
//! thousandths. An item has a dozen or more, and their field names would take more space than its text.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domain::selection::relevance::{Place, Reason};
use crate::store::{Error, from_json};

#[derive(Serialize, Deserialize)]
struct Row<'a>(
    Cow<'a, str>,
    Cow<'a, str>,
    Cow<'a, str>,
    f32,
    Option<Cow<'a, str>>,
    /// Earlier versions wrote none.
    #[serde(default)]
    bool,
);

pub(crate) fn write(reasons: &[Reason]) -> String {
    let rows: Vec<_> = reasons
        .iter()
        .map(|Reason { phrase, found, place, weight, label, is_telling }| {
            let (phrase, found, place) = (Cow::from(&**phrase), Cow::from(found), Cow::from(place.as_str()));
            Row(phrase, found, place, (weight * 1000.0).round() / 1000.0, label.as_deref().map(Cow::from), *is_telling)
        })
        .collect();
    let mut json = Vec::with_capacity(rows.len() * 64 + 2);
    serde_json::to_writer(&mut json, &rows).expect("strings and finite numbers are always JSON");
    String::from_utf8(json).expect("JSON is UTF-8")
}

pub(crate) fn read(text: &str) -> Result<Vec<Reason>, Error> {
    let rows: Vec<Row<'_>> = from_json("a list of reasons", text)?;
    rows.into_iter()
        .map(|Row(phrase, found, place, weight, label, is_telling)| {
            let known = Place::ALL.into_iter().find(|known| known.as_str() == place);
            // Earlier versions wrote this word.
            let known = known.or((place == "wording").then_some(Place::Classifier));
            let place = known.ok_or_else(|| Error::content("a place", &place))?;
            let (phrase, found, label) = (phrase.into(), found.into_owned(), label.map(Into::into));
            Ok(Reason { phrase, found, place, weight, label, is_telling })
        })
        .collect()
}
