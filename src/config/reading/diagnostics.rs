//! Collects the known keys and every finding over all files and the environment, so that reading does not stop at the
//! first mistake. At the end it reports unknown keys and variables, and suggests what was probably meant.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use super::environment::{self, Environment};
use super::finding::{Finding, Origin};
use super::value::nearest;

/// The files of the folder, in the order in which findings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::config) enum File {
    Digest,
    Feeds,
    Topic,
}

impl File {
    /// Its name in the folder.
    pub(in crate::config) fn name(self) -> &'static str {
        match self {
            Self::Digest => "digest.toml",
            Self::Feeds => "feeds.toml",
            Self::Topic => "topic.toml",
        }
    }
}

/// Where a value was written. Its order is the order of the findings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::config) enum Place {
    /// In a file, from one byte offset to another.
    In(File, usize, usize),
    /// A whole file.
    Whole(File),
    /// An environment variable.
    Variable(String),
}

/// The place, the message and the hint.
type Entry = (Place, String, Option<String>);

/// A key that no reader took. Its hint can be written only when all known keys have been collected.
#[derive(Debug)]
struct Unknown {
    place: Place,
    file: File,
    table: String,
    key: String,
}

/// The known keys and the findings.
#[derive(Debug, Default)]
pub(in crate::config) struct Diagnostics {
    environment: Environment,
    entries: RefCell<Vec<Entry>>,
    known_keys: RefCell<BTreeMap<(File, String), Option<Place>>>,
    unknown: RefCell<Vec<Unknown>>,
    /// Why a file cannot be read at all; its other findings are then left out.
    fatal: RefCell<Vec<(File, Entry)>>,
}

impl Diagnostics {
    pub(in crate::config) fn new(variables: &[(String, String)]) -> Self {
        Self { environment: Environment::new(variables), ..Self::default() }
    }

    /// Adds a finding.
    pub(in crate::config) fn add(&self, place: Place, message: impl Into<String>, hint: impl Into<Option<String>>) {
        self.entries.borrow_mut().push((place, message.into(), hint.into()));
    }

    /// Whether the file could not be read as TOML; its other findings are then left out.
    pub(in crate::config) fn is_broken(&self, file: File) -> bool {
        self.fatal.borrow().iter().any(|(broken, _)| *broken == file)
    }

    /// Records why the file cannot be read at all.
    pub(in crate::config) fn add_fatal(&self, file: File, place: Place, message: String, hint: Option<String>) {
        self.fatal.borrow_mut().push((file, (place, message, hint)));
    }

    /// Records a known key, and where it was set.
    pub(in crate::config) fn know(&self, file: File, path: String, place: Option<Place>) {
        self.known_keys.borrow_mut().insert((file, path), place);
    }

    /// Records a key that no reader took.
    pub(in crate::config) fn add_unknown(&self, place: Place, file: File, table: String, key: String) {
        self.unknown.borrow_mut().push(Unknown { place, file, table, key });
    }

    /// The name and the value of the variable that overrides the key at `path` of `digest.toml`.
    pub(in crate::config) fn variable(&self, path: &str) -> Option<(&str, &str)> {
        self.environment.find(path)
    }

    /// Where the key of `digest.toml` at `path` was set; the whole file if it was not.
    pub(in crate::config) fn place_of(&self, path: &str) -> Place {
        let known_keys = self.known_keys.borrow();
        known_keys.get(&(File::Digest, path.to_owned())).cloned().flatten().unwrap_or(Place::Whole(File::Digest))
    }

    /// The keys of `digest.toml` with their values as written.
    pub(in crate::config) fn written(&self, text: &str) -> BTreeMap<String, String> {
        let known_keys = self.known_keys.borrow();
        let value = |place: &Option<Place>| match place {
            Some(Place::In(File::Digest, from, to)) => text.get(*from..*to).map(str::to_owned),
            _ => None,
        };
        known_keys.iter().filter_map(|((_, path), place)| Some((path.clone(), value(place)?))).collect()
    }

