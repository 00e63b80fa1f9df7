//! JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), read without a fixed shape: one odd member costs itself, and a
//! document that is cut off or not quite JSON is mended first.

use chrono::{DateTime, Utc};
use serde_json::Value;
use url::Url;

use super::draft::{Draft, digest};
use super::entry::{absolute, body, categories, joined, own_identity, title};
use super::person::person_of;
use super::{Document, Error, Fresh, Kind, Known, Repair, Source, dates, html, identity};
use crate::domain::feed::Hints;
use crate::domain::item::{Identity, Item};

/// Reads the feed.
pub(super) fn read(text: &str, source: &Source<'_>) -> Result<Document, Error> {
    let not_a_feed = Error::NotAFeed(Kind::Json);
    let mut repairs = Vec::new();
    let feed: Value = match serde_json::from_str(text.trim()) {
        Ok(feed) => feed,
        Err(_) => {
            repairs.push(Repair { name: "piece of broken JSON", count: 1 });
            match serde_json::from_str(&mend(text)) {
                Ok(feed) => feed,
                Err(_) => return Err(not_a_feed),
            }
        }
    };
    let items = feed.get("items").and_then(Value::as_array);
    let claims = string(&feed, "version").is_some_and(|version| version.contains("jsonfeed"));
    let Some(items) = items.filter(|_| claims || string(&feed, "title").is_some()) else {
        return Err(not_a_feed);
    };
    let drafts = items.iter().filter(|entry| entry.is_object()).map(|entry| draft(entry, source.base)).collect();
    let nothing = Known::new();
    let (drafts, unchanged) = identity::settle(drafts, source.known.unwrap_or(&nothing));
    let common = authors(&feed);
    let mut items: Vec<Fresh> = drafts
        .into_iter()
        .filter_map(|(identity, draft)| {
            let item = item(draft.body, identity, draft.link.clone(), source.now, common.as_deref());
            draft.says_something(&item).then_some(Fresh { item, digest: draft.digest })
        })
        .collect();
    identity::once(&mut items);
    let title = string(&feed, "title").map(|text| title(&text, true)).filter(|text| !text.is_empty());
    let site = string(&feed, "home_page_url").and_then(|site| absolute(&site, source.base));
    Ok(Document { title, site, items, is_whole: repairs.is_empty(), unchanged, hints: Hints::default(), repairs })
}

fn draft<'a>(entry: &'a Value, base: Option<&Url>) -> Draft<&'a Value> {
    let link = ["url", "external_url"].iter().find_map(|key| absolute(&string(entry, key)?, base));
    let id = string(entry, "id").map(|id| id.trim().to_owned()).unwrap_or_default();
    let own = || Some(&id).filter(|id| id.starts_with("http")).and_then(|id| absolute(id, None));
    let link = link.or_else(own);
    let digest = digest(link.as_ref(), &[&entry.to_string()]);
    Draft { id, link, digest, body: entry }
}

fn item(
    entry: &Value,
    identity: Option<Identity>,
    link: Option<Url>,
    now: DateTime<Utc>,
    common: Option<&str>,
) -> Item {
    let date = |key| string(entry, key).and_then(|text| dates::parse(&text, now));
    let content = match (string(entry, "content_html"), string(entry, "content_text")) {
        (Some(markup), _) if !markup.trim().is_empty() => html::to_text(&markup),
        (_, text) => text.map(|text| html::tidy(&text)).unwrap_or_default(),
    };
    let title = string(entry, "title").map(|text| title(&text, true)).unwrap_or_default();
    let summary = string(entry, "summary").map(|text| body(&text, true)).unwrap_or_default();
    let tags = entry.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Item {
        identity: identity.unwrap_or_else(|| own_identity(&title, &summary, &content)),
        link,
        title,
        summary,
        content,
        author: authors(entry).or(common.map(str::to_owned)),
        categories: categories(tags.iter().filter_map(Value::as_str)),
        published: date("date_published"),
        updated: date("date_modified"),
    }
}

/// The names; version 1.0 knows one author, 1.1 many.
fn authors(value: &Value) -> Option<String> {
    let many = match value.get("authors").or(value.get("author")) {
        Some(Value::Array(many)) => many.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    joined(
        many.iter()
            .filter_map(|author| author.as_str().map(str::to_owned).or(string(author, "name")))
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

const MAX_DEPTH: usize = 127;

/// What is nearly JSON as JSON: line breaks and control characters inside strings, commas before a closing
/// bracket, half a surrogate pair, and an end that is missing; of that, the last value that was complete is kept.
fn mend(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut open: Vec<char> = Vec::new();
    // Where the output may be cut, and what closes it there.
    let mut complete = (0, Vec::new());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' => {
                out.push('"');
                let mut ended = false;
                while let Some(c) = characters.next() {
                    match c {
                        '"' => {
                            ended = true;
                            break;
                        }
                        '\\' => match characters.next() {
                            Some('u') => {
                                let digits: String = characters.clone().take(4).collect();
                                out.push_str(&unicode(&digits, &mut characters));
                            }
                            Some(next @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't')) => out.extend(['\\', next]),
                            Some(next) => out.push(next),
                            None => {}
                        },
                        '\n' => out.push_str("\\n"),
                        c if c.is_control() => out.push(' '),
                        c => out.push(c),
                    }
                }
                if !ended {
                    break;
                }
                out.push('"');
            }
            // serde_json goes no deeper either.
            '{' | '[' if open.len() == MAX_DEPTH => break,
            '{' | '[' => {
                out.push(c);
                open.push(if c == '{' { '}' } else { ']' });
            }
            '}' | ']' => {
                let kept = out.trim_end().trim_end_matches(',').len();
                out.truncate(kept);
                if open.pop() != Some(c) {
                    break;
                }
                out.push(c);
                complete = (out.len(), open.clone());
                if open.is_empty() {
                    break;
                }
            }
            c => out.push(c),
        }
    }
    if !open.is_empty() {
        out.truncate(complete.0);
        open = complete.1;
        out.extend(open.iter().rev());
    }
    out
}

/// The escape with these digits, when it is a character; the second half of a pair is taken too.
fn unicode(digits: &str, rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    let code = |digits: &str| u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 4);
    let Some(first) = code(digits) else { return String::new() };
    for _ in 0..4 {
        rest.next();
    }
    let pair: String = rest.clone().take(6).collect();
    let second = pair.strip_prefix("\\u").and_then(code).filter(|low| (0xdc00..0xe000).contains(low));
    match (first, second) {
        (0xd800..0xdc00, Some(_)) => {
            for _ in 0..6 {
                rest.next();
            }
            format!("\\u{digits}{pair}")
        }
        (0xd800..0xe000, _) => "\\ufffd".to_owned(),
        _ => format!("\\u{digits}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearly_json_is_mended() {
        let table = [
            (r#"{"a":[1,2,],}"#, r#"{"a":[1,2]}"#),
            ("{\"a\":\"x\ny\"}", r#"{"a":"x\ny"}"#),
            (r#"{"a":"\ud83d x \ud83d\ude0a \q"}"#, r#"{"a":"\ufffd x \ud83d\ude0a q"}"#),
            (r#"{"items":[{"id":1},{"id":2},{"id":"cut o"#, r#"{"items":[{"id":1},{"id":2}]}"#),
            (r#"{"items":[{"id":1}]} trailing"#, r#"{"items":[{"id":1}]}"#),
        ];
        for (text, want) in table {
            assert_eq!(mend(text), want);
        }
    }
}
