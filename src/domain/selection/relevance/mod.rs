//! Decides whether an item is about the topic, under which themes, and why.
//!
//! Every phrase of the topic that is found adds its points; an exclusion's phrases subtract theirs. The title counts
//! more than the opening of the text, and the opening more than the rest. Phrases are searched for only in the first
//! 2,000 characters, so that long items have no advantage. Without a classifier, the score is the sum of the points.
//! With one, the points and its own judgement are log-odds, and the score is the resulting probability.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::classifier::{self, Bag, Reading};
use super::phrases::index::{Index, Sequences};
use super::phrases::matching;
use super::phrases::matching::Hits;
use super::phrases::pattern::Shape;
use super::phrases::vocabulary::Passage;
use super::topic::{self, Borderline, Classifier, Term, Topic};
use crate::domain::items::language::{Detector, Language};

mod score;
mod telling;
mod weigh;

pub use score::{Place, Reason, Score, Text};
pub use telling::telling;
pub(crate) use weigh::Points;

/// The version of the scoring method. Increase it with every change that affects scores beyond the topic's files:
/// scores from another method are stale.
pub const METHOD: u8 = 3;

/// Phrases are searched for in this many characters of summary and content together.
const READ: usize = 2_000;
/// The length of the opening, in characters.
const OPENING: usize = 600;
/// The length of the lead, in characters, where a post shows what kind of post it is.
const LEAD: usize = 300;
/// Only sentences that begin within this many characters belong to the lead: text after a short post may belong to
/// another one.
const LEAD_BEGUN: usize = 160;
const TITLE_LIMIT: usize = 400;
const CATEGORY_LIMIT: usize = 80;
const CATEGORIES: usize = 20;

const IN_TITLE: f32 = 1.5;
const IN_OPENING: f32 = 1.0;
const IN_REST: f32 = 0.5;
const IN_CATEGORY: f32 = 0.5;

/// A topic prepared for scoring. Build it once and use it for many items, from any number of threads.
#[derive(Debug)]
pub struct Scorer {
    threshold: f32,
    most: f32,
    decisive: f32,
    classifier: Option<Arc<Classifier>>,
    borderline: Borderline,
    languages: Detector,
    themes: Vec<Arc<str>>,
    exclusions: Vec<Exclusion>,
    phrases: Vec<Phrase>,
    /// For each sequence of the index, the phrases that use it; a phrase with two sides is filed under its left one.
    phrases_of: Vec<Vec<usize>>,
    covers: Vec<Covers>,
    index: Index,
    scratch_buffers: Mutex<Vec<Scratch>>,
}

/// Scratch buffers that are reused for the next text; one for each thread that scores at the same time.
#[derive(Debug, Default)]
struct Scratch {
    passage: Passage,
    hits: Hits,
    bag: Bag,
}

#[derive(Debug)]
struct Exclusion {
    reason: Arc<str>,
    is_decisive: bool,
    /// The worth of its heaviest phrase. Beside a judgement of the whole text, an exclusion that is not decisive
    /// subtracts no more than this, so that a post is not excluded for what it mentions.
    heaviest: f32,
}

#[derive(Debug)]
struct Phrase {
    source: Arc<str>,
    weight: f32,
    speaks: Speaks,
    title_only: bool,
    is_telling: bool,
    looks_for: LooksFor,
}

/// Which sequences are phrases that take their words from shorter ones; a side of a `~` never does.
#[derive(Debug, Clone, Copy, Default)]
struct Covers {
    in_title: bool,
    elsewhere: bool,
}

/// The shape of a pattern, with sequences replaced by their numbers in the index.
#[derive(Debug, Clone, Copy)]
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

/// A phrase found in a passage, its worth there, and its words.
struct Find<'a> {
    phrase: usize,
    speaks: Speaks,
    place: Place,
    worth: f32,
    /// Whether it is where a post says what it is: in the title, a category, or the first sentences.
    leads: bool,
    /// The ranges of its words, numbered across all passages; both are equal for a phrase without `~`.
    words: [Range<usize>; 2],
    quote: &'a str,
}

impl Find<'_> {
    fn each_word(&self) -> impl Iterator<Item = usize> {
        self.words.iter().flat_map(Range::clone)
    }

    fn has_word(&self, word: usize) -> bool {
        self.words.iter().any(|words| words.contains(&word))
    }

    /// Whether its words include all words of the other.
    fn covers(&self, other: &Self) -> bool {
        other.each_word().all(|word| self.has_word(word))
    }
}

/// The phrases found in a text.
#[derive(Default)]
struct Seen<'a> {
    finds: Vec<Find<'a>>,
    /// The number of words in all passages so far.
    words: usize,
}

