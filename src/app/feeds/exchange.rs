//! The list of feeds comes from and goes to other programs.

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

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportReport {
    /// The new entries.
    pub added: Vec<NewFeed>,
    /// In the list already, or named twice.
    pub known: usize,
    /// What could not be read, by line.
    pub bad: Vec<BadLine>,
}

/// How to import.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// For every new entry, beside those of the list.
    pub tags: Vec<String>,
    /// Only say what would be added.
    pub is_trial: bool,
}

/// Adds the feeds of a list, OPML or one address a line, `bytes` of any encoding; `name` is what it is called. Nothing is
/// fetched.
///
/// # Errors
/// Nothing in it is a feed, or feeds.toml cannot be written.
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

/// Feeds that an export leaves out or changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Export {
    /// The list, as OPML.
    pub opml: String,
    /// Feeds in it.
    pub feeds: usize,
    /// Files on this machine, which are nobody else's: left out.
    pub files: usize,
    /// Log-ins that were taken out of addresses.
    pub logins: usize,
}

/// The feeds in use as OPML; `all` takes the disabled ones, too, marked as such.
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
/// It cannot be read.
pub fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}
