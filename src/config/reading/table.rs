//! Takes keys out of a TOML table one by one and reports what is wrong: invalid values, missing keys and, at the end,
//! unknown keys. An environment variable overrides the file.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostics::{Diagnostics, File, Place};
use super::value::{Read, Wrong};

/// One missing quotation mark causes many syntax errors, so only the first few are shown.
const SYNTAX_ERRORS_SHOWN: usize = 3;

/// A table whose keys have not all been taken yet.
pub(in crate::config) struct Table<'a> {
    diagnostics: &'a Diagnostics,
    file: File,
    path: String,
    /// The place of its `[header]`.
    place: Place,
    keys: DeTable<'a>,
}

impl<'a> Table<'a> {
    /// Parses a whole file. If it is not TOML, reports its first errors and returns an empty table.
    pub(in crate::config) fn parse(text: &'a str, file: File, diagnostics: &'a Diagnostics) -> Self {
        let (table, mut errors) = DeTable::parse_recoverable(text);
        let mut keys = table.into_inner();
        if !errors.is_empty() {
            keys = DeTable::new();
            errors.sort_by_key(|error| error.span().map_or(usize::MAX, |span| span.start));
        }
        for error in errors.iter().take(SYNTAX_ERRORS_SHOWN) {
            let span = error.span().unwrap_or(text.len()..text.len());
            let place = Place::In(file, span.start, span.end);
            diagnostics.add_fatal(file, place, format!("invalid TOML: {}", error.message()), None);
        }
        Self { diagnostics, file, path: String::new(), place: Place::Whole(file), keys }
    }

    /// Where its header is.
    pub(in crate::config) fn place(&self) -> Place {
        self.place.clone()
    }

    /// Reports a finding.
    pub(in crate::config) fn report(&self, place: Place, message: impl Into<String>, hint: impl Into<Option<String>>) {
        self.diagnostics.add(place, message, hint);
    }

