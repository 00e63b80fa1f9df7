//! `topic cross-validate`: measures the topic on sources that the classifier was not trained on, with a learning curve.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use serde_json::{Map, Value, json};

use super::{Ending, Global, Usage, figures, files, posts, print, table};
use crate::app::selection::cross_validate::{Plan, Validation, cross_validate};
use crate::app::selection::eval::Judged;
use crate::domain::selection::measures::Measure;
use crate::domain::selection::topic::{Scale, Topic};

#[derive(Debug, Args)]
#[command(after_help = "\
Posts of one source (`repo`, else `host`) stay in one fold, and each fold is judged by a classifier \
trained on the others. The phrases of topic.toml are used unchanged.

Examples:
  policy-digest topic cross-validate posts.jsonl --with config/training/posts.jsonl
  policy-digest topic cross-validate posts.jsonl --sizes 100,300,1000,all
  policy-digest topic cross-validate posts.jsonl --first 600 --predictions judged.jsonl")]
pub(in crate::cli) struct CrossValidate {
    /// Labelled posts to train on and to judge, one JSON object a line
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Additional labelled posts of another kind to train on in every fold, with less weight
    #[arg(long, value_name = "FILE")]
    with: Vec<PathBuf>,
    /// Number of folds
    #[arg(long, alias = "parts", value_name = "N", default_value_t = 5,
        value_parser = clap::value_parser!(u8).range(2..=100))]
    folds: u8,
    /// Judge only the first N characters of each text, as in a feed with teasers
    #[arg(long, value_name = "N")]
    first: Option<usize>,
    /// Learning curve: train on these numbers of posts, from random sources; the other tables use the last one
    #[arg(long, value_name = "N,N,…,all", value_delimiter = ',', default_value = "all")]
    sizes: Vec<Size>,
    /// Write the result for each post to this file, one {"id","relevant","score","themes"} a line
    #[arg(long, value_name = "FILE")]
    predictions: Option<PathBuf>,
}

/// How many posts to train on; all if `None`.
#[derive(Debug, Clone, Copy)]
struct Size(Option<usize>);

impl std::str::FromStr for Size {
    type Err = String;

    fn from_str(size: &str) -> Result<Self, String> {
        match (size, size.parse()) {
            ("all", _) => Ok(Self(None)),
            (_, Ok(posts)) if posts > 0 => Ok(Self(Some(posts))),
            _ => Err("a number of posts, or `all`".to_owned()),
        }
    }
}

impl CrossValidate {
    pub(in crate::cli) fn run(&self, global: &Global) -> anyhow::Result<Ending> {
        let topic = global.load_untrained()?.topic;
        if topic.classifier.is_none() {
            let hint = "topic.toml names no classifier to train; measure its phrases with `policy-digest topic eval`";
            return Err(Usage(hint.to_owned()).into());
        }
        let judged = posts(&self.files, &topic)?;
        let always = posts(&self.with, &topic)?;
        let sizes = self.sizes.iter().map(|size| size.0).collect();
        let plan = Plan { folds: self.folds.into(), first: self.first, sizes };
        let validations = cross_validate(&topic, &judged, &always, &plan);
        let Some(last) = validations.last() else { bail!("`--sizes` names no size") };
        if let Some(path) = &self.predictions {
            let lines: String = last.judged.iter().map(prediction).collect();
            files::replace(path, &lines)?;
        }
        if global.json {
            let mut answer = to_json(last);
            if validations.len() > 1 {
                answer.insert("curve".to_owned(), validations.iter().map(to_json).collect());
            }
            print(Value::from(answer));
            return Ok(Ending::Done);
        }
        figures::show(&last.measured, &topic);
        show_threshold(last, topic.scale());
        if validations.len() > 1 {
            show_curve(&validations, &topic);
        }
        Ok(Ending::Done)
    }
}

fn prediction(Judged { post, score }: &Judged) -> String {
    let themes: &[String] = if score.selected { &score.themes } else { &[] };
    let line = json!({ "id": post.id, "relevant": score.selected, "score": score.total, "themes": themes });
    format!("{line}\n")
}

fn to_json(validation: &Validation) -> Map<String, Value> {
    let hundredth = |number: &f64| (number * 100.0).round() / 100.0;
    let mut answer = figures::to_json(&validation.measured);
    answer.insert("trained_on".to_owned(), validation.trained_on.into());
    answer.insert("thresholds".to_owned(), validation.thresholds.iter().map(hundredth).collect());
    let (threshold, f1) = validation.best.unzip();
    answer.insert("best_threshold".to_owned(), threshold.as_ref().map(hundredth).into());
    answer.insert("best_f1".to_owned(), f1.map(figures::rounded).into());
    answer
}

fn show_threshold(validation: &Validation, scale: Scale) {
    let Some((threshold, f1)) = validation.best else { return };
    #[expect(clippy::cast_possible_truncation, reason = "a score")]
    let show = |threshold: f64| scale.show(threshold as f32);
    print(format_args!("\nthe threshold with the best F1 on these posts: {}, F1 {f1:.2}", show(threshold)));
    let mut by_fold = validation.thresholds.clone();
    by_fold.sort_by(f64::total_cmp);
    if let [lowest, .., highest] = by_fold.as_slice() {
        print(format_args!("without one fold or another: {} to {}", show(*lowest), show(*highest)));
    }
}

fn show_curve(validations: &[Validation], topic: &Topic) {
    print("\nlearning curve: the same posts, judged after training on fewer\n");
    let threshold = format!("F1 at {}", topic.scale().show(topic.threshold));
    let mut table = table::new(["trained on", "average precision", &threshold, "best F1", "themes: F1"]);
    for validation in validations {
        let of = |measure| figures::with_interval(&validation.measured.all[measure]);
        table.add_row([
            table::count(validation.trained_on, "post"),
            of(Measure::AveragePrecision),
            of(Measure::F1),
            validation.best.map_or_else(String::new, |(_, f1)| format!("{f1:.2}")),
            of(Measure::ThemeF1),
        ]);
    }
    print(table);
}
