//! Whether an item is about the topic, under which themes, and why.
//!
//! Every phrase of the topic that is found adds its weight, an exclusion's subtracts it; the title counts more
//! than the opening of the text, the opening more than the rest, and only the first 2,000 characters are read,
//! so that long items are not favoured. The sum of the reasons is the total.

use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};

use super::matching::{self, Hit, Index, Sequences};
use super::pattern::Shape;
use super::topic::{Term, Topic};
use super::vocabulary::Passage;

/// Of summary and content together, this many characters are read.
const READ: usize = 2_000;
/// Of those, so many are the opening.
const OPENING: usize = 600;
const TITLE_LIMIT: usize = 400;
const CATEGORY_LIMIT: usize = 80;
const CATEGORIES: usize = 20;

const IN_TITLE: f32 = 1.5;
const IN_OPENING: f32 = 1.0;
const IN_REST: f32 = 0.5;
const IN_CATEGORY: f32 = 0.5;
/// A phrase that was already found in a place before this one adds only this part of its worth.
const AGAIN: f32 = 0.5;

/// No item is filed under more themes.
const MOST_THEMES: usize = 3;
/// A further theme needs this share of the strongest one's evidence.
const FAIR_SHARE: f32 = 0.3;
/// Evidence above this, two strong phrases as the shipped topic weighs them, makes a theme no harder to join.
const AMPLE: f32 = 8.0;

/// What is judged: plain text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Text<'a> {
    /// The item's title.
    pub title: &'a str,
    /// Its summary.
    pub summary: &'a str,
    /// Its content.
    pub content: &'a str,
    /// Its categories.
    pub categories: &'a [String],
    /// The feed's prior, added to the score.
    pub prior: f32,
}

/// The outcome: the same for the same text and topic, on every run.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Higher is more relevant; `picked` compares it to the topic's threshold. At most zero for an item that
    /// a decisive exclusion puts out.
    pub total: f32,
    /// Whether the item is in.
    pub picked: bool,
    /// Names of its one to three themes, strongest first; empty when it is out, and when it is in by general
    /// evidence alone: such an item belongs in the digest's last section.
    pub themes: Vec<String>,
    /// Every phrase found, what decided first, then heaviest first.
    pub reasons: Vec<Reason>,
}

/// One phrase that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// As the topic file writes it.
    pub phrase: String,
    /// As the post wrote it.
    pub found: String,
    /// Where.
    pub place: Place,
    /// What it added; negative when it spoke against.
    pub weight: f32,
    /// The theme, or the exclusion's reason, that it speaks for.
    pub label: Option<String>,
}

/// Where a phrase was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the title.
    Title,
    /// In the summary or the content.
    Text,
    /// Among the categories.
    Category,
    /// In the feed's prior.
    Feed,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Title, Self::Text, Self::Category, Self::Feed];

    /// The word in tables and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Text => "text",
            Self::Category => "category",
            Self::Feed => "feed",
        }
    }
}

/// A topic made ready for scoring: build it once, score many, from as many threads as you like.
#[derive(Debug)]
pub struct Scorer {
    threshold: f32,
    themes: Vec<String>,
    exclusions: Vec<(String, bool)>,
    phrases: Vec<Phrase>,
    /// For each sequence of the index, the phrases that ask for it, those with two sides under the left one.
    phrases_of: Vec<Vec<usize>>,
    index: Index,
    desks: Mutex<Vec<Desk>>,
}

/// What reading needs and the next text can use again: one for each thread that scores at the same time.
#[derive(Debug, Default)]
struct Desk {
    passage: Passage,
    hits: Vec<Hit>,
}

#[derive(Debug)]
struct Phrase {
    source: String,
    weight: f32,
    speaks: Speaks,
    title_only: bool,
    looks_for: LooksFor,
}

