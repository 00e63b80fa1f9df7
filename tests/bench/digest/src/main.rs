//! Composes 10,000 made-up stories from 200 sources into one digest, and renders it with 300 rows, several
//! times over; prints the milliseconds that one core was at it. Words come from the list below by a fixed sequence
//! of numbers: every run, on every machine, does the same. Exit 1 when either takes longer than it may.

use std::process::ExitCode;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use policy_digest::config::built_in_languages;
use policy_digest::domain::digests::digest::{Context, Limits, SectionOutline, Story, compose};
use policy_digest::domain::subscribers::subscriber::Cadence;
use policy_digest::render::Renderer;
use policy_digest::render::view::{DigestView, Frame, LinksView, NoteView, SenderView};

const STORIES: usize = 10_000;
const SOURCES: usize = 200;
const ROWS: usize = 300;
const RUNS: usize = 15;
const COMPOSE_MS: f64 = 100.0;
const RENDER_MS: f64 = 20.0;

const WORDS: &str = "the of and to a in that is for it was on with as at by this be are from or an have not but they \
    people year work time report plan money family school town change need part number help start support question \
    public services reform council integrated care health partnership joined-up community prevention budgets funding \
    workforce leadership citizens digital outcomes audit agencies neighbourhood early intervention teams delivery";

/// Marsaglia's xorshift64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % sides
    }

    fn words(&mut self, list: &[&str], count: usize) -> String {
        let words: Vec<&str> = (0..count).map(|_| list[self.below(list.len())]).collect();
        let mut text = words.join(" ");
        text[..1].make_ascii_uppercase();
        text
    }

    fn story(&mut self, seq: usize, list: &[&str], outlines: &[SectionOutline]) -> Story {
        let newest: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().expect("a time");
        let theme = self.below(outlines.len());
        let themes = [theme, (theme + 3) % outlines.len()].map(|theme| outlines[theme].name.clone());
        Story {
            seq: seq as i64,
            title: self.words(list, 9),
            link: format!("https://source.example.org/posts/{seq}").parse().expect("a URL"),
            source: format!("Source {}", self.below(SOURCES)),
            also_on: (0..self.below(3)).map(|n| format!("Copy {n}")).collect(),
            author: Some("Jane Smith".into()),
            published: Some(newest - TimeDelta::hours(self.below(1000) as i64)),
            excerpt: self.words(list, 50),
            reading_minutes: self.below(9),
            score: 6.0 + self.below(1000) as f32 / 100.0,
            themes: themes.to_vec(),
            phrases: (0..4).map(|_| self.words(list, 2)).collect(),
            is_listed: false,
        }
    }
}

fn main() -> ExitCode {
    let list: Vec<&str> = WORDS.split(' ').collect();
    let outline = |n: usize| SectionOutline {
        name: format!("theme-{n}"),
        title: format!("Theme {n}"),
        description: format!("What is about {n}."),
        ..SectionOutline::default()
    };
    let outlines: Vec<SectionOutline> = (0..12).map(outline).collect();
    let mut dice = Dice(2_463_534_242);
    let stories: Vec<Story> = (0..STORIES).map(|seq| dice.story(seq, &list, &outlines)).collect();
    let bytes: usize = stories.iter().map(|story| story.excerpt.len()).sum();
    println!("{STORIES} stories with excerpts of {} bytes on average, from {SOURCES} sources", bytes / STORIES);

    let limits = Limits { max_stories: 12, rows: ROWS - 12 };
    let languages = built_in_languages();
    let words = Context { words: languages.first(), name: "public service reform", earlier: &[], date: "25 November 2026" };
    let pins = [17, 4711].map(|n| format!("https://www.source.example.org/posts/{n}/").parse().expect("a URL"));
    let mut digest = None;
    let composing = (0..RUNS).map(|_| {
        let (made, ms) = timed(|| compose(&stories, &outlines, &limits, None, &words, &policy_digest::domain::digests::digest::Arrangement::pinned(&pins)));
        digest = Some(made.expect("a digest"));
        ms
    });
    let composing = told("compose", composing.collect());

    let digest = digest.expect("composed above");
    let renderer = Renderer::new(None, &languages).expect("the built-in templates parse");
    let frame = Frame {
        name: "Public Service Reform Digest",
        words: languages.first(),
        cadence: Some(Cadence::Weekly),
        now: "2026-11-25T08:00:00Z".parse().expect("a time"),
        zone: chrono_tz::Europe::London,
        note: NoteView::default(),
        missed: "",
        since: "3 March 2026",
        why: "You get this because you asked for it.",
        sample: false,
        sender: SenderView::default(),
        links: LinksView::default(),
    };
    let mut size = 0;
    let rendering = (0..RUNS).map(|_| {
        let (rendered, ms) = timed(|| renderer.email(languages.first(), &DigestView::new(&digest, &frame)));
        size = rendered.expect("the digest renders").html.len();
        ms
    });
    let rendering = told("render", rendering.collect());
    println!("{ROWS} rows are {} KB of HTML", size / 1024);
    ExitCode::from(u8::from(composing > COMPOSE_MS || rendering > RENDER_MS))
}

/// What it gives, and the milliseconds that this thread was on a core.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let (clock, before) = (Instant::now(), on_core_ns());
    let made = work();
    let wall = clock.elapsed().as_secs_f64() * 1e3;
    (made, on_core_ns().zip(before).map_or(wall, |(after, before)| (after - before) / 1e6))
}

/// The first number of the kernel's `schedstat`; elsewhere than on Linux the clock must do.
fn on_core_ns() -> Option<f64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

/// Prints the times, and gives the one in the middle.
fn told(what: &str, mut ms: Vec<f64>) -> f64 {
    ms.sort_by(f64::total_cmp);
    let middle = ms[ms.len() / 2];
    println!("{what}: {middle:.1} ms in the middle of {} runs, {:.1} to {:.1}", ms.len(), ms[0], ms[ms.len() - 1]);
    middle
}
