use super::*;

/// Not selected posts of one week, with a rising share of relevant ones near the threshold.
fn week(random: &mut Random, posts: usize, missed: f64) -> (Vec<Candidate>, Vec<bool>) {
    let mut candidates = Vec::new();
    let mut relevant = Vec::new();
    for item in 0..posts {
        let score = 35.0 * random.share() * random.share() * random.share();
        candidates.push(Candidate { item: i64::try_from(item).unwrap(), score });
        relevant.push(random.share() < (missed * score / 35.0 * 4.0).min(1.0));
    }
    (candidates, relevant)
}

/// The share of a hundred installations whose interval holds the true recall, and the mean width of the interval.
fn coverage(weeks: usize, posts: usize, missed: f64, kept_a_week: usize, seed: u64) -> (usize, f64) {
    let mut random = Random::seeded(seed);
    let (mut covered, mut width) = (0, 0.0);
    for _ in 0..100 {
        let (mut outcomes, mut truth) = (Vec::new(), 0);
        for _ in 0..weeks {
            let (candidates, relevant) = week(&mut random, posts, missed);
            truth += relevant.iter().filter(|it| **it).count();
            let seed = (random.share() * 1e15) as u64;
            outcomes.extend(draw(&candidates, 35.0, DRAWN, seed).into_iter().map(|it| Outcome {
                probability: it.probability,
                is_missed: relevant[usize::try_from(it.item).unwrap()],
            }));
        }
        let kept = kept_a_week * weeks;
        let truth = kept as f64 / (kept + truth) as f64;
        let (_, low, high) = recall(kept, &outcomes).unwrap().recall;
        covered += usize::from((low..=high).contains(&truth));
        width += (high - low) / 100.0;
    }
    (covered, width)
}

#[test]
fn the_interval_holds_the_true_recall_in_at_least_93_of_100_installations() {
    for (weeks, posts, missed, kept) in [
        (4, 40, 0.1, 8),
        (12, 40, 0.02, 8),
        (12, 60, 0.05, 10),
        (12, 90, 0.15, 20),
        (12, 400, 0.03, 15),
        (26, 60, 0.05, 10),
        (52, 90, 0.1, 15),
    ] {
        for seed in [1, 2] {
            let (covered, width) = coverage(weeks, posts, missed, kept, seed);
            assert!(covered >= 93, "{weeks} {posts} {missed}: {covered}");
            // An interval that held everything would prove nothing.
            assert!(width < 0.7, "{weeks} {posts} {missed}: {width}");
        }
    }
}

#[test]
fn every_post_is_drawn_as_often_as_its_probability_says() {
    let candidates: Vec<Candidate> = (0..40).map(|item| Candidate { item, score: item as f64 }).collect();
    let mut times = [0_u32; 40];
    let mut stated = [0.0; 40];
    for seed in 0..20_000 {
        let drawn = draw(&candidates, 40.0, DRAWN, seed);
        assert_eq!(drawn.len(), DRAWN);
        for Drawn { item, probability } in drawn {
            times[item as usize] += 1;
            stated[item as usize] = probability;
        }
    }
    for (times, stated) in times.iter().zip(stated) {
        let often = f64::from(*times) / 20_000.0;
        assert!((often - stated).abs() < 0.012, "{often} {stated}");
    }
    assert!(stated[39] > 3.0 * stated[0], "posts near the threshold are drawn more often");
}

#[test]
fn the_same_seed_draws_the_same_posts_in_any_order_and_another_seed_others() {
    let candidates: Vec<Candidate> = (0..60).map(|item| Candidate { item, score: (item % 30) as f64 }).collect();
    let mut reversed = candidates.clone();
    reversed.reverse();
    assert_eq!(draw(&candidates, 35.0, DRAWN, 7), draw(&reversed, 35.0, DRAWN, 7));
    assert_ne!(draw(&candidates, 35.0, DRAWN, 7), draw(&candidates, 35.0, DRAWN, 8));
    assert_eq!(draw(&candidates[..3], 35.0, DRAWN, 7).len(), 3);
    assert!(draw(&[], 35.0, DRAWN, 7).is_empty());
}

#[test]
fn a_sample_of_everything_leaves_no_doubt_and_none_leaves_no_estimate() {
    let outcome = |is_missed| Outcome { probability: 1.0, is_missed };
    let estimate = recall(8, &[outcome(true), outcome(true), outcome(false)]).unwrap();
    assert_eq!((estimate.missed.0, estimate.recall.0, estimate.read_per_missed), (2.0, 0.8, Some(1.5)));
    assert_eq!(recall(8, &[]), None);
    assert_eq!(recall(0, &[outcome(false)]), None);
    let (recall, low, high) = recall(100, &[Outcome { probability: 0.1, is_missed: false }]).unwrap().recall;
    assert!(recall == 1.0 && high == 1.0 && low < 0.92, "{low}: none found in a small sample is no proof");
}
