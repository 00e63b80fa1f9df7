//! Whether an item is about the topic, under which themes, and why.
//!
//! Every phrase of the topic that is found adds its weight, an exclusion's subtracts it; the title counts more
//! than the opening of the text, the opening more than the rest, and only the first 2,000 characters are read,
//! so that long items are not favoured. The sum of the reasons is the total.

use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};

use super::language::{Detector, Language};
use super::matching::{self, Hit, Index, Sequences};
use super::pattern::Shape;
use super::topic::{Borderline, Term, Topic, Weighing};
use super::vocabulary::Passage;
use super::wording::Bag;

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
/// The same where the wording is judged, too; found by cross-validation, as is the next.
const FAIR_SHARE_JUDGED: f32 = 0.4;
/// A further theme needs so much evidence where the wording is judged, the first one half of it.
const LEAST: f32 = 4.0;
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
    /// Whether the item is in: a story of the digest.
    pub picked: bool,
    /// Whether it is just under the threshold. It is then in all the same, or, when it is not `picked`, listed: one
    /// line at the end of the digest.
    pub borderline: bool,
    /// Names of its one to three themes, strongest first; empty when it is out, and when it is in by general
    /// evidence alone: such an item belongs in the digest's last section.
    pub themes: Vec<String>,
    /// The language of its text when that is none of the topic's: it was judged by title and categories only.
    pub language: Option<Language>,
    /// Every phrase found, what decided first, then heaviest first.
    pub reasons: Vec<Reason>,
}

impl Score {
    /// Whether the item is named at the end of a digest, and is no story of it.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.borderline && !self.picked
    }
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
    /// In the text as a whole.
    Wording,
    /// In the feed's prior.
    Feed,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Title, Self::Text, Self::Category, Self::Wording, Self::Feed];

    /// The word in tables and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Text => "text",
            Self::Category => "category",
            Self::Wording => "wording",
            Self::Feed => "feed",
        }
    }
}

