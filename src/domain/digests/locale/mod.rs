//! The language and country of a digest: how its dates are written, from the Unicode CLDR (`locale/dates.tsv`), and in
//! which direction its text runs. The fixed words of emails and pages are in a `catalogue`.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use chrono::Datelike;

/// One line for each date format; the file explains itself.
const DATES: &str = include_str!("dates.tsv");

/// Languages written from right to left.
const RIGHT_TO_LEFT: &[&str] = &["ar", "fa", "he", "ur"];

static FORMATS: LazyLock<Vec<Format>> =
    LazyLock::new(|| DATES.lines().filter(|line| !line.starts_with('#')).map(Format::parse).collect());

/// The date format of some locales.
#[derive(Debug, PartialEq, Eq)]
struct Format {
    tags: Vec<&'static str>,
    zero: char,
    long: &'static str,
    with_weekday: &'static str,
    /// Starting with January; empty where the patterns have only numbers.
    months: Vec<&'static str>,
    /// Starting with Monday.
    weekdays: Vec<&'static str>,
}

/// A known language, with or without a country: `en`, `en-GB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locale {
    tag: &'static str,
    format: &'static Format,
}

/// Not a language tag, or a language or country that is not supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownLocale;

impl FromStr for Locale {
    type Err = UnknownLocale;

    /// Accepts a tag exactly as [`Locale::known`] lists it.
    fn from_str(tag: &str) -> Result<Self, UnknownLocale> {
        let mut tags = FORMATS.iter().flat_map(|format| format.tags.iter().map(move |known| (*known, format)));
        tags.find(|(known, _)| *known == tag).map(|(tag, format)| Self { tag, format }).ok_or(UnknownLocale)
    }
}

impl Locale {
    /// Every supported tag: `en`, `en-GB`, and so on.
    pub fn known() -> impl Iterator<Item = &'static str> {
        FORMATS.iter().flat_map(|format| format.tags.iter().copied())
    }

    /// Formats a date: "12 March 2026", "March 12, 2026", "12. maaliskuuta 2026".
    #[must_use]
    pub fn date(&self, date: &impl Datelike) -> String {
        self.format.fill(self.format.long, date)
    }

    /// Formats a date near another one: "12 March", with the year only if it is not the other one's.
    #[must_use]
    pub fn date_near(&self, date: &impl Datelike, other: &impl Datelike) -> String {
        if date.year() == other.year() {
            self.format.fill(&without_year(self.format.long), date)
        } else {
            self.date(date)
        }
    }

    /// Formats a date with the day of the week: "Thursday, 12 March 2026".
    #[must_use]
    pub fn date_with_weekday(&self, date: &impl Datelike) -> String {
        self.format.fill(self.format.with_weekday, date)
    }

    /// The language without its country: "en".
    #[must_use]
    pub fn language(&self) -> &'static str {
        self.tag.split('-').next().unwrap_or_default()
    }

    /// "ltr" or "rtl", for HTML's `dir` attribute.
    #[must_use]
    pub fn direction(&self) -> &'static str {
        if RIGHT_TO_LEFT.contains(&self.language()) { "rtl" } else { "ltr" }
    }
}

/// A pattern without its year, and without what joins it to the rest.
fn without_year(pattern: &str) -> String {
    let Some((before, after)) = pattern.split_once("{y}") else { return pattern.to_owned() };
    match (before.rfind('}'), after.find('{')) {
        (_, Some(next)) => format!("{before}{}", &after[next..]),
        (Some(last), None) => before[..=last].to_owned(),
        (None, None) => pattern.to_owned(),
    }
}

impl Format {
    /// Parses one line of the file; a test parses them all.
    fn parse(line: &'static str) -> Self {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        let (tags, zero, long, with_weekday) = (next(), next(), next(), next());
        let names = |list: &'static str| list.split(',').filter(|name| *name != "-").collect();
        Self {
            tags: tags.split(' ').collect(),
            zero: zero.chars().next().unwrap_or('0'),
            long,
            with_weekday,
            months: names(next()),
            weekdays: names(next()),
        }
    }

    /// Fills the fields of the pattern with the date. The calendar is always the Gregorian one, because blogs date
    /// their posts by it.
    fn fill(&self, pattern: &str, date: &impl Datelike) -> String {
        let name = |names: &[&'static str], number: u32| names.get(number as usize).copied().unwrap_or_default();
        let mut written = String::with_capacity(pattern.len() + 16);
        let mut rest = pattern;
        while let Some((before, (field, after))) =
            rest.split_once('{').and_then(|(before, field)| Some((before, field.split_once('}')?)))
        {
            written.push_str(before);
            match field {
                "y" => self.number(date.year(), 1, &mut written),
                "d" | "dd" => self.number(date.day(), field.len(), &mut written),
                "m" | "mm" => self.number(date.month(), field.len(), &mut written),
                "M" => written.push_str(name(&self.months, date.month0())),
                _ => written.push_str(name(&self.weekdays, date.weekday().num_days_from_monday())),
            }
            rest = after;
        }
        written.push_str(rest);
        written
    }

    /// A number with at least `width` digits, in the locale's own digits.
    fn number(&self, number: impl fmt::Display, width: usize, written: &mut String) {
        let own = |digit: char| {
            let value = digit.to_digit(10).and_then(|value| char::from_u32(u32::from(self.zero) + value));
            value.unwrap_or(digit)
        };
        written.extend(format!("{number:0>width$}").chars().map(own));
    }
}

impl fmt::Display for Locale {
    /// The tag as it was given: `en-GB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag)
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn locale(tag: &str) -> Locale {
        tag.parse().expect("a known locale")
    }

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a date")
    }

