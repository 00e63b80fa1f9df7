//! Whether an item is about the topic, under which themes, and why.
//!
//! Every phrase of the topic that is found adds its points, an exclusion's subtracts them; the title counts more
//! than the opening of the text, the opening more than the rest, and phrases are looked for in the first 2,000
//! characters only, so that long items are not favoured. Of a topic without a classifier the sum of the points is the
//! score. With one, the points and its own judgement are log-odds, and the score is the probability that they give.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use super::classifier::{self, Bag};
use super::index::{Index, Sequences};
use super::language::{Detector, Language};
use super::matching::{self, Hits};
use super::pattern::Shape;
use super::topic::{Borderline, Classifier, Term, Topic};
use super::vocabulary::Passage;

mod weigh;

pub(super) use weigh::Points;

/// In so many characters of summary and content together, phrases are looked for.
const READ: usize = 2_000;
/// Of those, so many are the opening.
const OPENING: usize = 600;
/// And in so many, a post says what kind of post it is,
const LEAD: usize = 300;
/// in sentences that begin within so many: what comes behind a short post may belong to another one.
const LEAD_BEGUN: usize = 160;
const TITLE_LIMIT: usize = 400;
const CATEGORY_LIMIT: usize = 80;
const CATEGORIES: usize = 20;

const IN_TITLE: f32 = 1.5;
const IN_OPENING: f32 = 1.0;
const IN_REST: f32 = 0.5;
const IN_CATEGORY: f32 = 0.5;

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
    /// The feed's prior, counted as the points of phrases.
    pub prior: f32,
}

/// The outcome: the same for the same text and topic, on every run.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Higher is more relevant; `picked` compares it to the topic's threshold. With a classifier, the probability
    /// that the item is relevant, in percent; else the sum of the points. At most zero for an item that a decisive
    /// exclusion puts out.
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
    /// What the decisive exclusions that put it out say of it; empty for an item that none puts out.
    pub excluded: Vec<String>,
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
    pub phrase: Arc<str>,
    /// As the post wrote it.
    pub found: String,
    /// Where.
    pub place: Place,
    /// What it added, in points or, with a classifier, log-odds; negative when it spoke against.
    pub weight: f32,
    /// The theme, or the exclusion's reason, that it speaks for.
    pub label: Option<Arc<str>>,
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
    /// In the text as a whole: the classifier's judgement.
    Classifier,
    /// In the feed's prior.
    Feed,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Title, Self::Text, Self::Category, Self::Classifier, Self::Feed];

    /// The word in tables and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Text => "text",
            Self::Category => "category",
            Self::Classifier => "classifier",
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
    classifier: Option<Arc<Classifier>>,
    borderline: Borderline,
    languages: Detector,
    themes: Vec<Arc<str>>,
    exclusions: Vec<(Arc<str>, bool)>,
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
    hits: Hits,
}

#[derive(Debug)]
struct Phrase {
    source: Arc<str>,
    weight: f32,
    speaks: Speaks,
    title_only: bool,
    looks_for: LooksFor,
}

/// A pattern's shape, with sequences by their numbers in the index.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum LooksFor {
    Whole(usize),
    Near(usize, usize, usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Speaks {
    ForTopic,
    ForTheme(usize),
    Against(usize),
}

/// A phrase that a passage holds, its worth there, and the words that earn it.
struct Find<'a> {
    phrase: usize,
    speaks: Speaks,
    place: Place,
    worth: f32,
    /// It stands where a post says what it is: in the title, a category, or the first sentences.
    leads: bool,
    quote: &'a str,
}