impl Exclusion {
    fn new(exclusion: &topic::Exclusion) -> Self {
        let heaviest = exclusion.terms.iter().map(|term| term.weight).fold(0.0, f32::max);
        Self { reason: exclusion.reason.as_str().into(), is_decisive: exclusion.decisive, heaviest }
    }
}

impl Scorer {
    /// Compiles the topic's phrases.
    #[must_use]
    pub fn new(topic: &Topic) -> Self {
        let mut phrases: Vec<Phrase> = Vec::new();
        let mut sequences = Sequences::default();
        let mut add = |terms: &[Term], speaks| {
            for Term { pattern, weight, is_telling } in terms {
                let looks_for = match &pattern.shape {
                    Shape::Whole(sequence) => LooksFor::Whole(sequences.number(sequence)),
                    Shape::Near(left, right, words) => {
                        LooksFor::Near(sequences.number(left), sequences.number(right), *words)
                    }
                };
                let (source, title_only) = (pattern.source.as_str().into(), pattern.title_only);
                let (weight, is_telling) = (*weight, *is_telling);
                phrases.push(Phrase { source, weight, speaks, title_only, is_telling, looks_for });
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
        let mut covers = vec![Covers::default(); sequences.all.len()];
        for (number, phrase) in phrases.iter().enumerate() {
            let (LooksFor::Whole(first) | LooksFor::Near(first, ..)) = phrase.looks_for;
            phrases_of[first].push(number);
            if let LooksFor::Whole(_) = phrase.looks_for {
                covers[first].in_title = true;
                covers[first].elsewhere |= !phrase.title_only;
            }
        }
        Self {
            threshold: topic.threshold,
            most: topic.most,
            decisive: topic.decisive,
            classifier: topic.classifier.clone(),
            borderline: topic.borderline,
            languages: Detector::new(&topic.languages),
            themes: topic.themes.iter().map(|theme| theme.name.as_str().into()).collect(),
            exclusions: topic.exclusions.iter().map(Exclusion::new).collect(),
            phrases,
            phrases_of,
            covers,
            index: Index::new(sequences.all),
            scratch_buffers: Mutex::default(),
        }
    }

    /// Scores a text. A decisive exclusion whose own evidence in title and first sentences suffices excludes the item.
    /// If the item's language is not one of the topic's, only title and categories are judged.
    #[must_use]
    pub fn score(&self, text: &Text<'_>) -> Score {
        self.with_scratch(|scratch| {
            let (text, language) = self.in_own_language(text);
            let finds = self.see(&text, language.is_some(), scratch);
            Score { language, ..self.weigh(finds, &scratch.bag, &text) }
        })
    }

    /// The phrases of a text that count, and in the scratch buffers its bag.
    fn see<'a>(&self, text: &Text<'a>, is_foreign: bool, scratch: &mut Scratch) -> Vec<Find<'a>> {
        let classifier = self.classifier.as_deref();
        let mut seen = Seen::default();
        scratch.bag.clear();
        self.read(text, scratch, |scratch, passage, place, offset| {
            if let (Some(classifier), Place::Title | Place::Text) = (classifier, place) {
                scratch.bag.take(classifier.by_hash(), &scratch.passage, place == Place::Title);
            }
            self.note(scratch, passage, place, offset, &mut seen);
        });
        // The words of a title in another language may mean something else: "Budget" is also German.
        if is_foreign && !seen.finds.iter().any(|find| self.tells(find)) {
            scratch.bag.clear();
        }
        seen.finds
    }

    /// Whether a reader would be shown this phrase as the reason.
    fn tells(&self, find: &Find<'_>) -> bool {
        self.phrases[find.phrase].is_telling && !matches!(find.speaks, Speaks::Against(_))
    }

    /// The points from the phrases alone.
    pub(crate) fn points(&self, text: &Text<'_>) -> Points {
        let (text, _) = self.in_own_language(text);
        let mut seen = Seen::default();
        self.with_scratch(|scratch| {
            self.read(&text, scratch, |scratch, passage, place, offset| {
                self.note(scratch, passage, place, offset, &mut seen);
            });
        });
        self.points_of(seen.finds)
    }

    /// What the classifier reads of a text, and the points of the phrases: enough to judge it again with other weights.
    /// `None` without a classifier.
    #[must_use]
    pub fn reading(&self, text: &Text<'_>) -> Option<Reading> {
        let classifier = self.classifier.as_deref()?;
        let is_excluded = !self.score(text).excluded.is_empty();
        let (text, language) = self.in_own_language(text);
        Some(self.with_scratch(|scratch| {
            let finds = self.see(&text, language.is_some(), scratch);
            let points = self.points_of(finds).total + text.prior;
            Reading::of(&scratch.bag, classifier, points, is_excluded)
        }))
    }

