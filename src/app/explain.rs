//! Why an item is in or out: of a stored item, of a text file, or of many texts, one JSON object a line.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use url::Url;

use super::App;
use crate::domain::canonical::canonical;
use crate::domain::language::Language;
use crate::domain::relevance::{Place, Reason, Score, Scorer, Text};
use crate::domain::topic::Topic;

/// So many characters of the text are shown: those that count, and a few more.
const SHOWN: usize = 2_100;

/// A judgement with what was judged.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Its title.
    pub title: String,
    /// What was read after the title: the summary and the content, as far as they count.
    pub text: String,
    /// Its categories.
    pub categories: Vec<String>,
    /// Where it comes from: a feed, or a file.
    pub source: String,
    /// The judgement by today's topic file.
    pub score: Score,
    /// What must be reached.
    pub threshold: f32,
    /// For a stored item: why it is or is not mailed although picked.
    pub note: Option<String>,
}

/// Explains a stored item, by its link.
///
/// # Errors
/// No item has this link; or the database fails.
pub async fn stored(app: &App, link: &Url) -> anyhow::Result<Explanation> {
    let item = app.store.item_by_link(link.to_string(), canonical(link)).await?.with_context(|| {
        format!("no stored item has the link `{link}`; run `policy-digest poll` first, or give a file")
    })?;
    let mut notes = Vec::new();
    if !item.is_mailable {
        notes.push("it was published before its feed's first-poll window, so it is kept and not mailed".to_owned());
    }
    let source = format!("{} (item {})", item.source, item.seq);
    let mut explanation = Explanation::new(&app.scorer, &app.config.topic, &item.text(), source);
    if let Some(removed) = item.text_removed {
        // Today's topic would judge the title alone.
        notes.push(format!("its text was removed on {}; this is how it was judged before", app.day(removed)));
        explanation.score = item.score;
    }
    explanation.note = (!notes.is_empty()).then(|| notes.join("; "));
    Ok(explanation)
}

/// Explains a text file: its first line is the title.
///
/// # Errors
/// The file cannot be read.
pub fn file(scorer: &Scorer, topic: &Topic, path: &Path) -> anyhow::Result<Explanation> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    let (title, content) = text.trim_start().split_once('\n').unwrap_or((&text, ""));
    let text = Text { title: title.trim(), content, ..Text::default() };
    Ok(Explanation::new(scorer, topic, &text, path.display().to_string()))
}

impl Explanation {
    fn new(scorer: &Scorer, topic: &Topic, text: &Text<'_>, source: String) -> Self {
        let score = scorer.score(text);
        let read = [text.summary, text.content].map(str::trim);
        let read: Vec<_> = read.into_iter().filter(|part| !part.is_empty()).collect();
        Self {
            title: text.title.to_owned(),
            text: read.join("\n\n").chars().take(SHOWN).collect(),
            categories: text.categories.to_vec(),
            source,
            threshold: topic.threshold,
            score,
            note: None,
        }
    }

    /// The decision in one plain sentence: "in: 7.5, threshold 3.0; integration and partnership".
    #[must_use]
    pub fn verdict(&self) -> String {
        let score = &self.score;
        let figures = format!("{:.1}, threshold {:.1}", score.total, self.threshold);
        if score.is_listed() {
            return format!("borderline, listed at the end of the digest: {figures}; {}", listed(&score.themes));
        }
        if score.picked && score.borderline {
            return format!("in, though borderline: {figures}; {}", listed(&score.themes));
        }
        if score.picked && score.themes.is_empty() {
            return format!("in: {figures}; no theme of its own, so it goes into the last section");
        }
        if score.picked {
            return format!("in: {figures}; {}", listed(&score.themes));
        }
        if !score.excluded.is_empty() {
            return format!("out: {}, whatever else it says", listed(&score.excluded));
        }
        let speaks_for: f32 = score.reasons.iter().map(|reason| reason.weight.max(0.0)).sum();
        match self.strongest_against() {
            Some(against) if speaks_for >= self.threshold => {
                format!("out: {figures}; {speaks_for:.1} speaks for it, and too much against it: {against}")
            }
            _ if score.reasons.is_empty() => "out: no phrase of the topic was found".to_owned(),
            Some(against) if speaks_for == 0.0 => format!("out: {figures}; it speaks of {against}"),
            _ => format!("out: {figures}; too little speaks for it"),
        }
    }

