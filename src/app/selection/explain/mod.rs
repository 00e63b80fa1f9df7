//! Explains why an item is selected or not: a stored item, a page fetched for this purpose, or a file. `lines` judges
//! many texts, one JSON object a line.

mod change;
mod lines;

use std::path::Path;

use anyhow::Context as _;
use url::Url;

use crate::app::ReadOnly;
use crate::domain::feeds::budget::{Budget, GiveUp};
use crate::domain::items::canonical::canonical;
use crate::domain::selection::relevance::{Place, Reason, Score, Scorer, Text};
use crate::domain::selection::topic::{Scale, Topic};
use crate::fetch::{Outcome, Validators};
use crate::parse;
use crate::store::ItemRow;
pub use change::{Change, Without};
pub use lines::lines;

/// The number of characters of the text that are shown: those that are judged, and a few more.
const SHOWN: usize = 2_100;

/// A judgement and the text that it is about.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Its title.
    pub title: String,
    /// The summary and the content, as far as they are judged.
    pub text: String,
    /// Its categories.
    pub categories: Vec<String>,
    /// Its source: a feed or a file.
    pub source: String,
    /// The judgement with today's topic file.
    pub score: Score,
    /// The threshold for selection.
    pub threshold: f32,
    /// The unit of score and threshold.
    pub scale: Scale,
    /// What would change the decision.
    pub change: Change,
    /// The same in one or two sentences; empty if nothing can be said.
    pub would_change: String,
    /// Whether it would be selected if nothing counted against it.
    is_outweighed: bool,
    /// The address of the post.
    pub link: Option<String>,
    /// Further remarks, such as why it is not emailed, or which digest contains it.
    pub notes: Vec<String>,
}

/// Explains an item by its link: the stored item or, if there is none, the page at that address.
///
/// # Errors
/// The page cannot be fetched, or it is not a web page; or the database fails.
pub async fn by_link(app: &ReadOnly, link: &Url) -> anyhow::Result<Explanation> {
    match app.store.items().item_by_link(canonical(link)).await? {
        Some(item) => stored(app, &item).await,
        None => page(app, link)
            .await
            .with_context(|| format!("no stored item has the link `{link}`, and the page cannot be judged")),
    }
}

/// Explains a stored item by its number.
///
/// # Errors
/// No item has this number; or the database fails.
pub async fn by_number(app: &ReadOnly, seq: i64) -> anyhow::Result<Explanation> {
    let item = app.store.items().item(seq).await?.with_context(|| format!("no stored item has the number {seq}"))?;
    stored(app, &item).await
}

async fn stored(app: &ReadOnly, item: &ItemRow) -> anyhow::Result<Explanation> {
    let source = format!("{} (item {})", item.source, item.seq);
    let mut explanation = Explanation::new(&app.scorer, &app.config.topic, &item.text(), source);
    explanation.link.clone_from(&item.link);
    let notes = &mut explanation.notes;
    if !item.is_mailable {
        notes.push("it was published before its feed's first-poll window, so it is kept and not mailed".to_owned());
    }
    for run in app.store.digests().runs_with(item.seq).await? {
        notes.push(format!("it is in the {} digest of run {}", run.cadence, run.id));
    }
    if let Some(removed) = item.text_removed {
        // Today's topic could judge only the title.
        notes.push(format!(
            "its text was removed on {}; this is how it was judged before",
            app.day(app.words(), removed)
        ));
        explanation.score = item.score.clone();
        explanation.change = Change::default();
        explanation.would_change.clear();
    }
    if item.score.selected != explanation.score.selected {
        let was = if item.score.selected { "in" } else { "out" };
        notes.push(format!("with the topic file of its last judgement it was {was}"));
    }
    Ok(explanation)
}

/// A page, fetched and judged.
pub(crate) struct Page {
    pub(crate) explanation: Explanation,
    /// Its whole text.
    pub(crate) text: String,
    /// Where it is, after redirects.
    pub(crate) link: Url,
}

/// Explains a page that no stored item links to.
async fn page(app: &ReadOnly, link: &Url) -> anyhow::Result<Explanation> {
    Ok(fetched(app, link).await?.explanation)
}

