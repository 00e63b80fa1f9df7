//! Public documents, which may be cached: they are sent with validators, and a client that has the current version gets
//! a 304 (RFC 9110 §13, RFC 9111). The ETag is a hash of the document, so it changes exactly when the document does.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};

use super::robots;
use crate::app::{Document, sha256};

pub(crate) const HTML: &str = "text/html; charset=utf-8";

/// How long a client may show an old version: five minutes.
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The document, or a 304 if the client already has it.
pub(crate) fn answer(asked: &HeaderMap, media_type: &'static str, document: Document) -> Response {
    let tag = format!("\"{}\"", &sha256(document.body.as_bytes())[..32]);
    // RFC 9110 §15.4.5: a 304 has only the headers that caches need.
    let validators =
        [(header::ETAG, HeaderValue::try_from(&tag).expect("hex in quotes")), (header::CACHE_CONTROL, KEEP)];
    let mut response = if is_known(asked, &tag, document.modified) {
        (StatusCode::NOT_MODIFIED, validators).into_response()
    } else {
        let modified = httpdate::fmt_http_date(document.modified.into());
        let about = [(header::CONTENT_TYPE, media_type.to_owned()), (header::LAST_MODIFIED, modified)];
        (validators, about, Body::from(document.body)).into_response()
    };
    robots::mark(&mut response, document.is_listed);
    response
}

/// Whether the client has this document: by its ETag or, if it sends none, by its time (RFC 9110 §13.2.2).
fn is_known(asked: &HeaderMap, tag: &str, modified: DateTime<Utc>) -> bool {
    if asked.contains_key(header::IF_NONE_MATCH) {
        let mut lists = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|list| list.to_str().ok());
        return lists.any(|list| list.trim() == "*" || tags(list).any(|known| known == tag));
    }
    let mut times = asked.get_all(header::IF_MODIFIED_SINCE).iter();
    // §13.1.3: an invalid date, or several, is ignored.
    let (Some(since), None) = (times.next(), times.next()) else { return false };
    let since = since.to_str().ok().and_then(|since| httpdate::parse_http_date(since).ok());
    since.is_some_and(|since| modified <= DateTime::<Utc>::from(since))
}

/// The tags of a list, with their quotation marks but without `W/`: the comparison is weak (§8.8.3.2). A tag may contain a
/// comma. Reading stops at the first invalid tag.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        let opaque = rest.strip_prefix("W/").unwrap_or(rest);
        let end = opaque.strip_prefix('"')?.find('"')? + 2;
        let (tag, after) = opaque.split_at(end);
        rest = after;
        Some(tag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "\"9f2c\"";
    const MODIFIED: &str = "Mon, 23 Nov 2026 09:00:00 GMT";

    fn known(headers: &[(header::HeaderName, &str)]) -> bool {
        let mut asked = HeaderMap::new();
        for (name, value) in headers {
            asked.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        is_known(&asked, TAG, httpdate::parse_http_date(MODIFIED).unwrap().into())
    }

    #[test]
    fn a_tag_is_compared_weakly_and_looked_for_in_lists() {
        for list in ["\"9f2c\"", "W/\"9f2c\"", " W/\"9f2c\" ", "\"a\", W/\"b,c\" ,\"9f2c\"", ",,\"9f2c\",", "*", " * "]
        {
            assert!(known(&[(header::IF_NONE_MATCH, list)]), "{list}");
        }
        for list in ["\"9f2\"", "9f2c", "\"9f2c", "w/\"9f2c\"", "\"*\"", "\"a,\"9f2c\"", "", "\"a\" *", "\"\u{e9}\""] {
            assert!(!known(&[(header::IF_NONE_MATCH, list)]), "{list}");
        }
        assert!(known(&[(header::IF_NONE_MATCH, "\"a\""), (header::IF_NONE_MATCH, "\"9f2c\"")]), "two lines, one list");
    }

    #[test]
    fn the_time_counts_only_without_a_tag() {
        let later = "Mon, 23 Nov 2026 09:00:01 GMT";
        for since in [MODIFIED, later, "Monday, 23-Nov-26 09:00:00 GMT", "Mon Nov 23 09:00:00 2026"] {
            assert!(known(&[(header::IF_MODIFIED_SINCE, since)]), "{since}");
        }
        for since in ["Mon, 23 Nov 2026 08:59:59 GMT", "yesterday", "", "2026-11-23T09:00:00Z", "\u{e9}"] {
            assert!(!known(&[(header::IF_MODIFIED_SINCE, since)]), "{since}");
        }
        assert!(!known(&[(header::IF_NONE_MATCH, "\"a\""), (header::IF_MODIFIED_SINCE, later)]));
        assert!(!known(&[(header::IF_MODIFIED_SINCE, later), (header::IF_MODIFIED_SINCE, later)]));
        assert!(!known(&[]));
    }

    #[test]
    fn a_document_that_the_client_has_is_not_sent_again_and_keeps_its_validators() {
        let modified = httpdate::parse_http_date(MODIFIED).unwrap().into();
        let document = Document { body: "a page".to_owned(), modified, is_listed: false };
        let first = answer(&HeaderMap::new(), HTML, document.clone());
        let header = |response: &Response, name| response.headers().get(name).cloned();
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(header(&first, header::LAST_MODIFIED).unwrap(), MODIFIED);
        let mut asked = HeaderMap::new();
        asked.insert(header::IF_NONE_MATCH, header(&first, header::ETAG).unwrap());
        let second = answer(&asked, HTML, document.clone());
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
        for name in [header::ETAG, header::CACHE_CONTROL] {
            assert_eq!(header(&second, name.clone()), header(&first, name));
        }
        assert_eq!(second.headers().get("x-robots-tag").unwrap(), "noindex");
        assert!(header(&second, header::CONTENT_TYPE).is_none());
        let other = Document { body: "another page".to_owned(), is_listed: true, ..document };
        let third = answer(&asked, HTML, other);
        assert!(third.status() == StatusCode::OK && third.headers().get("x-robots-tag").is_none());
    }
}
