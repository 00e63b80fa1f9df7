//! Configuration: reads the folder with `digest.toml`, `feeds.toml` and `topic.toml` and checks it in one pass. Returns
//! either a [`Config`] that needs no further checks, or all [`Findings`] at once. Only this module reads TOML and the
//! environment; it does not read the clock or use the network.

mod changes;
mod check;
mod digest;
mod feeds;
mod note;
mod reading;
pub mod schema;
mod settings;
mod stamp;
mod topic;
mod words;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use changes::{changes, keep_until_restart};
pub use feeds::feed_list::{FeedList, ListError, NewFeed, edit_feeds};
pub use note::{MAX_NOTE_BYTES, NoteError, read_note};
pub use reading::finding::{Finding, Findings, Origin};
pub use reading::value::domain_name;
pub use settings::{
    Accessibility, Borderline, Database, Digest, Dkim, Editor, Limits, Mail, Mailbox, Network, Polling, Relevance,
    Retention, Schedule, Secret, Sender, Settings, Smtp, Tls, TranslatedAccessibility, Translation, TransportKind, Web,
};
pub use stamp::Stamp;
pub use topic::local::{LOCAL_WEIGHTS, LocalWeights, local_weights};
pub use topic::phrases::{PhrasePlace, phrase_places};
pub use words::{Untranslated, WORDS, built_in_languages};

use crate::domain::catalogue::Languages;
use crate::domain::feeds::Feed;
use crate::domain::operations::os_error;
use crate::domain::selection::topic::{Classifier, Topic};
use reading::diagnostics::{Diagnostics, File, Place};
use reading::environment;
pub use reading::environment::is_in_environment;
use reading::table::Table;

/// The default folder.
const FOLDER: &str = "config";
/// The default file of the editor's note.
const NOTE: &str = "note.md";
/// The topic used without a `topic.toml`, and the classifier that it names.
const TOPIC: &str = include_str!("../../config/topic.toml");
const CLASSIFIER: &[u8] = include_bytes!("../../config/topic.classifier");

/// A checked configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The folder that it was read from.
    pub folder: PathBuf,
    /// `digest.toml`, with the environment's overrides.
    pub settings: Settings,
    /// The feeds of `feeds.toml`, in the order of the file, including disabled ones.
    pub feeds: Vec<Feed>,
    /// `topic.toml`, with the overrides in `[relevance]` of `digest.toml`.
    pub topic: Topic,
    /// The classifier that `topic.toml` names.
    pub classifier_file: Option<PathBuf>,
    /// Its weights and its file's content, which local weights start from.
    pub shipped_weights: Option<(Arc<Classifier>, Vec<u8>)>,
    /// Whether local weights are used in place of them.
    pub local_weights: LocalWeights,
    /// `subscribers.csv`, if the folder has one.
    pub subscribers_csv: Option<PathBuf>,
    /// The file of the editor's note, which may not exist.
    pub note_file: PathBuf,
    /// The words of emails and pages in each language, the default language first.
    pub languages: Languages,
    /// Languages whose file lacks messages.
    pub untranslated: Vec<Untranslated>,
    /// The keys of `digest.toml` with their values as written.
    written: BTreeMap<String, String>,
}

/// Reads a folder. `data`, relative to the working directory, overrides the key `data`; `environment` overrides any key of
/// `digest.toml`.
///
/// # Errors
/// Everything that is wrong in the three files and the variables.
pub fn load(folder: &Path, data: Option<&Path>, environment: &[(String, String)]) -> Result<Config, Findings> {
    read(folder, data, environment, &[])
}

/// Reads a folder whose classifier is about to be trained: the classifier's file is not read.
///
/// # Errors
/// As [`load`].
pub fn load_untrained(folder: &Path) -> Result<Config, Findings> {
    read(folder, None, &environment::of_process(), &[ToBeMade::Classifier])
}

/// Reads a folder to which feeds are about to be added: `feeds.toml` may be missing.
///
/// # Errors
/// As [`load`].
pub fn load_without_feeds(folder: &Path, data: Option<&Path>) -> Result<Config, Findings> {
    read(folder, data, &environment::of_process(), &[ToBeMade::Feeds])
}

/// A file that the command itself is about to write, so that it may be missing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ToBeMade {
    Classifier,
    Feeds,
}

