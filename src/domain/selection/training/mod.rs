//! Trains the `classifier` from labelled posts. Least squares gives the weights of its features. To turn its sums into
//! log-odds, cross-fitting compares them with the labels of posts from sources that it was not trained on. The same
//! posts give the same file on every machine.
//!
//! A feed may carry whole posts or only their first sentences, so each post is learnt both whole and cut short.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::classifier::{Bag, Calibration, Classifier, Group, Parts, READ, walk};
use super::features::{Features, key};
use super::phrases::index::Index;
use super::phrases::vocabulary::Passage;
use super::relevance::{Scorer, Text};
use super::topic::Topic;
use least_squares::Sample;
use logistic::Case;

pub(super) mod least_squares;
mod logistic;

/// A labelled post.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Its source; posts of one source are alike.
    pub source: String,
    /// Whether it is relevant.
    pub relevant: bool,
    /// Whether people found the label hard to decide.
    pub borderline: bool,
    /// Its themes by name, if it is relevant.
    pub themes: Vec<String>,
}

/// The number of characters of the cut version that is learnt in addition to the whole post, and its weight relative to
/// that. Shorter and longer versions bring no improvement. All constants here were found by cross-validation over 2,282
/// real posts of 287 sources.
const CUT: (usize, f64) = (600, 0.4);
/// The weight of the cut version when probabilities are fitted. It is higher, because otherwise the beginning of a long
/// post would be judged like a short post, which is less often relevant.
const CUT_FITTED: f64 = 0.8;
/// The weight of an example that is not a post.
const OTHER_KIND: f64 = 0.2;
/// The target for a post, with its sign for relevant or irrelevant; the next one is for posts that people found hard to
/// label.
const CLEAR: f64 = 1.0;
const BORDERLINE: f64 = 0.55;
/// A feature is learnt only if at least this many posts, and this many sources, have it.
const LEAST_POSTS: usize = 3;
const LEAST_SOURCES: usize = 2;
/// Added to the rarity of a feature, so that one found in every source still counts.
const COMMONEST: f64 = 0.3;
/// The number of parts that sources are divided into; the classifier that judges one part is trained on the others.
const PARTS: usize = 5;
/// A relevant post has between one and this many themes.
pub(crate) const MOST_THEMES: usize = 3;

/// A post, whole or cut short, prepared for the classifier.
struct Row {
    example: usize,
    /// Whether it is a real post and not another kind of example.
    is_of_posts: bool,
    /// Its weight when the features are learnt.
    weight: f64,
    /// Its weight when probabilities are fitted.
    fitted: f64,
    values: Vec<(u32, f32)>,
    /// As `Calibration::length` computes it.
    length: f64,
    points: f64,
    theme_points: Vec<f64>,
}

/// The features of all posts, numbered by group and key.
struct Vocabulary {
    sizes: [usize; 3],
    keys: Vec<u32>,
    rarity: Vec<f32>,
}

/// Learns the topic from all posts, and each theme from the relevant ones. `others` are examples that are not real
/// posts, such as excerpts written for the purpose: they count for less, and no feature is learnt from them alone.
///
/// Returns the classifier and its file.
#[must_use]
pub fn train(topic: &Topic, posts: &[Example], others: &[Example]) -> (Classifier, Vec<u8>) {
    let file = Classifier::write(&learn(topic, posts, others));
    (Classifier::parse(&file).expect("what was written can be read"), file)
}

