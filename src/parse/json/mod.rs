//! JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), read without a fixed shape: one odd member costs itself, and a
//! document that is cut off or not quite JSON is repaired first. Its shape is read member by member in `members`, so that
//! only what is kept takes memory.

mod members;
pub(super) mod rss;

use chrono::{DateTime, Utc};
use url::Url;

use super::entry::draft::{Draft, digest, title_hash};
use super::entry::identity;
use super::entry::person::person_of;
use super::entry::{body, categories, fitted, joined, own_identity, plain_title};
use super::markup::base::absolute;
use super::markup::channel::MAX_INHERITED;
use super::{Document, Error, Fresh, Kind, Known, Repair, Source, dates, html, newest_that_fit};
use crate::config::Limits;
use crate::domain::feeds::budget::Spent;
use crate::domain::feeds::{Cut, Hints};
use crate::domain::items::identity::is_placeholder;
use crate::domain::items::item::{Identity, Item};
use members::{Entry, Feed};

/// Reads the feed.
pub(super) fn read(text: &str, source: &Source<'_>) -> Result<Document, Error> {
    let mut repairs = Vec::new();
    let repaired;
    let feed = match Feed::read(text.trim(), source)? {
        Some(feed) => Some(feed),
        None => {
            repairs.push(Repair { name: "piece of broken JSON", count: 1 });
            source.budget.step(text.len())?;
            repaired = repair(text);
            source.budget.hold(repaired.len())?;
            Feed::read(&repaired, source)?
        }
    };
    let Some(Feed { title: own_title, home_page, authors, items: Some(entries), claims_to_be_one }) = feed else {
        return Err(Error::NotAFeed(Kind::Json));
    };
    if own_title.is_none() && !claims_to_be_one {
        return Err(Error::NotAFeed(Kind::Json));
    }
    let (entries, left_out) = entries.finish();
    let mut cut = Cut { entries: left_out, ..Cut::default() };
    let mut drafts = entries.into_iter().map(|entry| draft(entry, source)).collect::<Result<Vec<_>, Spent>>()?;
    // A document that does not end as JSON does was cut off in its last entry.
    if let Some(last) = drafts.last_mut().filter(|_| !repairs.is_empty()) {
        last.is_partial = !text.trim_end().ends_with(['}', ']']);
    }
    let nothing = Known::default();
    let known = source.known.unwrap_or(&nothing);
    let (drafts, unchanged) = identity::settle(drafts, &known.entries, &known.varying);
    let limits = source.limits;
    let few = Limits { authors: limits.authors.min(MAX_INHERITED), ..*limits };
    let common = joined(authors.iter().map(person_of), &few, &mut cut);
    let mut items = newest_that_fit(drafts, source, &mut cut, |drafts, cut| {
        let made = drafts.into_iter().filter_map(|(place, (identity, draft))| {
            let item = item(&draft.body, identity, draft.link.clone(), source.now, (common.as_deref(), limits), cut);
            let is_cut = draft.is_cut;
            draft.says_something(&item).then(|| {
                let (item, base) = (fitted(item, limits, is_cut, cut), draft.base());
                (place, Fresh { item, digest: draft.digest, place, base, is_partial: draft.is_partial })
            })
        });
        Ok(made.collect())
    })?;
    identity::once(&mut items);
    let title = own_title.map(|text| plain_title(&text)).filter(|text| !text.is_empty());
    let site = home_page.and_then(|site| absolute(&site, source.base));
    let is_whole = repairs.is_empty();
    Ok(Document { title, site, items, is_whole, unchanged, hints: Hints::default(), repairs, cut })
}

fn draft<'a>(entry: Entry<'a>, source: &Source<'_>) -> Result<Draft<Entry<'a>>, Spent> {
    let named = |link: &Option<_>| link.as_deref().filter(|link| !is_placeholder(link)).map(str::to_owned);
    let address = |link: &Option<_>| absolute(&named(link)?, source.base);
    let link = [&entry.url, &entry.external_url].into_iter().find_map(address);
    let id = entry.id.as_deref().unwrap_or_default().trim().to_owned();
    let own = || Some(&id).filter(|id| id.starts_with("http")).and_then(|id| absolute(id, None));
    let link = link.or_else(own).or_else(|| address(&entry.attachment));
    let sources = entry.texts();
    let digest = digest(link.as_ref(), &sources);
    let (longest, bytes) =
        sources.iter().fold((0, 0), |(longest, sum), text| (text.len().max(longest), sum + text.len()));
    source.budget.step(bytes + source.base.map_or(0, |base| base.as_str().len()))?;
    let date = entry.date(source.now);
    let title = entry.title.as_deref().map_or(0, title_hash);
    let published = entry.date_published.as_deref().and_then(|text| dates::parse(text, source.now));
    let is_cut = longest > html::MAX_BYTES;
    Ok(Draft { id, link, title, published, date, digest, bytes, is_cut, is_partial: false, body: entry })
}

fn item(
    entry: &Entry<'_>,
    identity: Option<Identity>,
    link: Option<Url>,
    now: DateTime<Utc>,
    (common, limits): (Option<&str>, &Limits),
    cut: &mut Cut,
) -> Item {
    cut.authors += entry.authors().surplus;
    cut.categories += entry.tags.surplus;
    let content = match (entry.content_html.as_deref(), entry.content_text.as_deref()) {
        (Some(markup), _) if !markup.trim().is_empty() => html::to_text(markup),
        (_, text) => text.map(html::tidy).unwrap_or_default(),
    };
    let title = entry.title.as_deref().map(plain_title).unwrap_or_default();
    let summary = entry.summary.as_deref().map(|text| body(text, true)).unwrap_or_default();
    let date = |text: Option<&str>| text.and_then(|text| dates::parse(text, now));
    Item {
        identity: identity.unwrap_or_else(|| own_identity(&title, &summary, &content)),
        link,
        title,
        summary,
        content,
        author: joined(entry.authors().iter().map(person_of), limits, cut).or(common.map(str::to_owned)),
        categories: categories(entry.tags.iter(), limits, cut),
        published: date(entry.date_published.as_deref()),
        updated: date(entry.date_modified.as_deref()),
    }
}

const MAX_DEPTH: usize = 127;

/// What is nearly JSON as JSON: line breaks and control characters inside strings, commas before a closing
/// bracket, half a surrogate pair, and an end that is missing; of that, the last value that was complete is kept.
fn repair(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut open: Vec<char> = Vec::new();
    // Where the output may be cut, and how many brackets are open there.
    let mut complete = (0, 0);
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
                // What is open at the last place that is complete stays open until the next.
                if open.last() != Some(&c) {
                    break;
                }
                open.pop();
                out.push(c);
                complete = (out.len(), open.len());
                if open.is_empty() {
                    break;
                }
            }
            c => out.push(c),
        }
    }
    if !open.is_empty() {
        out.truncate(complete.0);
        out.extend(open[..complete.1].iter().rev());
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
            assert_eq!(repair(text), want);
        }
    }
}
