//! The data of the preferences page: the subscriber's status and choices, and the errors in what they typed.

use anyhow::Context as _;

use super::{Problem, morning, pause_days};
use crate::app::App;
use crate::app::operations::keys::{self, LinkError};
use crate::app::subscribers::choices;
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
pub async fn show(app: &App, token: &str, state: PageState) -> Result<Option<String>, LinkError> {
    let id = keys::named(app, Purpose::Preferences, token).await?;
    let Some(record) = app.store.subscribers().own_record(id).await? else { return Ok(None) };
    let view = view(app, &record, state);
    Ok(Some(app.renderer.page(&view).context("cannot render a person's page")?))
}

fn view(app: &App, record: &OwnRecord, state: PageState) -> PreferencesView {
    let person = &record.subscriber;
    let (first, last) = pause_days(app);
    let up = if state.base.is_empty() { "../../" } else { "../" };
    let unsubscribe = sign(&app.keys.token, Purpose::Unsubscribe, &person.id, None);
    let (cadences, themes) = chosen(app, &person.preferences, state.chosen.as_ref());
    PreferencesView {
        lang: "en".to_owned(),
        dir: "ltr".to_owned(),
        name: app.config.settings.name.clone(),
        base: state.base,
        address: person.address.shown(),
        new_address: record.new_address.as_ref().map_or(String::new(), |address| address.shown()),
        status: person.status.as_str().to_owned(),
        cadence: person.preferences.cadence.as_str().to_owned(),
        paused_until: person.paused_until.map_or(String::new(), |until| app.day(until)),
        done: state.done,
        problem: state.problem.map_or("", word).to_owned(),
        typed: state.typed,
        cadences,
        themes,
        first_day: first.to_string(),
        last_day: last.to_string(),
        pause_days: format!("from {} to {}", app.day(morning(app, first)), app.day(morning(app, last))),
        unsubscribe: format!("{up}unsubscribe/{unsubscribe}"),
    }
}

fn chosen(app: &App, kept: &Preferences, wanted: Option<&(String, Vec<String>)>) -> (Vec<ChoiceView>, Vec<ChoiceView>) {
    let is_cadence = |cadence: Cadence| match wanted {
        Some((name, _)) => name == cadence.as_str(),
        None => kept.cadence == cadence,
    };
    let is_theme = |name: &str| match (wanted, &kept.themes) {
        (Some((_, themes)), _) | (None, Some(themes)) => themes.iter().any(|theme| theme == name),
        (None, None) => true,
    };
    (choices::cadences(is_cadence), choices::themes(app, is_theme))
}

/// The name of the field.
fn word(problem: Problem) -> &'static str {
    match problem {
        Problem::Cadence => "cadence",
        Problem::Themes => "themes",
        Problem::Pause => "pause",
        Problem::Address => "address",
    }
}
