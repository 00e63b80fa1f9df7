//! Finds the weights of `wording` from labelled posts: a linear support vector machine with squared hinge loss,
//! solved by dual coordinate descent (Hsieh et al., ICML 2008). The same posts give the same model: the order is
//! fixed, and the weights are rounded to hundredths.

use std::collections::{BTreeMap, HashMap};

use super::folded::{self, Folded};
use super::relevance::READ;
use super::wording::{Feature, IN_TITLE, RESERVE, Wording};

/// A labelled post.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Whether it belongs to the topic.
    pub relevant: bool,
    /// Its themes by name, if it does.
    pub themes: Vec<String>,
}

/// A feature that fewer posts have is not learnt.
const LEAST_POSTS: usize = 2;
/// Nor a word that more than one post in so many has: it tells how somebody writes, not of what.
const COMMON: usize = 3;
/// How much an error costs beside the length of the weights; found by cross-validation.
const COST_TOPIC: f64 = 1.0;
const COST_THEME: f64 = 0.3;
const EPOCHS: usize = 300;
/// The descent ends when no step would be longer.
const TOLERANCE: f64 = 1e-3;

/// One post as feature numbers and values, brought to about length one.
type Row = Vec<(usize, f64)>;

/// Learns the topic from all posts, and each theme from those that belong.
#[must_use]
pub fn train(posts: &[Example], themes: &[String]) -> Wording {
    let counted: Vec<BTreeMap<String, u32>> = posts.iter().map(count).collect();
    let mut spread: BTreeMap<&str, usize> = BTreeMap::new();
    for feature in counted.iter().flat_map(BTreeMap::keys) {
        *spread.entry(feature).or_default() += 1;
    }
    spread.retain(|stems, found| *found >= LEAST_POSTS && (stems.contains(' ') || *found * COMMON <= posts.len()));
    let rarity = |found: usize| f64::from(hundredth(((1 + posts.len()) as f64 / (1 + found) as f64).ln() + 1.0));
    let features: Vec<(&str, f64)> = spread.into_iter().map(|(stems, found)| (stems, rarity(found))).collect();
    let numbers: HashMap<&str, usize> =
        features.iter().enumerate().map(|(number, (stems, _))| (*stems, number)).collect();
    let rows: Vec<Row> = counted.iter().map(|counts| row(counts, &features, &numbers)).collect();

    let all: Vec<(&Row, bool)> = rows.iter().zip(posts).map(|(row, post)| (row, post.relevant)).collect();
    let mut models = vec![descend(&all, features.len(), COST_TOPIC, false)];
    for theme in themes {
        let within = rows.iter().zip(posts).filter(|(_, post)| post.relevant);
        let labelled: Vec<_> = within.map(|(row, post)| (row, post.themes.contains(theme))).collect();
        models.push(descend(&labelled, features.len(), COST_THEME, true));
    }
    let bias = models.iter().map(|(_, bias)| hundredth(*bias)).collect();
    let (mut kept, mut weights) = (Vec::new(), Vec::new());
    for (number, (stems, rarity)) in features.iter().enumerate() {
        let own: Vec<f32> = models.iter().map(|(weights, _)| hundredth(weights[number])).collect();
        kept.push(Feature { stems: (*stems).to_owned(), rarity: hundredth(*rarity) });
        weights.extend(own);
    }
    Wording::new(themes.to_vec(), bias, kept, weights)
}

fn hundredth(value: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a few hundred hundredths")]
    let rounded = ((value * 100.0).round() / 100.0) as f32;
    rounded
}

/// The features of a post, as `wording` sees them.
fn count(post: &Example) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for (text, times) in [(&post.title, u32::from(IN_TITLE)), (&post.text, 1)] {
        let folded = Folded::new(text, READ);
        let mut before: Option<String> = None;
        for word in 0..folded.len() {
            let stem = folded::stem(folded.word(word)).into_owned();
            if let Some(before) = before.filter(|_| !folded.opens_sentence(word)) {
                *counts.entry(format!("{before} {stem}")).or_default() += times;
            }
            *counts.entry(stem.clone()).or_default() += times;
            before = Some(stem);
        }
    }
    counts
}