/// Fetches a page through the guard and judges it.
pub(crate) async fn fetched(app: &ReadOnly, link: &Url) -> anyhow::Result<Page> {
    let now = app.clock.now();
    let fetched = app.fetcher.fetch(link, &Validators::default(), now).await;
    let response = fetched.map_err(|error| anyhow::anyhow!(error.explain()))?;
    let Outcome::Body { bytes, content_type } = &response.outcome else { anyhow::bail!("it answers with nothing") };
    let limits = &app.config.settings.polling.limits;
    let budget = &Budget::new(bytes.len(), limits.memory_bytes, GiveUp::default());
    let content_type = content_type.as_deref();
    let source = parse::Source { bytes, content_type, base: Some(link), now, known: None, limits, budget };
    match parse::parse(&source) {
        Ok(_) => {
            anyhow::bail!("it is a feed; give the address of one of its posts, or see `policy-digest feeds check`")
        }
        Err(parse::Error::NotAFeed(parse::Kind::HtmlPage)) => {}
        Err(error) => return Err(error.into()),
    }
    let article = parse::html::page::article(bytes, content_type);
    let text = Text { title: &article.title, content: &article.text, ..Text::default() };
    let mut explanation = Explanation::new(&app.scorer, &app.config.topic, &text, "the page, fetched now".to_owned());
    explanation.link = Some(response.final_url.to_string());
    explanation.notes.push("it is not stored; its item in a feed may contain less or more than the page".to_owned());
    Ok(Page { explanation, text: article.text, link: response.final_url.clone() })
}

/// Explains a file: a web page, or a text whose first line is the title.
///
/// # Errors
/// The file cannot be read.
pub fn file(scorer: &Scorer, topic: &Topic, path: &Path) -> anyhow::Result<Explanation> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let is_page =
        path.extension().is_some_and(|end| end.eq_ignore_ascii_case("html") || end.eq_ignore_ascii_case("htm"));
    if is_page {
        let article = parse::html::page::article(&bytes, None);
        let text = Text { title: &article.title, content: &article.text, ..Text::default() };
        return Ok(Explanation::new(scorer, topic, &text, path.display().to_string()));
    }
    let text = String::from_utf8_lossy(&bytes);
    let (title, content) = text.trim_start().split_once('\n').unwrap_or((&text, ""));
    let text = Text { title: title.trim(), content, ..Text::default() };
    Ok(Explanation::new(scorer, topic, &text, path.display().to_string()))
}

impl Explanation {
    fn new(scorer: &Scorer, topic: &Topic, text: &Text<'_>, source: String) -> Self {
        let score = scorer.score(text);
        let change = Change::of(scorer, topic, text, &score);
        let read = [text.summary, text.content].map(str::trim);
        let read: Vec<_> = read.into_iter().filter(|part| !part.is_empty()).collect();
        Self {
            title: text.title.to_owned(),
            text: read.join("\n\n").chars().take(SHOWN).collect(),
            categories: text.categories.to_vec(),
            source,
            threshold: topic.threshold,
            scale: topic.scale(),
            would_change: change.sentences(&score, topic),
            change,
            is_outweighed: !score.selected && Scorer::new(&topic.without_exclusions()).score(text).selected,
            score,
            link: None,
            notes: Vec::new(),
        }
    }

    /// The decision in one sentence: "in: 7.5, threshold 3.0; integration and partnership".
    #[must_use]
    pub fn verdict(&self) -> String {
        let score = &self.score;
        let figures = format!("{}, threshold {}", self.scale.show(score.total), self.scale.show(self.threshold));
        if score.is_listed() {
            return format!("borderline, listed at the end of the digest: {figures}; {}", listed(&score.themes));
        }
        if score.selected && score.borderline {
            return format!("in, though borderline: {figures}; {}", listed(&score.themes));
        }
        if score.selected && score.themes.is_empty() {
            return format!("in: {figures}; no theme of its own, so it goes into the last section");
        }
        if score.selected {
            return format!("in: {figures}; {}", listed(&score.themes));
        }
        if !score.excluded.is_empty() {
            return format!("out: {}, regardless of the rest", listed(&score.excluded));
        }
        let speaks_for: f32 = score.reasons.iter().map(|reason| reason.weight.max(0.0)).sum();
        match self.strongest_against() {
            Some(against) if self.is_outweighed => format!("out: {figures}; too much against it: {against}"),
            _ if score.reasons.is_empty() => "out: no phrase of the topic was found".to_owned(),
            Some(against) if speaks_for == 0.0 => format!("out: {figures}; it speaks of {against}"),
            _ => format!("out: {figures}; too little speaks for it"),
        }
    }

    /// The subject of the heaviest reason against it.
    fn strongest_against(&self) -> Option<&str> {
        let against = self.score.reasons.iter().filter(|reason| reason.weight < 0.0);
        let heaviest = against.min_by(|a, b| a.weight.total_cmp(&b.weight))?;
        let whole = if heaviest.place == Place::Classifier { "the text as a whole" } else { &heaviest.phrase };
        Some(heaviest.label.as_deref().unwrap_or(whole))
    }
}

/// "a", "a and b", "a, b and c".
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The JSON form of a reason.
#[must_use]
pub fn reason_json(reason: &Reason) -> serde_json::Value {
    serde_json::json!({
        "phrase": *reason.phrase,
        "found": reason.found,
        "place": reason.place.as_str(),
        "weight": reason.weight,
        "label": reason.label.as_deref(),
        "telling": reason.is_telling,
    })
}
