//! The data of the preferences page: the subscriber's status and choices, and the errors in what they typed.

use anyhow::Context as _;
use chrono::{Days, NaiveDate};

use super::{Problem, morning, pause_days};
use crate::app::App;
use crate::app::operations::keys::{self, LinkError};
use crate::app::subscribers::choices;
use crate::domain::catalogue::Catalogue;
use crate::domain::subscribers::subscriber::{Cadence, Preferences};
use crate::domain::subscribers::token::{Purpose, sign};
use crate::render::{ChoiceView, PreferencesView};
use crate::store::OwnRecord;

/// The state that the page shows.
#[derive(Debug, Clone, Default)]
pub struct PageState {
    /// The relative path from the address in the browser to the pages below the preferences page: `TOKEN/`, or empty.
    pub base: String,
    /// What was just done: choices, pause, resume, address; or empty.
    pub done: String,
    /// The error to correct.
    pub problem: Option<Problem>,
    /// The content of the invalid field.
    pub typed: String,
    /// The submitted cadence and themes, if they must be corrected.
    pub chosen: Option<(String, Vec<String>)>,
}

/// The page of the link's holder; `None` if they are no longer stored.
///
/// # Errors
/// The database or a template fails.
pub async fn show(app: &App, words: &Catalogue, token: &str, state: PageState) -> Result<Option<String>, LinkError> {
    let id = keys::named(app, Purpose::Preferences, token).await?;
    let Some(record) = app.store.subscribers().own_record(id).await? else { return Ok(None) };
    let view = view(app, words, &record, state);
    Ok(Some(app.renderer.page(words, &view).context("cannot render a person's page")?))
}

fn view(app: &App, words: &Catalogue, record: &OwnRecord, state: PageState) -> PreferencesView {
    let person = &record.subscriber;
    let (first, last) = pause_days(app);
    let up = if state.base.is_empty() { "../../" } else { "../" };
    let unsubscribe = sign(&app.keys.token, Purpose::Unsubscribe, &person.id, None);
    let (cadences, themes) = chosen(app, words, &person.preferences, state.chosen.as_ref());
    let [first_long, last_long] = [first, last].map(|day| app.day(words, morning(app, day)));
    PreferencesView {
        name: app.name(words).to_owned(),
        base: state.base,
        address: person.address.shown(),
        new_address: record.new_address.as_ref().map_or(String::new(), |address| address.shown()),
        status: person.status.as_str().to_owned(),
        cadence: person.preferences.cadence.as_str().to_owned(),
        paused_until: person.paused_until.map_or(String::new(), |until| app.day(words, until)),
        done: state.done,
        problem: state.problem.map_or("", word).to_owned(),
        typed: state.typed,
        domains: app.domains_in_words(words),
        is_outside: state.problem == Some(Problem::Domain),
        cadences,
        themes,
        languages: choices::languages(app, &person.preferences.language),
        pauses: pauses(words, first),
        first_day: first.to_string(),
        last_day: last.to_string(),
        pause_days: words
            .text("preferences.pause_days", &[("first", (&first_long).into()), ("last", (&last_long).into())]),
        first_day_long: first_long,
        last_day_long: last_long,
        unsubscribe: format!("{up}unsubscribe/{unsubscribe}"),
    }
}

/// Two weeks and a month from today.
fn pauses(words: &Catalogue, tomorrow: NaiveDate) -> Vec<ChoiceView> {
    let until = |days: u64, key: &str| ChoiceView {
        value: (tomorrow + Days::new(days - 1)).to_string(),
        title: words.words(key),
        ..ChoiceView::default()
    };
    vec![until(14, "preferences.two_weeks"), until(30, "preferences.one_month")]
}

fn chosen(
    app: &App,
    words: &Catalogue,
    kept: &Preferences,
    wanted: Option<&(String, Vec<String>)>,
) -> (Vec<ChoiceView>, Vec<ChoiceView>) {
    let is_cadence = |cadence: Cadence| match wanted {
        Some((name, _)) => name == cadence.as_str(),
        None => kept.cadence == cadence,
    };
    let is_theme = |name: &str| match (wanted, &kept.themes) {
        (Some((_, themes)), _) | (None, Some(themes)) => themes.iter().any(|theme| theme == name),
        (None, None) => true,
    };
    (choices::cadences(words, is_cadence), choices::themes(app, words, is_theme))
}

/// The name of the field.
fn word(problem: Problem) -> &'static str {
    match problem {
        Problem::Cadence => "cadence",
        Problem::Themes => "themes",
        Problem::Pause => "pause",
        Problem::Address | Problem::Domain => "address",
    }
}
