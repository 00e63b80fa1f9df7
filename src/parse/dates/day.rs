//! The day, among what is left of a date's tokens when the clock is out: every reading that fits, the
//! likeliest first. Each token must have a place; what has none shows that this is no date.

use chrono::{Days, NaiveDate, Weekday};

use super::names;
use super::token::{Kind, Token};

/// Numbers with what parts them, after the words are read.
#[derive(Default)]
struct Shape<'a> {
    numbers: Vec<&'a str>,
    /// One before each number: a mark, or a blank.
    marks: Vec<char>,
    month: Option<u32>,
    /// `2003-W52`.
    week: bool,
    /// Words that nobody knows stand in front, as a foreign week-day would.
    strange: bool,
}

/// Readings of the day, the likeliest first.
pub(super) fn readings(tokens: &[Token<'_>]) -> Vec<NaiveDate> {
    let Some(shape) = shape(tokens) else { return Vec::new() };
    let dates = match shape.month {
        _ if shape.week => week(&shape).into_iter().collect(),
        Some(month) => written(&shape, month),
        None => numeric(&shape),
    };
    dates.into_iter().flatten().collect()
}

fn shape<'a>(tokens: &[Token<'a>]) -> Option<Shape<'a>> {
    let named = month(tokens)?;
    let mut shape = Shape { month: named.map(|(_, month)| month), ..Shape::default() };
    let mut mark = ' ';
    let mut strangers = 0;
    for (at, token) in tokens.iter().enumerate() {
        let after_number = at > 0 && tokens[at - 1].is_number() && !token.spaced;
        match token.kind {
            Kind::Number => {
                shape.numbers.push(token.text);
                shape.marks.push(std::mem::replace(&mut mark, ' '));
            }
            Kind::Word if named.is_some_and(|(place, _)| place == at) => mark = ' ',
            Kind::Word if token.is("w") && tokens.get(at + 1).is_some_and(Token::is_number) => shape.week = true,
            Kind::Word if after_number && is_ordinal(token.text) => {}
            Kind::Word if names::is_weekday(token.text) || names::is_filler(token.text) => {}
            Kind::Word if shape.numbers.is_empty() && strangers < 2 => strangers += 1,
            Kind::Word => return None,
            Kind::Mark => match token.text.chars().next()? {
                // Two dashes in front leave the year out; today's is not for us to fill in.
                '-' if mark == '-' => return None,
                // A dash between words.
                '-' if token.spaced && tokens.get(at + 1).is_none_or(|next| next.spaced) => {}
                c @ ('-' | '/' | '.' | ':') => mark = if mark == ' ' { c } else { mark },
                ',' | ';' | '\'' | '"' | '(' | ')' | '[' | ']' | '|' | '·' | '•' | '\\' | 'º' | 'ª' => {}
                _ => return None,
            },
        }
    }
    shape.strange = strangers > 0;
    Some(shape)
}

fn is_ordinal(word: &str) -> bool {
    matches!(
        word,
        "st" | "nd"
            | "rd"
            | "th"
            | "er"
            | "re"
            | "o"
            | "a"
            | "e"
            | "de"
            | "ste"
            | "ain"
            | "il"
            | "eg"
            | "fed"
            | "ydd"
            | "af"
            | "mh"
    )
}

