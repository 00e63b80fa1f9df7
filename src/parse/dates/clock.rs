//! The time of day and the zone: found among a date's tokens and taken out of them, so that what is left
//! is the day.

use chrono_tz::Tz;

use super::names;
use super::token::{Kind, Token};

/// What a feed says of the time within a day.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    /// Since midnight. `24:00` and the flawed `25:14`, `10:61` run over into what follows.
    pub(super) seconds: i64,
    pub(super) zone: Option<Zone>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Zone {
    /// Minutes east of UTC.
    Offset(i32),
    /// `Europe/London`.
    Region(Tz),
}

/// The clock's place among the tokens, and the time it shows.
struct Found {
    start: usize,
    end: usize,
    /// Hours, minutes, seconds.
    fields: [i64; 3],
    afternoon: Option<bool>,
}

/// Takes the clock and the zone out of `tokens`; midnight when there is none.
pub(super) fn take(tokens: &mut Vec<Token<'_>>) -> Clock {
    let Some(mut found) = find(tokens) else {
        return Clock { seconds: 0, zone: zone_at_end(tokens) };
    };
    let zone = tail(tokens, &mut found);
    if let Some(before) = found.start.checked_sub(1).and_then(|at| tokens.get(at)) {
        let half = before.word().and_then(names::afternoon);
        found.afternoon = found.afternoon.or(half);
        // `t` only joins the day to the time.
        if half.is_some() || before.is("t") {
            found.start -= 1;
        }
    }
    tokens.drain(found.start..found.end);
    let [mut hours, minutes, seconds] = found.fields;
    match found.afternoon {
        Some(true) if hours < 12 => hours += 12,
        Some(false) if hours == 12 => hours = 0,
        _ => {}
    }
    Clock { seconds: hours * 3600 + minutes * 60 + seconds, zone: zone.or_else(|| zone_at_end(tokens)) }
}

fn find(tokens: &mut Vec<Token<'_>>) -> Option<Found> {
    split(tokens);
    let places = 0..tokens.len();
    let shapes = [with_colons, after_t, with_hour_word, with_half, with_dots, behind_digits];
    shapes.iter().find_map(|shape| places.clone().find_map(|at| shape(tokens, at)))
}

/// `20040131101500` and `200401311015` are a day and a time.
fn split(tokens: &mut Vec<Token<'_>>) {
    if let [token, ..] = tokens[..]
        && token.is_number()
        && matches!(token.text.len(), 12 | 14)
    {
        let (day, time) = token.text.split_at(8);
        tokens[0].text = day;
        tokens.insert(1, Token { text: time, spaced: true, ..token });
    }
}

