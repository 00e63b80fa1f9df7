//! The topic's phrases held against the stored history: which of them match nothing in it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::finding::{CheckFinding, Part, Severity, UnusedPhrase};
use crate::app::App;
use crate::config::{PhrasePlace, phrase_places};
use crate::domain::relevance::{Scorer, Text};
use crate::domain::topic::{Term, Topic};
use crate::store::ItemRow;

/// With fewer items than these, a phrase that matches nothing says little.
const ENOUGH_ITEMS: usize = 200;
/// Items held in memory at a time.
const PAGE: usize = 500;

/// How many phrases a topic has.
pub(super) fn count(topic: &Topic) -> usize {
    let themes: usize = topic.themes.iter().map(|theme| theme.terms.len()).sum();
    let exclusions: usize = topic.exclusions.iter().map(|exclusion| exclusion.terms.len()).sum();
    topic.general.len() + themes + exclusions
}

/// Looks the topic over, and says how many items are stored; changes nothing. A phrase counts as matching when it stands anywhere in what is read of
/// an item, also where a longer phrase covers it and earns the weight.
///
/// # Errors
/// The database fails.
pub(super) async fn look(app: &App) -> anyhow::Result<(Part, usize)> {
    let topic = &app.config.topic;
    let mut unmatched = Unmatched::new(topic);
    let phrases = unmatched.phrases.len();
    let (mut items, mut after) = (0, 0);
    loop {
        let page = app.store.items_after(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        // An item whose text is gone still matches by its title, and says nothing of what stood below it.
        items += page.iter().filter(|item| item.text_removed.is_none()).count();
        unmatched.strike(&page.iter().map(ItemRow::text).collect::<Vec<_>>());
    }
    let mut findings = Vec::new();
    if items >= ENOUGH_ITEMS {
        let places = phrase_places(&app.config.folder);
        findings.extend(unmatched.phrases.iter().map(|phrase| phrase.finding(&places, items)));
    } else if phrases > 0 {
        findings.push(CheckFinding {
            message: format!("{items} items are stored, too few to tell which phrases match nothing"),
            next: format!("run `policy-digest poll` until there are {ENOUGH_ITEMS}"),
            place: None,
            severity: Severity::Advice,
            phrase: None,
        });
    }
    let says = format!("{phrases} phrases held against {items} stored items");
    Ok((Part::new("phrases", says, findings), items))
}

/// The phrases that were found nowhere yet.
struct Unmatched<'t> {
    topic: &'t Topic,
    phrases: Vec<Phrase<'t>>,
    scorers: Vec<Scorer>,
}

#[derive(Clone)]
struct Phrase<'t> {
    term: &'t Term,
    kind: Kind,
    /// The theme's or the exclusion's name.
    table: &'t str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    General,
    Theme,
    Exclusion,
}

/// What a phrase asks for beside its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    InTitle,
    Nearness,
    Nothing,
}

impl Asks {
    fn of(term: &Term) -> Self {
        let source = term.pattern.source.trim();
        if source.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("title:")) {
            Self::InTitle
        } else if source.contains('~') {
            Self::Nearness
        } else {
            Self::Nothing
        }
    }
}

impl<'t> Unmatched<'t> {
    fn new(topic: &'t Topic) -> Self {
        let of = |terms: &'t [Term], kind, table| terms.iter().map(move |term| Phrase { term, kind, table });
        let mut phrases: Vec<_> = of(&topic.general, Kind::General, "").collect();
        for theme in &topic.themes {
            phrases.extend(of(&theme.terms, Kind::Theme, &theme.name));
        }
        for exclusion in &topic.exclusions {
            phrases.extend(of(&exclusion.terms, Kind::Exclusion, &exclusion.name));
        }
        let mut unmatched = Self { topic, phrases, scorers: Vec::new() };
        unmatched.ready();
        unmatched
    }

    /// Strikes out what these items hold. A scorer tells only the outermost of phrases that cover one another, and
    /// one of phrases that are alike; with those struck out the next round tells the rest, until a round tells
    /// nothing.
    fn strike(&mut self, items: &[Text<'_>]) {
        while !self.phrases.is_empty() {
            let mut found = BTreeSet::new();
            for item in items {
                let scores = self.scorers.iter().map(|scorer| scorer.score(item));
                found.extend(scores.flat_map(|score| score.reasons).map(|reason| (reason.label, reason.phrase)));
            }
            let before = self.phrases.len();
            self.phrases.retain(|phrase| !found.contains(&phrase.told(self.topic)));
            if self.phrases.len() == before {
                return;
            }
            self.ready();
        }
    }

    /// Phrases of three kinds never share a scorer: one that is found in titles only, or only near another, would
    /// cover a plain one without being told.
    fn ready(&mut self) {
        let kinds = [Asks::InTitle, Asks::Nearness, Asks::Nothing];
        self.scorers = kinds.iter().map(|kind| Scorer::new(&self.only(*kind))).collect();
    }

    /// The topic with no other phrases than these.
    fn only(&self, asks: Asks) -> Topic {
        let terms = |kind, table: &str| {
            let phrases = self.phrases.iter().filter(|phrase| (phrase.kind, phrase.table) == (kind, table));
            phrases.map(|phrase| phrase.term).filter(|term| Asks::of(term) == asks).cloned().collect()
        };
        let mut topic = Topic { classifier: None, ..self.topic.clone() };
        topic.general = terms(Kind::General, "");
        for theme in &mut topic.themes {
            theme.terms = terms(Kind::Theme, &theme.name);
        }
        for exclusion in &mut topic.exclusions {
            exclusion.terms = terms(Kind::Exclusion, &exclusion.name);
        }
        topic
    }
}

impl Phrase<'_> {
    /// The label and the phrase of the reason that tells of it.
    fn told(&self, topic: &Topic) -> (Option<Arc<str>>, Arc<str>) {
        let label = match self.kind {
            Kind::General => None,
            Kind::Theme => Some(self.table.into()),
            Kind::Exclusion => topic
                .exclusions
                .iter()
                .find(|exclusion| exclusion.name == self.table)
                .map(|it| it.reason.as_str().into()),
        };
        (label, self.term.pattern.source.as_str().into())
    }

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
            next: "mend its spelling, widen it (`*` for any ending, `~5` for nearness), or take it out".to_owned(),
            place,
            severity: Severity::Advice,
            phrase: Some(UnusedPhrase { phrase, table }),
        }
    }
}

#[cfg(test)]
mod tests;
