//! A person's own page as its template sees it: where they stand, what they chose, what is wrong with what they typed.

use anyhow::Context as _;

use super::{Answer, Problem, morning, pause_days};
use crate::app::{App, choices};
use crate::domain::subscriber::{Cadence, Preferences};
use crate::domain::token::{Purpose, sign};
use crate::render::{ChoiceView, PreferencesView};
use crate::store::OwnRecord;

/// What the page answers to.
#[derive(Debug, Clone, Default)]
pub struct PageState {
    /// From the page's own address to those below it: `TOKEN/`, or nothing below it.
    pub base: String,
    /// What was just done: choices, pause, resume, address; or nothing.
    pub done: String,
    /// What is to be mended.
    pub problem: Option<Problem>,
    /// What stood in the field.
    pub typed: String,
    /// The cadence and the themes that were chosen, where they are to be mended.
    pub chosen: Option<(String, Vec<String>)>,
}

/// The page of whoever holds the link; `None` when nothing is kept of them.
///
/// # Errors
/// The database or a template fails.
pub async fn show(app: &App, token: &str, state: PageState) -> Answer<Option<String>> {
    let id = match super::holder(app, Purpose::Preferences, token).await? {
        Ok((id, _)) => id,
        Err(error) => return Ok(Err(error)),
    };
    let Some(record) = app.store.own_record(id).await? else { return Ok(Ok(None)) };
    let view = view(app, &record, state);
    Ok(Ok(Some(app.renderer.render_preferences(&view).context("cannot render a person's page")?)))
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
