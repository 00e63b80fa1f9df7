//! Collects what the readers ask for and what they find wrong, over all files and the environment, so that nothing
//! stops at the first mistake. Says in the end which keys and variables nobody knows, and what was probably meant.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use super::diagnostic::{Finding, Origin};
use super::environment::{self, Environment};
use super::value::nearest;

/// The files of the folder, in the order of the findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum File {
    Digest,
    Feeds,
    Topic,
}

impl File {
    /// Its name in the folder.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Digest => "digest.toml",
            Self::Feeds => "feeds.toml",
            Self::Topic => "topic.toml",
        }
    }
}

/// Where a value stands; orders as findings do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// From byte to byte.
    In(File, usize, usize),
    /// A file without a line.
    Whole(File),
    /// A variable of the environment.
    Variable(String),
}

/// Where, what, and what to write instead.
type Note = (Place, String, Option<String>);

/// A key that nobody asked for; what to say about it is known when all keys are.
#[derive(Debug)]
struct Unknown {
    place: Place,
    file: File,
    table: String,
    key: String,
}

/// All that was asked for, and all that was found wrong.
#[derive(Debug, Default)]
pub(super) struct Notebook {
    environment: Environment,
    noted: RefCell<Vec<Note>>,
    asked: RefCell<BTreeMap<(File, String), Option<Place>>>,
    unknown: RefCell<Vec<Unknown>>,
    /// Why a file cannot be read at all; then nothing else is said about it.
    fatal: RefCell<Vec<(File, Note)>>,
}

impl Notebook {
    pub(super) fn new(variables: &[(String, String)]) -> Self {
        Self { environment: Environment::new(variables), ..Self::default() }
    }

    /// Notes a finding.
    pub(super) fn note(&self, place: Place, message: impl Into<String>, hint: impl Into<Option<String>>) {
        self.noted.borrow_mut().push((place, message.into(), hint.into()));
    }

    /// The file could not be read as TOML: nothing more is to be said about its content.
    pub(super) fn is_broken(&self, file: File) -> bool {
        self.fatal.borrow().iter().any(|(broken, _)| *broken == file)
    }

    /// Notes why the file cannot be read at all.
    pub(super) fn note_fatal(&self, file: File, place: Place, message: String, hint: Option<String>) {
        self.fatal.borrow_mut().push((file, (place, message, hint)));
    }

    /// Remembers a key that is known, and where it was set.
    pub(super) fn ask(&self, file: File, path: String, place: Option<Place>) {
        self.asked.borrow_mut().insert((file, path), place);
    }

    /// Notes a key that was left over.
    pub(super) fn note_unknown(&self, place: Place, file: File, table: String, key: String) {
        self.unknown.borrow_mut().push(Unknown { place, file, table, key });
    }

    /// The name and the value of the variable that overrides the key at `path` of `digest.toml`.
    pub(super) fn variable(&self, path: &str) -> Option<(&str, &str)> {
        self.environment.find(path)
    }

    /// Where the key of `digest.toml` at `path` was set; the whole file when it was not.
    pub(super) fn place_of(&self, path: &str) -> Place {
        let asked = self.asked.borrow();
        asked.get(&(File::Digest, path.to_owned())).cloned().flatten().unwrap_or(Place::Whole(File::Digest))
    }

    /// The keys that stand in `digest.toml`, each with its value as it is written there.
    pub(super) fn written(&self, text: &str) -> BTreeMap<String, String> {
        let asked = self.asked.borrow();
        let value = |place: &Option<Place>| match place {
            Some(Place::In(File::Digest, from, to)) => text.get(*from..*to).map(str::to_owned),
            _ => None,
        };
        asked.iter().filter_map(|((_, path), place)| Some((path.clone(), value(place)?))).collect()
    }

    /// The paths that nothing was set for, tables included.
    #[cfg(test)]
    pub(super) fn unset(&self) -> Vec<String> {
        let asked = self.asked.borrow();
        asked.iter().filter(|(_, place)| place.is_none()).map(|((_, path), _)| path.clone()).collect()
    }

    /// The findings, by file and place. `texts` are the files' contents.
    pub(super) fn findings<'t>(self, folder: &Path, text_of: impl Fn(File) -> &'t str) -> Vec<Finding> {
        let mut noted = self.noted.take();
        for unknown in self.unknown.take() {
            let message = format!("unknown key `{}`", unknown.key);
            noted.push((unknown.place.clone(), message, self.hint_for(&unknown)));
        }
        noted.retain(|(place, ..)| match place {
            Place::In(file, ..) | Place::Whole(file) => !self.is_broken(*file),
            Place::Variable(_) => true,
        });
        noted.extend(self.fatal.take().into_iter().map(|(_, note)| note));
        noted.extend(self.unknown_variables());
        noted.sort();
        noted.dedup();
        let finding = |(place, message, hint)| match place {
            Place::In(file, from, to) => {
                Finding::within(&folder.join(file.name()), text_of(file), from..to, message, hint)
            }
            Place::Whole(file) => Finding::about(Origin::File(folder.join(file.name())), message, hint),
            Place::Variable(name) => Finding::about(Origin::Variable(name), message, hint),
        };
        noted.into_iter().map(finding).collect()
    }

    fn hint_for(&self, unknown: &Unknown) -> Option<String> {
        let asked = self.asked.borrow();
        let keys = || asked.keys().filter(|(file, _)| *file == unknown.file).map(|(_, path)| split(path));
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

    fn unknown_variables(&self) -> Vec<Note> {
        let asked = self.asked.borrow();
        let paths: Vec<&str> =
            asked.keys().filter(|(file, _)| *file == File::Digest).map(|(_, path)| path.as_str()).collect();
        // A table has no value that a variable could override.
        let is_below = |other: &str, path: &str| other.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        let is_table = |path: &str| paths.iter().any(|other| is_below(other, path));
        let known: Vec<String> =
            paths.iter().filter(|path| !is_table(path)).map(|path| environment::variable(path)).collect();
        let words: Vec<String> = known.iter().map(|known| environment::words(known)).collect();
        let unknown = self.environment.names().filter(|name| !known.iter().any(|known| known == name));
        let noted = |name: &str| {
            let near = nearest(&environment::words(name), words.iter().map(String::as_str));
            let meant = near.and_then(|near| known.iter().zip(&words).find(|(_, words)| *words == near));
            let hint = match meant {
                Some((meant, _)) => format!("did you mean `{meant}`?"),
                None => "each overrides a key of digest.toml, with two underscores between the levels, such as \
                         `POLICY_DIGEST__MAIL__SMTP__HOST`; unset the others"
                    .to_owned(),
            };
            (Place::Variable(name.to_owned()), "there is no setting for this variable".to_owned(), Some(hint))
        };
        unknown.map(noted).collect()
    }
}

/// The table and the key of a path.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('.').unwrap_or(("", path))
}