fn learn(topic: &Topic, posts: &[Example], others: &[Example]) -> Parts {
    let vocabulary = Vocabulary::of(posts);
    let examples: Vec<&Example> = posts.iter().chain(others).collect();
    let rows = rows(topic, &examples, posts.len(), &vocabulary);
    let part_of = parts(&examples);
    let themes: Vec<String> = topic.themes.iter().map(|theme| theme.name.clone()).collect();

    let of_topic = Task::of_topic(&rows, &examples, vocabulary.keys.len());
    let (weights, sums) = of_topic.learn(&rows, &part_of);
    let alone = vocabulary.sizes[Group::Word as usize] + vocabulary.sizes[Group::TitleWord as usize];
    let of_themes: Vec<_> =
        themes.iter().map(|theme| Task::of_theme(&rows, &examples, theme, alone).learn(&rows, &part_of)).collect();
    let mut calibration = calibrate(&rows, &examples, &sums);
    // At run time the classifier's sum has no bias of its own.
    let bias = weights[vocabulary.keys.len()];
    calibration.base.iter_mut().zip(calibration.sum).for_each(|(base, sum)| *base += narrow(bias) * sum);
    Parts {
        calibrated_themes: calibrate_themes(&rows, &examples, &themes, &of_themes),
        themes,
        sizes: vocabulary.sizes,
        keys: vocabulary.keys,
        rarity: vocabulary.rarity,
        weights: weights[..weights.len() - 1].to_vec(),
        theme_weights: of_themes.into_iter().map(|(weights, _)| weights[..weights.len() - 1].to_vec()).collect(),
        topic: calibration,
    }
}

fn narrow(value: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a coefficient needs a few digits")]
    let narrow = value as f32;
    narrow
}

impl Vocabulary {
    fn of(posts: &[Example]) -> Self {
        let (mut passage, index) = (Passage::default(), Index::new(Vec::new()));
        let mut found: BTreeMap<(Group, u32), (usize, BTreeSet<&str>)> = BTreeMap::new();
        for post in posts {
            let mut own = BTreeSet::new();
            for (text, is_title) in [(&post.title, true), (&post.text, false)] {
                passage.refill(text, READ, &index, None);
                walk(&passage, is_title, |feature| {
                    own.insert((feature.group, key(feature.hash)));
                });
            }
            for feature in own {
                let (count, sources) = found.entry(feature).or_default();
                *count += 1;
                sources.insert(&post.source);
            }
        }
        found.retain(|_, (count, sources)| *count >= LEAST_POSTS && sources.len() >= LEAST_SOURCES);
        let sources = posts.iter().map(|post| &post.source).collect::<BTreeSet<_>>().len();
        let (mut sizes, mut keys, mut rarity) = ([0; 3], Vec::new(), Vec::new());
        for ((group, key), (_, having)) in found {
            let rare = ((1 + sources) as f64 / (1 + having.len()) as f64).ln() + COMMONEST;
            sizes[group as usize] += 1;
            keys.push(key);
            rarity.push(narrow((rare * 1000.0).round() / 1000.0));
        }
        Self { sizes, keys, rarity }
    }
}

/// A row for each whole example, and one for its beginning if it is longer.
fn rows(topic: &Topic, examples: &[&Example], posts: usize, vocabulary: &Vocabulary) -> Vec<Row> {
    // Score the phrases as if a classifier were present.
    let untrained = Classifier::untrained(topic.themes.iter().map(|theme| theme.name.clone()).collect());
    let scorer = Scorer::new(&Topic { classifier: Some(Arc::new(untrained)), ..topic.clone() });
    let (features, order) = Features::new(&vocabulary.keys);
    let (mut passage, index) = (Passage::default(), Index::new(Vec::new()));
    let mut rows = Vec::new();
    for (example, post) in examples.iter().enumerate() {
        let is_of_posts = example < posts;
        let kind = if is_of_posts { 1.0 } else { OTHER_KIND };
        let (characters, weight) = CUT;
        let cut = post.text.char_indices().nth(characters).map(|(end, _)| (&post.text[..end], weight, CUT_FITTED));
        for (text, weight, fitted) in [(post.text.as_str(), 1.0, 1.0)].into_iter().chain(cut) {
            let mut bag = Bag::default();
            for (text, is_title) in [(post.title.as_str(), true), (text, false)] {
                passage.refill(text, READ, &index, Some(&features));
                bag.take(&features, &passage, is_title);
            }
            let points = scorer.points(&Text { title: &post.title, content: text, ..Text::default() });
            rows.push(Row {
                example,
                is_of_posts,
                weight: weight * kind,
                fitted: fitted * kind,
                values: bag.row(&order, &vocabulary.rarity, vocabulary.sizes),
                length: Calibration::length(bag.words()).into(),
                points: points.total.into(),
                theme_points: points.by_theme.into_iter().map(f64::from).collect(),
            });
        }
    }
    rows
}

