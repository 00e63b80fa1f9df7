//! Learns from the labels: what it would change is shown first, with figures on labels that were not learnt from and the
//! posts of the last twelve weeks; then the local weights are written, or removed again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};

use super::test::{TestReport, compare};
use crate::app::{App, ReadOnly, blocking};
use crate::config::{LOCAL_WEIGHTS, LocalWeights, local_weights};
use crate::domain::selection::classifier::Reading;
use crate::domain::selection::labels::{Kind, Label, verdicts};
use crate::domain::selection::learning;
use crate::domain::selection::learning::{LEAST_LABELS, Learnt, Lesson, Threshold, Verdict};
use crate::domain::selection::relevance::{Scorer, Text};
use crate::domain::selection::topic::{Classifier, Topic};
use crate::store::LabelRow;

/// The time for which the effect on stored posts is shown: twelve weeks.
const SHOWN: Duration = Duration::from_secs(12 * 7 * 24 * 3600);
/// The most posts that one sampled post stands for, so that a single one does not decide.
const MOST: f64 = 10.0;

/// What learning from the labels would change.
#[derive(Debug, Clone)]
pub struct Learning {
    /// The number of labels of each kind.
    pub labels: BTreeMap<Kind, usize>,
    /// Labels whose item cannot be read any more; they teach nothing.
    pub unreadable: usize,
    /// The weights, and how they compare with the shipped ones.
    pub learnt: Learnt,
    /// Which posts of the last twelve weeks would be added and dropped, compared with the weights in use.
    pub effect: TestReport,
    /// The state of the local weights before.
    pub local: LocalWeights,
    /// Whether these weights are in use already.
    pub is_in_use: bool,
}

/// How often the daemon and `once` look whether learning is worth it.
const EVERY: TimeDelta = TimeDelta::days(30);
/// The marks of the last look, of the last one which found it worth it, and of the last email that said so.
const LOOKED: &str = "learning: looked";
const WORTH_IT: &str = "learning: worth it";
const TOLD: &str = "learning: told";

/// Looks once a month whether learning from the labels is worth it, for `status` to say so; the local weights stay as they
/// are.
///
/// # Errors
/// The database fails.
pub async fn look_due(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let last = app.store.operations().marked(LOOKED).await?;
    let is_due = last.is_none_or(|last| last > now || now - last >= EVERY);
    if !is_due || app.config.shipped_weights.is_none() || app.store.labels().count().await? < LEAST_LABELS {
        return Ok(());
    }
    let Found { learnt, is_in_use, .. } = find(app).await?;
    app.store.operations().mark(LOOKED, now).await?;
    if learnt.back_test.verdict == Verdict::Better && !is_in_use {
        app.store.operations().mark(WORTH_IT, now).await?;
        tracing::info!("learning from the labels is worth it: `topic learn` shows what it changes");
    }
    Ok(())
}

/// When the last monthly look found that learning is worth it; `None` if it did not.
///
/// # Errors
/// The database fails.
pub async fn worth_it_since(app: &ReadOnly) -> anyhow::Result<Option<DateTime<Utc>>> {
    let operations = app.store.operations();
    let (looked, worth_it) = (operations.marked(LOOKED).await?, operations.marked(WORTH_IT).await?);
    Ok(worth_it.filter(|_| worth_it == looked))
}

/// Whether editors are to be told that learning is worth it: once for each monthly look that found it.
///
/// # Errors
/// The database fails.
pub async fn is_to_be_told(app: &ReadOnly) -> anyhow::Result<bool> {
    let told = app.store.operations().marked(TOLD).await?;
    Ok(worth_it_since(app).await?.is_some_and(|since| told.is_none_or(|told| told < since)))
}

/// Records that editors were told.
///
/// # Errors
/// The database fails.
pub async fn told(app: &App) -> anyhow::Result<()> {
    Ok(app.store.operations().mark(TOLD, app.clock.now()).await?)
}

/// What was learnt, before its effect is looked at.
struct Found {
    labels: BTreeMap<Kind, usize>,
    unreadable: usize,
    learnt: Learnt,
    after: Topic,
    is_in_use: bool,
}

/// Learns from all labels; changes nothing.
///
/// # Errors
/// The topic has no classifier; or the database fails.
pub async fn learn(app: &ReadOnly) -> anyhow::Result<Learning> {
    let Found { labels, unreadable, learnt, after, is_in_use } = find(app).await?;
    let effect = compare(app, SHOWN, Some(&app.scorer), &Scorer::new(&after)).await?;
    Ok(Learning { labels, unreadable, learnt, effect, local: app.config.local_weights, is_in_use })
}

