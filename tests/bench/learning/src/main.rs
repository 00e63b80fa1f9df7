//! Simulates an installation that learns. The classifier is trained on half of the sources, so that it does not know the
//! posts of the other half, which arrive over twelve weeks. An editor who knows the truth edits each week's draft (or
//! every other one, while readers vote), and the weights are learnt anew from all labels so far. The same posts without
//! learning are the comparison, and so is learning without any proof that it helps. Usage: `learning-bench CONFIG_FOLDER POSTS.jsonl [PLOT.svg]`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;
use policy_digest::app::selection::eval::{Labelled, read};
use policy_digest::config;
use policy_digest::domain::selection::classifier::Reading;
use policy_digest::domain::selection::labels::{Kind, Label, verdicts};
use policy_digest::domain::selection::learning::{Lesson, Threshold, Verdict, learn};
use policy_digest::domain::selection::random::Random;
use policy_digest::domain::selection::relevance::{Scorer, Text};
use policy_digest::domain::selection::sample::{Candidate, DRAWN, draw};
use policy_digest::domain::selection::topic::{Classifier, Topic};
use policy_digest::domain::selection::training::{Example, train};

const WEEKS: usize = 12;
/// Different halves of the sources.
const SPLITS: usize = 3;
const READERS: usize = 100;
/// Readers who vote against every relevant post.
const HOSTILE: usize = 20;
/// How often an honest reader votes against an irrelevant post, and by mistake against a relevant one.
const HONEST: [f64; 2] = [0.05, 0.003];
/// The most posts that a sampled one stands for, as in `app::selection::learn`.
const MOST: f64 = 10.0;

/// Who labels.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    Editor,
    EditorAndReaders,
    EditorAndHostileReaders,
}

/// Posts that are selected and relevant, selected and not, and relevant and not selected.
#[derive(Clone, Copy, Default)]
struct Count([usize; 3]);

impl Count {
    fn take(&mut self, is_selected: bool, is_relevant: bool) {
        match (is_selected, is_relevant) {
            (true, true) => self.0[0] += 1,
            (true, false) => self.0[1] += 1,
            (false, true) => self.0[2] += 1,
            (false, false) => {}
        }
    }

    fn add(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, count)| *sum += count);
    }

    fn figures(self) -> [f64; 3] {
        let [right, wrong, missed] = self.0.map(|count| count as f64);
        [right / (right + wrong), right / (right + missed), 2.0 * right / (2.0 * right + wrong + missed)]
    }
}

/// The counts of each week, without learning and with it.
type Weeks = Vec<[Count; 2]>;

struct Installation {
    posts: Vec<Example>,
    readings: Vec<Reading>,
    shipped: Classifier,
    threshold: f64,
    margin: f64,
}

fn text(post: &Example) -> Text<'_> {
    Text { title: &post.title, content: &post.text, ..Text::default() }
}

fn example(post: &Labelled) -> Example {
    Example {
        title: post.title.clone(),
        text: post.text().content.to_owned(),
        source: post.source().to_owned(),
        relevant: post.relevant,
        borderline: post.borderline,
        themes: post.themes.clone(),
    }
}

impl Installation {
    fn new(topic: &Topic, posts: &[Example], split: usize) -> Self {
        let mut random = Random::seeded(split as u64);
        let sources: BTreeSet<&str> = posts.iter().map(|post| post.source.as_str()).collect();
        let mut sources: Vec<&str> = sources.into_iter().collect();
        random.shuffle(&mut sources);
        let own: BTreeSet<&str> = sources[..sources.len() / 2].iter().copied().collect();
        let (mut live, known): (Vec<Example>, Vec<Example>) =
            posts.iter().cloned().partition(|post| own.contains(post.source.as_str()));
        random.shuffle(&mut live);
        let (shipped, _) = train(topic, &known, &[]);
        let scorer = Scorer::new(&Topic { classifier: Some(Arc::new(shipped.clone())), ..topic.clone() });
        let readings = live.iter().filter_map(|post| scorer.reading(&text(post))).collect();
        let (threshold, margin) = (f64::from(topic.threshold), f64::from(topic.borderline.margin));
        Self { posts: live, readings, shipped, threshold, margin }
    }

