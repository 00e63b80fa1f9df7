//! Checks the topic's phrases against the stored items: which of them match nothing.

use std::time::{Duration, Instant};

use super::finding::{CheckFinding, Part, Severity, UnusedPhrase};
use crate::app::{Listener, Progress, ReadOnly};
use crate::config::{PhrasePlace, phrase_places};
use crate::domain::selection::topic::{Term, Topic};

/// With fewer items than this, a phrase that matches nothing says little.
const ENOUGH_ITEMS: usize = 200;
/// The number of items in memory at a time.
const PAGE: usize = 100;
/// Only this many of the newest items are read; older ones take time and add little.
const MOST_ITEMS: usize = 20_000;
/// At most this many bytes of text are read, even if that covers few items.
const MOST_TEXT: usize = 64 << 20;
/// The time limit, for a slow or busy machine: the same as for the check of the database.
const LONGEST: Duration = Duration::from_secs(20);

/// The number of phrases of a topic.
pub(super) fn count(topic: &Topic) -> usize {
    phrases(topic).len()
}

/// Checks the topic and returns the number of stored items; changes nothing. A phrase matches if it occurs anywhere in
/// the part of an item that is judged, even where a longer phrase covers it and takes its words.
///
/// # Errors
/// The database fails.
pub(super) async fn look(app: &ReadOnly, listener: Listener<'_>) -> anyhow::Result<(Part, usize)> {
    let begin = Instant::now();
    look_while(app, listener, || begin.elapsed() < LONGEST).await
}

/// The same, as long as there is time for another page of items.
async fn look_while(
    app: &ReadOnly,
    listener: Listener<'_>,
    mut has_time: impl FnMut() -> bool,
) -> anyhow::Result<(Part, usize)> {
    let phrases = phrases(&app.config.topic);
    let mut is_held = vec![false; phrases.len()];
    let stored = app.store.items().items_with_text().await?;
    let (mut seen, mut items, mut bytes, mut before) = (0, 0, 0, i64::MAX);
    listener(Progress::Started { what: "phrases", steps: stored.min(MOST_ITEMS).div_ceil(PAGE) });
    while seen < MOST_ITEMS && bytes < MOST_TEXT && has_time() {
        let page = app.store.items().items_before(before, PAGE).await?;
        let Some(oldest) = page.last() else { break };
        before = oldest.seq;
        seen += page.len();
        // An item without its text can still match by its title, but does not show that a phrase is unused.
        items += page.iter().filter(|item| item.text_removed.is_none()).count();
        bytes += page.iter().map(|item| item.summary.len() + item.content.len()).sum::<usize>();
        for number in page.iter().flat_map(|item| app.scorer.phrases_in(&item.text())) {
            is_held[number] = true;
        }
        listener(Progress::Step("stored items"));
    }
    listener(Progress::Finished);
    let mut findings = Vec::new();
    if items >= ENOUGH_ITEMS {
        let places = phrase_places(&app.config.folder);
        let unmatched = phrases.iter().zip(is_held).filter(|(_, is_held)| !is_held);
        findings.extend(unmatched.map(|(phrase, _)| phrase.finding(&places, items)));
    } else if !phrases.is_empty() {
        let (what, next) = if stored < ENOUGH_ITEMS {
            ("items are stored", format!("run `policy-digest poll` until there are {ENOUGH_ITEMS}"))
        } else {
            ("items are as many as this check could read", "run it again when the machine is less busy".to_owned())
        };
        findings.push(CheckFinding {
            message: format!("{items} {what}, too few to show which phrases match nothing"),
            next,
            place: None,
            severity: Severity::Advice,
            phrase: None,
        });
    }
    let newest = if items < stored { format!("the newest {items} of ") } else { String::new() };
    let says = format!("{} phrases checked against {newest}{stored} stored items", phrases.len());
    Ok((Part::new("phrases", says, findings), stored))
}

/// A phrase and its table.
struct Phrase<'t> {
    term: &'t Term,
    kind: Kind,
    /// The name of the theme or exclusion.
    table: &'t str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    General,
    Theme,
    Exclusion,
}

/// All phrases of a topic, in the order in which a scorer numbers them.
fn phrases(topic: &Topic) -> Vec<Phrase<'_>> {
    fn of<'t>(terms: &'t [Term], kind: Kind, table: &'t str) -> impl Iterator<Item = Phrase<'t>> {
        terms.iter().map(move |term| Phrase { term, kind, table })
    }
    let themes = topic.themes.iter().flat_map(|theme| of(&theme.terms, Kind::Theme, &theme.name));
    let exclusions = topic.exclusions.iter().flat_map(|it| of(&it.terms, Kind::Exclusion, &it.name));
    of(&topic.general, Kind::General, "").chain(themes).chain(exclusions).collect()
}

impl Phrase<'_> {
    fn finding(&self, places: &[PhrasePlace], items: usize) -> CheckFinding {
        let phrase = self.term.pattern.source.clone();
        let table = match self.kind {
            Kind::General => "`[general]`".to_owned(),
            Kind::Theme => format!("theme `{}`", self.table),
            Kind::Exclusion => format!("exclusion `{}`", self.table),
        };
        let name = (self.kind != Kind::General).then_some(self.table);
        let place = places.iter().find(|place| place.phrase == phrase && place.table.as_deref() == name);
        let place = place.map(|place| format!("{}:{}", place.path.display(), place.line));
        CheckFinding {
            message: format!("`{phrase}` of {table} matches nothing in {items} stored items"),
            next: "correct its spelling, widen it (`*` for any ending, `~5` for nearness), or take it out".to_owned(),
            place,
            severity: Severity::Advice,
            phrase: Some(UnusedPhrase { phrase, table }),
        }
    }
}

#[cfg(test)]
mod tests;
