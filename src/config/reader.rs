//! Takes keys out of a TOML table one by one, and notes what is wrong on the way: values that a kind refuses, keys
//! that are missing, and in the end whatever nobody asked for. A variable of the environment goes before the file.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::notebook::{File, Notebook, Place};
use super::value::{Read, Wrong};

/// One missing quote makes many errors of syntax; the first few say it.
const SYNTAX_ERRORS_SHOWN: usize = 3;

/// A table of which keys are taken out.
pub(super) struct Table<'a> {
    notebook: &'a Notebook,
    file: File,
    path: String,
    /// The place of its `[header]`.
    place: Place,
    keys: DeTable<'a>,
}

impl<'a> Table<'a> {
    /// The whole file. When it is no TOML, its first errors are noted and an empty table is given.
    pub(super) fn parse(text: &'a str, file: File, notebook: &'a Notebook) -> Self {
        let (table, mut errors) = DeTable::parse_recoverable(text);
        let mut keys = table.into_inner();
        if !errors.is_empty() {
            keys = DeTable::new();
            errors.sort_by_key(|error| error.span().map_or(usize::MAX, |span| span.start));
        }
        for error in errors.iter().take(SYNTAX_ERRORS_SHOWN) {
            let span = error.span().unwrap_or(text.len()..text.len());
            let place = Place::In(file, span.start, span.end);
            notebook.note_fatal(file, place, format!("not TOML: {}", error.message()), None);
        }
        Self { notebook, file, path: String::new(), place: Place::Whole(file), keys }
    }

    /// Where its header stands.
    pub(super) fn place(&self) -> Place {
        self.place.clone()
    }

    /// Notes a finding.
    pub(super) fn note(&self, place: Place, message: impl Into<String>, hint: impl Into<Option<String>>) {
        self.notebook.note(place, message, hint);
    }

