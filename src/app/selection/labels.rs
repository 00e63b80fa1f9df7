//! Labels: recording what an editor did to a draft, the blind sample of a draft, and the list of labels for a person to
//! see, export, import and remove.

use std::io::BufRead;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::app::{App, ReadOnly, hex, random};
use crate::domain::selection::labels::Kind;
use crate::domain::selection::relevance::{Scorer, Text};
use crate::domain::selection::sample::{Candidate, DRAWN, draw};
use crate::store::{ItemRow, LabelRow, LabelledItem, NewLabel, Sampled};

/// What an editor did to a draft that was approved, by the numbers of the items. A story is named by its first selected
/// item, as a digest's stories are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acts {
    /// The editor's address.
    pub who: String,
    /// Stories that were sent as they were selected.
    pub kept: Vec<i64>,
    /// Stories that were left out as not on topic; those left out for another reason are no label.
    pub off_topic: Vec<i64>,
    /// Items that were not selected, and were included.
    pub included: Vec<i64>,
    /// Near misses that were shown and not included.
    pub passed_over: Vec<i64>,
    /// Whether the blind sample was looked at: the draft that it was drawn for, and the items that should have been
    /// selected. The others become `passed-over`.
    pub sample: Option<(String, Vec<i64>)>,
}

/// Records labels for what an editor did to a draft. Doing it again, or with other acts, replaces that editor's labels of
/// the same items. Returns how many labels are new or changed.
///
/// # Errors
/// The database fails.
pub async fn record_labels(app: &App, acts: &Acts) -> anyhow::Result<usize> {
    let now = app.clock.now();
    let mut kinds: Vec<(i64, Kind)> = Vec::new();
    for (items, kind) in [
        (&acts.passed_over, Kind::PassedOver),
        (&acts.kept, Kind::Kept),
        (&acts.included, Kind::Included),
        (&acts.off_topic, Kind::OffTopic),
    ] {
        kinds.extend(items.iter().map(|item| (*item, kind)));
    }
    if let Some((draft, missed)) = &acts.sample {
        // An item that the editor included from the near misses was missed as well.
        let is_missed = |item: &i64| missed.contains(item) || acts.included.contains(item);
        let sample = app.store.labels().sample(draft.clone()).await?;
        let drawn: Vec<i64> = sample.iter().map(|sampled| sampled.drawn.item).collect();
        let missed: Vec<i64> = drawn.iter().copied().filter(is_missed).collect();
        for item in drawn {
            let kind = if missed.contains(&item) { Kind::SampleMissed } else { Kind::PassedOver };
            kinds.retain(|(labelled, _)| *labelled != item);
            kinds.push((item, kind));
        }
        app.store.labels().settle_sample(draft.clone(), missed, now).await?;
    }
    let mut labels = Vec::with_capacity(kinds.len());
    for (item, kind) in kinds {
        if let Some(item) = app.store.items().item(item).await? {
            let item = labelled(&item, &app.scorer);
            labels.push(NewLabel { item, who: acts.who.clone(), kind, at: now });
        }
    }
    Ok(app.store.labels().record(labels, now).await?)
}

/// An item as its labels keep it.
pub(super) fn labelled(item: &ItemRow, scorer: &Scorer) -> LabelledItem {
    let text = [item.summary.as_str(), &item.content].into_iter().filter(|text| !text.is_empty());
    LabelledItem {
        key: item.link.clone().unwrap_or_else(|| format!("item:{}", item.seq)),
        item: Some(item.seq),
        feed: item.feed.clone(),
        title: item.title.clone(),
        text: item.text_removed.is_none().then(|| text.collect::<Vec<_>>().join("\n\n")),
        features: (item.text_removed.is_none())
            .then(|| scorer.reading(&item.text()).map(|reading| reading.to_bytes()))
            .flatten(),
    }
}