    /// Runs all weeks. With `needs_proof`, learnt weights are used as `topic learn --apply` would; else as soon as there are
    /// labels enough.
    fn run(&self, who: Who, needs_proof: bool) -> (Weeks, Vec<usize>) {
        let mut random = Random::seeded(7);
        let mut learnt = self.shipped.clone();
        let (mut labels, mut probabilities, mut weeks) = (Vec::new(), BTreeMap::new(), Weeks::new());
        let mut applied = Vec::new();
        for week in 0..WEEKS {
            let at = DateTime::from_timestamp(week as i64 * 7 * 24 * 3600, 0).unwrap_or_default();
            let is_edited = who == Who::Editor || week % 2 == 0;
            let mut counts = [Count::default(); 2];
            let mut candidates = Vec::new();
            for item in (week..self.posts.len()).step_by(WEEKS) {
                let relevant = self.posts[item].relevant;
                let mut label = |kind, who: String| labels.push(Label { item: item as i64, who, kind, at });
                counts[0].take(self.readings[item].score(&self.shipped) >= self.threshold, relevant);
                let score = self.readings[item].score(&learnt);
                let is_selected = score >= self.threshold;
                counts[1].take(is_selected, relevant);
                let is_near = !is_selected && score >= self.threshold - self.margin;
                let kind = match (is_selected, relevant) {
                    (true, true) => Kind::Kept,
                    (true, false) => Kind::OffTopic,
                    (false, true) => Kind::Included,
                    (false, false) => Kind::PassedOver,
                };
                if is_edited && (is_selected || is_near) {
                    label(kind, "editor".to_owned());
                }
                if !is_selected {
                    candidates.push(Candidate { item: item as i64, score });
                }
                // What the editor takes out, readers do not see.
                for reader in 0..if is_selected && (relevant || !is_edited) { READERS } else { 0 } {
                    let chance = match who {
                        Who::Editor => 0.0,
                        Who::EditorAndHostileReaders if reader < HOSTILE => f64::from(u8::from(relevant)),
                        _ => HONEST[usize::from(relevant)],
                    };
                    if random.share() < chance {
                        label(Kind::ReaderOffTopic, format!("reader {reader}"));
                    }
                }
            }
            if is_edited {
                for drawn in draw(&candidates, self.threshold, DRAWN, week as u64) {
                    let missed = self.posts[drawn.item as usize].relevant;
                    let kind = if missed { Kind::SampleMissed } else { Kind::PassedOver };
                    labels.push(Label { item: drawn.item, who: "editor".to_owned(), kind, at });
                    probabilities.insert(drawn.item, drawn.probability);
                }
            }
            let result = learn(&self.shipped, &self.lessons(&labels, &probabilities), Threshold(self.threshold));
            let is_used = match result.back_test.verdict {
                Verdict::Better => true,
                Verdict::Unproven | Verdict::Worse => !needs_proof,
                Verdict::TooFew | Verdict::Same => false,
            };
            if is_used
                && let Ok(classifier) = Classifier::parse(&result.file)
            {
                learnt = classifier;
                applied.push(week + 1);
            }
            weeks.push(counts);
        }
        (weeks, applied)
    }

    fn lessons(&self, labels: &[Label], probabilities: &BTreeMap<i64, f64>) -> Vec<Lesson> {
        let lesson = |verdict: policy_digest::domain::selection::labels::Verdict| {
            let post = verdict.item as usize;
            let sampled = probabilities.get(&verdict.item).map_or(1.0, |probability| (1.0 / probability).min(MOST));
            Lesson {
                reading: self.readings[post].clone(),
                source: self.posts[post].source.clone(),
                relevant: verdict.relevant,
                weight: verdict.weight,
                stands_for: if verdict.is_by_editor { sampled } else { 0.0 },
            }
        };
        verdicts(labels).into_iter().map(lesson).collect()
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, posts, plot @ ..] = &arguments[..] else { panic!("usage: learning-bench CONFIG POSTS [PLOT.svg]") };
    let topic = config::load(Path::new(folder), None, &[]).expect("a configuration").topic;
    let file = std::fs::File::open(posts).expect("the posts can be read");
    let posts: Vec<Example> =
        read(std::io::BufReader::new(file), &topic).expect("labelled posts").iter().map(example).collect();
    simulate(&topic, &posts, plot.first().filter(|plot| !plot.is_empty()));
}