async fn find(app: &ReadOnly) -> anyhow::Result<Found> {
    let Some((shipped, _)) = app.config.shipped_weights.clone() else {
        anyhow::bail!("the topic has no classifier, so there is nothing to learn from labels: see `topic train`");
    };
    let labels = app.store.labels().all().await?;
    let probabilities = app.store.labels().probabilities().await?;
    let topic = Topic { classifier: Some(Arc::clone(&shipped)), ..app.config.topic.clone() };
    let threshold = Threshold(f64::from(topic.threshold));
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for label in &labels {
        *counts.entry(label.kind).or_default() += 1;
    }
    let (learnt, unreadable, after) = blocking(move || {
        let scorer = Scorer::new(&topic);
        let (lessons, unreadable) = lessons(&labels, &scorer, &probabilities);
        let learnt = learning::learn(&shipped, &lessons, threshold);
        let classifier = Classifier::parse(&learnt.file).expect("what was written can be read");
        (learnt, unreadable, Topic { classifier: Some(Arc::new(classifier)), ..topic })
    })
    .await?;
    let is_in_use = app.config.local_weights == LocalWeights::Used && after.classifier == app.config.topic.classifier;
    Ok(Found { labels: counts, unreadable, learnt, after, is_in_use })
}

/// The lessons of all labels, and the number of labelled items that cannot be read any more.
fn lessons(labels: &[LabelRow], scorer: &Scorer, probabilities: &BTreeMap<i64, f64>) -> (Vec<Lesson>, usize) {
    let mut items: Vec<&LabelRow> = Vec::new();
    let mut plain = Vec::with_capacity(labels.len());
    for label in labels {
        if items.last().is_none_or(|last| last.item.key != label.item.key) {
            items.push(label);
        }
        let item = i64::try_from(items.len() - 1).unwrap_or(i64::MAX);
        plain.push(Label { item, who: label.who.clone(), kind: label.kind, at: label.at });
    }
    let verdicts = verdicts(&plain);
    let mut unreadable = 0;
    let mut lessons = Vec::with_capacity(verdicts.len());
    for verdict in verdicts {
        let Some(row) = usize::try_from(verdict.item).ok().and_then(|at| items.get(at)) else { continue };
        let Some(reading) = reading(row, scorer) else {
            unreadable += 1;
            continue;
        };
        let stands_for = match row.item.item.and_then(|item| probabilities.get(&item)) {
            _ if !verdict.is_by_editor => 0.0,
            Some(probability) => (1.0 / probability).min(MOST),
            None => 1.0,
        };
        let (source, relevant, weight) = (row.item.feed.clone(), verdict.relevant, verdict.weight);
        lessons.push(Lesson { reading, source, relevant, weight, stands_for });
    }
    (lessons, unreadable)
}

/// What the classifier reads of an item: as it was kept, or from its text if no classifier had read it.
fn reading(row: &LabelRow, scorer: &Scorer) -> Option<Reading> {
    let kept = row.item.features.as_deref().and_then(Reading::from_bytes);
    kept.or_else(|| {
        let content = row.item.text.as_deref()?;
        scorer.reading(&Text { title: &row.item.title, content, ..Text::default() })
    })
}

impl ReadOnly {
    /// The file of the local weights.
    #[must_use]
    pub fn local_weights_file(&self) -> PathBuf {
        self.config.settings.data.join(LOCAL_WEIGHTS)
    }
}

/// Writes the local weights. A running daemon takes them over as it does an edit of the topic file, and judges again what
/// is not yet in a digest.
///
/// # Errors
/// The file cannot be written, or the database fails.
pub async fn apply(app: &App, learnt: &Learnt) -> anyhow::Result<PathBuf> {
    let path = app.local_weights_file();
    let (_, shipped) = app.config.shipped_weights.as_ref().context("the topic has no classifier")?;
    let content = local_weights(shipped, &learnt.file);
    crate::app::private::replace(&path, &content).with_context(|| format!("cannot write `{}`", path.display()))?;
    // It was worth it until now.
    app.store.operations().mark(LOOKED, app.clock.now()).await?;
    Ok(path)
}

/// Removes the local weights. Returns whether there were any.
///
/// # Errors
/// The file cannot be removed.
pub fn forget(app: &App) -> anyhow::Result<bool> {
    let path = app.local_weights_file();
    match std::fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot remove `{}`", path.display())),
    }
}