fn row(counts: &BTreeMap<String, u32>, features: &[(&str, f64)], numbers: &HashMap<&str, usize>) -> Row {
    let mut row: Row = counts
        .iter()
        .filter_map(|(stems, times)| {
            let number = *numbers.get(stems.as_str())?;
            Some((number, (1.0 + f64::from(*times).ln()) * features[number].1))
        })
        .collect();
    let length = (row.iter().map(|(_, value)| value * value).sum::<f64>() + f64::from(RESERVE)).sqrt();
    row.iter_mut().for_each(|(_, value)| *value /= length);
    row
}

/// The weights and the bias that part the rows. `balanced` gives both sides the same say, however many they are.
fn descend(rows: &[(&Row, bool)], features: usize, cost: f64, balanced: bool) -> (Vec<f64>, f64) {
    let positive = rows.iter().filter(|(_, is)| *is).count();
    let cost_of = |is: bool| match (balanced, if is { positive } else { rows.len() - positive }) {
        (true, side) if side > 0 => cost * rows.len() as f64 / (2.0 * side as f64),
        _ => cost,
    };
    let (mut weights, mut bias) = (vec![0.0; features], 0.0);
    let mut alpha = vec![0.0; rows.len()];
    // A stride that shares no factor with the count visits every row once, in an order that is none.
    let stride = (1..).map(|step| rows.len() * 5 / 8 + step).find(|stride| coprime(*stride, rows.len())).unwrap_or(1);
    for epoch in 0..EPOCHS {
        let mut longest = 0.0_f64;
        for step in 0..rows.len() {
            let place = (epoch + step * stride) % rows.len();
            let (row, is) = rows[place];
            let sign = if is { 1.0 } else { -1.0 };
            let softness = 1.0 / (2.0 * cost_of(is));
            let margin = row.iter().map(|(feature, value)| weights[*feature] * value).sum::<f64>() + bias;
            let slope = sign * margin - 1.0 + softness * alpha[place];
            if alpha[place] == 0.0 && slope >= 0.0 {
                continue;
            }
            longest = longest.max(slope.abs());
            // The bias is a feature of value one.
            let square = row.iter().map(|(_, value)| value * value).sum::<f64>() + 1.0;
            let moved = (alpha[place] - slope / (square + softness)).max(0.0) - alpha[place];
            alpha[place] += moved;
            for (feature, value) in row {
                weights[*feature] += moved * sign * value;
            }
            bias += moved * sign;
        }
        if longest < TOLERANCE {
            break;
        }
    }
    (weights, bias)
}

fn coprime(a: usize, b: usize) -> bool {
    if b == 0 { a == 1 } else { coprime(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::index::Index;
    use crate::domain::vocabulary::Passage;
    use crate::domain::wording::Bag;

    fn post(title: &str, relevant: bool, themes: &[&str]) -> Example {
        Example {
            title: title.to_owned(),
            text: String::new(),
            relevant,
            themes: themes.iter().map(|&t| t.to_owned()).collect(),
        }
    }

    #[test]
    fn what_tells_the_posts_apart_is_learnt() {
        let posts = [
            post("care for older people", true, &["care"]),
            post("care and councils", true, &["care"]),
            post("councils and citizens", true, &["voice"]),
            post("citizens in budgets", true, &["voice"]),
            post("tax for people", false, &[]),
            post("tax and budgets", false, &[]),
        ];
        let themes = ["care".to_owned(), "voice".to_owned()];
        let model = train(&posts, &themes);
        let judge = |title: &str| {
            let (mut bag, mut passage) = (Bag::default(), Passage::default());
            passage.refill(title, usize::MAX, &Index::new(Vec::new()), Some(model.by_hash()));
            bag.take(&model, &passage, title, true);
            let judged = model.judge(&bag).unwrap();
            (judged.topic, judged.themes)
        };
        assert!(judge("care").0 > 0.0 && judge("tax").0 < 0.0);
        assert!(judge("care").1[0] > 0.0 && judge("citizens").1[1] > 0.0 && judge("citizens").1[0] < 0.0);
        assert_eq!(train(&posts, &themes).write(), model.write());
        assert_eq!(Wording::parse(&model.write()).unwrap(), model);
    }
}
