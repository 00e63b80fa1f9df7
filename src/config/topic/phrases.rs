//! The file and line of each phrase in `topic.toml`, for messages about phrases after the configuration was read. The
//! phrases were parsed and checked by `topic` before.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::reading::diagnostics::File;

/// A phrase's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhrasePlace {
    /// The name of its theme or exclusion; `None` for `[general]`.
    pub table: Option<String>,
    /// As written.
    pub phrase: String,
    /// The file.
    pub path: PathBuf,
    /// From 1.
    pub line: usize,
}

/// The place of every phrase, in the order of the file; empty if the folder has no `topic.toml` and the built-in topic
/// is used.
#[must_use]
pub fn phrase_places(folder: &Path) -> Vec<PhrasePlace> {
    let path = folder.join(File::Topic.name());
    let Ok(text) = std::fs::read_to_string(&path) else { return Vec::new() };
    let (table, _) = DeTable::parse_recoverable(&text);
    let top = table.get_ref();
    let mut phrases = Vec::new();
    if let Some(DeValue::Table(general)) = top.get("general").map(Spanned::get_ref) {
        phrases.extend(of_table(None, general));
    }
    for kind in ["theme", "exclusion"] {
        let Some(DeValue::Array(tables)) = top.get(kind).map(Spanned::get_ref) else { continue };
        for table in tables.iter().filter_map(|table| table.get_ref().as_table()) {
            let name = table.get("name").and_then(|name| name.get_ref().as_str());
            phrases.extend(of_table(name, table));
        }
    }
    phrases.sort_by_key(|(start, ..)| *start);
    let place = |(start, table, phrase): (usize, Option<String>, String)| {
        let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        PhrasePlace { table, phrase, path: path.clone(), line }
    };
    phrases.into_iter().map(place).collect()
}

/// Each phrase of a table, with the byte offset where it begins.
fn of_table(name: Option<&str>, table: &DeTable<'_>) -> Vec<(usize, Option<String>, String)> {
    let lists = ["strong", "plain", "weak"].into_iter().filter_map(|strength| match table.get(strength)?.get_ref() {
        DeValue::Array(phrases) => Some(phrases),
        _ => None,
    });
    let phrases = lists.flat_map(|phrases| phrases.iter());
    phrases
        .filter_map(|phrase| {
            Some((phrase.span().start, name.map(str::to_owned), phrase.get_ref().as_str()?.to_owned()))
        })
        .collect()
}
