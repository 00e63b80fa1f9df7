//! A score's reasons as a JSON column: `[{phrase, found, place, weight, label}]`.

use serde::{Deserialize, Serialize};

use super::{Error, from_json};
use crate::domain::relevance::{Place, Reason};

#[derive(Serialize, Deserialize)]
struct ReasonRow {
    phrase: String,
    found: String,
    place: String,
    weight: f32,
    label: Option<String>,
}

pub(super) fn write(reasons: &[Reason]) -> String {
    let rows: Vec<ReasonRow> = reasons
        .iter()
        .map(|reason| ReasonRow {
            phrase: reason.phrase.clone(),
            found: reason.found.clone(),
            place: reason.place.as_str().to_owned(),
            weight: reason.weight,
            label: reason.label.clone(),
        })
        .collect();
    serde_json::to_string(&rows).expect("strings and finite numbers are always JSON")
}

pub(super) fn read(text: &str) -> Result<Vec<Reason>, Error> {
    let rows: Vec<ReasonRow> = from_json("a list of reasons", text)?;
    rows.into_iter()
        .map(|row| {
            let place = Place::ALL
                .into_iter()
                .find(|place| place.as_str() == row.place)
                .ok_or_else(|| Error::content("a place", &row.place))?;
            Ok(Reason { phrase: row.phrase, found: row.found, place, weight: row.weight, label: row.label })
        })
        .collect()
}