fn read(
    folder: &Path,
    data: Option<&Path>,
    environment: &[(String, String)],
    to_be_made: &[ToBeMade],
) -> Result<Config, Findings> {
    if !folder.is_dir() {
        let hint = Some("name the folder with `--config DIR`".to_owned());
        let missing = Finding::about(Origin::File(folder.to_owned()), "the folder does not exist", hint);
        Findings::none_or(vec![missing])?;
    }
    let diagnostics = Diagnostics::new(environment);
    let digest_text = content(folder, File::Digest, &diagnostics).unwrap_or_default();
    let has_feeds = !to_be_made.contains(&ToBeMade::Feeds) || folder.join(File::Feeds.name()).exists();
    let feeds_text =
        if has_feeds { content(folder, File::Feeds, &diagnostics).unwrap_or_default() } else { String::new() };
    let own_topic = content(folder, File::Topic, &diagnostics);
    let named = |name: &str| match own_topic {
        Some(_) => std::fs::read(folder.join(name)),
        None => Ok(CLASSIFIER.to_owned()),
    };
    let topic_text = own_topic.as_deref().unwrap_or(TOPIC);

    let mut settings = digest::read(Table::parse(&digest_text, File::Digest, &diagnostics), folder);
    // Contradictions in a file that was only partly read would be misleading.
    let is_whole = !diagnostics.is_broken(File::Digest);
    if is_whole {
        check::settings(&mut settings, &diagnostics);
    }
    let allow_files = settings.polling.allow_files || !is_whole;
    let feeds_table = Table::parse(&feeds_text, File::Feeds, &diagnostics);
    let feeds = feeds::read(feeds_table, folder, allow_files, |place| line(&feeds_text, place));
    let topic_table = Table::parse(topic_text, File::Topic, &diagnostics);
    // A file that cannot be read is ignored like a damaged one.
    let local = match std::fs::read(data.unwrap_or(&settings.data).join(LOCAL_WEIGHTS)) {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        read => Some(read.unwrap_or_default()),
    };
    let named = (!to_be_made.contains(&ToBeMade::Classifier)).then_some(named);
    let (topic, trained) = topic::read(topic_table, topic_text, &settings.relevance, named, local);

    if is_whole {
        check::relevance(&settings.relevance, topic::scale(trained.file.as_ref()), &diagnostics);
        check::translated_themes(&settings, &topic, &diagnostics);
    }

    let written = diagnostics.written(&digest_text);
    let templates = settings.templates_dir.as_deref();
    let words = words::read(templates, &words::chosen(&settings.languages, &settings.locale, templates));
    let mut findings = diagnostics.findings(folder, |file| match file {
        File::Digest => &digest_text,
        File::Feeds => &feeds_text,
        File::Topic => topic_text,
    });
    findings.extend(words.findings);
    Findings::none_or(findings)?;
    if let Some(data) = data {
        data.clone_into(&mut settings.data);
        settings.former_data = None;
    }
    let subscribers_csv = Some(folder.join("subscribers.csv")).filter(|path| path.is_file());
    let classifier_file = trained.file.map(|name| folder.join(name));
    let note_file = folder.join(NOTE);
    Ok(Config {
        folder: folder.to_owned(),
        settings,
        feeds,
        topic,
        classifier_file,
        shipped_weights: trained.shipped,
        local_weights: trained.local,
        subscribers_csv,
        note_file,
        languages: words.languages,
        untranslated: words.untranslated,
        written,
    })
}

/// A finding at the key of `digest.toml` at `path` (or at its variable), for mistakes that show only when a setting is used.
#[must_use]
pub fn finding_at(folder: &Path, path: &str, message: &str, hint: &str) -> Findings {
    let diagnostics = Diagnostics::new(&environment::of_process());
    let text = content(folder, File::Digest, &diagnostics).unwrap_or_default();
    digest::read(Table::parse(&text, File::Digest, &diagnostics), folder);
    let place = diagnostics.place_of(path);
    let about = Diagnostics::default();
    about.add(place, message, Some(hint.to_owned()));
    let findings = about.findings(folder, |_| &text);
    Findings::none_or(findings).expect_err("there is one")
}

/// The data folder, as far as it can be found out when the configuration has mistakes.
#[must_use]
pub fn data_folder(folder: &Path, data: Option<&Path>) -> PathBuf {
    let diagnostics = Diagnostics::new(&environment::of_process());
    let text = content(folder, File::Digest, &diagnostics).unwrap_or_default();
    let settings = digest::read(Table::parse(&text, File::Digest, &diagnostics), folder);
    data.map_or(settings.data, Path::to_owned)
}

/// Reads the folder (`config` unless named) with this process's environment.
///
/// # Errors
/// As [`load`].
pub fn load_from_process(folder: Option<&Path>, data: Option<&Path>) -> Result<Config, Findings> {
    load(folder.unwrap_or(Path::new(FOLDER)), data, &environment::of_process())
}

/// The file's text without a byte order mark; `None` if it is missing, or cannot be read (which is reported).
fn content(folder: &Path, file: File, diagnostics: &Diagnostics) -> Option<String> {
    match std::fs::read_to_string(folder.join(file.name())) {
        Ok(text) => Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if file == File::Feeds {
                let hint =
                    "add a feed with `policy-digest feeds add URL`, or write `[[feed]]` tables with `id` and `url`";
                diagnostics.add(Place::Whole(file), "the file does not exist", Some(hint.to_owned()));
            }
            None
        }
        Err(error) => {
            let hint = os_error::next(&error).map(str::to_owned);
            diagnostics.add_fatal(file, Place::Whole(file), format!("the file cannot be read: {error}"), hint);
            None
        }
    }
}

/// The line number of a place, from 1.
fn line(text: &str, place: &Place) -> Option<usize> {
    match place {
        Place::In(_, from, _) => text.get(..*from).map(|before| before.matches('\n').count() + 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