/// `10:15`, `9:5:30.123`.
fn with_colons(tokens: &[Token<'_>], at: usize) -> Option<Found> {
    let field = |at: usize| two(tokens, at);
    let colon = |at: usize| tokens.get(at).is_some_and(|token| token.is(":"));
    let mut fields = [field(at)?, field(at + 1 + usize::from(colon(at + 1))).filter(|_| colon(at + 1))?, 0];
    let mut end = at + 3;
    if let Some(seconds) = field(end + 1).filter(|_| colon(end)) {
        fields[2] = seconds;
        end += 2;
    }
    if let Some(before) = at.checked_sub(1).and_then(|at| tokens.get(at)).filter(|_| !tokens[at].spaced) {
        // `2003:12:31` is a camera's day, `31/Jan/2003:12:31:00` a server's time.
        let behind_day = at > 2 && tokens[at - 2].text.len() == 4;
        // `+01:00` behind a day without a time.
        let offset = before.is("+") || (before.is("-") && end == at + 3 && at > 5);
        if offset || (before.is(":") && !behind_day) {
            return None;
        }
    }
    end = fraction(tokens, end);
    // `10時15分30秒` ends in a colon when the seconds are missing.
    end += usize::from(colon(end));
    Some(Found { start: at, end, fields, afternoon: None })
}

/// `T10`, `T1014`, `T101455`.
fn after_t(tokens: &[Token<'_>], at: usize) -> Option<Found> {
    let behind = at > 1 && tokens[at - 1].is("t") && tokens[at - 2].is_number();
    let fields = compact(tokens.get(at).filter(|_| behind)?)?;
    Some(Found { start: at, end: fraction(tokens, at + 1), fields, afternoon: None })
}

/// `10h30`, `10 Uhr`.
fn with_hour_word(tokens: &[Token<'_>], at: usize) -> Option<Found> {
    let hours = two(tokens, at)?;
    let word = tokens.get(at + 1).filter(|token| is_hour_word(token))?;
    let minutes = two(tokens, at + 2).filter(|_| word.is("h"));
    let end = at + 2 + usize::from(minutes.is_some());
    Some(Found { start: at, end, fields: [hours, minutes.unwrap_or(0), 0], afternoon: None })
}

/// `5 pm`; a month may follow Gaelic's `am`.
fn with_half(tokens: &[Token<'_>], at: usize) -> Option<Found> {
    let hours = two(tokens, at)?;
    half(&tokens[at + 1..])?;
    if at > 1 && tokens[at - 1].is(".") && tokens[at - 2].is_number() {
        return None;
    }
    Some(Found { start: at, end: at + 1, fields: [hours, 0, 0], afternoon: None })
}

/// `kl. 10.30`, `10.30 Uhr`, `10.30 am`.
fn with_dots(tokens: &[Token<'_>], at: usize) -> Option<Found> {
    let (hours, minutes) = (two(tokens, at)?, two(tokens, at + 2)?);
    let seconds = two(tokens, at + 4).filter(|_| tokens[at + 3].is("."));
    let end = fraction(tokens, at + if seconds.is_some() { 5 } else { 3 });
    let named = tokens[..at].iter().rev().find(|token| !token.is("."));
    let said = named.is_some_and(|token| matches!(token.text, "kl" | "klo" | "at" | "um" | "alle"));
    let follows = tokens.get(end).is_some_and(is_hour_word) || half(&tokens[end..]).is_some();
    let is_clock = tokens[at + 1].is(".") && (said || follows);
    is_clock.then_some(Found { start: at, end, fields: [hours, minutes, seconds.unwrap_or(0)], afternoon: None })
}

/// `20040131 101500`.
fn behind_digits(tokens: &[Token<'_>], at: usize) -> Option<Found> {
    let day = tokens.get(at.checked_sub(1)?).filter(|token| token.is_number() && token.text.len() == 8);
    let fields = compact(day.and(tokens.get(at))?)?;
    Some(Found { start: at, end: fraction(tokens, at + 1), fields, afternoon: None })
}

fn two(tokens: &[Token<'_>], at: usize) -> Option<i64> {
    tokens.get(at).filter(|token| token.text.len() <= 2)?.value()
}

fn compact(token: &Token<'_>) -> Option<[i64; 3]> {
    let field = |range: std::ops::Range<usize>| token.text.get(range).map_or(Some(0), |digits| digits.parse().ok());
    let fits = token.is_number() && matches!(token.text.len(), 2 | 4 | 6);
    fits.then(|| Some([field(0..2)?, field(2..4)?, field(4..6)?]))?
}

/// The end of `.123`, `,123456789` or a database's `:123`, if they stand at `end`.
fn fraction(tokens: &[Token<'_>], end: usize) -> usize {
    match tokens.get(end..end + 2) {
        Some([mark, digits]) if matches!(mark.text, "." | "," | ":") && digits.is_number() && !digits.spaced => end + 2,
        _ => end,
    }
}

fn is_hour_word(token: &Token<'_>) -> bool {
    matches!(token.text, "h" | "uhr" | "hrs" | "hours" | "hod")
}

/// `am`, `p.m.`: whether it is afternoon, and how many tokens say so.
fn half(tokens: &[Token<'_>]) -> Option<(bool, usize)> {
    let followed_by_month = tokens.get(1).and_then(Token::word).is_some_and(|word| names::month(word).is_some());
    let first = tokens.first()?.word()?;
    if let Some(afternoon) = names::afternoon(first).filter(|_| !followed_by_month) {
        return Some((afternoon, 1));
    }
    let dotted = tokens.len() > 2 && tokens[1].is(".") && tokens[2].is("m") && matches!(first, "a" | "p");
    dotted.then(|| (first == "p", 3 + usize::from(tokens.get(3).is_some_and(|token| token.is(".")))))
}

/// Half of the day and zone behind the clock. A number counts more than the name beside it.
fn tail(tokens: &[Token<'_>], found: &mut Found) -> Option<Zone> {
    let (mut offset, mut name) = (None, None);
    while let Some(token) = tokens.get(found.end) {
        let rest = &tokens[found.end..];
        if let Some((afternoon, used)) = half(rest).filter(|_| found.afternoon.is_none()) {
            found.afternoon = Some(afternoon);
            found.end += used;
        } else if matches!(token.text, "(" | ")" | "[" | "]" | "," | ";") || is_hour_word(token) {
            found.end += 1;
        } else if let Some((minutes, used)) = signed(rest).filter(|_| offset.is_none()) {
            offset = Some(Zone::Offset(minutes));
            found.end += used;
        } else if let Some((zone, used)) = named(rest, name.is_none() && offset.is_none()) {
            name = name.or(Some(zone));
            found.end += used;
        } else {
            break;
        }
    }
    offset.or(name)
}

/// `+0100`, `+01:00`, `-5`, and `0000` without a sign.
fn signed(tokens: &[Token<'_>]) -> Option<(i32, usize)> {
    let first = tokens.first()?;
    let (sign, at) = match first.text {
        "+" => (1, 1),
        "-" => (-1, 1),
        text if first.is_number() && text.len() == 4 && text.starts_with('0') => (1, 0),
        _ => return None,
    };
    let number = tokens.get(at).filter(|token| token.is_number())?;
    let digits = number.text.len();
    if at == 1 && number.spaced && digits != 4 {
        return None;
    }
    let value: i32 = number.text.get(..digits.min(4))?.parse().ok()?;
    let colon = tokens.get(at + 1).is_some_and(|token| token.is(":"));
    let (hours, minutes, used) = match digits {
        1 | 2 if colon => (value, i32::try_from(two(tokens, at + 2)?).ok()?, at + 3),
        // `-03-2004` goes on as a day does.
        1 | 2 if tokens.get(at + 1).is_some_and(|token| matches!(token.text, "-" | "/" | ".")) => return None,
        1 | 2 => (value, 0, at + 1),
        3 | 4 | 6 => (value / 100, value % 100, at + 1),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some((sign * (hours * 60 + minutes), used))
}

/// A zone's name; `strange`: any short word, which stands for UTC.
fn named(tokens: &[Token<'_>], strange: bool) -> Option<(Zone, usize)> {
    let word = tokens.first()?.word()?;
    if let Some(found) = region(tokens).or_else(|| spelled_out(tokens)) {
        return Some(found);
    }
    let known = names::zone(word);
    let ends = tokens.get(1).is_none_or(|next| next.is(")") || next.text.len() == 4);
    // `AWST` is Western Australia's zone, and August in Welsh.
    let says_more = names::month(word).is_some() || names::is_weekday(word) || names::is_filler(word);
    if says_more && !(known.is_some() && ends) {
        return None;
    }
    let minutes = known.or_else(|| (strange && word.is_ascii() && word.len() <= 5).then_some(0))?;
    Some((Zone::Offset(minutes), 1))
}

/// `Europe/London`, `EST5EDT`.
fn region(tokens: &[Token<'_>]) -> Option<(Zone, usize)> {
    let joined =
        |token: &&Token<'_>| !token.spaced && (token.kind != Kind::Mark || matches!(token.text, "/" | "_" | "-"));
    let used = 1 + tokens.iter().skip(1).take_while(joined).count();
    if used < 3 {
        return None;
    }
    let name: String = tokens[..used].iter().map(|token| token.text).collect();
    let zone = chrono_tz::TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(&name))?;
    Some((Zone::Region(*zone), used))
}

/// `British Summer Time`, by its first letters.
fn spelled_out(tokens: &[Token<'_>]) -> Option<(Zone, usize)> {
    let last = tokens.iter().take(5).take_while(|token| token.is_word()).position(|token| token.is("time"))?;
    let letters: String = tokens[..=last].iter().filter_map(|token| token.text.chars().next()).collect();
    Some((Zone::Offset(names::zone(&letters).filter(|_| last > 0)?), last + 1))
}

/// A zone behind a day without a time, or at the end of all: `2003-12-31Z`, `31 Dec 2003 +0100`.
fn zone_at_end(tokens: &mut Vec<Token<'_>>) -> Option<Zone> {
    let last = *tokens.last()?;
    if let Some(minutes) = last.word().and_then(names::zone).filter(|_| last.text.len() > 2 || last.is("z")) {
        let is_day = names::month(last.text).is_some() || names::is_weekday(last.text) || tokens.len() == 1;
        return (!is_day).then(|| tokens.pop()).map(|_| Zone::Offset(minutes));
    }
    // The day itself fills four tokens at least.
    let place = (2..tokens.len()).rev().take(4).find(|&at| {
        matches!(tokens[at].text, "+" | "-") && signed(&tokens[at..]).is_some_and(|(_, used)| at + used == tokens.len())
    })?;
    // `-05:00` straight behind the day, or ` -0500`: other dashes part the day's own numbers.
    let with_colon = tokens.len() == place + 4 && place > 4;
    let apart = tokens[place].spaced && tokens[place + 1].text.len() == 4;
    let is_offset = tokens[place].is("+") || with_colon || apart;
    let (minutes, _) = signed(&tokens[place..]).filter(|_| is_offset)?;
    tokens.truncate(place);
    Some(Zone::Offset(minutes))
}
