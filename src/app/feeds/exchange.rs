//! Imports feed lists from other programs and exports the list to them.

use std::collections::HashSet;
use std::path::Path;

use anyhow::Context as _;
use url::Url;

use super::{Refusal, address};
use crate::config::{Config, NewFeed, edit_feeds};
use crate::domain::feeds::{Feed, Names, without_login};
use crate::domain::items::canonical::canonical;
use crate::domain::items::text::truncate_at_word;
use crate::parse;
use crate::transfer::feed_list::{self, BadLine, ListedFeed};
use crate::transfer::opml::{self, Outline};

/// The result of an import.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportReport {
    /// The new entries.
    pub added: Vec<NewFeed>,
    /// The number of feeds that were already in the list or repeated.
    pub known: usize,
    /// Lines that could not be read.
    pub bad: Vec<BadLine>,
}

/// Options of an import.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Tags for every new entry, in addition to those in the file.
    pub tags: Vec<String>,
    /// Only report what would be added.
    pub is_trial: bool,
}

/// Adds the feeds of a list to feeds.toml. The list is OPML or has one address a line, in any encoding; `name` is used
/// in messages. It fetches nothing.
///
/// # Errors
/// The list contains no feed, or feeds.toml cannot be written.
pub fn import(config: &Config, name: &str, bytes: &[u8], options: &ImportOptions) -> Result<ImportReport, Refusal> {
    let list = feed_list::read(&parse::text(bytes));
    let mut report = ImportReport { bad: list.bad, ..ImportReport::default() };
    let mut urls: HashSet<String> = config.feeds.iter().map(|feed| canonical(&feed.url)).collect();
    let mut names = Names::beside(config.feeds.iter().map(|feed| feed.id.clone()));
    for listed in list.feeds {
        let Ok(url) = address::parse(&listed.url) else {
            let reason = format!("`{}` is not an address that can be read", listed.url);
            report.bad.push(BadLine { line: listed.line, reason });
            continue;
        };
        if !urls.insert(canonical(&url)) {
            report.known += 1;
            continue;
        }
        report.added.push(entry(listed, &url, options, &mut names));
    }
    report.bad.sort_by_key(|bad| bad.line);
    if report.added.is_empty() && report.known == 0 && report.bad.is_empty() {
        return Err(Refusal::EmptyList(name.to_owned()));
    }
    if !options.is_trial && !report.added.is_empty() {
        edit_feeds(config, |list| report.added.iter().for_each(|entry| list.add(entry)))?;
    }
    Ok(report)
}

fn entry(listed: ListedFeed, url: &Url, options: &ImportOptions, names: &mut Names) -> NewFeed {
    let ListedFeed { title, mut tags, is_off, .. } = listed;
    let title = title.map(|title| truncate_at_word(&title, 120));
    let more: Vec<String> = options.tags.iter().filter(|tag| !tags.contains(tag)).cloned().collect();
    tags.extend(more);
    let id = names.name(title.as_deref().unwrap_or_default(), url);
    NewFeed { id, title, url: url.to_string(), tags, enabled: !is_off }
}

/// The exported list, and what was left out of it or changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Export {
    /// The list as OPML.
    pub opml: String,
    /// Feeds in it.
    pub feeds: usize,
    /// Feeds from files on this machine, which are left out because they are of no use elsewhere.
    pub files: usize,
    /// The number of log-ins that were removed from addresses.
    pub logins: usize,
}

/// Exports the enabled feeds as OPML; with `all`, also the disabled ones, marked as such.
#[must_use]
pub fn export(config: &Config, all: bool) -> Export {
    let mut export = Export::default();
    let mut outlines = Vec::new();
    for feed in config.feeds.iter().filter(|feed| all || feed.enabled) {
        if feed.url.scheme() == "file" {
            export.files += 1;
            continue;
        }
        export.logins += usize::from(without_login(&feed.url) != feed.url);
        outlines.push(outline(feed));
    }
    export.feeds = outlines.len();
    export.opml = opml::write(&config.settings.name, &outlines);
    export
}

fn outline(feed: &Feed) -> Outline {
    Outline {
        title: feed.title.clone(),
        url: without_login(&feed.url).to_string(),
        tags: feed.tags.clone(),
        is_off: !feed.enabled,
    }
}

/// Reads a file.
///
/// # Errors
/// The file cannot be read.
pub fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}