/// Draws the blind sample of a draft from the items with numbers above `after` and up to `through` that are in no digest,
/// and keeps it. A draft that has one already keeps it: the same posts are shown again. Titles are shown without scores.
///
/// # Errors
/// The database fails, or the system provides no random bytes.
pub async fn draw_sample(app: &App, draft: &str, after: i64, through: i64) -> anyhow::Result<Vec<Sampled>> {
    let known = app.store.labels().sample(draft.to_owned()).await?;
    if !known.is_empty() {
        return Ok(known);
    }
    let scores = app.store.items().scores_of_not_selected(after, through).await?;
    let candidates: Vec<Candidate> = scores.into_iter().map(|(item, score)| Candidate { item, score }).collect();
    let seed = random(8)?.iter().fold(0_u64, |seed, byte| seed << 8 | u64::from(*byte)) >> 1;
    let drawn = draw(&candidates, f64::from(app.config.topic.threshold), DRAWN, seed);
    let score = |item| candidates.iter().find(|candidate| candidate.item == item).map_or(0.0, |it| it.score);
    let drawn = drawn.into_iter().map(|drawn| (drawn, score(drawn.item))).collect();
    let seed = i64::try_from(seed).context("a seed has 63 bits")?;
    Ok(app.store.labels().keep_sample(draft.to_owned(), seed, drawn, app.clock.now()).await?)
}

/// All labels, by item.
///
/// # Errors
/// The database fails.
pub async fn list(app: &ReadOnly) -> anyhow::Result<Vec<LabelRow>> {
    Ok(app.store.labels().all().await?)
}

/// A label as `labels export` writes it, one JSON object a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exported {
    /// The item's link, or its number in the installation that it is from.
    pub key: String,
    /// The item's feed.
    pub feed: String,
    /// The item's title.
    pub title: String,
    /// The item's text, as long as it is kept.
    #[serde(default)]
    pub text: Option<String>,
    /// What the classifier reads of it, in hexadecimal.
    #[serde(default)]
    pub features: Option<String>,
    /// Who says so.
    pub who: String,
    /// What they say: `kept`, `off-topic`, ….
    pub kind: String,
    /// When, RFC 3339.
    pub at: DateTime<Utc>,
}

impl Exported {
    /// A stored label for a file.
    #[must_use]
    pub fn of(label: &LabelRow) -> Self {
        Self {
            key: label.item.key.clone(),
            feed: label.item.feed.clone(),
            title: label.item.title.clone(),
            text: label.item.text.clone(),
            features: label.item.features.as_deref().map(hex),
            who: label.who.clone(),
            kind: label.kind.as_str().to_owned(),
            at: label.at,
        }
    }
}

/// Imports labels, all or none; features are read from the text where there is one. Returns how many are new or changed.
///
/// # Errors
/// A line is malformed or its label unusable, with the line's number; or the database fails.
pub async fn import(app: &App, input: impl BufRead) -> anyhow::Result<usize> {
    let mut labels = Vec::new();
    for (line, number) in input.lines().zip(1..) {
        let line = line.with_context(|| format!("line {number}: cannot be read"))?;
        if line.trim().is_empty() {
            continue;
        }
        let exported: Exported = serde_json::from_str(&line).with_context(|| format!("line {number}: not a label"))?;
        labels.push(imported(app, exported).with_context(|| format!("line {number}"))?);
    }
    if labels.is_empty() {
        bail!("there is no label");
    }
    Ok(app.store.labels().record(labels, app.clock.now()).await?)
}

fn imported(app: &App, exported: Exported) -> anyhow::Result<NewLabel> {
    let Exported { key, feed, title, text, features, who, kind, at } = exported;
    if who.trim().is_empty() || feed.is_empty() || key.is_empty() {
        bail!("`key`, `feed` and `who` must not be empty");
    }
    let reading =
        text.as_deref().and_then(|text| app.scorer.reading(&Text { title: &title, content: text, ..Text::default() }));
    let features = match (reading, features) {
        (Some(reading), _) => Some(reading.to_bytes()),
        (None, Some(features)) => Some(unhex(&features).context("`features` is not hexadecimal")?),
        (None, None) => None,
    };
    let kind: Kind = kind.parse().with_context(|| format!("`{kind}`"))?;
    Ok(NewLabel { item: LabelledItem { key, item: None, feed, title, text, features }, who, kind, at })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Removes labels of these items, given by link or number, or of this person, or of this person for these items. Returns
/// how many were removed.
///
/// # Errors
/// The database fails.
pub async fn remove(app: &App, items: &[String], who: Option<String>) -> anyhow::Result<usize> {
    let labels = list(app).await?;
    let is_named = |label: &&LabelRow| {
        items.iter().any(|item| *item == label.item.key || label.item.item.is_some_and(|seq| seq.to_string() == *item))
    };
    let mut keys: Vec<String> = labels.iter().filter(is_named).map(|label| label.item.key.clone()).collect();
    keys.dedup();
    if keys.is_empty() && !items.is_empty() {
        return Ok(0);
    }
    Ok(app.store.labels().remove(keys, who).await?)
}
