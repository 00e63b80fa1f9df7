//! Dates as feeds write them: RFC 822 and 3339 and what people make of them. What cannot be read is
//! undated; nothing is filled in but midnight and UTC. The year is 1990 to the next but one, and the future
//! is clamped to now.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// Month names by their beginnings, in our readers' languages; the longer beginnings of a clash come first.
#[rustfmt::skip]
const MONTHS: &[(&str, u32)] = &[
    ("january", 1), ("jan", 1), ("janv", 1), ("ene", 1), ("gen", 1), ("ion", 1), ("jän", 1), ("sty", 1), ("am faoilleach", 1),
    ("feb", 2), ("fév", 2), ("fev", 2), ("chwe", 2), ("lut", 2), ("helmi", 2), ("gear", 2), ("mart", 3), ("mar", 3), ("mär", 3),
    ("mrz", 3), ("maa", 3), ("mrt", 3), ("maw", 3), ("màrt", 3), ("apr", 4), ("avr", 4), ("abr", 4), ("ebr", 4), ("kwi", 4), ("gibl", 4),
    ("may", 5), ("mai", 5), ("mag", 5), ("maj", 5), ("mei", 5), ("cèit", 5), ("juin", 6), ("jun", 6), ("giu", 6), ("meh", 6), ("cze", 6),
    ("ògmh", 6), ("juil", 7), ("jul", 7), ("lug", 7), ("gor", 7), ("lip", 7), ("iuch", 7), ("aug", 8), ("aoû", 8), ("aou", 8), ("ago", 8),
    ("aws", 8), ("sie", 8), ("lùn", 8), ("sep", 9), ("set", 9), ("medi", 9), ("wrz", 9), ("sult", 9), ("oct", 10), ("okt", 10), ("ott", 10),
    ("out", 10), ("hyd", 10), ("paź", 10), ("dàmh", 10), ("nov", 11), ("tac", 11), ("lis", 11), ("samh", 11), ("dec", 12), ("déc", 12),
    ("dez", 12), ("dic", 12), ("des", 12), ("rha", 12), ("gru", 12), ("dùbh", 12),
];

/// Zones by the names that people write, in minutes east of UTC. `IST` is India's, the commonest by far.
#[rustfmt::skip]
const ZONES: &[(&str, i32)] = &[
    ("z", 0), ("ut", 0), ("utc", 0), ("gmt", 0), ("wet", 0), ("bst", 60), ("west", 60), ("cet", 60), ("met", 60), ("mez", 60),
    ("cest", 120), ("mest", 120), ("mesz", 120), ("eet", 120), ("eest", 180), ("sast", 120), ("cat", 120), ("eat", 180), ("wat", 60),
    ("msk", 180), ("gst", 240), ("pkt", 300), ("ist", 330), ("ict", 420), ("hkt", 480), ("sgt", 480), ("awst", 480), ("pht", 480),
    ("jst", 540), ("kst", 540), ("acst", 570), ("acdt", 630), ("aest", 600), ("aedt", 660), ("nzst", 720), ("nzdt", 780),
    ("est", -300), ("edt", -240), ("cst", -360), ("cdt", -300), ("mst", -420), ("mdt", -360), ("pst", -480), ("pdt", -420),
    ("brt", -180), ("hst", -600),
];

/// The moment that a feed's date means, or `None` when it cannot be told; never later than `now`.
#[must_use]
pub fn parse(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // No date is this long; a whole article in a date's place costs nothing.
    if text.len() > 200 {
        return None;
    }
    let text = text.trim().to_lowercase();
    let moment = digits(&text).or_else(|| words(&text))?;
    let last = now.year().saturating_add(2);
    (1990..=last).contains(&moment.year()).then(|| moment.min(now))
}

/// `20240131`, `20240131T101500Z` and Unix seconds or milliseconds.
fn digits(text: &str) -> Option<DateTime<Utc>> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(count);
    match (count, rest) {
        (9 | 10, "") => DateTime::from_timestamp(number.parse().ok()?, 0),
        (13, "") => DateTime::from_timestamp_millis(number.parse().ok()?),
        (14, _) => basic(&number[..8], &number[8..], rest),
        (8, _) => {
            let rest = rest.trim_start_matches(['t', ' ']);
            let time = rest.bytes().take_while(u8::is_ascii_digit).count();
            basic(number, &rest[..time], &rest[time..])
        }
        _ => None,
    }
}

fn basic(date: &str, time: &str, rest: &str) -> Option<DateTime<Utc>> {
    let date = NaiveDate::parse_from_str(date, "%Y%m%d").ok()?;
    let pad = format!("{time:0<6}");
    let at = |range: std::ops::Range<usize>| pad.get(range)?.parse::<u32>().ok();
    let clock = NaiveTime::from_hms_opt(at(0..2)?, at(2..4)?, at(4..6)?)?;
    settle(date.and_time(clock), zone(rest.trim())?)
}

