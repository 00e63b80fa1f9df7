//! A score's reasons as a JSON column: `[{phrase, found, place, weight, label}]`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Error, from_json};
use crate::domain::relevance::{Place, Reason};

#[derive(Serialize, Deserialize)]
struct ReasonRow<'a> {
    phrase: Cow<'a, str>,
    found: Cow<'a, str>,
    place: Cow<'a, str>,
    weight: f32,
    label: Option<Cow<'a, str>>,
}

pub(super) fn write(reasons: &[Reason]) -> String {
    let rows: Vec<ReasonRow<'_>> = reasons
        .iter()
        .map(|reason| ReasonRow {
            phrase: (&*reason.phrase).into(),
            found: (&reason.found).into(),
            place: reason.place.as_str().into(),
            weight: reason.weight,
            label: reason.label.as_deref().map(Cow::from),
        })
        .collect();
    serde_json::to_string(&rows).expect("strings and finite numbers are always JSON")
}

pub(super) fn read(text: &str) -> Result<Vec<Reason>, Error> {
    let rows: Vec<ReasonRow<'_>> = from_json("a list of reasons", text)?;
    rows.into_iter()
        .map(|row| {
            let place = Place::ALL
                .into_iter()
                .find(|place| place.as_str() == row.place)
                .ok_or_else(|| Error::content("a place", &row.place))?;
            Ok(Reason {
                phrase: row.phrase.into(),
                found: row.found.into_owned(),
                place,
                weight: row.weight,
                label: row.label.map(Into::into),
            })
        })
        .collect()
}
