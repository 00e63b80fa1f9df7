//! Edits `feeds.toml` in place: comments, order, spelling and line ends are kept. The file is replaced atomically, keeps
//! its permissions, and is restored if it cannot be read afterwards. `app` decides which feeds to add and remove.

mod atomic_write;

use std::path::{Path, PathBuf};

use toml_edit::{Array, ArrayOfTables, Decor, DocumentMut, Item, Table, Value};

use crate::config::reading::diagnostics::{Diagnostics, File};
use crate::config::reading::table::Table as Keys;
use crate::config::{Config, Findings, feeds, line};
use crate::domain::feeds::{Feed, FeedId};
use atomic_write::NotReplaced;

/// A feed to add to the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFeed {
    /// Its short name.
    pub id: FeedId,
    /// The name that subscribers see; the id if there is none.
    pub title: Option<String>,
    /// The address, as it should be written.
    pub url: String,
    /// The administrator's own groups.
    pub tags: Vec<String>,
    /// A disabled feed is kept but not polled.
    pub enabled: bool,
}

/// Why the list was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The file cannot be read or locked.
    #[error("cannot read `{path}`")]
    Read {
        /// The list.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write `{path}`; it is unchanged")]
    Write {
        /// The list.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The feeds are written as `feed = [{ … }]`, which has no room for comments.
    #[error("`{0}` lists its feeds in brackets; write each as a `[[feed]]` table first")]
    Inline(PathBuf),
    /// The edited file would be invalid.
    #[error("the edit would make `{path}` invalid; it is unchanged")]
    Invalid {
        /// The list.
        path: PathBuf,
        /// The findings in the edited file.
        #[source]
        source: Findings,
    },
}

/// Changes `feeds.toml`, one process at a time, and creates it if it is missing. Writes nothing if the change has no effect.
///
/// # Errors
/// See [`ListError`]; the file is then unchanged.
pub fn edit_feeds<T>(config: &Config, change: impl FnOnce(&mut FeedList) -> T) -> Result<T, ListError> {
    let path = config.folder.join(File::Feeds.name());
    let unread = |source| ListError::Read { path: path.clone(), source };
    // Other processes wait for their turn. If the system cannot lock folders, the last edit wins.
    let _turn = std::fs::File::open(&config.folder).and_then(|folder| folder.lock().map(|()| folder));
    let (text, is_new) = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => (String::new(), true),
        text => (text.map_err(unread)?, false),
    };
    let check = |text: &str| read_feeds(text, &config.folder, config.settings.polling.allow_files).map(drop);
    let invalid = |source| ListError::Invalid { path: path.clone(), source };
    check(&text).map_err(invalid)?;
    let mut list = FeedList::parse(&text).ok_or_else(|| ListError::Inline(path.clone()))?;
    let changed = change(&mut list);
    let edited = list.to_text(&text);
    if edited == text {
        return Ok(changed);
    }
    check(&edited).map_err(invalid)?;
    if is_new {
        std::fs::File::create_new(&path).map_err(|source| ListError::Write { path: path.clone(), source })?;
    }
    let replaced = atomic_write::replace(&path, &edited, check);
    if is_new && replaced.is_err() {
        let _ = std::fs::remove_file(&path);
    }
    match replaced {
        Ok(()) => Ok(changed),
        Err(NotReplaced::Io(source)) => Err(ListError::Write { path, source }),
        Err(NotReplaced::Refused(source)) => Err(ListError::Invalid { path, source }),
    }
}

/// The feeds in the text of a `feeds.toml`.
fn read_feeds(text: &str, folder: &Path, allow_files: bool) -> Result<Vec<Feed>, Findings> {
    let (diagnostics, text) = (Diagnostics::default(), text.trim_start_matches('\u{feff}'));
    let table = Keys::parse(text, File::Feeds, &diagnostics);
    let feeds = feeds::read(table, folder, allow_files, |place| line(text, place));
    Findings::none_or(diagnostics.findings(folder, |_| text))?;
    Ok(feeds)
}

/// The list, ready to be edited.
#[derive(Debug)]
pub struct FeedList(DocumentMut);

const KEY: &str = "feed";

impl FeedList {
    /// `None` for a list in brackets. The text has been checked to be TOML.
    fn parse(text: &str) -> Option<Self> {
        let document: DocumentMut = text.trim_start_matches('\u{feff}').parse().ok()?;
        let is_tables = document.get(KEY).is_none_or(Item::is_array_of_tables);
        is_tables.then_some(Self(document))
    }

    /// The text, with the byte order mark and the line ends of the text before.
    fn to_text(&self, before: &str) -> String {
        let mut text = self.0.to_string();
        if before.contains("\r\n") {
            text = text.replace('\n', "\r\n");
        }
        if before.starts_with('\u{feff}') { format!("\u{feff}{text}") } else { text }
    }

