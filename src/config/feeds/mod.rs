//! Reads `feeds.toml`, the list of feeds. Relative `file:` URLs become absolute; the second of two feeds with the same
//! id or URL is refused.

pub(super) mod feed_list;

use std::collections::HashMap;
use std::hash::Hash;
use std::path::Path;

use toml::de::DeValue;
use url::Url;

use super::reading::diagnostics::Place;
use super::reading::table::Table;
use super::reading::value::{Read, Wrong, duration, filled, flag, number, optional, parsed, text};
use crate::domain::feeds::{BY_HAND, Feed, FeedId};

/// Reads every `[[feed]]`. `line_of` gives the line of a place, for the hint that names the first of two duplicates.
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
            if id.as_str() == BY_HAND {
                let hint = "posts that editors add by hand are kept under this id; choose another one".to_owned();
                table.report(place.clone(), format!("`{BY_HAND}` is reserved"), Some(hint));
            }
            refuse_duplicate(
                &table,
                &mut ids,
                id,
                place,
                |first| format!("there is already a feed called `{first}`"),
                &line_of,
            );
        }
        if let Some((url, place)) = &url {
            refuse_duplicate(
                &table,
                &mut urls,
                url,
                place,
                |_| "this feed is already in the list".to_owned(),
                &line_of,
            );
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

fn refuse_duplicate<K: Hash + Eq + Clone>(
    table: &Table<'_>,
    seen: &mut HashMap<K, Place>,
    key: &K,
    place: &Place,
    message: impl Fn(&K) -> String,
    line_of: impl Fn(&Place) -> Option<usize>,
) {
    if let Some(first) = seen.get(key) {
        let hint = line_of(first).map(|line| format!("the first is on line {line}"));
        table.report(place.clone(), message(key), hint);
    } else {
        seen.insert(key.clone(), place.clone());
    }
}

/// An http or https URL, or `file:` with a path relative to `folder`.
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
            Err(Wrong::alone("feeds from files are disabled", "set `allow_files = true` in `[polling]` of digest.toml"))
        }
        Some(url) if matches!(url.scheme(), "http" | "https" | "file") => Ok(url),
        _ => Err(Wrong::new(wanted, "write the full address, such as `https://example.org/feed/`")),
    }
}