#[derive(Default)]
struct Parts {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    time: Option<i64>,
    afternoon: Option<bool>,
    offset: Option<i32>,
}

fn words(text: &str) -> Option<DateTime<Utc>> {
    let mut parts = Parts::default();
    let spaced = text.replace([',', '(', ')'], " ").replace("a.m.", "am").replace("p.m.", "pm");
    for word in spaced.split_whitespace() {
        word_into(word, &mut parts)?;
    }
    let date = NaiveDate::from_ymd_opt(parts.year?, parts.month?, parts.day?)?;
    let mut seconds = parts.time.unwrap_or_default();
    match parts.afternoon {
        Some(true) if seconds < 12 * 3600 => seconds += 12 * 3600,
        Some(false) if (12 * 3600..13 * 3600).contains(&seconds) => seconds -= 12 * 3600,
        _ => {}
    }
    // `24:00` is the next day's midnight.
    settle(date.and_time(NaiveTime::MIN).checked_add_signed(Duration::seconds(seconds))?, parts.offset.unwrap_or(0))
}

/// Reads one word into the parts. `None` when it shows that this is no date.
fn word_into(word: &str, parts: &mut Parts) -> Option<()> {
    if let Some((date, rest)) = iso(word) {
        (parts.year, parts.month, parts.day) = (Some(date.0), Some(date.1), Some(date.2));
        let rest = rest.trim_start_matches('t');
        return if rest.is_empty() { Some(()) } else { word_into(rest, parts) };
    }
    if word.contains(':') && word.starts_with(|c: char| c.is_ascii_digit()) {
        return clock(word, parts);
    }
    let named = word.split(['-', '/']).collect::<Vec<_>>();
    if named.len() == 3 && named[0].starts_with(|c: char| c.is_ascii_digit()) {
        // `31-Jan-2024`, `31/01/2024`: day first, as nearly all of our readers write; `1/31/2024` can only be American.
        let numbers = (number(named[0]), month(named[1]).or_else(|| number(named[1])), number(named[2]));
        let (Some(first), Some(second), Some(third)) = numbers else {
            return None;
        };
        let (day, of) = if second > 12 { (second, first) } else { (first, second) };
        (parts.day, parts.month, parts.year) = (Some(day), Some(of), Some(full_year(third, named[2].len())));
        return Some(());
    }
    if let Some(offset) = word.strip_prefix("gmt").or_else(|| word.strip_prefix("utc")).or(Some(word)).and_then(signed)
    {
        parts.offset = Some(offset);
        return Some(());
    }
    let plain = word.trim_end_matches(['.', 'º', 'ª']);
    let bare = ["st", "nd", "rd", "th", "er"].iter().find_map(|end| plain.strip_suffix(end)).unwrap_or(plain);
    if let Some(value) = number(bare).or_else(|| number(plain)) {
        if parts.day.is_none() && bare.len() <= 2 && (1..=31).contains(&value) {
            parts.day = Some(value);
        } else if parts.year.is_none() && (bare.len() == 4 || (bare.len() == 2 && parts.month.is_some())) {
            parts.year = Some(full_year(value, bare.len()));
        } else {
            return None;
        }
        return Some(());
    }
    match plain {
        "am" => parts.afternoon = Some(false),
        "pm" => parts.afternoon = Some(true),
        _ => {
            if parts.time.is_some()
                && let Some(offset) = named_zone(plain)
            {
                // `GMT` beside `+0100`: the number is the more exact.
                parts.offset = parts.offset.or(Some(offset));
            } else if parts.month.is_none() && parts.time.is_none() && !is_weekday(plain) {
                parts.month = month(plain);
            }
        }
    }
    Some(())
}

/// Whole week-days that begin like a month.
fn is_weekday(word: &str) -> bool {
    matches!(word, "mardi" | "martes" | "martedì" | "maandag" | "maa" | "mardi." | "lunes" | "sestdiena")
}

fn iso(word: &str) -> Option<((i32, u32, u32), &str)> {
    let year = word.get(..4).filter(|y| y.bytes().all(|b| b.is_ascii_digit()))?;
    let separator = word[4..].chars().next().filter(|c| matches!(c, '-' | '/' | '.'))?;
    let (month, rest) = short(&word[5..])?;
    let Some(rest) = rest.strip_prefix(separator) else {
        return rest.is_empty().then_some(((year.parse().ok()?, month, 1), rest));
    };
    let (day, rest) = short(rest)?;
    Some(((year.parse().ok()?, month, day), rest))
}

fn short(text: &str) -> Option<(u32, &str)> {
    let count = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    Some((text[..count].parse().ok()?, &text[count..]))
}