    /// Adds a feed at the end.
    pub fn add(&mut self, feed: &NewFeed) {
        let mut table = Table::new();
        table.insert("id", text(feed.id.as_str()));
        if let Some(title) = &feed.title {
            table.insert("title", text(title));
        }
        table.insert("url", text(&feed.url));
        if !feed.tags.is_empty() {
            table.insert("tags", Item::Value(Value::Array(feed.tags.iter().collect::<Array>())));
        }
        if !feed.enabled {
            table.insert("enabled", toml_edit::value(false));
        }
        let is_first = self.tables().is_none_or(ArrayOfTables::is_empty);
        // The comments of a file without feeds go above the first feed.
        let above = if is_first { self.0.trailing().as_str().unwrap_or_default().to_owned() } else { String::new() };
        if is_first {
            self.0.set_trailing("");
        }
        let apart = if is_first && (above.is_empty() || above.ends_with("\n\n")) { "" } else { "\n" };
        table.decor_mut().set_prefix(format!("{above}{apart}"));
        let tables = self.0.entry(KEY).or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        if let Some(tables) = tables.as_array_of_tables_mut() {
            tables.push(table);
        }
    }

    /// Removes a feed, with the comment directly above it. False if it is not in the list.
    pub fn remove(&mut self, id: &FeedId) -> bool {
        let Some((place, tables)) = self.find(id) else { return false };
        let above = prefix(tables.remove(place).decor());
        let (kept, _own) = split_last_paragraph(&above);
        let is_first = place == 0;
        if let Some(next) = tables.get_mut(place) {
            let below = prefix(next.decor());
            next.decor_mut().set_prefix(joined(kept, without_first_remark(&below), is_first));
        } else {
            let below = self.0.trailing().as_str().unwrap_or_default().to_owned();
            let rest = if kept.contains('#') { joined(kept, &below, is_first) } else { below };
            self.0.set_trailing(rest);
        }
        if self.tables().is_some_and(ArrayOfTables::is_empty) {
            self.0.remove(KEY);
        }
        true
    }

    /// Enables or disables a feed. False if it is not in the list.
    pub fn set_enabled(&mut self, id: &FeedId, enabled: bool) -> bool {
        let Some((place, tables)) = self.find(id) else { return false };
        let Some(table) = tables.get_mut(place) else { return false };
        let remarked = |table: &Table| {
            let (key, value) = table.get_key_value("enabled")?;
            let decor = value.as_value().map(Value::decor);
            let remarks = [decor.map(prefix), decor.map(suffix), Some(prefix(key.leaf_decor()))];
            Some(remarks.into_iter().flatten().any(|text| text.contains('#')))
        };
        match (table.get_mut("enabled").and_then(Item::as_value_mut).is_some(), remarked(table)) {
            // Without the key a feed is enabled.
            (true, Some(false)) if enabled => drop(table.remove("enabled")),
            (true, _) => {
                if let Some(value) = table.get_mut("enabled").and_then(Item::as_value_mut) {
                    let decor = value.decor().clone();
                    *value = enabled.into();
                    *value.decor_mut() = decor;
                }
            }
            (false, _) if !enabled => drop(table.insert("enabled", toml_edit::value(false))),
            (false, _) => {}
        }
        true
    }

    fn tables(&self) -> Option<&ArrayOfTables> {
        self.0.get(KEY).and_then(Item::as_array_of_tables)
    }

    fn find(&mut self, id: &FeedId) -> Option<(usize, &mut ArrayOfTables)> {
        let tables = self.0.get_mut(KEY).and_then(Item::as_array_of_tables_mut)?;
        let is_it = |table: &Table| table.get("id").and_then(Item::as_str).map(str::trim) == Some(id.as_str());
        let place = tables.iter().position(is_it)?;
        Some((place, tables))
    }
}

fn text(words: &str) -> Item {
    toml_edit::value(words)
}

fn prefix(decor: &Decor) -> String {
    decor.prefix().and_then(|raw| raw.as_str()).unwrap_or_default().replace('\r', "")
}

fn suffix(decor: &Decor) -> String {
    decor.suffix().and_then(|raw| raw.as_str()).unwrap_or_default().to_owned()
}

/// Splits the text above a feed at its last blank line: the part about other feeds, and the feed's own comment.
fn split_last_paragraph(above: &str) -> (&str, &str) {
    let end = match above.rfind("\n\n") {
        Some(at) => at + 2,
        None if above.starts_with('\n') => 1,
        None => 0,
    };
    above.split_at(end)
}

/// The text below a feed without a comment that belongs to it: one directly below it, followed by a blank line, such as a
/// key that was commented out.
fn without_first_remark(below: &str) -> &str {
    match below.find("\n\n") {
        Some(end) if below.trim_start_matches([' ', '\t']).starts_with('#') => &below[end + 1..],
        _ => below,
    }
}

/// Joins the kept text and the text below with one blank line; with none at the top of the file.
fn joined(kept: &str, below: &str, is_first: bool) -> String {
    if kept.contains('#') {
        return format!("{kept}{}", below.trim_start_matches('\n'));
    }
    if is_first { below.trim_start_matches('\n').to_owned() } else { below.to_owned() }
}

#[cfg(test)]
mod tests;