fn simulate(topic: &Topic, posts: &[Example], plot: Option<&String>) {
    let installations: Vec<Installation> = (0..SPLITS).map(|split| Installation::new(topic, posts, split)).collect();
    let runs = [
        ("an editor, every week", Who::Editor, true),
        ("the same, learning without proof", Who::Editor, false),
        ("an editor every other week, and 100 readers", Who::EditorAndReaders, true),
        ("the same, 20 of the readers hostile", Who::EditorAndHostileReaders, true),
    ];
    let mut plotted: Vec<Weeks> = Vec::new();
    for (name, who, needs_proof) in runs {
        println!("\n{name}; {SPLITS} installations together\n");
        println!("| week | precision, shipped | learnt | recall, shipped | learnt | F1, shipped | learnt |");
        println!("|---|---|---|---|---|---|---|");
        let all: Vec<(Weeks, Vec<usize>)> = std::thread::scope(|scope| {
            let run = |installation| scope.spawn(move || Installation::run(installation, who, needs_proof));
            let running: Vec<_> = installations.iter().map(run).collect();
            running.into_iter().map(|run| run.join().expect("a simulation ends")).collect()
        });
        let mut weeks = vec![[Count::default(); 2]; WEEKS + 1];
        for (week, counts) in all.iter().flat_map(|(weeks, _)| weeks.iter().enumerate()) {
            for at in 0..2 {
                weeks[week][at].add(counts[at]);
                weeks[WEEKS][at].add(counts[at]);
            }
        }
        for (week, [shipped, learnt]) in weeks.iter().enumerate() {
            let name = if week == WEEKS { "all".to_owned() } else { (week + 1).to_string() };
            let ([p0, r0, f0], [p1, r1, f1]) = (shipped.figures(), learnt.figures());
            println!("| {name} | {p0:.2} | {p1:.2} | {r0:.2} | {r1:.2} | {f0:.2} | {f1:.2} |");
        }
        for (first, name) in [(0, "1 to 4"), (4, "5 to 8"), (8, "9 to 12")] {
            let mut sums = [Count::default(); 2];
            weeks[first..first + 4].iter().for_each(|counts| (0..2).for_each(|at| sums[at].add(counts[at])));
            let [[p0, r0, f0], [p1, r1, f1]] = sums.map(Count::figures);
            println!("| {name} | {p0:.3} | {p1:.3} | {r0:.3} | {r1:.3} | {f0:.3} | {f1:.3} |");
        }
        for (split, (weeks, applied)) in all.iter().enumerate() {
            let mut sums = [Count::default(); 2];
            weeks.iter().for_each(|counts| (0..2).for_each(|at| sums[at].add(counts[at])));
            let [[p0, r0, f0], [p1, r1, f1]] = sums.map(Count::figures);
            println!(
                "installation {}: P {p0:.3} R {r0:.3} F1 {f0:.3}, learnt P {p1:.3} R {r1:.3} F1 {f1:.3}; used after weeks {applied:?}",
                split + 1
            );
        }
        plotted.push(weeks[..WEEKS].to_vec());
    }
    if let Some(path) = plot {
        std::fs::write(path, svg(&plotted[0], &plotted[1])).expect("the plot can be written");
    }
}

/// F1 by week, three weeks averaged: with the shipped weights, with learnt ones, and with those used without proof.
fn svg(weeks: &[[Count; 2]], without_proof: &[[Count; 2]]) -> String {
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 560 260\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"560\" height=\"260\" fill=\"white\"/>\n",
    );
    let y = |value: f64| 230.0 - (value - 0.65) * 2000.0;
    for step in 0..=5 {
        let value = 0.65 + 0.02 * f64::from(step);
        let at = y(value);
        let _ = writeln!(
            svg,
            "<path d=\"M40 {at:.0}H380\" stroke=\"#ddd\"/><text x=\"8\" y=\"{:.0}\">{value:.2}</text>",
            at + 4.0
        );
    }
    let lines = [
        (weeks, 0, "#505a5f", "shipped weights", " stroke-dasharray=\"4 4\""),
        (weeks, 1, "#1d4f91", "learnt, proved", ""),
        (without_proof, 1, "#b10e1e", "learnt, without proof", " stroke-dasharray=\"1 3\""),
    ];
    for (weeks, learns, colour, name, dash) in lines {
        let point = |week: usize| {
            let mut sum = Count::default();
            weeks[week.saturating_sub(1)..(week + 2).min(weeks.len())].iter().for_each(|it| sum.add(it[learns]));
            (40.0 + 340.0 * week as f64 / (weeks.len() - 1) as f64, y(sum.figures()[2]))
        };
        let path: Vec<String> = (0..weeks.len()).map(point).map(|(x, y)| format!("{x:.0} {y:.0}")).collect();
        let _ = writeln!(
            svg,
            "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>",
            path.join("L")
        );
        let (_, at) = point(weeks.len() - 1);
        let _ = writeln!(svg, "<text x=\"388\" y=\"{:.0}\" fill=\"{colour}\">{name}</text>", at + 4.0);
    }
    svg.push_str("<text x=\"140\" y=\"252\">F1, weeks 1 to 12, mean of three weeks</text>\n</svg>\n");
    svg
}