    /// The phrases in a text, including those covered by a longer one, by their numbers in the order of the topic:
    /// general phrases first, then those of the themes and of the exclusions. A number may occur more than once.
    #[must_use]
    pub fn phrases_in(&self, text: &Text<'_>) -> Vec<usize> {
        let (text, _) = self.in_own_language(text);
        let mut held = Vec::new();
        self.with_scratch(|scratch| {
            self.read(&text, scratch, |scratch, _, place, _| {
                for hits in scratch.hits.by_sequence() {
                    let counts = |number: &usize| place == Place::Title || !self.phrases[*number].title_only;
                    let is_near = |number: &usize| match self.phrases[*number].looks_for {
                        LooksFor::Whole(_) => true,
                        LooksFor::Near(_, right, within) => {
                            matching::nearest(hits, scratch.hits.of(right), within).is_some()
                        }
                    };
                    let phrases = self.phrases_of[hits[0].sequence].iter();
                    held.extend(phrases.filter(|number| counts(number) && is_near(number)));
                }
            });
        });
        held
    }

    /// The part of a text that is judged, and the text's language if it is not one of the topic's.
    fn in_own_language<'a>(&self, text: &Text<'a>) -> (Text<'a>, Option<Language>) {
        match self.languages.foreign(text.summary, text.content) {
            None => (*text, None),
            language => (Text { summary: "", content: "", ..*text }, language),
        }
    }

    /// Lends scratch buffers that no other thread uses meanwhile.
    fn with_scratch<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let scratch_buffers = || self.scratch_buffers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = scratch_buffers().pop().unwrap_or_default();
        let done = work(&mut scratch);
        scratch_buffers().push(scratch);
        done
    }

    /// Reads a text passage by passage; passes on each with its place and the amount of text before it.
    fn read<'a>(
        &self,
        text: &Text<'a>,
        scratch: &mut Scratch,
        mut take: impl FnMut(&mut Scratch, &'a str, Place, usize),
    ) {
        let features = self.classifier.as_ref().map(|classifier| classifier.by_hash());
        let limit = if features.is_some() { classifier::READ } else { READ };
        let mut read = |passage: &'a str, place, limit, offset| {
            scratch.passage.refill(passage, limit, &self.index, features);
            let covers = |sequence: usize| match place {
                Place::Title => self.covers[sequence].in_title,
                _ => self.covers[sequence].elsewhere,
            };
            let words = scratch.passage.folded().words_before(READ.saturating_sub(offset));
            self.index.find(&scratch.passage, words, covers, &mut scratch.hits);
            take(scratch, passage, place, offset);
            scratch.passage.folded().size()
        };
        read(text.title, Place::Title, TITLE_LIMIT, 0);
        let summary = read(text.summary, Place::Text, limit, 0);
        read(text.content, Place::Text, limit.saturating_sub(summary), summary);
        for category in text.categories.iter().take(CATEGORIES) {
            read(category, Place::Category, CATEGORY_LIMIT, 0);
        }
    }

    /// Records the phrases of a passage.
    fn note<'a>(&self, scratch: &Scratch, text: &'a str, place: Place, offset: usize, seen: &mut Seen<'a>) {
        let folded = scratch.passage.folded();
        let begins_late = |word: &usize| folded.opens_sentence(*word) && offset + folded.offset(*word) >= LEAD_BEGUN;
        let lead = (0..folded.len()).find(begins_late).unwrap_or(folded.len());
        for hits in scratch.hits.by_sequence() {
            for &number in &self.phrases_of[hits[0].sequence] {
                let phrase = &self.phrases[number];
                if phrase.title_only && place != Place::Title {
                    continue;
                }
                let words = match phrase.looks_for {
                    LooksFor::Whole(_) => {
                        let hit = hits.iter().find(|hit| hit.is_outermost);
                        hit.map(|hit| [hit.words.clone(), hit.words.clone()])
                    }
                    LooksFor::Near(_, right, within) => matching::nearest(hits, scratch.hits.of(right), within),
                };
                let Some(words) = words else { continue };
                let (start, end) = (words[0].start, words[1].end);
                let factor = match place {
                    Place::Title => IN_TITLE,
                    Place::Category => IN_CATEGORY,
                    _ if offset + folded.offset(start) < OPENING => IN_OPENING,
                    _ => IN_REST,
                };
                let in_lead = || start < lead && offset + folded.offset(start) < LEAD;
                let leads = place != Place::Text || in_lead();
                let (speaks, worth, quote) = (phrase.speaks, phrase.weight * factor, folded.quote(text, start..end));
                let words = words.map(|words| seen.words + words.start..seen.words + words.end);
                seen.finds.push(Find { phrase: number, speaks, place, worth, leads, words, quote });
            }
        }
        seen.words += folded.len();
    }
}