impl Find<'_> {
    /// Whether its words are, all of them, among those of the other, in the same passage.
    fn is_within(&self, other: &Self) -> bool {
        let (own, others) = (self.quote.as_bytes().as_ptr_range(), other.quote.as_bytes().as_ptr_range());
        others.start <= own.start && own.end <= others.end
    }
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
        let mut known: HashMap<_, usize> = HashMap::new();
        let mut add = |terms: &[Term], speaks| {
            for Term { pattern, weight } in terms {
                let looks_for = match &pattern.shape {
                    Shape::Whole(sequence) => LooksFor::Whole(sequences.number(sequence)),
                    Shape::Near(left, right, words) => {
                        LooksFor::Near(sequences.number(left), sequences.number(right), *words)
                    }
                };
                let (source, title_only) = (pattern.source.as_str().into(), pattern.title_only);
                // "service" and "services" are one phrase: written twice, what counts is the heavier.
                match known.entry((speaks, title_only, looks_for.clone())) {
                    Entry::Occupied(before) if *weight <= phrases[*before.get()].weight => {}
                    entry => {
                        entry.insert_entry(phrases.len());
                        phrases.push(Phrase { source, weight: *weight, speaks, title_only, looks_for });
                    }
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
            classifier: topic.classifier.clone(),
            borderline: topic.borderline,
            languages: Detector::new(&topic.languages),
            themes: topic.themes.iter().map(|theme| theme.name.as_str().into()).collect(),
            exclusions: topic.exclusions.iter().map(|it| (it.reason.as_str().into(), it.decisive)).collect(),
            phrases,
            phrases_of,
            index: Index::new(sequences.all),
            desks: Mutex::default(),
        }
    }

    /// Judges a text. A decisive exclusion whose own evidence in title and first sentences suffices puts the item
    /// out. Of an item in a language that is not the topic's, only title and categories are judged.
    #[must_use]
    pub fn score(&self, text: &Text<'_>) -> Score {
        match self.languages.foreign(text.summary, text.content) {
            None => self.weigh(self.read(text, self.classifier.as_deref()), text.prior),
            // The classifier knows the words of the topic's languages only.
            language => {
                let named = Text { summary: "", content: "", ..*text };
                Score { language, ..self.weigh(self.read(&named, None), text.prior) }
            }
        }
    }

    /// What the phrases alone make of a text.
    pub(super) fn points(&self, text: &Text<'_>) -> Points {
        self.points_of(self.read(text, None).finds)
    }

    /// Everything that a text holds, for the classifier if it is to know the words.
    fn read<'a>(&self, text: &Text<'a>, classifier: Option<&Classifier>) -> Seen<'a> {
        let desks = || self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut desk = desks().pop().unwrap_or_default();
        let mut seen = Seen { finds: Vec::with_capacity(64), bag: Bag::default() };
        let limit = if classifier.is_some() { classifier::READ } else { READ };
        self.take(&mut desk, text.title, Place::Title, TITLE_LIMIT, 0, classifier, &mut seen);
        let read = self.take(&mut desk, text.summary, Place::Text, limit, 0, classifier, &mut seen);
        let left = limit.saturating_sub(read);
        self.take(&mut desk, text.content, Place::Text, left, read, classifier, &mut seen);
        for category in text.categories.iter().take(CATEGORIES) {
            self.take(&mut desk, category, Place::Category, CATEGORY_LIMIT, 0, None, &mut seen);
        }
        desks().push(desk);
        seen
    }

    /// Notes what a passage holds, and returns how much of it was read.
    #[expect(clippy::too_many_arguments, reason = "they are the passage, its place in the text, and who asks")]
    fn take<'a>(
        &self,
        desk: &mut Desk,
        text: &'a str,
        place: Place,
        limit: usize,
        offset: usize,
        classifier: Option<&Classifier>,
        seen: &mut Seen<'a>,
    ) -> usize {
        desk.passage.refill(text, limit, &self.index, self.classifier.as_ref().map(|it| it.by_hash()));
        if let Some(classifier) = classifier {
            seen.bag.take(classifier.by_hash(), &desk.passage, text, place == Place::Title);
        }
        let folded = desk.passage.folded();
        self.index.find(&desk.passage, folded.words_before(READ.saturating_sub(offset)), &mut desk.hits);
        let begins_late = |word: &usize| folded.opens_sentence(*word) && offset + folded.offset(*word) >= LEAD_BEGUN;
        let lead = (0..folded.len()).find(begins_late).unwrap_or(folded.len());
        for hits in desk.hits.by_sequence() {
            for &number in &self.phrases_of[hits[0].sequence] {
                let phrase = &self.phrases[number];
                if phrase.title_only && place != Place::Title {
                    continue;
                }
                let words = match phrase.looks_for {
                    LooksFor::Whole(_) => hits.iter().find(|hit| hit.is_outermost).map(|hit| hit.words.clone()),
                    LooksFor::Near(_, right, within) => matching::nearest(hits, desk.hits.of(right), within),
                };
                let Some(words) = words else { continue };
                let factor = match place {
                    Place::Title => IN_TITLE,
                    Place::Category => IN_CATEGORY,
                    _ if offset + folded.offset(words.start) < OPENING => IN_OPENING,
                    _ => IN_REST,
                };
                let in_lead = || words.start < lead && offset + folded.offset(words.start) < LEAD;
                let leads = place != Place::Text || in_lead();
                let (speaks, worth, quote) = (phrase.speaks, phrase.weight * factor, folded.quote(text, words));
                seen.finds.push(Find { phrase: number, speaks, place, worth, leads, quote });
            }
        }
        folded.size()
    }
}
