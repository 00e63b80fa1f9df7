//! `explain`: why a post is selected or not.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use url::Url;

use crate::app::selection::explain;
use crate::app::selection::explain::{Explanation, Without};
use crate::cli::terminal::marked;
use crate::cli::terminal::marked::{Paint, plain};
use crate::cli::terminal::table;
use crate::cli::{Ending, Global, Usage, print};
use crate::domain::items::language::Language;
use crate::domain::selection::relevance::{Place, Scorer};
use crate::domain::selection::topic::Scale;

/// The width of the output, in columns.
const WIDTH: usize = 80;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  policy-digest explain https://blog.example.org/2026/11/joined-up.html
  policy-digest explain 4711
  policy-digest explain draft.txt
  policy-digest explain --jsonl posts.jsonl")]
pub(crate) struct Explain {
    /// The link or number of a stored post, any post's link, or a file: a page (.html), or a text whose first line is the title
    #[arg(required_unless_present = "jsonl")]
    what: Option<String>,
    /// Read one {"id","title","text"} a line from this file (- for standard input), and print one result a line
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    jsonl: Option<PathBuf>,
}

impl Explain {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        if let Some(path) = &self.jsonl {
            let path = self.what.as_deref().map_or(path.as_path(), Path::new);
            return lines(global, path);
        }
        let what = self.what.unwrap_or_default();
        let explanation = if Path::new(&what).exists() {
            let topic = global.load()?.topic;
            explain::file(&Scorer::new(&topic), &topic, Path::new(&what))?
        } else if let Ok(seq) = what.parse() {
            explain::by_number(&global.look().await?, seq).await?
        } else if let Ok(link) = Url::parse(&what) {
            explain::by_link(&global.look().await?, &link).await?
        } else {
            return Err(Usage(format!("`{what}` is neither a link, nor a number, nor an existing file")).into());
        };
        if global.json {
            print(to_json(&explanation));
        } else {
            show(&explanation);
        }
        Ok(Ending::Done)
    }
}

fn lines(global: &Global, path: &Path) -> anyhow::Result<Ending> {
    let scorer = Scorer::new(&global.load()?.topic);
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    let judged = if path == Path::new("-") {
        explain::lines(&scorer, &mut BufReader::new(std::io::stdin().lock()), &mut output)
    } else {
        let file = std::fs::File::open(path).with_context(|| format!("cannot open `{}`", path.display()))?;
        explain::lines(&scorer, &mut BufReader::new(file), &mut output)
    };
    match judged {
        Ok(0) => {}
        Ok(bad) => tracing::warn!(bad, "some lines could not be read; the output has an error for each"),
        // A closed pipe (`… | head`) is not an error.
        Err(error) if is_broken_pipe(&error) => {}
        Err(error) => return Err(error),
    }
    Ok(Ending::Done)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref().is_some_and(broken))
}

/// Prints the verdict, the reasons, and the text with its phrases marked.
fn show(explanation: &Explanation) {
    let score = &explanation.score;
    let paint = Paint::for_stdout();
    let title = paint.mark(&explanation.title, &score.reasons, Place::Title);
    print(format_args!("{}\n{}", marked::wrap(&title, WIDTH), explanation.source));
    if let Some(link) = &explanation.link {
        print(plain(link));
    }
    print("");
    print(marked::wrap(&explanation.verdict(), WIDTH));
    if !explanation.would_change.is_empty() {
        print(marked::wrap(&explanation.would_change, WIDTH));
    }
    if let Some(language) = &score.language {
        let note = format!("language: {language}, which is not the topic's, so only title and categories are judged");
        print(marked::wrap(&note, WIDTH));
    }
    for note in &explanation.notes {
        print(marked::wrap(&format!("note: {note}"), WIDTH));
    }
    if !score.reasons.is_empty() {
        print(format_args!("\n{}", reasons(explanation)));
    }
    let text = paint.mark(&explanation.text, &score.reasons, Place::Text);
    if !text.trim().is_empty() {
        print(format_args!("\n{}", marked::wrap(&text, WIDTH)));
    }
    if !explanation.categories.is_empty() {
        let categories = paint.mark(&explanation.categories.join(", "), &score.reasons, Place::Category);
        print(format_args!("\n{}", marked::wrap(&format!("categories: {categories}"), WIDTH)));
    }
    if !score.reasons.is_empty() {
        print(format_args!("\n{}", paint.legend()));
    }
}

/// The reasons, each with its points, or with the percentage points by which it moves the probability.
fn reasons(Explanation { score, scale, .. }: &Explanation) -> impl std::fmt::Display {
    let mut table = match scale {
        Scale::Points => table::new(["points", "found", "where", "counts", "phrase"]),
        Scale::Probability => table::new(["effect", "found", "where", "counts", "phrase"]),
    };
    table.set_width(u16::try_from(WIDTH).unwrap_or(u16::MAX));
    for reason in &score.reasons {
        let label = reason.label.as_deref();
        let counts = match (label, reason.weight < 0.0) {
            (Some(label), false) => format!("for {label}"),
            (None, false) => "for the topic".to_owned(),
            (Some(label), true) => format!("against: {label}"),
            (None, true) => "against".to_owned(),
        };
        table.add_row([
            scale.show_effect(score.effect(reason, *scale)),
            plain(&reason.found),
            reason.place.as_str().to_owned(),
            counts,
            reason.phrase.to_string(),
        ]);
    }
    table
}

fn to_json(explanation: &Explanation) -> serde_json::Value {
    let score = &explanation.score;
    let reasons: Vec<_> = score.reasons.iter().map(explain::reason_json).collect();
    json!({
        "title": explanation.title, "source": explanation.source, "relevant": score.selected, "score": score.total,
        "threshold": explanation.threshold, "verdict": explanation.verdict(), "themes": score.themes,
        "reasons": reasons, "link": explanation.link, "notes": explanation.notes, "borderline": score.borderline,
        "language": score.language.as_ref().map(Language::code), "scale": explanation.scale.as_str(),
        "would_change": {
            "distance": explanation.change.distance,
            "without": explanation.change.without.iter().map(without).collect::<Vec<_>>(),
        },
    })
}

fn without(Without { phrase, label, score, is_selected }: &Without) -> serde_json::Value {
    json!({ "phrase": **phrase, "label": label.as_deref(), "score": score, "relevant": is_selected })
}
