//! `topic learn`: shows what learning from the labels would change; `--apply` uses it, and `--forget` goes back.

use clap::Args;
use serde_json::{Value, json};

use super::test::{show_change, to_json as effect_json};
use super::{Ending, Global, print, table};
use crate::app::selection::learn::{self, Learning};
use crate::app::selection::quality;
use crate::cli::selection::labels::{quality_json, show_quality};
use crate::config::LocalWeights;
use crate::domain::selection::learning::{LEAST_LABELS, LEAST_OF_EACH, LEAST_SOURCES, Verdict};
use crate::domain::selection::measures::Estimate;
use crate::domain::selection::topic::Topic;

#[derive(Debug, Args)]
#[command(after_help = "\
Labels come from what editors do to drafts and from readers' votes; see `labels list`. \
The weights are learnt from the shipped ones and all labels, and compared with the \
shipped ones on labels of feeds that they were not learnt from. Nothing is changed \
without --apply, and then only if neither precision nor recall falls, and the posts \
that are added and dropped are better than chance: in 95 % of resamples of the feeds, \
and more if there are few.

The learnt weights are in the data folder, in topic.local.classifier. A running \
daemon takes them over, and judges again what is not yet in a digest.

Examples:
  policy-digest topic learn
  policy-digest topic learn --apply
  policy-digest topic learn --forget")]
pub(in crate::cli) struct Learn {
    /// Use the learnt weights from now on
    #[arg(long, conflicts_with = "forget")]
    apply: bool,
    /// Go back to the shipped weights; the labels are kept
    #[arg(long)]
    forget: bool,
    /// How many added and dropped posts to list
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
}

impl Learn {
    pub(in crate::cli) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        if self.forget {
            let app = global.edit().await?;
            let had = learn::forget(&app)?;
            if global.json {
                print(json!({ "forgotten": had }));
            } else if had {
                print("the learnt weights are removed: the shipped ones are used again, and the labels are kept");
            } else {
                print("nothing to forget: the shipped weights are in use");
            }
            return Ok(Ending::Done);
        }
        let (app, editing) = if self.apply {
            let app = global.edit().await?;
            ((*app).clone(), Some(app))
        } else {
            (global.look().await?, None)
        };
        let learning = learn::learn(&app).await?;
        let is_better = learning.learnt.back_test.verdict == Verdict::Better;
        let applied = match editing {
            Some(app) if is_better => Some(learn::apply(&app, &learning.learnt).await?),
            _ => None,
        };
        let quality = quality::quality(&app).await?;
        if global.json {
            let mut answer = to_json(&learning, &app.config.topic);
            answer["quality"] = quality_json(&quality);
            answer["applied"] = json!(applied.is_some());
            print(answer);
        } else {
            show(&learning, &app.config.topic, self.limit);
            show_quality(&quality);
            print(format_args!("\n{}", conclusion(&learning, self.apply)));
            if let Some(path) = &applied {
                print(format_args!("written to {}", path.display()));
            }
        }
        Ok(if self.apply && !is_better { Ending::Failed } else { Ending::Done })
    }
}

fn show(learning: &Learning, topic: &Topic, limit: usize) {
    let counts: Vec<String> =
        learning.labels.iter().map(|(kind, count)| format!("{count} {}", kind.as_str())).collect();
    let counts = if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
    print(format_args!("labels: {counts}"));
    if learning.unreadable > 0 {
        print(format_args!(
            "{} without a text or features: not used",
            table::count(learning.unreadable, "labelled post")
        ));
    }
    let state = match learning.local {
        LocalWeights::None => "the shipped weights are in use",
        LocalWeights::Used => "weights learnt earlier are in use",
        LocalWeights::Outdated => {
            "weights learnt earlier are ignored: they start from another version of the shipped ones"
        }
        LocalWeights::Damaged => "weights learnt earlier are ignored: their file is damaged",
    };
    print(state);
    let test = &learning.learnt.back_test;
    if test.verdict == Verdict::TooFew {
        return;
    }
    let of = format!("{} of {}", table::count(test.labels, "label"), table::count(test.sources, "feed"));
    print(format_args!("\non {of}, each judged by weights not learnt from its feed:\n"));
    let mut table = table::new(["", "shipped", "learnt", "difference (95 % interval)"]);
    for (name, before, after, gain) in [
        ("precision", test.before.precision, test.after.precision, test.gain.precision),
        ("recall", test.before.recall, test.after.recall, test.gain.recall),
        ("F1", test.before.f1, test.after.f1, test.gain.f1),
    ] {
        table.add_row([name.to_owned(), value(before), value(after), difference(gain)]);
    }
    print(table);
    let changes = &test.changes;
    print(format_args!(
        "\nof these labels, added: {} relevant, {} not; dropped: {} relevant, {} not; better than chance in {:.1} % of \
         resamples of the feeds",
        changes.added_relevant,
        changes.added_irrelevant,
        changes.dropped_relevant,
        changes.dropped_irrelevant,
        test.confidence * 100.0
    ));
    let effect = &learning.effect;
    print(format_args!(
        "\nof {} of the last 12 weeks: {} selected with the weights in use, {} with these",
        self::table::count(effect.items, "post"),
        effect.before,
        effect.after
    ));
    for (what, changes) in [("added", &effect.added), ("dropped", &effect.dropped)] {
        if !changes.is_empty() {
            print(format_args!("\n{what}: {}", self::table::count(changes.len(), "post")));
            changes.iter().take(limit).for_each(|change| show_change(change, topic));
        }
    }
    print("");
}

