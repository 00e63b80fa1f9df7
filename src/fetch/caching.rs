//! What a server says about the next visit: validators, Cache-Control, Expires, Retry-After.

use chrono::{DateTime, Duration, Utc};
use reqwest::header::{AGE, CACHE_CONTROL, ETAG, EXPIRES, HeaderMap, HeaderName, LAST_MODIFIED, RETRY_AFTER};

/// A server's own marks of a version, replayed exactly as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// For If-None-Match.
    pub etag: Option<String>,
    /// For If-Modified-Since.
    pub last_modified: Option<String>,
}

impl Validators {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self { etag: text(headers, &ETAG), last_modified: text(headers, &LAST_MODIFIED) }
    }

    /// RFC 9111 §4.3.4: a 304 refreshes the stored validators; what it leaves out stays.
    pub(super) fn refreshed(self, old: &Self) -> Self {
        Self { etag: self.etag.or(old.etag.clone()), last_modified: self.last_modified.or(old.last_modified.clone()) }
    }
}

/// Servers say years; a feed is looked at again within a day whatever they say.
fn capped(seconds: i64) -> Duration {
    Duration::seconds(seconds.clamp(0, 86_400))
}

/// When the answer stops being fresh. RFC 9111 §5.3: `max-age` wins over `Expires`.
pub(super) fn not_before(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let control = text(headers, &CACHE_CONTROL).unwrap_or_default().to_ascii_lowercase();
    let mut directives = control.split(',').map(str::trim);
    if directives.clone().any(|directive| matches!(directive, "no-cache" | "no-store")) {
        return None;
    }
    let age: i64 = text(headers, &AGE).and_then(|age| age.trim().parse().ok()).unwrap_or(0).max(0);
    let moment = match directives.find_map(|directive| directive.strip_prefix("max-age=")) {
        Some(seconds) => now + capped(seconds.trim_matches('"').parse::<i64>().ok()?.saturating_sub(age)),
        None => date(&text(headers, &EXPIRES)?)?.min(now + capped(i64::MAX)),
    };
    (moment > now).then_some(moment)
}

/// RFC 9110 §10.2.3: seconds or a date.
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let value = text(headers, &RETRY_AFTER)?;
    let moment = match value.trim().parse::<u32>() {
        Ok(seconds) => now + Duration::seconds(i64::from(seconds)),
        Err(_) => date(&value)?,
    };
    (moment > now).then(|| moment.min(now + Duration::days(7)))
}

fn date(value: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(value.trim()).ok().map(DateTime::from)
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_visit_is_read_from_the_headers() {
        let now: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().unwrap();
        let headers = |pairs: &[(&'static str, &str)]| -> HeaderMap {
            pairs.iter().map(|(key, value)| (HeaderName::from_static(key), value.parse().unwrap())).collect()
        };
        let fresh = headers(&[
            ("cache-control", "public, max-age=600"),
            ("age", "60"),
            ("expires", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ]);
        assert_eq!(not_before(&fresh, now), Some(now + Duration::seconds(540)));
        assert_eq!(
            not_before(&headers(&[("expires", "Tue, 24 Nov 2026 13:00:00 GMT")]), now),
            Some(now + Duration::hours(1))
        );
        assert_eq!(not_before(&headers(&[("cache-control", "no-cache, max-age=600")]), now), None);
        assert_eq!(retry_after(&headers(&[("retry-after", "120")]), now), Some(now + Duration::seconds(120)));
        assert_eq!(
            retry_after(&headers(&[("retry-after", "Tue, 24 Nov 2026 13:00:00 GMT")]), now),
            Some(now + Duration::hours(1))
        );
    }
}