    /// The key's value and its place; nothing when it is missing or (noted) wrong.
    pub(super) fn placed<T>(&mut self, key: &str, kind: impl Fn(&DeValue<'_>) -> Read<T>) -> Option<(T, Place)> {
        let (value, place) = self.take(key)?;
        match self.of_kind(&value, &place, kind) {
            Ok(value) => Some((value, place)),
            Err(wrong) => {
                self.refuse(place, &format!("`{key}`"), wrong);
                None
            }
        }
    }

    /// Whether the file or a variable says something about the key, right or wrong.
    pub(super) fn is_set(&self, key: &str) -> bool {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        self.keys.contains_key(key) || self.notebook.variable(&path).is_some()
    }

    /// The key's value, or what holds without it.
    pub(super) fn or<T>(&mut self, key: &str, default: T, kind: impl Fn(&DeValue<'_>) -> Read<T>) -> T {
        self.placed(key, kind).map_or(default, |(value, _)| value)
    }

    /// The key's value; that it is missing is noted at the table's header.
    pub(super) fn required<T>(&mut self, key: &str, kind: impl Fn(&DeValue<'_>) -> Read<T>) -> Option<(T, Place)> {
        if !self.keys.contains_key(key) {
            self.note(self.place(), format!("`{key}` is missing"), Some(format!("add a line `{key} = …`")));
        }
        self.placed(key, kind)
    }

    /// Every entry of a list with its place, save those that are (noted) wrong; empty when the key is missing.
    pub(super) fn list<T>(&mut self, key: &str, kind: impl Fn(&DeValue<'_>) -> Read<T>) -> Vec<(T, Place)> {
        let Some((value, place)) = self.take(key) else {
            return Vec::new();
        };
        let reparsed = match (value.get_ref(), &place) {
            (DeValue::String(text), Place::Variable(_)) => DeValue::parse(text).ok().map(Spanned::into_inner),
            _ => None,
        };
        let DeValue::Array(entries) = reparsed.as_ref().unwrap_or(value.get_ref()) else {
            let wrong = Wrong::mistyped("a list such as `[\"one\", \"two\"]`", value.get_ref());
            self.refuse(place, &format!("`{key}`"), wrong);
            return Vec::new();
        };
        let mut read = Vec::new();
        for entry in entries.iter() {
            let at = match &place {
                Place::Variable(_) => place.clone(),
                _ => self.at(entry.span()),
            };
            match kind(entry.get_ref()) {
                Ok(value) => read.push((value, at)),
                Err(wrong) => self.refuse(at, &format!("an entry of `{key}`"), wrong),
            }
        }
        read
    }

    /// The entries of a list without their places.
    pub(super) fn values<T>(&mut self, key: &str, kind: impl Fn(&DeValue<'_>) -> Read<T>) -> Vec<T> {
        self.list(key, kind).into_iter().map(|(value, _)| value).collect()
    }

    /// The table below `key`; an empty one when it is missing or (noted) no table.
    pub(super) fn table(&mut self, key: &str) -> Table<'a> {
        let path = self.ask(key, None);
        let (place, keys) = match self.keys.remove(key) {
            None => (self.place(), DeTable::new()),
            Some(value) => (self.at(value.span()), self.entries(key, value, &format!("a table, as `[{path}]`"))),
        };
        Table { notebook: self.notebook, file: self.file, path, place, keys }
    }

    /// Every `[[key]]`, in the order of the file.
    pub(super) fn tables(&mut self, key: &str) -> Vec<Table<'a>> {
        let path = self.ask(key, None);
        let Some(value) = self.keys.remove(key) else {
            return Vec::new();
        };
        let wanted = format!("written as `[[{path}]]`, once for each");
        let DeValue::Array(entries) = value.get_ref() else {
            self.refuse(self.at(value.span()), &format!("`{key}`"), Wrong::mistyped(&wanted, value.get_ref()));
            return Vec::new();
        };
        let table = |entry: &Spanned<DeValue<'a>>| Table {
            notebook: self.notebook,
            file: self.file,
            path: path.clone(),
            place: self.at(entry.span()),
            keys: self.entries(key, entry.clone(), &wanted),
        };
        entries.iter().map(table).collect()
    }

    /// Notes a key that must not stand in the file, if it does; its variable is read instead.
    pub(super) fn variable_only(&mut self, key: &str, message: &str, hint: &str) -> Option<String> {
        if let Some((name, _)) = self.keys.remove_entry(key) {
            self.note(self.at(name.span()), message, Some(hint.to_owned()));
        }
        let (value, _) = self.take(key)?;
        value.get_ref().as_str().map(str::to_owned)
    }

    /// Where a key is that earlier versions knew, if the file has it.
    pub(super) fn removed(&mut self, key: &str) -> Option<Place> {
        self.keys.remove_entry(key).map(|(name, _)| self.at(name.span()))
    }

    /// Notes every key that nobody asked for.
    pub(super) fn finish(self) {
        for name in self.keys.keys() {
            let (table, key) = (self.path.clone(), name.get_ref().to_string());
            self.notebook.note_unknown(self.at(name.span()), self.file, table, key);
        }
    }

    fn at(&self, span: Range<usize>) -> Place {
        Place::In(self.file, span.start, span.end)
    }

    /// Remembers that the key is known; gives its path.
    fn ask(&self, key: &str, place: Option<Place>) -> String {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        self.notebook.ask(self.file, path.clone(), place);
        path
    }

    /// The key's value from the environment, else from the file.
    fn take(&mut self, key: &str) -> Option<(Spanned<DeValue<'a>>, Place)> {
        let in_file = self.keys.remove(key).map(|value| (self.at(value.span()), value));
        let path = self.ask(key, in_file.as_ref().map(|(place, _)| place.clone()));
        if self.file == File::Digest
            && let Some((name, text)) = self.notebook.variable(&path)
        {
            let place = Place::Variable(name.to_owned());
            self.ask(key, Some(place.clone()));
            return Some((Spanned::new(0..0, DeValue::String(text.into())), place));
        }
        in_file.map(|(place, value)| (value, place))
    }

    /// Text from the environment is read as it stands, and as TOML when the kind wants no text.
    fn of_kind<T>(
        &self,
        value: &Spanned<DeValue<'a>>,
        place: &Place,
        kind: impl Fn(&DeValue<'_>) -> Read<T>,
    ) -> Read<T> {
        match (kind(value.get_ref()), place, value.get_ref()) {
            (Err(wrong), Place::Variable(_), DeValue::String(text)) if wrong.mistyped => {
                DeValue::parse(text).map_err(|_| wrong).and_then(|value| kind(value.get_ref()))
            }
            (read, ..) => read,
        }
    }

    fn entries(&self, key: &str, value: Spanned<DeValue<'a>>, wanted: &str) -> DeTable<'a> {
        let place = self.at(value.span());
        match value.into_inner() {
            DeValue::Table(keys) => keys,
            other => {
                self.refuse(place, &format!("`{key}`"), Wrong::mistyped(wanted, &other));
                DeTable::new()
            }
        }
    }

    /// Notes why the value at a place is refused.
    pub(super) fn refuse(&self, place: Place, subject: &str, wrong: Wrong) {
        let message = if wrong.alone { wrong.message } else { format!("{subject} {}", wrong.message) };
        self.note(place, message, wrong.hint);
    }
}