/// A pattern's shape, with sequences by their numbers in the index.
#[derive(Debug, PartialEq, Eq)]
enum LooksFor {
    Whole(usize),
    Near(usize, usize, usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaks {
    ForTopic,
    ForTheme(usize),
    Against(usize),
}

impl Phrase {
    /// Whether an earlier phrase, at least as heavy, already finds the same for the same.
    fn repeats(&self, earlier: &Self) -> bool {
        (self.speaks, self.title_only) == (earlier.speaks, earlier.title_only)
            && self.looks_for == earlier.looks_for
            && self.weight <= earlier.weight
    }
}

/// A phrase that a passage holds: by what its weight is multiplied there, and the words that earn it.
struct Find<'a> {
    phrase: usize,
    place: Place,
    factor: f32,
    quote: &'a str,
}

impl Scorer {
    /// Compiles the topic's phrases.
    #[must_use]
    pub fn new(topic: &Topic) -> Self {
        let mut phrases: Vec<Phrase> = Vec::new();
        let mut sequences = Sequences::default();
        let mut add = |terms: &[Term], speaks| {
            for Term { pattern, weight } in terms {
                let looks_for = match &pattern.shape {
                    Shape::Whole(sequence) => LooksFor::Whole(sequences.number(sequence)),
                    Shape::Near(left, right, words) => {
                        LooksFor::Near(sequences.number(left), sequences.number(right), *words)
                    }
                };
                let (source, title_only) = (pattern.source.clone(), pattern.title_only);
                let phrase = Phrase { source, weight: *weight, speaks, title_only, looks_for };
                // "service" and "services" are one phrase: written twice it does not count twice.
                if !phrases.iter().any(|earlier: &Phrase| phrase.repeats(earlier)) {
                    phrases.push(phrase);
                }
            }
        };
        add(&topic.general, Speaks::ForTopic);
        for (number, theme) in topic.themes.iter().enumerate() {
            add(&theme.terms, Speaks::ForTheme(number));
        }
        for (number, exclusion) in topic.exclusions.iter().enumerate() {
            add(&exclusion.terms, Speaks::Against(number));
        }
        let mut phrases_of = vec![Vec::new(); sequences.all.len()];
        for (number, phrase) in phrases.iter().enumerate() {
            let (LooksFor::Whole(first) | LooksFor::Near(first, ..)) = phrase.looks_for;
            phrases_of[first].push(number);
        }
        Self {
            threshold: topic.threshold,
            themes: topic.themes.iter().map(|theme| theme.name.clone()).collect(),
            exclusions: topic.exclusions.iter().map(|it| (it.reason.clone(), it.decisive)).collect(),
            phrases,
            phrases_of,
            index: Index::new(sequences.all),
            desks: Mutex::default(),
        }
    }

    /// Judges a text. A decisive exclusion whose own evidence reaches the threshold puts the item out.
    #[must_use]
    pub fn score(&self, text: &Text<'_>) -> Score {
        let desks = || self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut desk = desks().pop().unwrap_or_default();
        let mut found = Vec::with_capacity(64);
        self.read(&mut desk, text.title, Place::Title, TITLE_LIMIT, 0, &mut found);
        let read = self.read(&mut desk, text.summary, Place::Text, READ, 0, &mut found);
        self.read(&mut desk, text.content, Place::Text, READ.saturating_sub(read), read, &mut found);
        for category in text.categories.iter().take(CATEGORIES) {
            self.read(&mut desk, category, Place::Category, CATEGORY_LIMIT, 0, &mut found);
        }
        desks().push(desk);
        self.weigh(found, text.prior)
    }

