//! Reads the words of emails and pages, one file for each language: the built-in ones, and those in `words/` of the
//! administrator's templates, which replace single messages or add a language. What a language lacks is English.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::reading::finding::{Finding, Origin};
use super::reading::value::nearest;
use crate::domain::catalogue::{Catalogue, Category, Languages, Message, Pattern};
use crate::domain::digests::locale::Locale;

/// The built-in files, by their path among the templates.
pub const WORDS: &[(&str, &str)] = &[
    ("words/en.toml", include_str!("../../templates/words/en.toml")),
    ("words/cy.toml", include_str!("../../templates/words/cy.toml")),
];

/// The language that every other one falls back to.
const ENGLISH: &str = "en";

/// Messages by key.
type Messages = BTreeMap<String, Message>;

/// A language whose file lacks messages, which are then English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untranslated {
    /// The file.
    pub file: PathBuf,
    /// The keys of the missing messages.
    pub keys: Vec<String>,
}

/// The words as they were read, and what is wrong with them.
pub(super) struct Words {
    pub(super) languages: Languages,
    pub(super) untranslated: Vec<Untranslated>,
    pub(super) findings: Vec<Finding>,
}

/// The built-in languages, English first.
#[must_use]
pub fn built_in_languages() -> Languages {
    let british: Locale = "en-GB".parse().expect("a known locale");
    let codes = WORDS.iter().filter_map(|(path, _)| path.strip_prefix("words/")?.strip_suffix(".toml"));
    let codes: Vec<String> = codes.map(str::to_owned).collect();
    read(None, &chosen(&codes, &british, None)).languages
}

/// The languages of an installation with the locale of each: as they are listed, else the language of `locale`, or
/// English if there are no words in that.
pub(super) fn chosen(listed: &[String], locale: &Locale, templates: Option<&Path>) -> Vec<(String, Locale)> {
    if listed.is_empty() {
        let own = Some(locale.language()).filter(|code| is_known(templates, code));
        return vec![(own.unwrap_or(ENGLISH).to_owned(), locale.clone())];
    }
    let of = |code: &String| Some(locale).filter(|locale| locale.language() == code).cloned();
    // A language without dates is refused with the settings.
    let with_locale = |code: &String| (code.clone(), of(code).or_else(|| code.parse().ok()).unwrap_or(locale.clone()));
    listed.iter().map(with_locale).collect()
}

/// Whether there are words in this language: built in, or in the folder of templates.
pub(super) fn is_known(templates: Option<&Path>, code: &str) -> bool {
    let file = file(code);
    WORDS.iter().any(|(path, _)| *path == file) || templates.is_some_and(|folder| folder.join(file).is_file())
}

fn file(code: &str) -> String {
    format!("words/{code}.toml")
}

/// Reads the words of these languages, at least one.
pub(super) fn read(templates: Option<&Path>, languages: &[(String, Locale)]) -> Words {
    let (mut findings, mut untranslated) = (Vec::new(), Vec::new());
    let english = messages(templates, ENGLISH, None, &mut findings);
    let mut catalogue = |(code, locale): &(String, Locale)| {
        let mut whole = english.clone();
        if code != ENGLISH {
            let own = messages(templates, code, Some(&english), &mut findings);
            let keys: Vec<String> = english.keys().filter(|key| !own.contains_key(*key)).cloned().collect();
            if let Some(folder) = templates.filter(|_| !keys.is_empty()) {
                untranslated.push(Untranslated { file: folder.join(file(code)), keys });
            }
            whole.extend(own);
        }
        Catalogue::new(code, locale.clone(), whole)
    };
    let first = catalogue(&languages[0]);
    let others: Vec<Catalogue> = languages[1..].iter().map(catalogue).collect();
    Words { languages: Languages::new(first, others), untranslated, findings }
}

/// The messages of one language: the built-in ones, replaced by those of the folder. Only a message that `english` has
/// can be used, with the values that it has.
fn messages(templates: Option<&Path>, code: &str, english: Option<&Messages>, findings: &mut Vec<Finding>) -> Messages {
    let file = file(code);
    let mut messages = Messages::new();
    if let Some((path, text)) = WORDS.iter().find(|(path, _)| *path == file) {
        messages = Reader::of(Path::new(path), text, english, findings);
    }
    let Some(path) = templates.map(|folder| folder.join(&file)) else { return messages };
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let known = if english.is_some() { english.cloned() } else { Some(messages.clone()) };
            messages.extend(Reader::of(&path, text.trim_start_matches('\u{feff}'), known.as_ref(), findings));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => {
            findings.push(Finding::about(Origin::File(path), format!("the file cannot be read: {error}"), None));
        }
    }
    messages
}

/// Reads one file.
struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    known: Option<&'a Messages>,
    findings: &'a mut Vec<Finding>,
    messages: Messages,
}

impl<'a> Reader<'a> {
    fn of(path: &'a Path, text: &'a str, known: Option<&'a Messages>, findings: &'a mut Vec<Finding>) -> Messages {
        let mut reader = Self { path, text, known, findings, messages: Messages::new() };
        match DeTable::parse(text) {
            Ok(table) => reader.table("", table.get_ref()),
            Err(error) => {
                let span = error.span().unwrap_or(text.len()..text.len());
                reader.refuse(span, format!("invalid TOML: {}", error.message()), None);
            }
        }
        reader.messages
    }

