//! The pages that say what is kept about subscribers and for how long, from the settings that the program works with, and
//! how far everybody can use the pages and emails.

use std::time::Duration;

use chrono::NaiveDate;

use crate::app::{App, Document};
use crate::config::TranslatedAccessibility;
use crate::domain::catalogue::Catalogue;
use crate::render::{AccessibilityView, PrivacyView};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// What is kept about subscribers, and for how long.
///
/// # Errors
/// A template fails.
pub fn privacy(app: &App, words: &Catalogue) -> anyhow::Result<Document> {
    let settings = &app.config.settings;
    let period = |length| period(words, length);
    let retention = &settings.retention;
    let view = PrivacyView {
        title: words.text("privacy.title", &[("name", app.name(words).into())]),
        canonical: app.page_in(words, "privacy"),
        topic: app.topic(words).to_owned(),
        notice_url: settings.sender.privacy_url.clone(),
        left: period(retention.left),
        pending: period(retention.pending),
        attempts: period(retention.attempts),
        content: period(retention.content),
        has_votes: settings.digest.reader_votes,
        sender: app.sender(words),
    };
    Ok(Document::new(app, app.renderer.page(words, &view)?, None))
}

/// The accessibility statement; `None` if nobody is named to be contacted.
///
/// # Errors
/// A template fails.
pub fn accessibility(app: &App, words: &Catalogue) -> anyhow::Result<Option<Document>> {
    let settings = &app.config.settings;
    let statement = &settings.accessibility;
    if !statement.has_statement() {
        return Ok(None);
    }
    let nothing = TranslatedAccessibility::default();
    let own = settings.translations.get(words.code()).map_or(&nothing, |own| &own.accessibility);
    // What is not translated is in the default language, and says so.
    let (problems, problems_lang) = match own.problems.is_empty() && words.code() != app.words().code() {
        true => (&statement.problems, app.words().locale().to_string()),
        false if own.problems.is_empty() => (&statement.problems, String::new()),
        false => (&own.problems, String::new()),
    };
    let day = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| words.locale().date(&day));
    let enforcement = if own.enforcement.is_empty() { &statement.enforcement } else { &own.enforcement };
    let view = AccessibilityView {
        title: words.text("accessibility.title", &[("name", app.name(words).into())]),
        canonical: app.page_in(words, "accessibility"),
        contact: statement.contact.clone(),
        problems: problems.clone(),
        problems_lang,
        enforcement: enforcement.clone(),
        enforcement_url: statement.enforcement_url.clone(),
        prepared: day(statement.prepared),
        tested: day(statement.tested),
        sender: app.sender(words),
    };
    Ok(Some(Document::new(app, app.renderer.page(words, &view)?, None)))
}

/// A retention period in words: "28 days". A part of an hour counts as a whole one.
fn period(words: &Catalogue, length: Duration) -> String {
    let seconds = length.as_secs() + u64::from(length.subsec_nanos() > 0);
    match seconds % DAY {
        0 => words.text("what.days", &[("n", (seconds / DAY).into())]),
        _ => words.text("privacy.hours", &[("n", seconds.div_ceil(HOUR).into())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::built_in_languages;

    #[test]
    fn a_period_is_in_days_or_else_in_hours() {
        let languages = built_in_languages();
        let (english, welsh) = (languages.first(), languages.get("cy").unwrap());
        for (seconds, in_english, in_welsh) in [
            (28 * DAY, "28 days", "28 diwrnod"),
            (2 * DAY, "2 days", "2 ddiwrnod"),
            (DAY, "1 day", "1 diwrnod"),
            (36 * HOUR, "36 hours", "36 awr"),
            (1, "1 hour", "1 awr"),
        ] {
            let length = Duration::from_secs(seconds);
            assert_eq!((period(english, length).as_str(), period(welsh, length).as_str()), (in_english, in_welsh));
        }
    }
}
