//! JSON Feed 1.1, <https://www.jsonfeed.org/version/1.1/>.

use serde_json::{Map, Value, json};

use super::{Entry, Publication, rfc3339};

/// The feed document.
#[must_use]
pub fn json(publication: &Publication) -> String {
    let mut feed = Map::new();
    feed.insert("version".into(), "https://jsonfeed.org/version/1.1".into());
    feed.insert("title".into(), publication.title.as_str().into());
    feed.insert("home_page_url".into(), publication.home.as_str().into());
    feed.insert("feed_url".into(), publication.address.as_str().into());
    if !publication.subtitle.is_empty() {
        feed.insert("description".into(), publication.subtitle.as_str().into());
    }
    feed.insert("authors".into(), json!([{ "name": publication.author }]));
    feed.insert("language".into(), publication.language.as_str().into());
    feed.insert("items".into(), publication.entries.iter().map(item).collect());
    let mut document = serde_json::to_string_pretty(&Value::Object(feed)).expect("texts are valid JSON");
    document.push('\n');
    document
}

fn item(entry: &Entry) -> Value {
    let mut item = Map::new();
    item.insert("id".into(), entry.id.as_str().into());
    item.insert("url".into(), entry.link.as_str().into());
    item.insert("title".into(), entry.title.as_str().into());
    // The format requires some content.
    item.insert("content_text".into(), entry.summary.as_str().into());
    if let Some(published) = entry.published {
        item.insert("date_published".into(), rfc3339(published).into());
    }
    item.insert("date_modified".into(), rfc3339(entry.updated).into());
    if !entry.authors.is_empty() {
        item.insert("authors".into(), entry.authors.iter().map(|name| json!({ "name": name })).collect());
    }
    if !entry.categories.is_empty() {
        item.insert("tags".into(), entry.categories.as_slice().into());
    }
    if !entry.language.is_empty() {
        item.insert("language".into(), entry.language.as_str().into());
    }
    if let Some((address, title)) = &entry.related {
        // An extension of our own: the format reserves names that begin with an underscore for that.
        item.insert("_digest".into(), json!({ "url": address, "title": title }));
    }
    Value::Object(item)
}
