//! The available choices, for the sign-up page and the preferences page.

use std::sync::Arc;

use crate::app::App;
use crate::domain::catalogue::Catalogue;
use crate::domain::subscribers::subscriber::Cadence;
use crate::render::ChoiceView;

/// The cadences to choose from.
pub(crate) fn cadences(words: &Catalogue, is_chosen: impl Fn(Cadence) -> bool) -> Vec<ChoiceView> {
    let choice = |cadence: Cadence| ChoiceView {
        value: cadence.to_string(),
        title: words.words(match cadence {
            Cadence::Daily => "cadence.daily",
            Cadence::Weekly => "cadence.weekly",
            Cadence::Monthly => "cadence.monthly",
        }),
        is_chosen: is_chosen(cadence),
        ..ChoiceView::default()
    };
    Cadence::ALL.iter().copied().map(choice).collect()
}

/// The languages to choose from, each in its own words; none if there is only one.
pub(crate) fn languages(app: &App, chosen: &str) -> Vec<ChoiceView> {
    let chosen = app.config.languages.of(chosen).code();
    let choice = |words: &Arc<Catalogue>| ChoiceView {
        value: words.code().to_owned(),
        title: words.words("language.name"),
        is_chosen: words.code() == chosen,
        ..ChoiceView::default()
    };
    let choices: Vec<ChoiceView> = app.config.languages.iter().map(choice).collect();
    if choices.len() > 1 { choices } else { Vec::new() }
}

/// The themes to choose from.
pub(crate) fn themes(app: &App, words: &Catalogue, is_chosen: impl Fn(&str) -> bool) -> Vec<ChoiceView> {
    let language = app.topic_language(words);
    let choices = app.config.topic.themes.iter().map(|theme| ChoiceView {
        lang: app.theme_language(words, theme, &language).to_owned(),
        value: theme.name.clone(),
        title: app.theme_title(words, theme).to_owned(),
        description: app.theme_description(words, theme).to_owned(),
        is_chosen: is_chosen(&theme.name),
    });
    choices.collect()
}
