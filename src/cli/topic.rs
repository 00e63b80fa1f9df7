//! `topic`: how well the topic file judges labelled posts, and what an edit of it does to the stored ones (`test`).

mod test;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Ending, Global, Usage, marked, print, table};
use crate::app::explain::reason_json;
use crate::app::topic::eval::{self, Figures, Judged, Labelled};
use crate::app::topic::train;
use crate::domain::relevance::Scorer;

/// So many reasons are told of a post that was judged wrongly.
const REASONS: usize = 3;

#[derive(Debug, Subcommand)]
pub(super) enum Topic {
    /// Show what an edit of topic.toml adds and drops among the stored posts; nothing is stored
    Test(test::Test),
    /// Measure topic.toml against posts that people have labelled
    Eval(Eval),
    /// Train the classifier that topic.toml names, from labelled posts
    Train(Train),
    /// Tell what phrases and classifier are worth together on posts that the classifier has not seen
    CrossValidate(CrossValidate),
}

#[derive(Debug, Args)]
#[command(after_help = "\
The same posts make the same file. Each line is as `topic eval` reads it, with `repo` or `host` for where the post is
from, and `\"borderline\":true` where people found it hard to label.

Example:
  policy-digest topic train posts.jsonl --with config/training/posts.jsonl")]
pub(super) struct Train {
    /// Labelled posts, one JSON object a line
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// More labelled posts, of another kind, such as excerpts written for the purpose; they count for less
    #[arg(long, value_name = "FILE")]
    with: Vec<PathBuf>,
    /// Write to this file instead of the one that topic.toml names
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Posts are parted by `host`; each part is judged by a model of the others, at the threshold that is best for them.

Example:
  policy-digest topic cross-validate posts.jsonl --with config/training/posts.jsonl")]
pub(super) struct CrossValidate {
    /// Labelled posts to be judged, one JSON object a line
    file: PathBuf,
    /// More labelled posts, to be trained on for every part
    #[arg(long, value_name = "FILE")]
    with: Vec<PathBuf>,
    /// Number of parts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=100))]
    parts: u8,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Each line is {\"id\",\"title\",\"text\",\"relevant\",\"themes\"}; `excerpt` is read where there is no `text`,
and `\"kind\":\"hard_negative\"` marks posts that share words with the topic.

Example:
  policy-digest topic eval posts.jsonl --errors")]
pub(super) struct Eval {
    /// Labelled posts, one JSON object a line (- for standard input)
    file: PathBuf,
    /// List what was passed or missed wrongly, with the strongest reasons
    #[arg(long)]
    errors: bool,
}

impl Topic {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        match self {
            Self::Test(test) => test.run(global).await,
            Self::Eval(eval) => eval.run(global),
            Self::Train(train) => train.run(global),
            Self::CrossValidate(validate) => validate.run(global),
        }
    }
}

impl Train {
    fn run(&self, global: &Global) -> anyhow::Result<Ending> {
        let config = global.load_untrained()?;
        let Some(out) = self.out.as_ref().or(config.classifier_file.as_ref()) else {
            let hint =
                "topic.toml names no classifier: add `[classifier]` with `file = \"topic.classifier\"`, or give `--out FILE`";
            return Err(Usage(hint.to_owned()).into());
        };
        let (posts, others) = (posts(&self.files, &config.topic)?, posts(&self.with, &config.topic)?);
        let (classifier, file) =
            train::train(&config.topic, &posts.iter().collect::<Vec<_>>(), &others.iter().collect::<Vec<_>>());
        std::fs::write(out, &file).with_context(|| format!("cannot write `{}`", out.display()))?;
        let (features, read) = (classifier.features(), table::count(posts.len() + others.len(), "post"));
        let kib = file.len() / 1024;
        print(format_args!("{}: {features} words and pairs of words from {read}, {kib} KiB", out.display()));
        Ok(Ending::Done)
    }
}

impl CrossValidate {
    fn run(&self, global: &Global) -> anyhow::Result<Ending> {
        let topic = global.load_untrained()?.topic;
        let judged = posts(std::slice::from_ref(&self.file), &topic)?;
        let always = posts(&self.with, &topic)?;
        let found = train::cross_validate(&topic, &judged, &always, usize::from(self.parts));
        let mut pairs = pairs(&found.figures);
        let tenth = |threshold: &f32| (f64::from(*threshold) * 100.0).round() / 100.0;
        pairs.push(("thresholds".to_owned(), found.thresholds.iter().map(tenth).collect()));
        pairs.push(("best_threshold".to_owned(), tenth(&found.threshold).into()));
        if global.json {
            print(Value::from(pairs.into_iter().collect::<serde_json::Map<_, _>>()));
        } else {
            pairs.iter().for_each(|(name, value)| print(format_args!("{name:<24} {value}")));
        }
        Ok(Ending::Done)
    }
}

/// The labelled posts of all files.
fn posts(files: &[PathBuf], topic: &crate::domain::topic::Topic) -> anyhow::Result<Vec<Labelled>> {
    let mut posts = Vec::new();
    for path in files {
        let file = std::fs::File::open(path).with_context(|| format!("cannot open `{}`", path.display()))?;
        let read = eval::read(std::io::BufReader::new(file), topic);
        posts.extend(read.with_context(|| format!("cannot use `{}`", path.display()))?);
    }
    Ok(posts)
}

impl Eval {
    fn run(&self, global: &Global) -> anyhow::Result<Ending> {
        let topic = global.load()?.topic;
        let posts = if self.file == Path::new("-") {
            eval::read(std::io::stdin().lock(), &topic)
        } else {
            let file =
                std::fs::File::open(&self.file).with_context(|| format!("cannot open `{}`", self.file.display()))?;
            eval::read(std::io::BufReader::new(file), &topic)
        };
        let posts = posts.with_context(|| format!("cannot use `{}`", self.file.display()))?;
        let judged = eval::judge(&Scorer::new(&topic), posts);
        let figures = Figures::of(&judged);
        // The worst first.
        let mut passed: Vec<_> = judged.iter().filter(|it| it.score.picked && !it.post.relevant).collect();
        passed.sort_by(|a, b| b.score.total.total_cmp(&a.score.total));
        let mut missed: Vec<_> = judged.iter().filter(|it| !it.score.picked && it.post.relevant).collect();
        missed.sort_by(|a, b| a.score.total.total_cmp(&b.score.total));
        if global.json {
            let mut answer: serde_json::Map<_, _> = pairs(&figures).into_iter().collect();
            if self.errors {
                let wrong = |posts: &[&Judged]| posts.iter().map(|it| error_json(it)).collect::<Vec<_>>();
                answer.insert("errors".to_owned(), json!({ "passed": wrong(&passed), "missed": wrong(&missed) }));
            }
            print(Value::from(answer));
            return Ok(Ending::Done);
        }
        for (name, value) in pairs(&figures) {
            print(format_args!("{name:<24} {value}"));
        }
        if self.errors {
            tell("passed, and should not have been", &passed);
            tell("missed", &missed);
        }
        Ok(Ending::Done)
    }
}

/// The figures by name, rounded as they are printed.
fn pairs(figures: &Figures) -> Vec<(String, Value)> {
    let share = |share: f64| Value::from((share * 10_000.0).round() / 10_000.0);
    let pairs = [
        ("items", figures.items.into()),
        ("relevant", figures.relevant.into()),
        ("true_positives", figures.true_positives.into()),
        ("false_positives", figures.false_positives.into()),
        ("false_negatives", figures.false_negatives.into()),
        ("precision", share(figures.precision)),
        ("recall", share(figures.recall)),
        ("f1", share(figures.f1)),
        ("average_precision", share(figures.average_precision)),
        ("theme_micro_precision", share(figures.theme_micro_precision)),
        ("theme_micro_recall", share(figures.theme_micro_recall)),
        ("theme_micro_f1", share(figures.theme_micro_f1)),
        ("hard_negatives", figures.hard_negatives.into()),
        ("hard_negatives_passed", figures.hard_negatives_passed.into()),
        ("false_positive_rate", share(figures.false_positive_rate)),
        ("precision_at_10_percent", share(figures.precision_at_10_percent)),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

fn tell(what: &str, posts: &[&Judged]) {
    print(format_args!("\n{}, {what}:", table::count(posts.len(), "post")));
    for Judged { post, score } in posts {
        print(format_args!("  {} {:+.1}  {}", post.id, score.total, marked::plain(&post.title)));
        if score.reasons.is_empty() {
            print("      no phrase of the topic was found");
        }
        for reason in score.reasons.iter().take(REASONS) {
            let label = reason.label.as_deref().unwrap_or("the topic");
            let found = marked::plain(&reason.found);
            print(format_args!("      {:+.1} {found} ({}: {label})", reason.weight, reason.place.as_str()));
        }
    }
}

fn error_json(Judged { post, score }: &Judged) -> Value {
    let reasons: Vec<_> = score.reasons.iter().take(REASONS).map(reason_json).collect();
    json!({ "id": post.id, "title": post.title, "score": score.total, "kind": post.kind, "reasons": reasons })
}
