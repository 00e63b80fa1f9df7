//! Why an item is in or out: of a stored item, of a text file, or of many texts, one JSON object a line.

use std::io::{BufRead, Write};
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use url::Url;

use super::App;
use crate::domain::canonical::canonical;
use crate::domain::language::Language;
use crate::domain::relevance::{Reason, Score, Scorer, Text};

/// A judgement with what was judged.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Its title.
    pub title: String,
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
    let note = (!item.is_mailable)
        .then(|| "it was published before its feed's first-poll window, so it is kept and not mailed".to_owned());
    Ok(Explanation {
        score: app.scorer.score(&item.text()),
        title: item.title,
        source: format!("{} (item {})", item.source, item.seq),
        threshold: app.config.topic.threshold,
        note,
    })
}

/// Explains a text file: its first line is the title.
///
/// # Errors
/// The file cannot be read.
pub fn file(scorer: &Scorer, threshold: f32, path: &Path) -> anyhow::Result<Explanation> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    let (title, content) = text.trim_start().split_once('\n').unwrap_or((&text, ""));
    let score = scorer.score(&Text { title: title.trim(), content, ..Text::default() });
    Ok(Explanation { title: title.trim().to_owned(), source: path.display().to_string(), score, threshold, note: None })
}

#[derive(Deserialize)]
struct Line {
    id: serde_json::Value,
    #[serde(default)]
    title: Option<String>,
    #[serde(default, alias = "excerpt")]
    text: Option<String>,
}

/// Judges one JSON object a line, `{"id","title","text"}`, and writes one a line,
/// `{"id","relevant","score","themes","reasons","borderline","language"}`, the last one only when the text is not in
/// the topic's; a bad line is answered with `{"id","error"}`. Returns how many
/// lines were bad. Memory holds one line at a time.
///
/// # Errors
/// Reading or writing fails.
pub fn lines(scorer: &Scorer, input: &mut dyn BufRead, output: &mut dyn Write) -> anyhow::Result<usize> {
    let (mut bad, mut number, mut line) = (0, 0u64, Vec::new());
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line).context("cannot read the lines")? == 0 {
            return Ok(bad);
        }
        number += 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = match serde_json::from_slice::<Line>(&line) {
            Ok(Line { id, title, text }) => judged(scorer, id, &title.unwrap_or_default(), &text.unwrap_or_default()),
            Err(error) => {
                bad += 1;
                let id =
                    serde_json::from_slice::<serde_json::Value>(&line).ok().and_then(|line| line.get("id").cloned());
                serde_json::json!({ "id": id, "error": format!("line {number}: {error}") })
            }
        };
        serde_json::to_writer(&mut *output, &answer).context("cannot write the answers")?;
        output.write_all(b"\n").context("cannot write the answers")?;
    }
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
        "phrase": reason.phrase,
        "found": reason.found,
        "place": reason.place.as_str(),
        "weight": reason.weight,
        "label": reason.label,
    })
}
