//! Cross-validation: how well the topic judges blogs that its classifier has not seen. The posts are divided into folds
//! by source, and each fold is judged by a classifier trained on the others. Repeating this with fewer training posts
//! gives the learning curve.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::eval::{Judged, Labelled, Measured, judge};
use super::train::train;
use crate::domain::selection::measures::{Sample, best_threshold};
use crate::domain::selection::random::Random;
use crate::domain::selection::relevance::Scorer;
use crate::domain::selection::topic::Topic;

/// The parameters of a cross-validation.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The number of folds.
    pub folds: usize,
    /// Judge only this many characters of each text.
    pub first: Option<usize>,
    /// The numbers of posts to train on, `None` for all; each gives one validation.
    pub sizes: Vec<Option<usize>>,
}

/// The result of a cross-validation.
#[derive(Debug, Clone)]
pub struct Validation {
    /// The average number of posts that each fold's classifier was trained on.
    pub trained_on: usize,
    /// Every post, judged by the classifier that has not seen its source, in the order of the file.
    pub judged: Vec<Judged>,
    /// The figures at the topic's threshold.
    pub measured: Measured,
    /// The threshold with the best F1 for all of these scores, and that F1; `None` without a relevant post.
    pub best: Option<(f64, f64)>,
    /// For each fold, the threshold with the best F1 on the other folds; their spread shows how stable the best one is.
    pub thresholds: Vec<f64>,
}

/// Cross-validates with `posts`, once for each size of the plan; every fold also trains on the posts of `always`.
#[must_use]
pub fn cross_validate(topic: &Topic, posts: &[Labelled], always: &[Labelled], plan: &Plan) -> Vec<Validation> {
    let fold_of = folds(posts, plan.folds);
    let always: Vec<&Labelled> = always.iter().collect();
    let jobs: Vec<(Option<usize>, usize)> =
        plan.sizes.iter().flat_map(|size| (0..plan.folds).map(|fold| (*size, fold))).collect();
    let run = |(size, fold): (Option<usize>, usize)| {
        let side = |within: bool| -> Vec<&Labelled> {
            posts.iter().zip(&fold_of).filter(|(_, of)| (**of == fold) == within).map(|(post, _)| post).collect()
        };
        let training = size.map_or_else(|| side(false), |size| drawn(&side(false), size, fold));
        let held_out = side(true).into_iter().cloned().collect();
        (training.len(), judge(&trained(topic, &training, &always), held_out, plan.first))
    };
    let mut done = at_once(&jobs, run).into_iter();
    plan.sizes.iter().map(|_| gather(topic, &fold_of, done.by_ref().take(plan.folds).collect())).collect()
}

fn trained(topic: &Topic, posts: &[&Labelled], always: &[&Labelled]) -> Scorer {
    let (classifier, _) = train(topic, posts, always);
    Scorer::new(&Topic { classifier: Some(Arc::new(classifier)), ..topic.clone() })
}

/// Combines the results of the folds.
fn gather(topic: &Topic, fold_of: &[usize], folds: Vec<(usize, Vec<Judged>)>) -> Validation {
    let trained_on = folds.iter().map(|(posts, _)| posts).sum::<usize>() / folds.len().max(1);
    let mut folds: Vec<_> = folds.into_iter().map(|(_, judged)| judged.into_iter()).collect();
    let judged: Vec<Judged> = fold_of.iter().filter_map(|fold| folds[*fold].next()).collect();
    let samples: Vec<Sample> = judged.iter().map(Judged::sample).collect();
    let thresholds = (0..folds.len()).filter_map(|fold| {
        let others = samples.iter().zip(fold_of).filter(|(_, of)| **of != fold);
        Some(best_threshold(&others.map(|(sample, _)| sample).collect::<Vec<_>>())?.0)
    });
    Validation {
        trained_on,
        thresholds: thresholds.collect(),
        best: best_threshold(&samples.iter().collect::<Vec<_>>()),
        measured: Measured::of(&judged, topic.scale()),
        judged,
    }
}

/// Runs the jobs on as many threads as there are processors; the results are in the order of the jobs.
fn at_once<J: Copy + Sync, R: Send>(jobs: &[J], run: impl Fn(J) -> R + Sync) -> Vec<R> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(at) else { break };
            let result = run(*job);
            results.lock().unwrap_or_else(PoisonError::into_inner).insert(at, result);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    results.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

/// The number of the fold of each post: posts of one source stay together, and the largest sources are distributed
/// first.
fn folds(posts: &[Labelled], folds: usize) -> Vec<usize> {
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    for post in posts {
        *sources.entry(post.source()).or_default() += 1;
    }
    let mut by_size: Vec<(&str, usize)> = sources.into_iter().collect();
    by_size.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut sizes = vec![0; folds.max(1)];
    let mut dealt = BTreeMap::new();
    for (source, size) in by_size {
        let smallest = (0..sizes.len()).min_by_key(|fold| sizes[*fold]).unwrap_or_default();
        sizes[smallest] += size;
        dealt.insert(source, smallest);
    }
    posts.iter().map(|post| dealt[post.source()]).collect()
}

/// Draws `size` of the posts, by whole sources at random, differently for each fold: a person who labels a hundred
/// posts reads a few blogs, not one post of every blog.
fn drawn<'a>(posts: &[&'a Labelled], size: usize, fold: usize) -> Vec<&'a Labelled> {
    let mut by_source: BTreeMap<&str, Vec<&'a Labelled>> = BTreeMap::new();
    for post in posts {
        by_source.entry(post.source()).or_default().push(post);
    }
    let mut sources: Vec<_> = by_source.into_values().collect();
    let mut random = Random::default();
    for _ in 0..=fold {
        random.shuffle(&mut sources);
    }
    sources.into_iter().flatten().take(size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(id: &str, host: &str) -> Labelled {
        serde_json::from_str(&format!(r#"{{"id":"{id}","host":"{host}","relevant":true}}"#)).unwrap()
    }

    #[test]
    fn a_source_stays_together_and_folds_are_even() {
        let posts = [post("1", "a"), post("2", "a"), post("3", "b"), post("4", "c"), post("5", ""), post("6", "")];
        let folds = folds(&posts, 3);
        assert_eq!(folds[0], folds[1]);
        assert!((0..3).all(|fold| folds.iter().filter(|of| **of == fold).count() == 2), "{folds:?}");
    }

    #[test]
    fn a_subset_holds_whole_sources_save_the_last_one() {
        let posts: Vec<_> = (0..60).map(|number| post(&number.to_string(), &(number / 6).to_string())).collect();
        let posts: Vec<&Labelled> = posts.iter().collect();
        let subset = drawn(&posts, 20, 0);
        let mut sources: Vec<_> = subset.iter().map(|post| post.source()).collect();
        sources.dedup();
        assert_eq!((subset.len(), sources.len()), (20, 4));
        assert_eq!(drawn(&posts, 20, 0), subset);
        assert_ne!(drawn(&posts, 20, 1), subset, "another fold draws other sources");
        assert_eq!(drawn(&posts, 600, 0).len(), 60);
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let jobs: Vec<u64> = (0..50).collect();
        assert_eq!(at_once(&jobs, |job| job * 2), jobs.iter().map(|job| job * 2).collect::<Vec<_>>());
    }
}
