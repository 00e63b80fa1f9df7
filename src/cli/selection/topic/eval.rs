//! `topic eval`: measures the topic on labelled posts, and lists wrongly judged ones with the reasons.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::{Ending, Global, figures, marked, posts, print, table};
use crate::app::selection::eval::{Judged, Measured, judge};
use crate::app::selection::explain::reason_json;
use crate::domain::selection::relevance::Scorer;
use crate::domain::selection::topic::Scale;

/// The number of reasons shown for a wrongly judged post.
const REASONS: usize = 3;

#[derive(Debug, Args)]
#[command(after_help = "\
Each line is {\"id\",\"title\",\"text\",\"relevant\",\"themes\"}; `excerpt` is read if there is no `text`. \
`repo` or `host` says where a post is from, `\"borderline\":true` that it was hard to label, \
and `\"kind\":\"hard_negative\"` that it shares words with the topic.

Examples:
  policy-digest topic eval posts.jsonl --errors
  policy-digest topic eval posts.jsonl --first 600")]
pub(in crate::cli) struct Eval {
    /// Labelled posts, one JSON object a line (- for standard input)
    file: PathBuf,
    /// Judge only the first N characters of each text, as in a feed with teasers
    #[arg(long, value_name = "N")]
    first: Option<usize>,
    /// List wrongly selected and missed posts, with the strongest reasons
    #[arg(long)]
    errors: bool,
}

impl Eval {
    pub(in crate::cli) fn run(&self, global: &Global) -> anyhow::Result<Ending> {
        let topic = global.load()?.topic;
        let posts = posts(std::slice::from_ref(&self.file), &topic)?;
        let judged = judge(&Scorer::new(&topic), posts, self.first);
        let measured = Measured::of(&judged, topic.scale());
        // The worst first.
        let mut selected: Vec<_> = judged.iter().filter(|it| it.score.selected && !it.post.relevant).collect();
        selected.sort_by(|a, b| b.score.total.total_cmp(&a.score.total));
        let mut missed: Vec<_> = judged.iter().filter(|it| !it.score.selected && it.post.relevant).collect();
        missed.sort_by(|a, b| a.score.total.total_cmp(&b.score.total));
        if global.json {
            let mut answer = figures::to_json(&measured);
            if self.errors {
                let wrong = |posts: &[&Judged]| posts.iter().map(|it| error_json(it)).collect::<Vec<_>>();
                answer.insert("errors".to_owned(), json!({ "passed": wrong(&selected), "missed": wrong(&missed) }));
            }
            print(Value::from(answer));
            return Ok(Ending::Done);
        }
        figures::show(&measured, &topic);
        if self.errors {
            show("selected, though not relevant", &selected, topic.scale());
            show("missed", &missed, topic.scale());
        }
        Ok(Ending::Done)
    }
}

fn show(what: &str, posts: &[&Judged], scale: Scale) {
    print(format_args!("\n{} {what}:", table::count(posts.len(), "post")));
    for Judged { post, score } in posts {
        print(format_args!("  {}  {}  {}", post.id, scale.show(score.total), marked::plain(&post.title)));
        if score.reasons.is_empty() {
            print("      no phrase of the topic was found");
        }
        for reason in score.reasons.iter().take(REASONS) {
            let label = reason.label.as_deref().unwrap_or("the topic");
            let found = marked::plain(&reason.found);
            let effect = scale.show_effect(score.effect(reason, scale));
            print(format_args!("      {effect} {found} ({}: {label})", reason.place.as_str()));
        }
    }
}

fn error_json(Judged { post, score }: &Judged) -> Value {
    let reasons: Vec<_> = score.reasons.iter().take(REASONS).map(reason_json).collect();
    json!({ "id": post.id, "title": post.title, "score": score.total, "kind": post.kind, "reasons": reasons })
}