    #[test]
    fn dates_read_as_their_readers_write_them() {
        let mut wrong = Vec::new();
        for (tag, date, with_weekday) in [
            ("en-GB", "23 November 2026", "Monday, 23 November 2026"),
            ("en-US", "November 23, 2026", "Monday, November 23, 2026"),
            ("cy", "23 Tachwedd 2026", "Dydd Llun, 23 Tachwedd 2026"),
            ("gd", "23 dhen t-Samhain 2026", "DiLuain, 23 dhen t-Samhain 2026"),
            ("fr-FR", "23 novembre 2026", "lundi 23 novembre 2026"),
            ("de-DE", "23. November 2026", "Montag, 23. November 2026"),
            ("es-ES", "23 de noviembre de 2026", "lunes, 23 de noviembre de 2026"),
            ("it-IT", "23 novembre 2026", "lunedì 23 novembre 2026"),
            ("nl-NL", "23 november 2026", "maandag 23 november 2026"),
            ("pt-PT", "23 de novembro de 2026", "segunda-feira, 23/11/2026"),
            ("sv-SE", "23 november 2026", "måndag 23 november 2026"),
            ("da-DK", "23. november 2026", "mandag 23. november 2026"),
            ("nb-NO", "23. november 2026", "mandag 23. november 2026"),
            ("fi-FI", "23. marraskuuta 2026", "maanantai 23. marraskuuta 2026"),
            ("pl-PL", "23 listopada 2026", "poniedziałek, 23 listopada 2026"),
            ("ar-EG", "٢٣ نوفمبر ٢٠٢٦", "الاثنين، ٢٣ نوفمبر ٢٠٢٦"),
            ("eu-ES", "2026(e)ko azaroaren 23(a)", "2026(e)ko azaroaren 23(a), astelehena"),
            ("ja-JP", "2026年11月23日", "2026年11月23日月曜日"),
        ] {
            let locale = locale(tag);
            let (with, without) = (locale.date_with_weekday(&day(2026, 11, 23)), locale.date(&day(2026, 11, 23)));
            if (without.as_str(), with.as_str()) != (date, with_weekday) {
                wrong.push((tag, without, with));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn every_known_locale_has_dates_of_its_own() {
        for tag in Locale::known() {
            let locale = locale(tag);
            assert_eq!(locale.to_string(), tag);
            assert!(matches!(locale.format.months.len(), 0 | 12) && locale.format.weekdays.len() == 7, "{tag}");
            let (november, december) = (locale.date(&day(2026, 11, 23)), locale.date(&day(2026, 12, 23)));
            assert!(!november.contains("M11") && !november.contains("2026-"), "{tag}: {november}");
            assert_ne!(november, december, "{tag}");
        }
    }

    #[test]
    fn a_date_of_the_same_year_is_written_without_it() {
        for (tag, expected) in [
            ("en-GB", "23 November"),
            ("en-US", "November 23"),
            ("cy", "23 Tachwedd"),
            ("gd", "23 dhen t-Samhain"),
            ("fr", "23 novembre"),
            ("de", "23. November"),
            ("es", "23 de noviembre"),
            ("ja", "11月23日"),
        ] {
            assert_eq!(locale(tag).date_near(&day(2026, 11, 23), &day(2026, 1, 1)), expected, "{tag}");
        }
        assert_eq!(locale("en-GB").date_near(&day(2025, 11, 23), &day(2026, 1, 1)), "23 November 2025");
        for tag in Locale::known() {
            let date = locale(tag).date_near(&day(2026, 11, 23), &day(2026, 1, 1));
            assert!(!date.contains("2026") && date.chars().any(char::is_numeric), "{tag}: {date}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for tag in ["", "xx", "en-UK", "en_GB", "EN-gb", "en-GB-oxendict", "en-", "english", "de-US"] {
            assert_eq!(tag.parse::<Locale>(), Err(UnknownLocale), "{tag}");
        }
    }

    #[test]
    fn text_runs_in_the_language_s_direction() {
        assert_eq!(
            (locale("ar-EG").direction(), locale("he").direction(), locale("cy-GB").direction()),
            ("rtl", "rtl", "ltr")
        );
    }
}