    /// What the heaviest of what speaks against it is about.
    fn strongest_against(&self) -> Option<&str> {
        let against = self.score.reasons.iter().filter(|reason| reason.weight < 0.0);
        let heaviest = against.min_by(|a, b| a.weight.total_cmp(&b.weight))?;
        let whole = if heaviest.place == Place::Wording { "its wording as a whole" } else { &heaviest.phrase };
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

/// A line may be this long, in bytes; of a longer one only the complaint is kept.
const LONGEST_LINE: u64 = 8 << 20;

/// What is read of a line; other fields are ignored.
#[derive(Deserialize)]
struct Line {
    id: serde_json::Value,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    text: Option<String>,
    /// Read where there is no `text`.
    #[serde(default)]
    excerpt: Option<String>,
}

/// Judges one JSON object a line, `{"id","title","text"}`, and writes one a line,
/// `{"id","relevant","score","themes","reasons","borderline","language"}`, the last one only when the text is not in
/// the topic's; a bad line is answered with `{"id","error"}`. Returns how many lines were bad. Memory holds one line
/// at a time. Answers are passed on before the input is waited for.
///
/// # Errors
/// Reading or writing fails.
pub fn lines(scorer: &Scorer, input: &mut BufReader<impl Read>, output: &mut impl Write) -> anyhow::Result<usize> {
    let (mut bad, mut number, mut line) = (0, 0u64, Vec::new());
    loop {
        line.clear();
        if !input.buffer().contains(&b'\n') {
            output.flush().context("cannot write the answers")?;
        }
        let mut within_limit = input.by_ref().take(LONGEST_LINE);
        if within_limit.read_until(b'\n', &mut line).context("cannot read the lines")? == 0 {
            return Ok(bad);
        }
        number += 1;
        let is_cut = within_limit.limit() == 0 && !line.ends_with(b"\n");
        if is_cut {
            input.skip_until(b'\n').context("cannot read the lines")?;
        } else if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = if is_cut { Err(format!("longer than {LONGEST_LINE} bytes")) } else { answer(scorer, &line) };
        let answer = answer.unwrap_or_else(|error| {
            bad += 1;
            let id = serde_json::from_slice::<serde_json::Value>(&line).ok().and_then(|line| line.get("id").cloned());
            serde_json::json!({ "id": id, "error": format!("line {number}: {error}") })
        });
        serde_json::to_writer(&mut *output, &answer).context("cannot write the answers")?;
        output.write_all(b"\n").context("cannot write the answers")?;
    }
}

fn answer(scorer: &Scorer, line: &[u8]) -> Result<serde_json::Value, String> {
    let Line { id, title, text, excerpt } = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    Ok(judged(scorer, id, &title.unwrap_or_default(), &text.or(excerpt).unwrap_or_default()))
}

fn judged(scorer: &Scorer, id: serde_json::Value, title: &str, text: &str) -> serde_json::Value {
    let score = scorer.score(&Text { title, content: text, ..Text::default() });
    let reasons: Vec<_> = score.reasons.iter().map(reason_json).collect();
    // What is only listed is out for this list's readers, and what is out has no theme.
    let themes = if score.picked { score.themes } else { Vec::new() };
    serde_json::json!({
        "id": id, "relevant": score.picked, "score": score.total, "themes": themes, "reasons": reasons,
        "borderline": score.borderline, "language": score.language.as_ref().map(Language::code),
    })
}

/// A reason for machines.
#[must_use]
pub fn reason_json(reason: &Reason) -> serde_json::Value {
    serde_json::json!({
        "phrase": *reason.phrase,
        "found": reason.found,
        "place": reason.place.as_str(),
        "weight": reason.weight,
        "label": reason.label.as_deref(),
    })
}
