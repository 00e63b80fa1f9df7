//! Reads `feeds.toml`: the list of feeds. Relative `file:` URLs become absolute here; two feeds of one name or one
//! URL are refused at the second.

use std::collections::HashMap;
use std::hash::Hash;
use std::path::Path;

use toml::de::DeValue;
use url::Url;

use super::notebook::Place;
use super::reader::Table;
use super::value::{Read, Wrong, duration, filled, flag, number, optional, parsed, text};
use crate::domain::feeds::{Feed, FeedId};

/// Reads every `[[feed]]`; `line_of` tells the line of a place, for the hint that names the first of two.
pub(super) fn read(
    mut top: Table<'_>,
    folder: &Path,
    allow_files: bool,
    line_of: impl Fn(&Place) -> Option<usize>,
) -> Vec<Feed> {
    let mut feeds = Vec::new();
    let (mut ids, mut urls) = (HashMap::new(), HashMap::new());
    for mut table in top.tables("feed") {
        let id = table.required("id", |value| {
            parsed("a short name of lower-case letters, digits and hyphens", FeedId::parse)(value)
        });
        let url = table.required("url", |value| address(value, folder, allow_files));
        if let Some((id, place)) = &id {
            refuse_second(&table, &mut ids, id, place, |first| format!("a second feed is called `{first}`"), &line_of);
        }
        if let Some((url, place)) = &url {
            refuse_second(&table, &mut urls, url, place, |_| "this feed is listed already".to_owned(), &line_of);
        }
        let title = table.or("title", None, optional(filled));
        let tags = table.values("tags", text);
        let enabled = table.or("enabled", true, flag);
        let first_poll_window = table.or("first_poll_window", None, optional(duration));
        let mut topic = table.table("topic");
        let prior = topic.or("prior", 0.0, number(-1000.0..=1000.0));
        topic.finish();
        table.finish();
        if let (Some((id, _)), Some((url, _))) = (id, url) {
            let title = title.unwrap_or_else(|| id.to_string());
            feeds.push(Feed { id, title, url, tags, enabled, first_poll_window, prior });
        }
    }
    top.finish();
    feeds
}

fn refuse_second<K: Hash + Eq + Clone>(
    table: &Table<'_>,
    seen: &mut HashMap<K, Place>,
    key: &K,
    place: &Place,
    message: impl Fn(&K) -> String,
    line_of: impl Fn(&Place) -> Option<usize>,
) {
    if let Some(first) = seen.get(key) {
        let hint = line_of(first).map(|line| format!("the first is in line {line}"));
        table.note(place.clone(), message(key), hint);
    } else {
        seen.insert(key.clone(), place.clone());
    }
}

/// http, https, or `file:` with a path from `folder`.
fn address(value: &DeValue<'_>, folder: &Path, allow_files: bool) -> Read<Url> {
    let wanted = "must be an address that begins with `https://`, `http://` or `file:`";
    let text = filled(value)?;
    let url = match text.strip_prefix("file:") {
        Some(path) if !path.starts_with("//") => {
            let path = std::path::absolute(folder.join(path)).ok();
            path.and_then(|path| Url::from_file_path(path).ok())
        }
        _ => Url::parse(&text).ok(),
    };
    match url {
        Some(url) if url.scheme() == "file" && !allow_files => {
            Err(Wrong::alone("feeds from files are off", "set `allow_files = true` in `[polling]` of digest.toml"))
        }
        Some(url) if matches!(url.scheme(), "http" | "https" | "file") => Ok(url),
        _ => Err(Wrong::new(wanted, "write it whole, as in `https://example.org/feed/`")),
    }
}