/// For each example, the number of its part: posts of one source stay together, and the largest sources are distributed
/// first.
fn parts(examples: &[&Example]) -> Vec<usize> {
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    for example in examples {
        *sources.entry(&example.source).or_default() += 1;
    }
    let mut by_size: Vec<(&str, usize)> = sources.into_iter().collect();
    by_size.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut sizes = [0; PARTS];
    let mut dealt = BTreeMap::new();
    for (source, size) in by_size {
        let smallest = (0..PARTS).min_by_key(|part| sizes[*part]).unwrap_or_default();
        sizes[smallest] += size;
        dealt.insert(source, smallest);
    }
    examples.iter().map(|example| dealt[example.source.as_str()]).collect()
}

/// A target to learn from the features of a row: for each row, the target value and the cost of an error, or `None` if
/// it is not used.
struct Task {
    wanted: Vec<Option<(f64, f64)>>,
    /// Only the features below this number are used.
    features: usize,
}

impl Task {
    /// Whether a row is relevant. Both classes have the same total weight, whatever their size.
    fn of_topic(rows: &[Row], examples: &[&Example], features: usize) -> Self {
        let share = share(rows, |row| examples[row.example].relevant);
        let wanted = rows.iter().map(|row| {
            let Example { relevant, borderline, .. } = examples[row.example];
            let sure = if *borderline { BORDERLINE } else { CLEAR };
            let (target, side) = if *relevant { (sure, share) } else { (-sure, 1.0 - share) };
            Some((target, row.weight / (2.0 * side)))
        });
        Self { wanted: wanted.collect(), features }
    }

    /// Whether a relevant row has this theme. The rarer the theme, the more each of its posts counts.
    fn of_theme(rows: &[Row], examples: &[&Example], theme: &String, features: usize) -> Self {
        let has = |row: &Row| examples[row.example].themes.contains(theme);
        let relevant = rows.iter().filter(|row| examples[row.example].relevant);
        let share = share(relevant, has);
        let wanted = rows.iter().map(|row| {
            let is_learnt = examples[row.example].relevant;
            let one = if has(row) { (CLEAR, row.weight / share.sqrt()) } else { (-CLEAR, row.weight) };
            is_learnt.then_some(one)
        });
        Self { wanted: wanted.collect(), features }
    }

    /// The weights from all rows; and for each row, the sum with weights that were not learnt from its source.
    fn learn(&self, rows: &[Row], part_of: &[usize]) -> (Vec<f64>, Vec<f64>) {
        let rows: Vec<(Vec<(u32, f32)>, &Row)> = rows.iter().map(|row| (self.values(row), row)).collect();
        let fit = |without: Option<usize>| {
            let taught = rows.iter().zip(&self.wanted).filter_map(|((values, row), wanted)| {
                let (target, cost) = (*wanted)?;
                let is_within = Some(part_of[row.example]) != without;
                is_within.then_some(Sample { row: values, target, cost })
            });
            least_squares::fit(&taught.collect::<Vec<_>>(), self.features)
        };
        let by_part: Vec<Vec<f64>> = (0..PARTS).map(|part| fit(Some(part))).collect();
        let unseen = rows.iter().map(|(values, row)| least_squares::sum(&by_part[part_of[row.example]], values));
        let unseen = unseen.collect();
        (fit(None), unseen)
    }

    fn values(&self, row: &Row) -> Vec<(u32, f32)> {
        row.values.iter().filter(|(feature, _)| (*feature as usize) < self.features).copied().collect()
    }
}

/// The weighted share of the rows for which `is` holds, never exactly 0 or 1.
fn share<'r>(rows: impl IntoIterator<Item = &'r Row>, is: impl Fn(&Row) -> bool) -> f64 {
    let (mut yes, mut all) = (0.0, 0.0);
    for row in rows {
        all += row.weight;
        yes += if is(row) { row.weight } else { 0.0 };
    }
    if all > 0.0 { (yes / all).clamp(0.001, 0.999) } else { 0.5 }
}