/// `10:15`, `10:15:30.123`, with `am`, `z` or an offset attached.
fn clock(word: &str, parts: &mut Parts) -> Option<()> {
    let end = word.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.'))).unwrap_or(word.len());
    let (time, rest) = word.split_at(end);
    let mut fields = time.split(':');
    let hours: i64 = fields.next()?.parse().ok()?;
    let minutes: i64 = fields.next()?.parse().ok()?;
    let seconds: i64 = fields.next().unwrap_or("0").split('.').next()?.parse().ok()?;
    if hours > 24 || minutes > 59 || seconds > 60 {
        return None;
    }
    parts.time = Some(hours * 3600 + minutes * 60 + seconds.min(59));
    match rest {
        "" => {}
        "am" | "pm" => parts.afternoon = Some(rest == "pm"),
        _ => parts.offset = Some(zone(rest)?),
    }
    Some(())
}

fn zone(text: &str) -> Option<i32> {
    if text.is_empty() { Some(0) } else { signed(text).or_else(|| named_zone(text)) }
}

fn named_zone(text: &str) -> Option<i32> {
    ZONES.iter().find(|(name, _)| *name == text).map(|(_, minutes)| *minutes)
}

/// `+0100`, `+01:00`, `-05`, `−0500`.
fn signed(text: &str) -> Option<i32> {
    let (sign, rest) = match text.chars().next()? {
        '+' => (1, &text[1..]),
        '-' => (-1, &text[1..]),
        '\u{2212}' => (-1, &text['\u{2212}'.len_utf8()..]),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|&c| c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) || digits.is_empty() {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.parse::<i32>().ok()?, 0),
        3 | 4 => (digits[..digits.len() - 2].parse().ok()?, digits[digits.len() - 2..].parse::<i32>().ok()?),
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

fn number(text: &str) -> Option<u32> {
    (text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// RFC 2822 §4.3: 00 to 49 are of this century, 50 to 99 of the last.
fn full_year(value: u32, digits: usize) -> i32 {
    let value = i32::try_from(value).unwrap_or(0);
    match digits {
        1 | 2 if value < 50 => value + 2000,
        1 | 2 => value + 1900,
        _ => value,
    }
}

fn month(word: &str) -> Option<u32> {
    MONTHS
        .iter()
        .filter(|(start, _)| word.starts_with(start))
        .max_by_key(|(start, _)| start.len())
        .map(|(_, month)| *month)
}

fn settle(local: NaiveDateTime, offset: i32) -> Option<DateTime<Utc>> {
    local.checked_sub_signed(Duration::minutes(i64::from(offset))).map(|moment| moment.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        let table = [
            ("Tue, 03 Jun 2025 11:05:30 GMT", "2025-06-03T11:05:30Z"),
            ("Tue, 3 Jun 2025 11:05 BST", "2025-06-03T10:05:00Z"),
            ("Tue, 3 Jun 25 11:05:30 +0200", "2025-06-03T09:05:30Z"),
            ("3 June 2025", "2025-06-03T00:00:00Z"),
            ("June 3rd, 2025 4:05 PM EST", "2025-06-03T21:05:00Z"),
            ("Jan 2, 2006", "2006-01-02T00:00:00Z"),
            ("2025-06-03T11:05:30Z", "2025-06-03T11:05:30Z"),
            ("2025-06-03T11:05:30.123+01:00", "2025-06-03T10:05:30Z"),
            ("2025-06-03 11:05:30 -0500", "2025-06-03T16:05:30Z"),
            ("2025-06-03", "2025-06-03T00:00:00Z"),
            ("20250603T110530Z", "2025-06-03T11:05:30Z"),
            ("1748948730", "2025-06-03T11:05:30Z"),
            ("Tue Jun  3 11:05:30 2025", "2025-06-03T11:05:30Z"),
            ("Tue, 3 Jun 2025 24:00:00 +0000", "2025-06-04T00:00:00Z"),
            ("Di, 03 März 2020 10:00:00 CET", "2020-03-03T09:00:00Z"),
            ("mardi 3 juin 2025 10:00", "2025-06-03T10:00:00Z"),
            ("31-Jan-2024 10:00:00", "2024-01-31T10:00:00Z"),
            ("31/01/2024", "2024-01-31T00:00:00Z"),
            ("Thu, 01 Jan 2099 00:00:00 GMT", "none"),
            ("Wed, 25 Nov 2026 00:00:00 GMT", "2026-11-24T12:00:00Z"),
            ("0001-01-01T00:00:00Z", "none"),
            ("yesterday", "none"),
            ("", "none"),
            ("10:15", "none"),
        ];
        for (text, want) in table {
            let got =
                parse(text, now()).map_or("none".into(), |d| d.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
            assert_eq!(got, want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC{0,40}", shaped in "[0-9:+\\-/. tTzZapmJun,]{0,40}") {
            let _ = (parse(&text, now()), parse(&shaped, now()));
        }
    }
}
