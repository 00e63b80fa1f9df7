//! The available choices, for the sign-up page and the preferences page.

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
        description: String::new(),
        is_chosen: is_chosen(cadence),
    };
    Cadence::ALL.iter().copied().map(choice).collect()
}

/// The themes to choose from.
pub(crate) fn themes(app: &App, is_chosen: impl Fn(&str) -> bool) -> Vec<ChoiceView> {
    let choices = app.config.topic.themes.iter().map(|theme| ChoiceView {
        value: theme.name.clone(),
        title: theme.title.clone(),
        description: theme.description.clone(),
        is_chosen: is_chosen(&theme.name),
    });
    choices.collect()
}
