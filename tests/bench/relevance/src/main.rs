//! Judges 10,000 made-up items of 4 KB by a topic file, five times over on one core, and prints items a second
//! and resident memory. Items come from the word lists below by a fixed sequence of numbers: every run, on every
//! machine, judges the same ones. Usage: `relevance-bench CONFIG_FOLDER`.

use std::path::PathBuf;
use std::time::Instant;

use policy_digest::config;
use policy_digest::domain::selection::relevance::{Scorer, Text};

const ITEMS: usize = 10_000;
const ITEM_BYTES: usize = 4 * 1024;
const RUNS: usize = 5;

/// Half of what anybody writes.
const SMALL: &str = "the of and to a in that is for it was on with as at by this be are from or an have not but \
    they their which has were been will one all would there more about when if who what can than its our we so";
/// What posts speak of, in and out of the topic.
const PLAIN: &str = "people year work time report week plan money family local school town change need found part \
    number help start support question answer story reader market company game music weather garden train river \
    season player recipe summer winter price travel book film science machine software cloud team customer window \
    building street market energy climate history letter history minister election party vote law court evening \
    kitchen morning parent child doctor patient nurse teacher student engine bridge harbour island forest village";
/// What the topic's phrases are made of.
const TOPICAL: &str = "public services reform council councils government integrated integration care health social \
    partnership partners collaborative collaboration joined-up co-production community prevention budgets funding \
    commissioning workforce leadership citizens residents digital outcomes performance audit agencies departments \
    neighbourhood place-based multi-agency cross-sector early intervention voluntary sector pooled teams delivery";
const SYLLABLES: [&str; 16] =
    ["ba", "der", "kin", "lo", "mar", "ton", "vel", "ros", "shi", "pen", "gar", "wick", "hol", "the", "um", "ley"];

/// Marsaglia's xorshift64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % sides
    }

    /// In a hundred words fifty are small, so many topical, one a name that is new, and the rest plain.
    fn word(&mut self, lists: &[Vec<&str>; 3], topical: usize) -> String {
        let list = match self.below(100) {
            0..50 => &lists[0],
            at if at < 50 + topical => &lists[2],
            50..99 => &lists[1],
            _ => return (0..3).map(|_| SYLLABLES[self.below(SYLLABLES.len())]).collect(),
        };
        list[self.below(list.len())].to_owned()
    }

    fn words(&mut self, lists: &[Vec<&str>; 3], topical: usize, count: usize) -> String {
        let mut words: Vec<String> = (0..count).map(|_| self.word(lists, topical)).collect();
        words[0][..1].make_ascii_uppercase();
        words.join(" ")
    }

    /// Every third item is full of the topic, and none is free of it: a live feed asks less.
    fn item(&mut self, lists: &[Vec<&str>; 3]) -> (String, String) {
        let topical = [2, 4, 14][self.below(3)];
        let title = self.words(lists, topical, 8);
        let mut content = String::with_capacity(ITEM_BYTES + 256);
        while content.len() < ITEM_BYTES {
            let count = 6 + self.below(20);
            content.push_str(&self.words(lists, topical, count));
            content.push_str([". ", ", ", " – ", "? ", "’s. ", ".\n\n"][self.below(6)]);
        }
        (title, content)
    }
}

fn main() {
    let Some(folder) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("usage: relevance-bench CONFIG_FOLDER");
        std::process::exit(2);
    };
    let topic = config::load(&folder, None, &[]).expect("the configuration is good").topic;
    let scorer = Scorer::new(&topic);
    let (mut dice, lists) = (Dice(2_463_534_242), [SMALL, PLAIN, TOPICAL].map(|list| list.split(' ').collect()));
    let items: Vec<_> = (0..ITEMS).map(|_| dice.item(&lists)).collect();
    let bytes: usize = items.iter().map(|(_, content)| content.len()).sum();
    println!("{ITEMS} items, {} bytes on average", bytes / ITEMS);

    let before = resident_kib();
    let mut seconds = Vec::new();
    for run in 1..=RUNS {
        let (clock, cpu) = (Instant::now(), cpu_seconds());
        let (mut picked, mut reasons) = (0, 0);
        for (title, content) in &items {
            let score = scorer.score(&Text { title, content, ..Text::default() });
            picked += usize::from(score.selected);
            reasons += score.reasons.len();
        }
        let wall = clock.elapsed().as_secs_f64();
        let cpu = cpu_seconds().zip(cpu).map_or(wall, |(after, before)| after - before);
        seconds.push(cpu);
        println!(
            "run {run}: {:.0} items a second of CPU, {:.0} by the clock; {picked} picked, {:.1} reasons an item; {} KiB",
            ITEMS as f64 / cpu,
            ITEMS as f64 / wall,
            reasons as f64 / ITEMS as f64,
            resident_kib(),
        );
    }
    seconds.sort_by(f64::total_cmp);
    let median = seconds[RUNS / 2];
    println!("median: {:.0} items a second, {:.1} µs an item", ITEMS as f64 / median, median / ITEMS as f64 * 1e6);
    println!("resident: {before} KiB before, {} KiB after", resident_kib());
}

/// What this thread has used, where the system says so (Linux); elsewhere the clock on the wall must do.
fn cpu_seconds() -> Option<f64> {
    let figures = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(figures.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

/// 0 where the system does not say.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
