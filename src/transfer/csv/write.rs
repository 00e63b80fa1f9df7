//! Writes subscribers as CSV for other programs, and the rejected lines of an import, to be corrected and imported again.

use super::Sheet;
use super::guard::{guarded, unguarded};

/// A subscriber's values for an export; times are RFC 3339, unknown values are empty.
#[derive(Debug, Clone, Default)]
pub struct Exported<'a> {
    /// Their address.
    pub email: &'a str,
    /// Their name.
    pub name: &'a str,
    /// pending, active, left, suppressed.
    pub status: &'a str,
    /// daily, weekly, monthly.
    pub cadence: &'a str,
    /// The chosen themes; all if empty.
    pub themes: &'a [String],
    /// The language's code; the default one if empty.
    pub language: &'a str,
    /// How they consented, in words.
    pub consent: &'a str,
    /// How the consent was given: form, command, import.
    pub consent_by: &'a str,
    /// When they consented.
    pub consented: String,
    /// When they confirmed.
    pub confirmed: String,
    /// When they signed up.
    pub joined: String,
    /// When they unsubscribed.
    pub ended: String,
}

const COLUMNS: [&str; 12] = [
    "email",
    "name",
    "status",
    "cadence",
    "themes",
    "language",
    "consent",
    "consent_by",
    "consented",
    "confirmed",
    "joined",
    "ended",
];

/// A header line, then one line for each subscriber.
#[must_use]
pub fn write<'a>(people: impl Iterator<Item = Exported<'a>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).expect("memory takes every line");
    for person in people {
        let cells: [&str; COLUMNS.len()] = [
            person.email,
            person.name,
            person.status,
            person.cadence,
            &person.themes.join("; "),
            person.language,
            person.consent,
            person.consent_by,
            &person.consented,
            &person.confirmed,
            &person.joined,
            &person.ended,
        ];
        writer.write_record(cells.map(guarded)).expect("memory takes every line");
    }
    finished(writer)
}

/// The rejected lines of a file, each with its number and the reason; `reasons` are in the file's order. The result is
/// opened in a spreadsheet to be corrected, so its cells are guarded as in an export.
#[must_use]
pub fn rejects(sheet: &Sheet, reasons: &[(u64, String)]) -> String {
    let mut writer = csv::WriterBuilder::new().delimiter(sheet.delimiter).flexible(true).from_writer(Vec::new());
    let mut line = |cells: Vec<&str>| {
        let harmless = cells.into_iter().map(|cell| guarded(&unguarded(cell)));
        writer.write_record(harmless).expect("memory takes every line");
    };
    // If the file is itself one of rejected lines, its two extra columns are not repeated.
    let width = sheet.headers.iter().position(|header| header == LINE).unwrap_or(sheet.headers.len());
    line(sheet.headers.iter().take(width).map(String::as_str).chain([LINE, REASON]).collect());
    let mut reasons = reasons.iter().peekable();
    for rejected in &sheet.lines {
        let Some((number, reason)) = reasons.next_if(|(number, _)| *number == rejected.number) else { continue };
        let number = number.to_string();
        let cells = rejected.cells.iter().map(String::as_str).chain(std::iter::repeat(""));
        line(cells.take(width).chain([number.as_str(), reason]).collect());
    }
    finished(writer)
}

const LINE: &str = "rejected line";
const REASON: &str = "rejected because";

fn finished(writer: csv::Writer<Vec<u8>>) -> String {
    let bytes = writer.into_inner().expect("memory takes every line");
    String::from_utf8(bytes).expect("only text was written")
}
