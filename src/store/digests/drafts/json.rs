//! Drafts and acts as JSON columns. The names are those of the domain; they must stay as they are, because the ledger is
//! read with them for as long as it is kept.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::domain::digests::correction;
use crate::domain::digests::digest;
use crate::domain::digests::draft;
use crate::domain::selection::sample::ShownQuality;
use crate::store::{Error, from_json, word};

#[derive(Serialize, Deserialize)]
struct Story {
    seq: i64,
    title: String,
    link: Url,
    source: String,
    also_on: Vec<String>,
    author: Option<String>,
    published: Option<DateTime<Utc>>,
    excerpt: String,
    reading_minutes: usize,
    score: f32,
    themes: Vec<String>,
    phrases: Vec<String>,
    is_listed: bool,
    comment: String,
}

impl From<&digest::Story> for Story {
    fn from(story: &digest::Story) -> Self {
        let digest::Story {
            seq,
            title,
            link,
            source,
            also_on,
            author,
            published,
            excerpt,
            reading_minutes,
            score,
            themes,
            phrases,
            is_listed,
            comment,
        } = story.clone();
        Self {
            seq,
            title,
            link,
            source,
            also_on,
            author,
            published,
            excerpt,
            reading_minutes,
            score,
            themes,
            phrases,
            is_listed,
            comment,
        }
    }
}

impl From<Story> for digest::Story {
    fn from(story: Story) -> Self {
        Self {
            seq: story.seq,
            title: story.title,
            link: story.link,
            source: story.source,
            also_on: story.also_on,
            author: story.author,
            published: story.published,
            excerpt: story.excerpt,
            reading_minutes: story.reading_minutes,
            score: story.score,
            themes: story.themes,
            phrases: story.phrases,
            is_listed: story.is_listed,
            comment: story.comment,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Base {
    stories: Vec<Story>,
    carried: Vec<i64>,
    near_misses: Vec<Story>,
    /// Drafts of early versions had as many as there are.
    #[serde(default = "all_near")]
    near: usize,
    #[serde(default)]
    sample: Vec<i64>,
    order: Vec<i64>,
    note: String,
    #[serde(default)]
    corrections: Vec<Correction>,
    missed: String,
    earlier: Vec<String>,
    #[serde(default)]
    quality: Option<ShownQuality>,
}

fn all_near() -> usize {
    draft::NEAR_MISSES
}

#[derive(Serialize, Deserialize)]
struct Correction {
    id: i64,
    title: String,
    link: String,
    kind: String,
    words: String,
}

impl From<&correction::Correction> for Correction {
    fn from(correction: &correction::Correction) -> Self {
        let correction::Correction { id, title, link, kind, words } = correction.clone();
        Self { id, title, link, kind: kind.to_string(), words }
    }
}

impl Correction {
    fn read(self) -> Result<correction::Correction, Error> {
        let Self { id, title, link, kind, words } = self;
        Ok(correction::Correction { id, title, link, kind: word("a kind of correction", kind)?, words })
    }
}

/// A draft's base as its column has it.
pub(super) fn write_base(base: &draft::Base) -> String {
    let stories = |stories: &[digest::Story]| stories.iter().map(Story::from).collect();
    written(&Base {
        stories: stories(&base.stories),
        carried: base.carried.clone(),
        near_misses: stories(&base.near_misses),
        near: base.near,
        sample: base.sample.clone(),
        order: base.order.clone(),
        note: base.note.clone(),
        corrections: base.corrections.iter().map(Correction::from).collect(),
        missed: base.missed.clone(),
        earlier: base.earlier.clone(),
        quality: base.quality,
    })
}

/// A draft's base from its column.
pub(super) fn read_base(text: &str) -> Result<draft::Base, Error> {
    let base: Base = from_json("a draft", text)?;
    let stories = |stories: Vec<Story>| stories.into_iter().map(digest::Story::from).collect();
    Ok(draft::Base {
        stories: stories(base.stories),
        carried: base.carried,
        near_misses: stories(base.near_misses),
        near: base.near,
        sample: base.sample,
        order: base.order,
        note: base.note,
        corrections: base.corrections.into_iter().map(Correction::read).collect::<Result<_, _>>()?,
        missed: base.missed,
        earlier: base.earlier,
        quality: base.quality,
    })
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
enum Act {
    LeaveOut { seq: i64 },
    OffTopic { seq: i64 },
    Postpone { seq: i64 },
    PutBack { seq: i64 },
    Include { seq: i64 },
    Lead { seq: i64 },
    NoLead,
    Move { seq: i64, is_up: bool, other: i64 },
    Section { seq: i64, theme: String },
    Edit { seq: i64, title: String, excerpt: String },
    Comment { seq: i64, comment: String },
    Add { story: Box<Story> },
    Note { markdown: String },
    Approve,
    Send,
    Hold,
    Reopen,
    Wait,
    RollOn,
    Sent { run: i64 },
}

/// An act as its column has it.
pub(super) fn write_act(act: &draft::Act) -> String {
    use draft::Act as From;
    written(&match act.clone() {
        From::LeaveOut { seq } => Act::LeaveOut { seq },
        From::OffTopic { seq } => Act::OffTopic { seq },
        From::Postpone { seq } => Act::Postpone { seq },
        From::PutBack { seq } => Act::PutBack { seq },
        From::Include { seq } => Act::Include { seq },
        From::Lead { seq } => Act::Lead { seq },
        From::NoLead => Act::NoLead,
        From::Move { seq, is_up, other } => Act::Move { seq, is_up, other },
        From::Section { seq, theme } => Act::Section { seq, theme },
        From::Edit { seq, title, excerpt } => Act::Edit { seq, title, excerpt },
        From::Comment { seq, comment } => Act::Comment { seq, comment },
        From::Add { story } => Act::Add { story: Box::new(Story::from(&story)) },
        From::Note { markdown } => Act::Note { markdown },
        From::Approve => Act::Approve,
        From::Send => Act::Send,
        From::Hold => Act::Hold,
        From::Reopen => Act::Reopen,
        From::Wait => Act::Wait,
        From::RollOn => Act::RollOn,
        From::Sent { run } => Act::Sent { run },
    })
}

/// An act from its column.
pub(super) fn read_act(text: &str) -> Result<draft::Act, Error> {
    use draft::Act as To;
    Ok(match from_json("an act", text)? {
        Act::LeaveOut { seq } => To::LeaveOut { seq },
        Act::OffTopic { seq } => To::OffTopic { seq },
        Act::Postpone { seq } => To::Postpone { seq },
        Act::PutBack { seq } => To::PutBack { seq },
        Act::Include { seq } => To::Include { seq },
        Act::Lead { seq } => To::Lead { seq },
        Act::NoLead => To::NoLead,
        Act::Move { seq, is_up, other } => To::Move { seq, is_up, other },
        Act::Section { seq, theme } => To::Section { seq, theme },
        Act::Edit { seq, title, excerpt } => To::Edit { seq, title, excerpt },
        Act::Comment { seq, comment } => To::Comment { seq, comment },
        Act::Add { story } => To::Add { story: digest::Story::from(*story) },
        Act::Note { markdown } => To::Note { markdown },
        Act::Approve => To::Approve,
        Act::Send => To::Send,
        Act::Hold => To::Hold,
        Act::Reopen => To::Reopen,
        Act::Wait => To::Wait,
        Act::RollOn => To::RollOn,
        Act::Sent { run } => To::Sent { run },
    })
}

fn written(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and finite numbers are always JSON")
}