fn value(estimate: Estimate) -> String {
    let interval = estimate.interval.map(|(low, high)| format!(" ({low:.2} to {high:.2})")).unwrap_or_default();
    format!("{:.2}{interval}", estimate.value)
}

fn difference(estimate: Estimate) -> String {
    let interval = estimate.interval.map(|(low, high)| format!(" ({low:+.2} to {high:+.2})")).unwrap_or_default();
    format!("{:+.2}{interval}", estimate.value)
}

fn conclusion(learning: &Learning, applies: bool) -> String {
    let test = &learning.learnt.back_test;
    match test.verdict {
        Verdict::TooFew => format!(
            "too few labels to learn from: editors have labelled {}, {} of them relevant, from {}; it takes {LEAST_LABELS} from \
             {LEAST_SOURCES} feeds, with {LEAST_OF_EACH} relevant and {LEAST_OF_EACH} not",
            table::count(test.labels, "post"),
            test.relevant,
            table::count(test.sources, "feed"),
        ),
        Verdict::Worse => {
            let fallen = [("precision", test.gain.precision.value), ("recall", test.gain.recall.value)];
            let fallen: Vec<&str> = fallen.iter().filter(|(_, gain)| *gain < 0.0).map(|(name, _)| *name).collect();
            format!("not worth it: {} would fall, so nothing changes", fallen.join(" and "))
        }
        Verdict::Same => "not worth it: none of the labelled posts would be judged otherwise".to_owned(),
        Verdict::Unproven => format!(
            "not worth it yet: the changes are better than chance in {:.1} % of resamples of the feeds, and it takes \
             {:.1} %; more labels may show it",
            test.confidence * 100.0,
            test.needed * 100.0
        ),
        Verdict::Better if applies => {
            "the learnt weights are in use from now on; `topic learn --forget` goes back".to_owned()
        }
        Verdict::Better if learning.is_in_use => "these weights are in use already".to_owned(),
        Verdict::Better => "worth it: `policy-digest topic learn --apply` uses these weights".to_owned(),
    }
}

fn to_json(learning: &Learning, topic: &Topic) -> Value {
    let test = &learning.learnt.back_test;
    let estimate = |it: Estimate| json!({ "value": it.value, "interval": it.interval.map(|(low, high)| [low, high]) });
    let figures = |it: &crate::domain::selection::learning::Quality| json!({ "precision": estimate(it.precision), "recall": estimate(it.recall), "f1": estimate(it.f1) });
    let counts: serde_json::Map<String, Value> =
        learning.labels.iter().map(|(kind, count)| (kind.as_str().to_owned(), json!(count))).collect();
    let verdict = match test.verdict {
        Verdict::TooFew => "too-few",
        Verdict::Worse => "worse",
        Verdict::Same => "same",
        Verdict::Unproven => "unproven",
        Verdict::Better => "better",
    };
    json!({
        "verdict": verdict, "labels": counts, "unreadable": learning.unreadable, "measured": test.labels,
        "feeds": test.sources, "uses_votes": learning.learnt.uses_votes, "in_use": learning.is_in_use,
        "relevant": test.relevant, "confidence": test.confidence, "needed": test.needed,
        "changes": { "added_relevant": test.changes.added_relevant, "added_irrelevant": test.changes.added_irrelevant,
            "dropped_relevant": test.changes.dropped_relevant, "dropped_irrelevant": test.changes.dropped_irrelevant },
        "shipped": figures(&test.before), "learnt": figures(&test.after), "gain": figures(&test.gain),
        "effect": effect_json(&learning.effect, topic),
    })
}
