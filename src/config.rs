//! Configuration: the folder with `digest.toml`, `feeds.toml` and `topic.toml`, read and checked in one pass. What is
//! wrong comes back as [`Findings`], all at once; what comes back as [`Config`] needs no further checks.
//! TOML and the environment are read in this room and nowhere else; the clock and the network are not.

mod changes;
mod check;
mod diagnostic;
mod digest;
mod environment;
mod feed_list;
mod feeds;
mod note;
mod notebook;
mod phrases;
mod reader;
pub mod schema;
mod settings;
mod spelling;
mod stamp;
mod topic;
mod value;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub use changes::{changes, keep_until_restart};
pub use diagnostic::{Finding, Findings, Origin};
pub use feed_list::{FeedList, ListError, NewFeed, edit_feeds};
pub use note::{MAX_NOTE_BYTES, NoteError, read_note};
pub use phrases::{PhrasePlace, phrase_places};
pub use settings::{
    Borderline, Digest, Dkim, Limits, Mail, Network, Polling, Relevance, Retention, Schedule, Secret, Sender, Settings,
    Smtp, Tls, TransportKind, Web,
};
pub use stamp::Stamp;
pub use value::domain_name;

use crate::domain::feeds::Feed;
use crate::domain::operations::os_error;
use crate::domain::selection::topic::Topic;
use notebook::{File, Notebook, Place};
use reader::Table;

/// The folder when none is named.
const FOLDER: &str = "config";
/// The editor's note, unless another file is named.
const NOTE: &str = "note.md";
/// What holds without a `topic.toml`, and the classifier that it names.
const TOPIC: &str = include_str!("../config/topic.toml");
const CLASSIFIER: &[u8] = include_bytes!("../config/topic.classifier");

/// A whole configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where it was read from.
    pub folder: PathBuf,
    /// `digest.toml`, with the environment's overrides.
    pub settings: Settings,
    /// `feeds.toml`, in the order of the file, the disabled ones included.
    pub feeds: Vec<Feed>,
    /// `topic.toml`, with what `[relevance]` in `digest.toml` adds to it.
    pub topic: Topic,
    /// The classifier that `topic.toml` names.
    pub classifier_file: Option<PathBuf>,
    /// `subscribers.csv`, if the folder holds one.
    pub subscribers_csv: Option<PathBuf>,
    /// Where the editor's note is looked for.
    pub note_file: PathBuf,
    /// The keys that stand in `digest.toml`, each with its value as it is written.
    written: BTreeMap<String, String>,
}

/// Reads a folder; `data`, from the working directory, goes before the key `data`, and `environment` before every key of `digest.toml`.
///
/// # Errors
/// Everything that is wrong in the three files and the variables.
pub fn load(folder: &Path, data: Option<&Path>, environment: &[(String, String)]) -> Result<Config, Findings> {
    read(folder, data, environment, true)
}

/// The same for a topic whose model is to be trained: whatever lies there is not read.
///
/// # Errors
/// As [`load`].
pub fn load_untrained(folder: &Path) -> Result<Config, Findings> {
    read(folder, None, &environment::of_process(), false)
}

