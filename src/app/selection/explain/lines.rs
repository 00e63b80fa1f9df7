//! Judges many texts, one JSON object a line, for scripts and measurements.

use std::io::{BufRead as _, BufReader, Read, Write};

use anyhow::Context as _;
use serde::Deserialize;

use super::reason_json;
use crate::domain::items::language::Language;
use crate::domain::selection::relevance::{Scorer, Text};

/// The maximum length of a line, in bytes; a longer one is skipped and reported as an error.
const LONGEST_LINE: u64 = 8 << 20;

/// The fields that are read; others are ignored.
#[derive(Deserialize)]
struct Line {
    id: serde_json::Value,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    text: Option<String>,
    /// Used if there is no `text`.
    #[serde(default)]
    excerpt: Option<String>,
}

/// Judges one JSON object a line, `{"id","title","text"}`, and writes one a line,
/// `{"id","relevant","score","themes","reasons","borderline","language"}`. `language` is present only if the text is
/// not in one of the topic's languages. The answer to an invalid line is `{"id","error"}`. Returns the number of
/// invalid lines. It keeps only one line in memory, and flushes the answers before it waits for input.
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
    // An item that is only listed does not count as relevant here, and an item that is not selected has no themes.
    let themes = if score.selected { score.themes } else { Vec::new() };
    serde_json::json!({
        "id": id, "relevant": score.selected, "score": score.total, "themes": themes, "reasons": reasons,
        "borderline": score.borderline, "language": score.language.as_ref().map(Language::code),
    })
}