    /// Notes what a passage holds, and returns how much of it was read.
    fn read<'a>(
        &self,
        desk: &mut Desk,
        text: &'a str,
        place: Place,
        limit: usize,
        offset: usize,
        found: &mut Vec<Find<'a>>,
    ) -> usize {
        desk.passage.refill(text, limit, &self.index);
        self.index.find(&desk.passage, &mut desk.hits);
        let folded = desk.passage.folded();
        for hits in desk.hits.chunk_by(|a, b| a.sequence == b.sequence) {
            for &number in &self.phrases_of[hits[0].sequence] {
                let phrase = &self.phrases[number];
                if phrase.title_only && place != Place::Title {
                    continue;
                }
                let words = match phrase.looks_for {
                    LooksFor::Whole(_) => hits.iter().find(|hit| hit.is_outermost).map(|hit| hit.words.clone()),
                    LooksFor::Near(_, right, within) => {
                        matching::nearest(hits, matching::hits_of(right, &desk.hits), within)
                    }
                };
                let Some(words) = words else { continue };
                let factor = match place {
                    Place::Title => IN_TITLE,
                    Place::Category => IN_CATEGORY,
                    _ if offset + folded.offset(words.start) < OPENING => IN_OPENING,
                    _ => IN_REST,
                };
                found.push(Find { phrase: number, place, factor, quote: folded.quote(text, words) });
            }
        }
        folded.size()
    }

    fn weigh(&self, mut found: Vec<Find<'_>>, prior: f32) -> Score {
        // What a place says twice counts once, at its best; of equals the first, as the sort is stable.
        found.sort_by(|a, b| (a.phrase, a.place).cmp(&(b.phrase, b.place)).then(b.factor.total_cmp(&a.factor)));
        found.dedup_by_key(|find| (find.phrase, find.place));
        let mut total = 0.0;
        let mut by_theme = vec![0.0_f32; self.themes.len()];
        let mut against = vec![0.0_f32; self.exclusions.len()];
        let mut reasons = Vec::with_capacity(found.len() + 1);
        let mut last = None;
        for Find { phrase: number, place, factor, quote } in found {
            let phrase = &self.phrases[number];
            let worth = phrase.weight * factor * if last.replace(number) == Some(number) { AGAIN } else { 1.0 };
            let (weight, label, exclusion) = match phrase.speaks {
                Speaks::ForTopic => (worth, None, None),
                Speaks::ForTheme(theme) => {
                    by_theme[theme] += worth;
                    (worth, Some(self.themes[theme].clone()), None)
                }
                Speaks::Against(exclusion) => {
                    against[exclusion] += worth;
                    (-worth, Some(self.exclusions[exclusion].0.clone()), Some(exclusion))
                }
            };
            total += weight;
            let reason = Reason { phrase: phrase.source.clone(), found: quote.to_owned(), place, weight, label };
            reasons.push((exclusion, reason));
        }
        if prior != 0.0 {
            total += prior;
            let (phrase, found) = ("prior".to_owned(), String::new());
            reasons.push((None, Reason { phrase, found, place: Place::Feed, weight: prior, label: None }));
        }
        let decides = |exclusion: usize| self.exclusions[exclusion].1 && against[exclusion] >= self.threshold;
        let is_out = (0..against.len()).any(decides);
        reasons.sort_by(|(a_against, a), (b_against, b)| {
            let decisive = |against: &Option<usize>| Reverse(against.is_some_and(decides));
            let by_weight = b.weight.abs().total_cmp(&a.weight.abs());
            decisive(a_against).cmp(&decisive(b_against)).then(by_weight)
        });
        let total = if is_out { total.min(0.0) } else { total };
        let picked = !is_out && total >= self.threshold;
        let themes = if picked { self.strongest(&by_theme) } else { Vec::new() };
        Score { total, picked, themes, reasons: reasons.into_iter().map(|(_, reason)| reason).collect() }
    }

    /// One to three themes by their own evidence; ties keep the order of the topic file.
    fn strongest(&self, by_theme: &[f32]) -> Vec<String> {
        let mut ranked: Vec<usize> = (0..by_theme.len()).filter(|theme| by_theme[*theme] > 0.0).collect();
        ranked.sort_by(|a, b| by_theme[*b].total_cmp(&by_theme[*a]));
        let least = ranked.first().map_or(0.0, |first| by_theme[*first].min(AMPLE) * FAIR_SHARE);
        ranked.retain(|theme| by_theme[*theme] >= least);
        ranked.into_iter().take(MOST_THEMES).map(|theme| self.themes[theme].clone()).collect()
    }
}