    /// The paths of known keys and tables that were not set.
    #[cfg(test)]
    pub(in crate::config) fn unset(&self) -> Vec<String> {
        let known_keys = self.known_keys.borrow();
        known_keys.iter().filter(|(_, place)| place.is_none()).map(|((_, path), _)| path.clone()).collect()
    }

    /// The findings, by file and place. `text_of` gives a file's content.
    pub(in crate::config) fn findings<'t>(self, folder: &Path, text_of: impl Fn(File) -> &'t str) -> Vec<Finding> {
        let mut entries = self.entries.take();
        for unknown in self.unknown.take() {
            let message = format!("unknown key `{}`", unknown.key);
            entries.push((unknown.place.clone(), message, self.hint_for(&unknown)));
        }
        entries.retain(|(place, ..)| match place {
            Place::In(file, ..) | Place::Whole(file) => !self.is_broken(*file),
            Place::Variable(_) => true,
        });
        entries.extend(self.fatal.take().into_iter().map(|(_, entry)| entry));
        entries.extend(self.unknown_variables());
        entries.sort();
        entries.dedup();
        let finding = |(place, message, hint)| match place {
            Place::In(file, from, to) => {
                Finding::within(&folder.join(file.name()), text_of(file), from..to, message, hint)
            }
            Place::Whole(file) => Finding::about(Origin::File(folder.join(file.name())), message, hint),
            Place::Variable(name) => Finding::about(Origin::Variable(name), message, hint),
        };
        entries.into_iter().map(finding).collect()
    }

    fn hint_for(&self, unknown: &Unknown) -> Option<String> {
        let known_keys = self.known_keys.borrow();
        let keys = || known_keys.keys().filter(|(file, _)| *file == unknown.file).map(|(_, path)| split(path));
        let here: Vec<&str> = keys().filter(|(table, _)| *table == unknown.table).map(|(_, key)| key).collect();
        if let Some(near) = nearest(&unknown.key, here.iter().copied()) {
            return Some(format!("did you mean `{near}`?"));
        }
        if let Some((table, key)) = keys().find(|(_, key)| *key == unknown.key) {
            return Some(match table {
                "" => format!("`{key}` belongs at the top of the file, above the first `[table]`"),
                table => format!("`{key}` belongs in `[{table}]`"),
            });
        }
        let here = here.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        Some(format!("the keys here are {here}"))
    }

    fn unknown_variables(&self) -> Vec<Entry> {
        let known_keys = self.known_keys.borrow();
        let paths: Vec<&str> =
            known_keys.keys().filter(|(file, _)| *file == File::Digest).map(|(_, path)| path.as_str()).collect();
        // A table has no value that a variable could override.
        let is_below = |other: &str, path: &str| other.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        let is_table = |path: &str| paths.iter().any(|other| is_below(other, path));
        let variables: Vec<String> =
            paths.iter().filter(|path| !is_table(path)).map(|path| environment::variable(path)).collect();
        let words: Vec<String> = variables.iter().map(|variable| environment::words(variable)).collect();
        let unknown = self.environment.names().filter(|name| !variables.iter().any(|variable| variable == name));
        let entry = |name: &str| {
            let near = nearest(&environment::words(name), words.iter().map(String::as_str));
            let meant = near.and_then(|near| variables.iter().zip(&words).find(|(_, words)| *words == near));
            let hint = match meant {
                Some((meant, _)) => format!("did you mean `{meant}`?"),
                None => "each overrides a key of digest.toml, with two underscores between the levels, such as \
                         `POLICY_DIGEST__MAIL__SMTP__HOST`; unset the others"
                    .to_owned(),
            };
            (Place::Variable(name.to_owned()), "there is no setting for this variable".to_owned(), Some(hint))
        };
        unknown.map(entry).collect()
    }
}

/// The table and the key of a path.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('.').unwrap_or(("", path))
}
