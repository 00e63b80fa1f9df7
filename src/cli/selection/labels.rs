//! `labels`: what editors and readers said about posts, for a person to see, take elsewhere and remove.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::app::selection::labels;
use crate::app::selection::labels::Exported;
use crate::app::selection::quality;
use crate::app::selection::quality::Quality;
use crate::cli::terminal::{marked, table};
use crate::cli::{Ending, Global, Usage, print};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  policy-digest labels list
  policy-digest labels export > labels.jsonl
  policy-digest labels import labels.jsonl
  policy-digest labels remove --who editor@example.org")]
pub(crate) enum Labels {
    /// List the labels and what they say about the selection
    List(List),
    /// Print all labels, one JSON object a line
    Export,
    /// Add labels from a file that `labels export` wrote
    Import(Import),
    /// Remove the labels of a post or a person
    Remove(Remove),
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  policy-digest labels list --limit 100")]
pub(crate) struct List {
    /// How many labels to list, the newest first
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The whole file is imported, or nothing. Of two labels of one person for one post, the newer counts.

Example:
  policy-digest labels import labels.jsonl")]
pub(crate) struct Import {
    /// Labels, one JSON object a line (- for standard input)
    file: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  policy-digest labels remove https://blog.example.org/a-post
  policy-digest labels remove 1234 --who editor@example.org
  policy-digest labels remove --who editor@example.org")]
pub(crate) struct Remove {
    /// Links or numbers of posts
    items: Vec<String>,
    /// Only this person's labels: an editor's address, or the code of a reader that `labels list` shows
    #[arg(long, value_name = "WHO")]
    who: Option<String>,
}

impl Labels {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        match self {
            Self::List(list) => list.run(global).await?,
            Self::Export => {
                for label in labels::list(&global.look().await?).await? {
                    print(serde_json::to_string(&Exported::of(&label))?);
                }
            }
            Self::Import(import) => import.run(global).await?,
            Self::Remove(remove) => remove.run(global).await?,
        }
        Ok(Ending::Done)
    }
}

impl List {
    async fn run(self, global: &Global) -> anyhow::Result<()> {
        let app = &global.look().await?;
        let mut labels = labels::list(app).await?;
        let quality = quality::quality(app).await?;
        labels.sort_by(|a, b| b.at.cmp(&a.at).then(a.item.key.cmp(&b.item.key)));
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        labels.iter().for_each(|label| *counts.entry(label.kind.as_str()).or_default() += 1);
        if global.json {
            let label = |label: &crate::store::LabelRow| {
                json!({ "key": label.item.key, "item": label.item.item, "feed": label.item.feed, "title": label.item.title,
                    "who": label.who, "kind": label.kind.as_str(), "at": label.at.to_rfc3339(),
                    "has_text": label.item.text.is_some() })
            };
            let listed: Vec<Value> = labels.iter().take(self.limit).map(label).collect();
            print(json!({ "labels": listed, "counts": counts, "quality": quality_json(&quality) }));
            return Ok(());
        }
        if labels.is_empty() {
            print("no labels yet: they come from what editors do to drafts, and from readers' votes");
            return Ok(());
        }
        let mut table = table::new(["when", "who", "label", "post"]);
        for label in labels.iter().take(self.limit) {
            let at = label.at.with_timezone(&app.config.settings.timezone).format("%Y-%m-%d %H:%M").to_string();
            let post = marked::plain(&label.item.title).to_string();
            table.add_row([at, label.who.clone(), label.kind.as_str().to_owned(), post]);
        }
        print(table);
        let counts: Vec<String> = counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        print(format_args!("\n{} in all: {}", table::count(labels.len(), "label"), counts.join(", ")));
        show_quality(&quality);
        Ok(())
    }
}

/// What editors' acts say of the selection, in a line or two.
pub(super) fn show_quality(quality: &Quality) {
    if let Some(percent) = quality.kept_percent() {
        let all = table::count(quality.kept + quality.off_topic, "selected post");
        print(format_args!("last 12 weeks: editors kept {percent} % of {all}"));
    }
    if let Some(recall) = &quality.recall {
        let (value, low, high) = recall.recall;
        print(format_args!(
            "blind samples: {} of {} should have been selected; recall about {:.0} % (95 % interval {:.0} to {:.0} %)",
            recall.found,
            table::count(recall.sampled, "post"),
            value * 100.0,
            low * 100.0,
            high * 100.0
        ));
        if let Some(read) = recall.read_per_missed {
            print(format_args!("among the posts that are left out, one in about {read:.0} should have been selected"));
        }
    }
}

pub(in crate::cli) fn quality_json(quality: &Quality) -> Value {
    let recall = quality.recall.map(|it| {
        let interval = |(value, low, high): (f64, f64, f64)| json!({ "value": value, "interval": [low, high] });
        json!({ "sampled": it.sampled, "found": it.found, "missed": interval(it.missed), "recall": interval(it.recall),
            "read_per_missed": it.read_per_missed })
    });
    json!({ "kept": quality.kept, "off_topic": quality.off_topic, "sample": recall })
}

impl Import {
    async fn run(self, global: &Global) -> anyhow::Result<()> {
        let app = global.edit().await?;
        let read = if self.file.as_os_str() == "-" {
            labels::import(&app, std::io::stdin().lock()).await
        } else {
            let file = std::fs::File::open(&self.file);
            labels::import(
                &app,
                BufReader::new(file.with_context(|| format!("cannot open `{}`", self.file.display()))?),
            )
            .await
        };
        let count = read.with_context(|| format!("cannot import `{}`", self.file.display()))?;
        done(global, "imported", count);
        Ok(())
    }
}

impl Remove {
    async fn run(self, global: &Global) -> anyhow::Result<()> {
        if self.items.is_empty() && self.who.is_none() {
            return Err(Usage("name a post by its link or number, or a person with `--who`".to_owned()).into());
        }
        let app = global.edit().await?;
        let removed = labels::remove(&app, &self.items, self.who).await?;
        done(global, "removed", removed);
        Ok(())
    }
}

fn done(global: &Global, what: &str, count: usize) {
    if global.json {
        print(json!({ what: count }));
    } else {
        print(format_args!("{what} {}", table::count(count, "label")));
    }
}
