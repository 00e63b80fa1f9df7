//! Dates as feeds write them: RFC 822 and 3339, ISO 8601, and what people make of them, in our readers'
//! languages. The text is cut into tokens, the clock is taken out, and what is left is read as a day in
//! each way that fits; the first that falls between 1990 and the next year but one counts.
//!
//! What cannot be read is undated: nothing is filled in but midnight, UTC and the first of a month, and the
//! future is clamped to now. A local time that a clock change skips is the moment after it.

use chrono::{DateTime, Datelike, Duration, NaiveDateTime, NaiveTime, Utc};

use crate::domain::digests::schedule;

mod clock;
mod day;
mod names;
mod spelled;
mod token;

use clock::Zone;
use spelled::Spelled;

/// No date is longer; a whole article in a date's place costs nothing.
const MAX_BYTES: usize = 200;

/// The moment that a feed's date means, or `None` if that is not clear; never later than `now`.
#[must_use]
pub fn parse(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return None;
    }
    let last = now.year().saturating_add(2);
    let fits = |moment: &DateTime<Utc>| (1990..=last).contains(&moment.year());
    let folded = token::fold(text);
    let (folded, spelled) = spelled::take(&folded);
    let moment = unix(&folded).filter(fits).or_else(|| {
        let mut tokens = token::tokens(&folded);
        let clock = clock::take(&mut tokens);
        let readings = day::readings(&tokens).into_iter();
        // Korean feeds leave their one zone out.
        let spelled = match spelled {
            Some(Spelled::Offset(minutes)) => Some(Zone::Offset(minutes)),
            Some(Spelled::Unknown) if clock.zone.is_none() => return None,
            _ => None,
        };
        let zone = clock.zone.or(spelled).unwrap_or(Zone::Offset(if is_korean(text) { 540 } else { 0 }));
        let local =
            |day: chrono::NaiveDate| day.and_time(NaiveTime::MIN).checked_add_signed(Duration::seconds(clock.seconds));
        readings.filter_map(local).filter_map(|local| settle(local, zone)).find(fits)
    })?;
    Some(moment.min(now))
}

/// Unix seconds or milliseconds; .NET writes them as `/Date(1795251600000+0100)/`, in which the zone changes nothing.
fn unix(text: &str) -> Option<DateTime<Utc>> {
    let bare = text.trim_start_matches('\\').strip_prefix("/date(").and_then(|rest| rest.split_once(')'));
    let text = bare.map_or(text, |(number, _)| number.split(['+', '-']).next().unwrap_or_default());
    let whole = text.split_once('.').map_or(text, |(whole, rest)| if is_digits(rest) { whole } else { text });
    match whole.len() {
        9 | 10 if is_digits(whole) => DateTime::from_timestamp(whole.parse().ok()?, 0),
        13 if is_digits(whole) => DateTime::from_timestamp_millis(whole.parse().ok()?),
        _ => None,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_korean(text: &str) -> bool {
    text.chars().any(|c| ('가'..='힣').contains(&c))
}

fn settle(local: NaiveDateTime, zone: Zone) -> Option<DateTime<Utc>> {
    match zone {
        Zone::Offset(minutes) => Some(local.checked_sub_signed(Duration::minutes(minutes.into()))?.and_utc()),
        Zone::Region(region) => schedule::instant(region, local),
    }
}

#[cfg(test)]
mod tests;