/// Converts sums and points into log-odds; both say less about a short text.
fn calibrate(rows: &[Row], examples: &[&Example], sums: &[f64]) -> Calibration {
    let cases: Vec<Case> = rows
        .iter()
        .zip(sums)
        .filter(|(row, _)| row.is_of_posts)
        .map(|(row, sum)| {
            let values = [&[1.0, row.length], &evidence(row, *sum, row.points)[..]].concat();
            Case { values, outcome: examples[row.example].relevant, weight: row.fitted }
        })
        .collect();
    match logistic::fit(&cases).as_slice() {
        [base, base_long, per @ ..] => calibration([*base, *base_long], per),
        _ => Calibration::default(),
    }
}

/// The order of magnitude of points. Dividing by it makes the penalty treat all coefficients alike.
const POINTS: f64 = 10.0;

/// The input values besides the base: the sum and the points, and what a long text adds to each.
fn evidence(row: &Row, sum: f64, points: f64) -> [f64; 4] {
    let points = points / POINTS;
    [sum, sum * row.length, points, points * row.length]
}

/// Builds a calibration from a base and the coefficients of `evidence`.
fn calibration(base: [f64; 2], per: &[f64]) -> Calibration {
    Calibration {
        base: base.map(narrow),
        sum: [per[0], per[1]].map(narrow),
        points: [per[2], per[3]].map(|per| narrow(per / POINTS)),
    }
}

/// The log-odds of each theme, minus the threshold for a further theme.
fn calibrate_themes(
    rows: &[Row],
    examples: &[&Example],
    themes: &[String],
    learnt: &[(Vec<f64>, Vec<f64>)],
) -> Vec<Calibration> {
    let count = themes.len();
    let relevant: Vec<usize> = (0..rows.len()).filter(|row| examples[rows[*row].example].relevant).collect();
    let case = |row: usize, theme: usize| {
        let mut values = vec![0.0; count];
        values[theme] = 1.0;
        values.extend(evidence(&rows[row], learnt[theme].1[row], rows[row].theme_points[theme]));
        let outcome = examples[rows[row].example].themes.contains(&themes[theme]);
        Case { values, outcome, weight: rows[row].fitted }
    };
    let cases: Vec<Case> = relevant.iter().flat_map(|row| (0..count).map(|theme| case(*row, theme))).collect();
    let found = logistic::fit(&cases);
    if found.is_empty() {
        return Vec::new();
    }
    let judged: Vec<(f64, bool, f64)> =
        cases.iter().map(|case| (logistic::dot(&found, &case.values), case.outcome, case.weight)).collect();
    let least = least_odds(judged.chunks(count));
    let (bases, per) = found.split_at(count);
    (0..count)
        .map(|theme| {
            let bias = learnt[theme].0.last().copied().unwrap_or_default();
            calibration([bases[theme] + bias * per[0] - least, bias * per[1]], per)
        })
        .collect()
}

/// The threshold of log-odds from which a post gets a further theme: where micro-F1 is best.
fn least_odds<'c>(posts: impl Iterator<Item = &'c [(f64, bool, f64)]> + Clone) -> f64 {
    let f1 = |least: f64| {
        let (mut right, mut given, mut labelled) = (0.0, 0.0, 0.0);
        for post in posts.clone() {
            let mut ranked = post.to_vec();
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
            for (rank, (odds, is, weight)) in ranked.into_iter().enumerate() {
                let joins = rank == 0 || rank < MOST_THEMES && odds >= least;
                given += if joins { weight } else { 0.0 };
                labelled += if is { weight } else { 0.0 };
                right += if joins && is { weight } else { 0.0 };
            }
        }
        2.0 * right / (given + labelled)
    };
    let candidates = (-20..=10).map(|tenth| f64::from(tenth) / 10.0);
    candidates
        .fold((f64::MIN, 0.0), |best, least| {
            let value = f1(least);
            if value > best.0 { (value, least) } else { best }
        })
        .1
}