/// A topic made ready for scoring: build it once, score many, from as many threads as you like.
#[derive(Debug)]
pub struct Scorer {
    threshold: f32,
    most: f32,
    decisive: f32,
    wording: Option<Weighing>,
    borderline: Borderline,
    languages: Detector,
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

/// All that was seen in a text.
struct Seen<'a> {
    finds: Vec<Find<'a>>,
    bag: Bag<'a>,
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
            most: topic.most,
            decisive: topic.decisive,
            wording: topic.wording.clone(),
            borderline: topic.borderline,
            languages: Detector::new(&topic.languages),
            themes: topic.themes.iter().map(|theme| theme.name.clone()).collect(),
            exclusions: topic.exclusions.iter().map(|it| (it.reason.clone(), it.decisive)).collect(),
            phrases,
            phrases_of,
            index: Index::new(sequences.all),
            desks: Mutex::default(),
        }
    }

    /// Judges a text. A decisive exclusion whose own evidence reaches the threshold puts the item out. Of an item in
    /// a language that is not the topic's, only title and categories are judged.
    #[must_use]
    pub fn score(&self, text: &Text<'_>) -> Score {
        match self.languages.foreign(text.summary, text.content) {
            None => self.judge(text),
            language => Score { language, ..self.judge(&Text { summary: "", content: "", ..*text }) },
        }
    }

    fn judge(&self, text: &Text<'_>) -> Score {
        let desks = || self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut desk = desks().pop().unwrap_or_default();
        let mut seen = Seen { finds: Vec::with_capacity(64), bag: Bag::default() };
        self.read(&mut desk, text.title, Place::Title, TITLE_LIMIT, 0, &mut seen);
        let read = self.read(&mut desk, text.summary, Place::Text, READ, 0, &mut seen);
        self.read(&mut desk, text.content, Place::Text, READ.saturating_sub(read), read, &mut seen);
        for category in text.categories.iter().take(CATEGORIES) {
            self.read(&mut desk, category, Place::Category, CATEGORY_LIMIT, 0, &mut seen);
        }
        desks().push(desk);
        self.weigh(seen, text.prior)
    }

    /// Notes what a passage holds, and returns how much of it was read.
    fn read<'a>(
        &self,
        desk: &mut Desk,
        text: &'a str,
        place: Place,
        limit: usize,
        offset: usize,
        seen: &mut Seen<'a>,
    ) -> usize {
        desk.passage.refill(text, limit, &self.index);
        self.index.find(&desk.passage, &mut desk.hits);
        if let (Some(Weighing { model, .. }), Place::Title | Place::Text) = (&self.wording, place) {
            seen.bag.take(model, &desk.passage, text, place == Place::Title);
        }
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
                seen.finds.push(Find { phrase: number, place, factor, quote: folded.quote(text, words) });
            }
        }
        folded.size()
    }

    fn weigh(&self, seen: Seen<'_>, prior: f32) -> Score {
        let Seen { finds: mut found, bag } = seen;
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
        let mut add = |phrase: &str, found: String, place: Place, weight: f32| {
            if weight != 0.0 {
                reasons.push((None, Reason { phrase: phrase.to_owned(), found, place, weight, label: None }));
            }
            weight
        };
        let most = total.clamp(-self.most, self.most);
        total += add("no more for phrases", String::new(), Place::Text, most - total);
        let mut theme_judgement = None;
        if let Some(Weighing { model, weight, .. }) = &self.wording {
            let judgement = model.judge(bag);
            total += add("wording", judgement.decisive.join(", "), Place::Wording, judgement.topic * weight);
            theme_judgement = Some(judgement.themes);
        }
        total += add("prior", String::new(), Place::Feed, prior);
        let decides = |exclusion: usize| self.exclusions[exclusion].1 && against[exclusion] >= self.decisive;
        let is_out = (0..against.len()).any(decides);
        reasons.sort_by(|(a_against, a), (b_against, b)| {
            let decisive = |against: &Option<usize>| Reverse(against.is_some_and(decides));
            let by_weight = b.weight.abs().total_cmp(&a.weight.abs());
            decisive(a_against).cmp(&decisive(b_against)).then(by_weight)
        });
        let total = if is_out { total.min(0.0) } else { total };
        if let (Some(Weighing { for_themes, .. }), Some(judgement)) = (&self.wording, theme_judgement) {
            for (evidence, judged) in by_theme.iter_mut().zip(judgement) {
                *evidence = evidence.min(self.most) + (judged + 1.0) * for_themes;
            }
        }
        let is_clear = !is_out && total >= self.threshold;
        // However wide the margin: without any evidence nothing is borderline.
        let borderline = !is_out && !is_clear && total > 0.0 && total >= self.threshold - self.borderline.margin;
        let picked = is_clear || borderline && self.borderline.is_in;
        let themes = if picked || borderline { self.strongest(&by_theme) } else { Vec::new() };
        let reasons = reasons.into_iter().map(|(_, reason)| reason).collect();
        Score { total, picked, borderline, themes, language: None, reasons }
    }

    /// One to three themes by their own evidence; ties keep the order of the topic file.
    fn strongest(&self, by_theme: &[f32]) -> Vec<String> {
        let (floor, share, ample) = match self.wording {
            Some(_) => (LEAST, FAIR_SHARE_JUDGED, f32::INFINITY),
            None => (0.0, FAIR_SHARE, AMPLE),
        };
        let mut ranked: Vec<usize> = (0..by_theme.len()).filter(|theme| by_theme[*theme] > floor / 2.0).collect();
        ranked.sort_by(|a, b| by_theme[*b].total_cmp(&by_theme[*a]));
        let least = ranked.first().map_or(0.0, |first| by_theme[*first].min(ample) * share).max(floor);
        let (first, further) = ranked.split_at(ranked.len().min(1));
        let further = further.iter().filter(|theme| by_theme[**theme] >= least);
        first.iter().chain(further).take(MOST_THEMES).map(|theme| self.themes[*theme].clone()).collect()
    }
}