fn read(
    folder: &Path,
    data: Option<&Path>,
    environment: &[(String, String)],
    is_trained: bool,
) -> Result<Config, Findings> {
    if !folder.is_dir() {
        let hint = Some("name the folder with `--config DIR`".to_owned());
        let missing = Finding::about(Origin::File(folder.to_owned()), "there is no such folder", hint);
        Findings::none_or(vec![missing])?;
    }
    let notebook = Notebook::new(environment);
    let digest_text = content(folder, File::Digest, &notebook).unwrap_or_default();
    let feeds_text = content(folder, File::Feeds, &notebook).unwrap_or_default();
    let own_topic = content(folder, File::Topic, &notebook);
    let named = |name: &str| match own_topic {
        Some(_) => std::fs::read(folder.join(name)),
        None => Ok(CLASSIFIER.to_owned()),
    };
    let topic_text = own_topic.as_deref().unwrap_or(TOPIC);

    let mut settings = digest::read(Table::parse(&digest_text, File::Digest, &notebook), folder);
    // What half a file says is no ground for finding contradictions.
    let is_whole = !notebook.is_broken(File::Digest);
    if is_whole {
        check::settings(&mut settings, &notebook);
    }
    let allow_files = settings.polling.allow_files || !is_whole;
    let feeds_table = Table::parse(&feeds_text, File::Feeds, &notebook);
    let feeds = feeds::read(feeds_table, folder, allow_files, |place| line(&feeds_text, place));
    let topic_table = Table::parse(topic_text, File::Topic, &notebook);
    let (topic, classifier) = topic::read(topic_table, topic_text, &settings.relevance, is_trained.then_some(named));

    if is_whole {
        check::relevance(&settings.relevance, topic::scale(classifier.as_ref()), &notebook);
    }

    let written = notebook.written(&digest_text);
    Findings::none_or(notebook.findings(folder, |file| match file {
        File::Digest => &digest_text,
        File::Feeds => &feeds_text,
        File::Topic => topic_text,
    }))?;
    if let Some(data) = data {
        data.clone_into(&mut settings.data);
        settings.former_data = None;
    }
    let subscribers_csv = Some(folder.join("subscribers.csv")).filter(|path| path.is_file());
    let classifier_file = classifier.map(|name| folder.join(name));
    let note_file = folder.join(NOTE);
    Ok(Config {
        folder: folder.to_owned(),
        settings,
        feeds,
        topic,
        classifier_file,
        subscribers_csv,
        note_file,
        written,
    })
}

/// What only those can tell who use a setting: a finding at the key of `digest.toml` (or at its variable) at `path`.
#[must_use]
pub fn finding_at(folder: &Path, path: &str, message: &str, hint: &str) -> Findings {
    let notebook = Notebook::new(&environment::of_process());
    let text = content(folder, File::Digest, &notebook).unwrap_or_default();
    digest::read(Table::parse(&text, File::Digest, &notebook), folder);
    let place = notebook.place_of(path);
    let about = Notebook::default();
    about.note(place, message, Some(hint.to_owned()));
    let findings = about.findings(folder, |_| &text);
    Findings::none_or(findings).expect_err("there is one")
}

/// Where the data lies, as far as that can be told of a folder that is not in order: for whoever must look there all the
/// same.
#[must_use]
pub fn data_folder(folder: &Path, data: Option<&Path>) -> PathBuf {
    let notebook = Notebook::new(&environment::of_process());
    let text = content(folder, File::Digest, &notebook).unwrap_or_default();
    let settings = digest::read(Table::parse(&text, File::Digest, &notebook), folder);
    data.map_or(settings.data, Path::to_owned)
}

/// Reads the folder (`config` unless named) with this process's environment.
///
/// # Errors
/// As [`load`].
pub fn load_from_process(folder: Option<&Path>, data: Option<&Path>) -> Result<Config, Findings> {
    load(folder.unwrap_or(Path::new(FOLDER)), data, &environment::of_process())
}

/// The file's text without a byte order mark; nothing when it is missing or (noted) unreadable.
fn content(folder: &Path, file: File, notebook: &Notebook) -> Option<String> {
    match std::fs::read_to_string(folder.join(file.name())) {
        Ok(text) => Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if file == File::Feeds {
                let hint = "list the feeds there, each as `[[feed]]` with `id = \"…\"` and `url = \"https://…\"`";
                notebook.note(Place::Whole(file), "there is no such file", Some(hint.to_owned()));
            }
            None
        }
        Err(error) => {
            let hint = os_error::next(&error).map(str::to_owned);
            notebook.note_fatal(file, Place::Whole(file), format!("the file cannot be read: {error}"), hint);
            None
        }
    }
}

/// The line of a place, from 1.
fn line(text: &str, place: &Place) -> Option<usize> {
    match place {
        Place::In(_, from, _) => text.get(..*from).map(|before| before.matches('\n').count() + 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
