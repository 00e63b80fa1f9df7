//! The fixed words of emails and pages in one language: a catalogue of messages by key. A message is a sentence for a
//! translator to keep whole. Values go in at placeholders, `{name}`; a link is `[its text](name)`, where the value of
//! `name` is the address; `**text**` is strong and `` `text` `` is code. A message that depends on the number `n` has
//! one form for each plural category of its language. `config` reads the files; `render` writes HTML.

mod pattern;
mod plural;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::digests::locale::Locale;
pub use pattern::{Mark, Mistake, Pattern, Piece};
pub use plural::Category;

/// A message: the same for every number, or a form for each plural category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// One form.
    Single(Pattern),
    /// Forms by category; `other` is among them.
    Plural(BTreeMap<Category, Pattern>),
}

impl Message {
    /// The names of its placeholders, with `n` if it has plural forms.
    #[must_use]
    pub fn placeholders(&self) -> BTreeSet<&str> {
        match self {
            Self::Single(pattern) => pattern.placeholders().collect(),
            Self::Plural(forms) => forms.values().flat_map(Pattern::placeholders).chain(["n"]).collect(),
        }
    }
}

/// A value for a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text, which is not read as a message.
    Text(&'a str),
    /// A number; `n` chooses the plural form.
    Number(u64),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<usize> for Value<'_> {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

impl From<u64> for Value<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// The words of one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    code: String,
    locale: Locale,
    messages: BTreeMap<String, Message>,
}

impl Catalogue {
    /// The catalogue of a language (`cy`), whose dates and direction are those of `locale`.
    #[must_use]
    pub fn new(code: &str, locale: Locale, messages: BTreeMap<String, Message>) -> Self {
        Self { code: code.to_owned(), locale, messages }
    }

    /// English with these messages.
    #[cfg(test)]
    pub(crate) fn sample(messages: &[(&str, &str)]) -> Self {
        let single = |form: &str| Message::Single(Pattern::parse(form).expect("a form"));
        let messages = messages.iter().map(|(key, form)| ((*key).to_owned(), single(form)));
        Self::new("en", "en-GB".parse().expect("a known locale"), messages.collect())
    }

    /// The language without a country: "cy".
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// How its dates are written, and in which direction its text runs.
    #[must_use]
    pub fn locale(&self) -> &Locale {
        &self.locale
    }

    /// Every message by its key.
    #[must_use]
    pub fn messages(&self) -> &BTreeMap<String, Message> {
        &self.messages
    }

    /// The form of a message for the number `n`; `None` if there is no such message.
    #[must_use]
    pub fn pattern(&self, key: &str, n: Option<u64>) -> Option<&Pattern> {
        match self.messages.get(key)? {
            Message::Single(pattern) => Some(pattern),
            Message::Plural(forms) => {
                let category = n.map_or(Category::Other, |n| plural::category(&self.code, n));
                forms.get(&category).or_else(|| forms.get(&Category::Other))
            }
        }
    }

    /// A message as plain text: marks are left out, and the address of a link follows its text in brackets. A test finds
    /// every key and value that is missing; at run time the key, or the placeholder, is shown.
    #[must_use]
    pub fn text(&self, key: &str, values: &[(&str, Value<'_>)]) -> String {
        let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let n = match value("n") {
            Some(Value::Number(n)) => Some(n),
            _ => None,
        };
        let Some(pattern) = self.pattern(key, n) else { return key.to_owned() };
        pattern.plain(|name| match value(name) {
            Some(Value::Text(text)) => text.to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            None => format!("{{{name}}}"),
        })
    }

    /// A message without placeholders.
    #[must_use]
    pub fn words(&self, key: &str) -> String {
        self.text(key, &[])
    }
}

/// The languages of an installation, the default one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Languages(Vec<Arc<Catalogue>>);

impl Languages {
    /// The default language and the others.
    #[must_use]
    pub fn new(first: Catalogue, others: impl IntoIterator<Item = Catalogue>) -> Self {
        Self(std::iter::once(first).chain(others).map(Arc::new).collect())
    }

    /// The default language.
    #[must_use]
    pub fn first(&self) -> &Arc<Catalogue> {
        &self.0[0]
    }

    /// The language with this code, if the installation has it.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Arc<Catalogue>> {
        self.0.iter().find(|words| words.code == code)
    }

    /// The language with this code, else the default one.
    #[must_use]
    pub fn of(&self, code: &str) -> &Arc<Catalogue> {
        self.get(code).unwrap_or_else(|| self.first())
    }

    /// All of them, the default one first.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Catalogue>> {
        self.0.iter()
    }
}