    fn table(&mut self, above: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = if above.is_empty() { name.get_ref().to_string() } else { format!("{above}.{}", name.get_ref()) };
            match value.get_ref() {
                DeValue::Table(forms) if is_plural(forms) => self.plural(&key, name.span(), forms),
                DeValue::Table(below) => self.table(&key, below),
                _ => {
                    if let Some(pattern) = self.form(&key, value) {
                        self.add(key, name.span(), Message::Single(pattern));
                    }
                }
            }
        }
    }

    fn plural(&mut self, key: &str, place: Range<usize>, forms: &DeTable<'_>) {
        let mut read = BTreeMap::new();
        for (name, value) in forms {
            let Some(pattern) = self.form(key, value) else { return };
            if let Ok(category) = name.get_ref().parse::<Category>() {
                read.insert(category, pattern);
            }
        }
        if read.contains_key(&Category::Other) {
            self.add(key.to_owned(), place, Message::Plural(read));
        } else {
            let hint = "add the form for all other numbers: `other = \"…\"`";
            self.refuse(place, format!("`{key}` has no form `other`"), Some(hint.to_owned()));
        }
    }

    fn form(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Pattern> {
        let Some(text) = value.get_ref().as_str() else {
            self.refuse(value.span(), format!("`{key}` is not text"), Some("write it in quotation marks".to_owned()));
            return None;
        };
        match Pattern::parse(text.trim()) {
            Ok(pattern) => Some(pattern),
            Err(mistake) => {
                self.refuse(value.span(), format!("`{key}` {mistake}"), None);
                None
            }
        }
    }

    fn add(&mut self, key: String, place: Range<usize>, message: Message) {
        if let Some(known) = self.known {
            let Some(known_message) = known.get(&key) else {
                let hint =
                    nearest(&key, known.keys().map(String::as_str)).map(|near| format!("did you mean `{near}`?"));
                return self.refuse(place, format!("there is no message `{key}`"), hint);
            };
            let values = known_message.placeholders();
            let unknown = message.placeholders().into_iter().find(|name| *name != "n" && !values.contains(name));
            if let Some(name) = unknown {
                let values: Vec<String> = values.iter().map(|name| format!("`{{{name}}}`")).collect();
                let hint = if values.is_empty() { "it has no placeholders".to_owned() } else { values.join(", ") };
                let message = format!("`{key}` has an unknown placeholder `{{{name}}}`");
                return self.refuse(place, message, Some(format!("the placeholders here are {hint}")));
            }
        }
        self.messages.insert(key, message);
    }

    fn refuse(&mut self, place: Range<usize>, message: String, hint: Option<String>) {
        self.findings.push(Finding::within(self.path, self.text, place, message, hint));
    }
}

/// A table whose keys are all plural categories.
fn is_plural(table: &DeTable<'_>) -> bool {
    !table.is_empty() && table.keys().all(|name| name.get_ref().parse::<Category>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn british() -> Locale {
        "en-GB".parse().unwrap()
    }

    /// The words with a file of the administrator's own, and the findings.
    fn with(code: &str, content: &str) -> (Words, String) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("words")).unwrap();
        std::fs::write(folder.path().join(file(code)), content).unwrap();
        let languages = chosen(&["en".to_owned(), code.to_owned()], &british(), Some(folder.path()));
        let words = read(Some(folder.path()), &languages);
        let findings =
            words.findings.iter().map(|finding| format!("{}: {}", finding.line.unwrap_or(0), finding.message));
        let findings = findings.collect::<Vec<_>>().join("\n");
        (words, findings)
    }

    #[test]
    fn the_built_in_words_can_be_read() {
        let codes: Vec<String> = built_in_languages().iter().map(|words| words.code().to_owned()).collect();
        let words = read(None, &chosen(&codes, &british(), None));
        assert!(words.findings.is_empty(), "{:?}", words.findings);
    }

    #[test]
    fn an_own_file_replaces_single_messages_and_adds_a_language() {
        let (words, findings) = with("en", "[email]\nsince = \"Since {date}\"");
        assert_eq!(findings, "");
        let english = words.languages.first();
        assert_eq!(english.text("email.since", &[("date", "today".into())]), "Since today");
        assert!(!english.words("email.change").contains('.'), "the others stay");
        let plural = "[digest]\nposts = { one = \"{n} article\", other = \"{n} articles\" }";
        let (words, findings) = with("fr", plural);
        assert_eq!((findings.as_str(), words.untranslated.len()), ("", 1));
        let french = words.languages.get("fr").unwrap();
        let posts = |n: u64| french.text("digest.posts", &[("n", n.into())]);
        assert_eq!([posts(0), posts(1), posts(2)], ["0 article", "1 article", "2 articles"]);
        assert_eq!(french.words("email.change"), words.languages.first().words("email.change"), "the rest is English");
        assert_eq!(french.locale().to_string(), "fr");
    }

    #[test]
    fn a_mistake_in_an_own_file_is_found_with_its_line() {
        for (content, expected) in [
            ("[email]\nchnage = \"x\"", "2: there is no message `email.chnage`"),
            ("[email]\nsince = \"{day}\"", "2: `email.since` has an unknown placeholder `{day}`"),
            (
                "[email]\nsince = \"{date\"",
                "2: `email.since` has a `{` that does not begin a placeholder such as `{name}`",
            ),
            ("[email]\nsince = 3", "2: `email.since` is not text"),
            ("[digest]\nposts = { one = \"x\" }", "2: `digest.posts` has no form `other`"),
        ] {
            assert_eq!(with("fr", content).1, expected);
        }
        assert!(with("fr", "[email\n").1.starts_with("1: invalid TOML"));
    }

    #[test]
    fn a_locale_without_words_has_english_ones_and_its_own_dates() {
        let arabic: Locale = "ar-EG".parse().unwrap();
        assert_eq!(chosen(&[], &arabic, None), [("en".to_owned(), arabic.clone())]);
        assert_eq!(chosen(&[], &british(), None), [("en".to_owned(), british())]);
    }
}