    /// The key's value and its place; `None` if it is missing, or invalid (which is reported).
    pub(in crate::config) fn placed<T>(
        &mut self,
        key: &str,
        kind: impl Fn(&DeValue<'_>) -> Read<T>,
    ) -> Option<(T, Place)> {
        let (value, place) = self.take(key)?;
        match self.of_kind(&value, &place, kind) {
            Ok(value) => Some((value, place)),
            Err(wrong) => {
                self.refuse(place, &format!("`{key}`"), wrong);
                None
            }
        }
    }

    /// Whether the file or a variable sets the key, to a valid value or not.
    pub(in crate::config) fn is_set(&self, key: &str) -> bool {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        self.keys.contains_key(key) || self.diagnostics.variable(&path).is_some()
    }

    /// The key's value, else `default`.
    pub(in crate::config) fn or<T>(&mut self, key: &str, default: T, kind: impl Fn(&DeValue<'_>) -> Read<T>) -> T {
        self.placed(key, kind).map_or(default, |(value, _)| value)
    }

    /// The key's value; if it is missing, that is reported at the table's header.
    pub(in crate::config) fn required<T>(
        &mut self,
        key: &str,
        kind: impl Fn(&DeValue<'_>) -> Read<T>,
    ) -> Option<(T, Place)> {
        if !self.keys.contains_key(key) {
            self.report(self.place(), format!("`{key}` is missing"), Some(format!("add a line `{key} = …`")));
        }
        self.placed(key, kind)
    }

    /// The valid entries of a list with their places, empty if the key is missing. Invalid entries are reported.
    pub(in crate::config) fn list<T>(&mut self, key: &str, kind: impl Fn(&DeValue<'_>) -> Read<T>) -> Vec<(T, Place)> {
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

    /// The valid entries of a list, without their places.
    pub(in crate::config) fn values<T>(&mut self, key: &str, kind: impl Fn(&DeValue<'_>) -> Read<T>) -> Vec<T> {
        self.list(key, kind).into_iter().map(|(value, _)| value).collect()
    }

    /// The table below `key`; an empty one if it is missing, or not a table (which is reported).
    pub(in crate::config) fn table(&mut self, key: &str) -> Table<'a> {
        let path = self.know(key, None);
        let (place, keys) = match self.keys.remove(key) {
            None => (self.place(), DeTable::new()),
            Some(value) => (self.at(value.span()), self.entries(key, value, &format!("a table such as `[{path}]`"))),
        };
        Table { diagnostics: self.diagnostics, file: self.file, path, place, keys }
    }

    /// Every key that has not been taken, with its value; invalid ones are reported.
    pub(in crate::config) fn rest<T>(mut self, kind: impl Fn(&DeValue<'_>) -> Read<T>) -> Vec<(String, T)> {
        let keys: Vec<String> = self.keys.keys().map(|name| name.get_ref().to_string()).collect();
        keys.into_iter().filter_map(|key| self.placed(&key, &kind).map(|(value, _)| (key, value))).collect()
    }

    /// Every `[[key]]`, in the order of the file.
    pub(in crate::config) fn tables(&mut self, key: &str) -> Vec<Table<'a>> {
        let path = self.know(key, None);
        let Some(value) = self.keys.remove(key) else {
            return Vec::new();
        };
        let wanted = format!("written as `[[{path}]]`, once for each");
        let DeValue::Array(entries) = value.get_ref() else {
            self.refuse(self.at(value.span()), &format!("`{key}`"), Wrong::mistyped(&wanted, value.get_ref()));
            return Vec::new();
        };
        let table = |entry: &Spanned<DeValue<'a>>| Table {
            diagnostics: self.diagnostics,
            file: self.file,
            path: path.clone(),
            place: self.at(entry.span()),
            keys: self.entries(key, entry.clone(), &wanted),
        };
        entries.iter().map(table).collect()
    }

    /// The value of a key that may be set only by its variable. Reports the key if the file has it.
    pub(in crate::config) fn variable_only(&mut self, key: &str, message: &str, hint: &str) -> Option<String> {
        if let Some((name, _)) = self.keys.remove_entry(key) {
            self.report(self.at(name.span()), message, Some(hint.to_owned()));
        }
        let (value, _) = self.take(key)?;
        value.get_ref().as_str().map(str::to_owned)
    }

    /// The place of a key that only earlier versions read, if the file has it.
    pub(in crate::config) fn removed(&mut self, key: &str) -> Option<Place> {
        self.keys.remove_entry(key).map(|(name, _)| self.at(name.span()))
    }

    /// Reports every key that was not taken.
    pub(in crate::config) fn finish(self) {
        for name in self.keys.keys() {
            let (table, key) = (self.path.clone(), name.get_ref().to_string());
            self.diagnostics.add_unknown(self.at(name.span()), self.file, table, key);
        }
    }

    fn at(&self, span: Range<usize>) -> Place {
        Place::In(self.file, span.start, span.end)
    }

    /// Records the key as known and returns its path.
    fn know(&self, key: &str, place: Option<Place>) -> String {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        self.diagnostics.know(self.file, path.clone(), place);
        path
    }

    /// The key's value from the environment, else from the file.
    fn take(&mut self, key: &str) -> Option<(Spanned<DeValue<'a>>, Place)> {
        let in_file = self.keys.remove(key).map(|value| (self.at(value.span()), value));
        let path = self.know(key, in_file.as_ref().map(|(place, _)| place.clone()));
        if self.file == File::Digest
            && let Some((name, text)) = self.diagnostics.variable(&path)
        {
            let place = Place::Variable(name.to_owned());
            self.know(key, Some(place.clone()));
            return Some((Spanned::new(0..0, DeValue::String(text.into())), place));
        }
        in_file.map(|(place, value)| (value, place))
    }

    /// Text from the environment is read as text first and, if the kind does not want text, as TOML.
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

    /// Reports why the value at a place is refused.
    pub(in crate::config) fn refuse(&self, place: Place, subject: &str, wrong: Wrong) {
        let message = if wrong.alone { wrong.message } else { format!("{subject} {}", wrong.message) };
        self.report(place, message, wrong.hint);
    }
}