/// The word that names the month and its place; `Some(None)` without one, `None` when there are two.
/// Of words that may be a week-day as well (`mar. 3 giu`, `Maw 3 Maw`) the last is the month.
fn month(tokens: &[Token<'_>]) -> Option<Option<(usize, u32)>> {
    let after_number = |at: usize| at > 0 && tokens[at - 1].is_number() && !tokens[at].spaced;
    let all: Vec<(usize, u32)> = (tokens.iter().enumerate())
        .filter_map(|(at, token)| Some((at, token.word().filter(|word| !(after_number(at) && is_ordinal(word)))?)))
        .filter_map(|(at, word)| Some((at, names::month(word)?)))
        .collect();
    let sure: Vec<(usize, u32)> = all.iter().copied().filter(|(at, _)| !names::is_weekday(tokens[*at].text)).collect();
    match sure[..] {
        [] if all.len() > 2 => None,
        [] => Some(all.last().copied()),
        [one] => Some(Some(one)),
        _ => None,
    }
}

/// `3 June 2025`, `June 3rd, 25`, `2004-július-13`, `June 2025`.
fn written(shape: &Shape<'_>, month: u32) -> Vec<Option<NaiveDate>> {
    match shape.numbers[..] {
        [year] if year.len() == 4 && !shape.strange => vec![date(full(year), month, 1)],
        [one, two] => [(one, two), (two, one)]
            .into_iter()
            .filter(|(day, year)| day.len() <= 2 && matches!(year.len(), 2 | 4))
            .map(|(day, year)| date(full(year), month, number(day)?))
            .collect(),
        _ => Vec::new(),
    }
}

fn numeric(shape: &Shape<'_>) -> Vec<Option<NaiveDate>> {
    let (numbers, Some((lead, marks))) = (&shape.numbers[..], shape.marks.split_first()) else { return Vec::new() };
    let widths: Vec<usize> = numbers.iter().map(|number| number.len()).collect();
    if marks.iter().any(|mark| *mark != marks[0]) || (shape.strange && !(numbers.len() == 3 && widths.contains(&4))) {
        return Vec::new();
    }
    let digits = numbers[0];
    // The fields of a date by their places in the numbers, or in the digits of the only one.
    let of = |year: &str, month: &str, day: &str| date(full(year), number(month)?, number(day)?);
    let at = |year: usize, month: usize, day: usize| of(numbers[year], numbers[month], numbers[day]);
    let ordinal = |year: &str, day: &str| NaiveDate::from_yo_opt(full(year)?, number(day)?);
    match (lead, &widths[..], marks.first()) {
        // ISO 8601, truncated: `-03-12`, `-0312`, `-03-12-31`, `-04`.
        ('-', [2], _) => vec![of(digits, "1", "1")],
        ('-', [4], _) => vec![of(&digits[..2], &digits[2..], "1")],
        ('-', [2, 2], _) => vec![of(digits, numbers[1], "1")],
        ('-', [2, 2, 2], _) => vec![at(0, 1, 2)],
        ('-', ..) => Vec::new(),
        (_, [4], _) => vec![of(digits, "1", "1")],
        (_, [5], _) => vec![ordinal(&digits[..2], &digits[2..])],
        // `YYMMDD` is ISO's, `YYYYMM` is what it forbids for its sake.
        (_, [6], _) => vec![of(&digits[..2], &digits[2..4], &digits[4..]), of(&digits[..4], &digits[4..], "1")],
        (_, [7], _) => vec![ordinal(&digits[..4], &digits[4..])],
        (_, [8], _) => vec![of(&digits[..4], &digits[4..6], &digits[6..])],
        (_, [2 | 4, 3], Some('-')) => vec![ordinal(digits, numbers[1])],
        (_, [4, 1 | 2], Some('-' | '/' | '.')) => vec![of(digits, numbers[1], "1")],
        (_, [1 | 2, 4], Some('-' | '/')) => vec![of(numbers[1], digits, "1")],
        (_, [4, 1 | 2, 1 | 2], _) => vec![at(0, 1, 2), at(0, 2, 1)],
        // Day first, as nearly all of our readers write; `1/31/2024` can only be American.
        (_, [1 | 2, 1 | 2, 4], Some('-' | '/' | '.' | ' ')) => vec![at(2, 1, 0), at(2, 0, 1)],
        (_, [2, 2, 2], Some('-')) => vec![at(0, 1, 2), at(2, 1, 0), at(2, 0, 1)],
        (_, [1 | 2, 1 | 2, 2], Some('-' | '/' | '.')) => vec![at(2, 1, 0), at(2, 0, 1), at(0, 1, 2)],
        _ => Vec::new(),
    }
}

/// `2003-W52`, `2003W523`, `2003-W52-3`; a whole week is its Monday.
fn week(shape: &Shape<'_>) -> Option<Option<NaiveDate>> {
    let (year, week, day) = match shape.numbers[..] {
        [year, week] if week.len() == 3 => (year, &week[..2], &week[2..]),
        [year, week] if week.len() == 2 => (year, week, "1"),
        [year, week, day] if week.len() == 2 && day.len() == 1 => (year, week, day),
        _ => return None,
    };
    let weekday = Weekday::try_from(u8::try_from(number(day)?.checked_sub(1)?).ok()?).ok()?;
    Some(NaiveDate::from_isoywd_opt(full(year)?, number(week)?, weekday))
}

/// A day that the month does not have (`31 Jun`) runs over into the next.
fn date(year: Option<i32>, month: u32, day: u32) -> Option<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(year?, month, 1)?;
    (1..=31).contains(&day).then(|| first.checked_add_days(Days::new(u64::from(day - 1))))?
}

fn number(digits: &str) -> Option<u32> {
    digits.parse().ok()
}

/// RFC 2822 §4.3: 00 to 49 are of this century, 50 to 99 of the last.
fn full(year: &str) -> Option<i32> {
    let value: i32 = year.parse().ok()?;
    match year.len() {
        2 if value < 50 => Some(value + 2000),
        2 => Some(value + 1900),
        4 => Some(value),
        _ => None,
    }
}
