//! JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), read without a fixed shape: one odd member costs itself.

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use super::entry::{absolute, body, categories, joined, person_of, title};
use super::{dates, html};
use crate::domain::item::{Identity, Item};

/// The title and the items; `None` when this is some other JSON.
pub(super) fn read(text: &str, base: Option<&Url>, now: DateTime<Utc>) -> Option<(Option<String>, Vec<Item>)> {
    let feed: Value = serde_json::from_str(text.trim_start_matches('\u{feff}').trim()).ok()?;
    let items = feed.get("items")?.as_array()?;
    let claims = string(&feed, "version").is_some_and(|version| version.contains("jsonfeed"));
    if !claims && string(&feed, "title").is_none() {
        return None;
    }
    let common = authors(&feed);
    let items =
        items.iter().filter(|item| item.is_object()).map(|entry| item(entry, base, now, common.as_deref())).collect();
    Some((string(&feed, "title").map(|text| title(&text, true)), items))
}

fn item(entry: &Value, base: Option<&Url>, now: DateTime<Utc>, common: Option<&str>) -> Item {
    let date = |key| string(entry, key).and_then(|text| dates::parse(&text, now));
    let content = match (string(entry, "content_html"), string(entry, "content_text")) {
        (Some(markup), _) if !markup.trim().is_empty() => html::to_text(&markup),
        (_, text) => text.map(|text| html::tidy(&text)).unwrap_or_default(),
    };
    let tags = entry.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Item {
        identity: Identity::Id(string(entry, "id").unwrap_or_default()),
        link: ["url", "external_url"].iter().find_map(|key| absolute(&string(entry, key)?, base)),
        title: string(entry, "title").map(|text| title(&text, true)).unwrap_or_default(),
        summary: string(entry, "summary").map(|text| body(&text, true)).unwrap_or_default(),
        content,
        author: authors(entry).or(common.map(str::to_owned)),
        categories: categories(tags.iter().filter_map(Value::as_str)),
        published: date("date_published"),
        updated: date("date_modified"),
    }
}

fn authors(value: &Value) -> Option<String> {
    let many = value.get("authors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let all = value.get("author").into_iter().chain(many);
    joined(
        all.filter_map(|author| author.as_str().map(str::to_owned).or(string(author, "name")))
            .map(|name| person_of(&name)),
    )
}

/// A string, or a number as people write ids.
fn string(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
