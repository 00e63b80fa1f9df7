use std::path::Path;
use std::sync::Arc;
use policy_digest::app::selection::{eval, train::train};
use policy_digest::config;
use policy_digest::domain::selection::learning::{self, Lesson};
use policy_digest::domain::selection::random::Random;
use policy_digest::domain::selection::relevance::Scorer;
use policy_digest::domain::selection::topic::{Classifier, Topic};

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    let posts = std::env::args().nth(2).unwrap();
    let topic = config::load(Path::new(&folder), None, &[]).unwrap().topic;
    let posts = eval::read(std::io::BufReader::new(std::fs::File::open(posts).unwrap()), &topic).unwrap();
    let stiff: Vec<usize> = std::env::args().nth(3).unwrap().split(',').map(|s| s.parse().unwrap()).collect();
    let margin = f64::from(topic.borderline.margin);
    let thr = f64::from(topic.threshold);
    for split in 0..std::env::args().nth(4).map_or(1, |s| s.parse().unwrap()) {
        let mut random = Random::default();
        let mut sources: Vec<&str> = posts.iter().map(|p| p.source()).collect();
        sources.sort(); sources.dedup();
        for _ in 0..=split { random.shuffle(&mut sources); }
        let own: std::collections::BTreeSet<&str> = sources[..sources.len() / 2].iter().copied().collect();
        let (mut live, base): (Vec<_>, Vec<_>) = posts.iter().partition(|p| own.contains(p.source()));
        random.shuffle(&mut live);
        let cache = format!("/tmp/learnbase{split}.classifier");
        let base = match std::fs::read(&cache) {
            Ok(bytes) => Classifier::parse(&bytes).unwrap(),
            Err(_) => { let t = std::time::Instant::now(); let (c, f) = train(&topic, &base, &[]); std::fs::write(&cache, f).unwrap(); eprintln!("trained {:?}", t.elapsed()); c }
        };
        let scorer = Scorer::new(&Topic { classifier: Some(Arc::new(base.clone())), ..topic.clone() });
        let readings: Vec<_> = live.iter().map(|p| scorer.reading(&p.text()).unwrap()).collect();
        let worst = live.iter().zip(&readings).map(|(p, r)| (f64::from(scorer.score(&p.text()).total) - r.score(&base)).abs()).fold(0.0, f64::max);
        eprintln!("split {split}: {} live of {} sources, score differs by at most {worst:.5}", live.len(), own.len());
        for s in &stiff {
            learning::STIFFNESS.store(*s, std::sync::atomic::Ordering::Relaxed);
            let mut lessons: Vec<Lesson> = Vec::new();
            let mut now = base.clone();
            let mut line = String::new();
            let mut tot = [[0usize; 3]; 2];
            let mut half = [[0usize; 3]; 2];
            let mut all: Vec<Vec<(f64, bool)>> = vec![vec![], vec![]];
            for week in 0..12 {
                let these: Vec<usize> = (0..live.len()).filter(|i| i % 12 == week).collect();
                let mut unselected = vec![];
                for &i in &these {
                    let y = live[i].relevant;
                    for (k, c) in [&base, &now].into_iter().enumerate() {
                        let sc = readings[i].score(c);
                        all[k].push((sc, y));
                        let sel = sc >= thr;
                        let cell = if sel && y { 0 } else if sel { 1 } else if y { 2 } else { continue };
                        tot[k][cell] += 1;
                        if week >= 6 { half[k][cell] += 1; }
                    }
                    let sc = readings[i].score(&now);
                    let mut lesson = |relevant| lessons.push(Lesson { reading: readings[i].clone(), source: live[i].source().to_owned(), relevant, weight: 1.0 });
                    if sc >= thr { lesson(y) }
                    else if sc >= thr - margin && y { lesson(true) }
                    else { unselected.push(i) }
                }
                random.shuffle(&mut unselected);
                for &i in unselected.iter().take(5) { lessons.push(Lesson { reading: readings[i].clone(), source: live[i].source().to_owned(), relevant: live[i].relevant, weight: 1.0 }); }
                let t = std::time::Instant::now();
                now = Classifier::parse(&learning::learn(&base, &lessons)).unwrap();
                if week == 11 { line += &format!(" {} lessons {:?}", lessons.len(), t.elapsed()); }
            }
            let pr = |c: [usize; 3]| { let (p, r) = (c[0] as f64 / (c[0] + c[1]) as f64, c[0] as f64 / (c[0] + c[2]) as f64); format!("P {:.3} R {:.3} F {:.3}", p, r, 2. * p * r / (p + r)) };
            let ap = |v: &mut Vec<(f64, bool)>| { v.sort_by(|a, b| b.0.total_cmp(&a.0)); let n = v.iter().filter(|x| x.1).count() as f64; let mut h = 0.; let mut s = 0.; for (i, x) in v.iter().enumerate() { if x.1 { h += 1.; s += h / (i + 1) as f64 } } s / n };
            let aps: Vec<String> = all.iter_mut().map(|v| format!("{:.3}", ap(v))).collect();
            println!("stiff {s:4}: base {} | learnt {} || 2nd half base {} learnt {} AP {aps:?} {line}", pr(tot[0]), pr(tot[1]), pr(half[0]), pr(half[1]));
        }
    }
}
