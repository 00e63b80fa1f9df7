//! What a server says about the next visit: validators, Cache-Control, Expires, Age, Retry-After.
//! How far ahead any of it counts is `domain::feeds`'s to say.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, HeaderMap, HeaderName, LAST_MODIFIED, RETRY_AFTER};

/// A server's own marks of a version, replayed exactly as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// For If-None-Match; weak ones keep their `W/`.
    pub etag: Option<String>,
    /// For If-Modified-Since.
    pub last_modified: Option<String>,
    /// The address that gave them, after redirects: no other one is sent them, for its "not modified" would be
    /// about another document.
    pub location: Option<String>,
}

/// Longer marks are not kept: replayed, they would only make the server refuse the request.
const MAX_VALIDATOR: usize = 1024;

/// Beyond any wish that counts, and far from the end of the calendar.
const FAR: i64 = 10 * 365 * 86_400;

impl Validators {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mark = |name| text(headers, name).filter(|mark| mark.len() <= MAX_VALIDATOR);
        Self { etag: mark(&ETAG), last_modified: mark(&LAST_MODIFIED), location: None }
    }

    /// RFC 9111 §4.3.4: a 304 refreshes the stored validators; what it leaves out stays.
    pub(super) fn refreshed(self, old: &Self) -> Self {
        let old = old.clone();
        Self { etag: self.etag.or(old.etag), last_modified: self.last_modified.or(old.last_modified), ..old }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// Until when the answer is fresh. RFC 9111 §4.2.1 and §5.3: `max-age` wins over `Expires`, `s-maxage` is for
/// shared caches only; `Expires` counts from the server's own `Date`, so that its clock need not be right; §4.2.3:
/// what has passed on the way, `Age`, is gone.
pub(super) fn fresh_until(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let lines = headers.get_all(CACHE_CONTROL).iter().filter_map(|line| line.to_str().ok());
    let control = lines.collect::<Vec<_>>().join(",").to_ascii_lowercase();
    let mut directives = control.split(',').map(str::trim);
    if directives.clone().any(|directive| matches!(directive, "no-cache" | "no-store")) {
        return None;
    }
    let lifetime = match directives.find_map(|directive| directive.strip_prefix("max-age=")) {
        Some(seconds) => whole_seconds(seconds.trim_matches('"'))?,
        None => {
            let expires = date(&text(headers, &EXPIRES)?)?;
            let sent = text(headers, &DATE).and_then(|sent| date(&sent)).unwrap_or(now);
            (expires - sent).num_seconds()
        }
    };
    let age = text(headers, &AGE).and_then(|age| whole_seconds(&age)).unwrap_or(0);
    let left = lifetime.saturating_sub(age).min(FAR);
    (left > 0).then(|| now + TimeDelta::seconds(left))
}

/// RFC 9110 §10.2.3: seconds or a date; and what people make of it, `3600.0`, `3600 seconds`, `1 hour`.
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let value = text(headers, &RETRY_AFTER)?;
    let moment = match whole_seconds(&value).or_else(|| odd_seconds(&value)) {
        Some(seconds) => now + TimeDelta::seconds(seconds),
        None => date(&value)?,
    };
    (moment > now).then_some(moment)
}

/// RFC 9111 §1.2.2: a number too large to hold means a very large one.
fn whole_seconds(text: &str) -> Option<i64> {
    let digits = text.trim();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(FAR).min(FAR))
}

/// Digits with a fraction or a unit behind them.
fn odd_seconds(text: &str) -> Option<i64> {
    let text = text.trim().trim_matches('"').trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = whole_seconds(&text[..end])?;
    let unit = text[end..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()).trim().to_ascii_lowercase();
    let seconds = match unit.as_str() {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        _ => return None,
    };
    Some(number.saturating_mul(seconds).min(FAR))
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

    fn now() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(key, value)| (HeaderName::from_static(key), value.parse().unwrap())).collect()
    }

    /// Seconds of freshness.
    fn fresh(pairs: &[(&'static str, &str)]) -> Option<i64> {
        fresh_until(&headers(pairs), now()).map(|until| (until - now()).num_seconds())
    }

    #[test]
    fn freshness_is_max_age_else_expires_less_the_age() {
        let gone = "Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!(fresh(&[("cache-control", "public, max-age=600"), ("age", "60"), ("expires", gone)]), Some(540));
        assert_eq!(fresh(&[("cache-control", "S-MaxAge=9000, Max-Age=\"600\"")]), Some(600));
        assert_eq!(fresh(&[("cache-control", "s-maxage=9000")]), None);
        assert_eq!(fresh(&[("cache-control", "no-cache, max-age=600")]), None);
        assert_eq!(fresh(&[("cache-control", "max-age=600"), ("age", "900")]), None);
        assert_eq!(fresh(&[("cache-control", "max-age=soon")]), None);
        assert_eq!(fresh(&[("cache-control", "max-age=99999999999999999999")]), Some(FAR));
        assert_eq!(fresh(&[("expires", "Tue, 24 Nov 2026 13:00:00 GMT"), ("age", "600")]), Some(3000));
        assert_eq!(fresh(&[("expires", "0")]), None);
        let slow_clock = [("expires", "Tue, 24 Nov 2026 11:00:00 GMT"), ("date", "Tue, 24 Nov 2026 10:00:00 GMT")];
        assert_eq!(fresh(&slow_clock), Some(3600));
        let mut twice = headers(&[("cache-control", "public")]);
        twice.append(CACHE_CONTROL, "max-age=60".parse().unwrap());
        assert_eq!(fresh_until(&twice, now()), Some(now() + TimeDelta::seconds(60)));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let retry = |value| retry_after(&headers(&[("retry-after", value)]), now());
        assert_eq!(retry("120"), Some(now() + TimeDelta::seconds(120)));
        assert_eq!(retry("Tue, 24 Nov 2026 13:00:00 GMT"), Some(now() + TimeDelta::hours(1)));
        assert_eq!(retry("Tuesday, 24-Nov-26 13:00:00 GMT"), Some(now() + TimeDelta::hours(1)));
        assert_eq!(retry("3600.0"), Some(now() + TimeDelta::hours(1)));
        assert_eq!(retry(" 3600 seconds"), Some(now() + TimeDelta::hours(1)));
        assert_eq!(retry("2 hours"), Some(now() + TimeDelta::hours(2)));
        for value in ["0", "-5", "soon", "5 apples", "Tue, 24 Nov 2026 11:00:00 GMT"] {
            assert_eq!(retry(value), None, "{value}");
        }
        assert!(retry("99999999999999999999").is_some());
    }

    #[test]
    fn validators_are_kept_as_they_came() {
        let marks = Validators::of(&headers(&[("etag", "W/\"a b\""), ("last-modified", "yesterday, about noon")]));
        assert_eq!(marks.etag.as_deref(), Some("W/\"a b\""));
        assert_eq!(marks.last_modified.as_deref(), Some("yesterday, about noon"));
        assert!(Validators::of(&headers(&[("etag", &"x".repeat(5000))])).is_empty());
    }
}
