//! `explain`: why an item is in or out.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use url::Url;

use super::{Ending, Global, Usage, print, table};
use crate::app::explain::{self, Explanation};
use crate::domain::language::Language;
use crate::domain::relevance::Scorer;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  policy-digest explain https://blog.example.org/2026/11/joined-up.html
  policy-digest explain draft.txt
  policy-digest explain --jsonl posts.jsonl")]
pub(super) struct Explain {
    /// The link of a stored item, or a text file whose first line is the title
    #[arg(required_unless_present = "jsonl")]
    what: Option<String>,
    /// Read one {"id","title","text"} a line from this file (- for standard input), print one judgement a line
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    jsonl: Option<PathBuf>,
}

impl Explain {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        if let Some(path) = &self.jsonl {
            let path = self.what.as_deref().map_or(path.as_path(), Path::new);
            return lines(global, path);
        }
        let what = self.what.unwrap_or_default();
        let explanation = match Url::parse(&what) {
            Ok(link) if !Path::new(&what).exists() => explain::stored(&global.open().await?, &link).await?,
            _ if Path::new(&what).exists() => {
                let topic = global.load()?.topic;
                explain::file(&Scorer::new(&topic), topic.threshold, Path::new(&what))?
            }
            _ => return Err(Usage(format!("`{what}` is neither a link nor a file that is here")).into()),
        };
        if global.json {
            print(to_json(&explanation));
        } else {
            tell(&explanation);
        }
        Ok(Ending::Done)
    }
}

fn lines(global: &Global, path: &Path) -> anyhow::Result<Ending> {
    let scorer = Scorer::new(&global.load()?.topic);
    let mut input: Box<dyn std::io::BufRead> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        let file = std::fs::File::open(path).with_context(|| format!("cannot open `{}`", path.display()))?;
        Box::new(std::io::BufReader::new(file))
    };
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    let bad = explain::lines(&scorer, &mut input, &mut output)?;
    std::io::Write::flush(&mut output).context("cannot write the answers")?;
    if bad > 0 {
        tracing::warn!(bad, "some lines could not be read; each is answered with its error");
    }
    Ok(Ending::Done)
}

fn tell(explanation: &Explanation) {
    let score = &explanation.score;
    let verdict = match (score.picked, score.borderline) {
        (true, false) => "in",
        (true, true) => "in, though borderline",
        (false, true) => "borderline, listed at the end of the digest",
        (false, false) => "out",
    };
    print(format_args!("{}\n{}\n", explanation.title, explanation.source));
    print(format_args!("{verdict}: score {:.1}, threshold {:.1}", score.total, explanation.threshold));
    if !score.themes.is_empty() {
        print(format_args!("themes: {}", score.themes.join(", ")));
    }
    if let Some(language) = &score.language {
        print(format_args!("language: {language}, not the topic's, so only title and categories are judged"));
    }
    if let Some(note) = &explanation.note {
        print(format_args!("note: {note}"));
    }
    if score.reasons.is_empty() {
        print("no phrase of the topic file was found");
        return;
    }
    let mut table = table::new(["weight", "found", "where", "speaks for", "phrase"]);
    for reason in &score.reasons {
        table.add_row([
            format!("{:+.1}", reason.weight),
            reason.found.clone(),
            reason.place.as_str().to_owned(),
            reason.label.clone().unwrap_or_else(|| "the topic".to_owned()),
            reason.phrase.clone(),
        ]);
    }
    print(format_args!("\n{table}"));
}

fn to_json(explanation: &Explanation) -> serde_json::Value {
    let score = &explanation.score;
    let reasons: Vec<_> = score.reasons.iter().map(explain::reason_json).collect();
    json!({
        "title": explanation.title, "source": explanation.source, "relevant": score.picked, "score": score.total,
        "threshold": explanation.threshold, "themes": score.themes, "reasons": reasons, "note": explanation.note,
        "borderline": score.borderline, "language": score.language.as_ref().map(Language::code),
    })
}
