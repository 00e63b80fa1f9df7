//! The language and country that a digest is written for: how its dates read, by the Unicode CLDR (through `icu`),
//! and in which direction its text runs. The fixed words of mails and pages are English, whatever the locale.

use std::fmt;
use std::str::FromStr;

use chrono::Datelike;
use icu_calendar::{Date, Gregorian};
use icu_datetime::fieldsets::{YMD, YMDE};
use icu_datetime::{DateTimeFormatterPreferences, FixedCalendarDateTimeFormatter};

/// The languages whose dates CLDR knows well, each with the countries that write theirs in their own way.
#[rustfmt::skip]
const KNOWN: &[(&str, &str)] = &[
    ("en", "GB IE US CA AU NZ ZA IN MT SG HK"), ("cy", "GB"), ("gd", "GB"), ("ga", "IE GB"),
    ("fr", "FR BE CH CA LU"), ("de", "DE AT CH LI LU BE IT"), ("it", "IT CH"), ("nl", "NL BE"), ("lb", "LU"),
    ("es", "ES MX AR CL CO PE UY US"), ("ca", "ES AD"), ("eu", "ES"), ("gl", "ES"), ("pt", "PT BR"),
    ("sv", "SE FI"), ("da", "DK"), ("nb", "NO"), ("nn", "NO"), ("no", "NO"), ("fi", "FI"), ("is", "IS"), ("fo", "FO DK"),
    ("pl", "PL"), ("cs", "CZ"), ("sk", "SK"), ("sl", "SI"), ("hr", "HR BA"), ("sr", "RS"), ("hu", "HU"), ("ro", "RO MD"),
    ("bg", "BG"), ("mk", "MK"), ("sq", "AL XK"), ("el", "GR CY"), ("tr", "TR CY"), ("et", "EE"), ("lv", "LV"), ("lt", "LT"),
    ("mt", "MT"), ("uk", "UA"), ("ru", "RU"), ("ka", "GE"), ("hy", "AM"), ("ar", "EG MA AE SA"), ("he", "IL"), ("fa", "IR"),
    ("ur", "PK IN"), ("hi", "IN"), ("ja", "JP"), ("ko", "KR"), ("zh", "CN HK SG TW"),
];

/// Those that are written from right to left.
const RIGHT_TO_LEFT: &[&str] = &["ar", "fa", "he", "ur"];

/// A known language, with or without a country: `en`, `en-GB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locale(icu_locale_core::Locale);

/// A tag that is none, or a language or a country that is not known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownLocale;

impl FromStr for Locale {
    type Err = UnknownLocale;

    /// Takes the tag exactly as [`Locale::known`] gives it.
    fn from_str(tag: &str) -> Result<Self, UnknownLocale> {
        let is_known = Self::known().any(|known| known == tag);
        if is_known { tag.parse().map(Self).map_err(|_| UnknownLocale) } else { Err(UnknownLocale) }
    }
}

impl Locale {
    /// Every tag that is understood: `en`, `en-GB`, and so on.
    pub fn known() -> impl Iterator<Item = String> {
        KNOWN.iter().flat_map(|(language, countries)| {
            let with_country = countries.split(' ').map(move |country| format!("{language}-{country}"));
            std::iter::once((*language).to_owned()).chain(with_country)
        })
    }

    /// A date as its readers write it: "12 March 2026", "March 12, 2026", "12. maaliskuuta 2026".
    #[must_use]
    pub fn date(&self, date: &impl Datelike) -> String {
        let formatter = FixedCalendarDateTimeFormatter::try_new(self.preferences(), YMD::long());
        written(date, |date| Some(formatter.ok()?.format(&date).to_string()))
    }

    /// The same with the day of the week: "Thursday, 12 March 2026".
    #[must_use]
    pub fn date_with_weekday(&self, date: &impl Datelike) -> String {
        let formatter = FixedCalendarDateTimeFormatter::try_new(self.preferences(), YMDE::long());
        written(date, |date| Some(formatter.ok()?.format(&date).to_string()))
    }

    /// "ltr" or "rtl", as HTML's `dir` wants it.
    #[must_use]
    pub fn direction(&self) -> &'static str {
        if RIGHT_TO_LEFT.contains(&self.0.id.language.as_str()) { "rtl" } else { "ltr" }
    }

    fn preferences(&self) -> DateTimeFormatterPreferences {
        (&self.0).into()
    }
}

/// In the civil calendar, whatever a country's own is: the blogs date their posts by it. The data are built in, so
/// only a year that no calendar holds comes out as `2026-03-12`.
fn written(date: &impl Datelike, write: impl FnOnce(Date<Gregorian>) -> Option<String>) -> String {
    let (month, day) = (date.month() as u8, date.day() as u8);
    let gregorian = Date::try_new_gregorian(date.year(), month, day).ok();
    gregorian.and_then(write).unwrap_or_else(|| format!("{:04}-{month:02}-{day:02}", date.year()))
}

impl fmt::Display for Locale {
    /// As it was written: `en-GB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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
            let locale = locale(&tag);
            assert_eq!(locale.to_string(), tag);
            let (november, december) = (locale.date(&day(2026, 11, 23)), locale.date(&day(2026, 12, 23)));
            assert!(!november.contains("M11") && !november.contains("2026-"), "{tag}: {november}");
            assert_ne!(november, december, "{tag}");
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
