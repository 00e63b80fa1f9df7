//! Tests of composing.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::wording::subject;
use super::*;

fn story(seq: i64, score: f32, source: &str, themes: &[&str]) -> Story {
    Story {
        seq,
        title: format!("Story {seq}"),
        link: Url::parse(&format!("https://example.org/{seq}")).expect("a URL"),
        source: source.into(),
        also_on: Vec::new(),
        author: None,
        published: None,
        excerpt: "Two teams became one. It took a year, and nobody wants to go back to how it was.".into(),
        reading_minutes: 1,
        score,
        themes: themes.iter().map(|&theme| theme.into()).collect(),
        phrases: vec!["joined-up working".into(), "Joined-up Working".into(), "Christie Commission".into()],
        is_listed: false,
        comment: String::new(),
    }
}

fn outlines() -> Vec<SectionOutline> {
    let outline = |name: &str| SectionOutline {
        name: name.into(),
        title: name.to_uppercase(),
        description: "".into(),
        lang: "cy".into(),
    };
    vec![outline("integration"), outline("collaboration")]
}

fn made(stories: Vec<Story>, max_stories: usize, themes: Option<&[String]>) -> Result<Digest, NoStory> {
    pinned(stories, max_stories, themes, &[])
}

fn pinned(
    stories: Vec<Story>,
    max_stories: usize,
    themes: Option<&[String]>,
    pins: &[&str],
) -> Result<Digest, NoStory> {
    let limits = Limits { max_stories, rows: usize::MAX };
    let pins: Vec<Url> = pins.iter().map(|pin| pin.parse().expect("a URL")).collect();
    compose(&stories, &outlines(), &limits, themes, &context(&[]), &Arrangement::pinned(&pins))
}

static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::sample(&[
        ("digest.other_theme", "More on the topic"),
        ("digest.untitled", "Untitled post on {source}"),
        ("digest.subject_more", "{title}, and {n} more"),
        ("digest.subject_more_on", "{title}, and {n} more on {topic}"),
        ("digest.subject_and_more", "{title} And {n} more"),
        ("digest.subject_and_more_on", "{title} And {n} more on {topic}"),
        ("digest.subject_alone", "{title} – {topic}"),
        ("digest.subject_dated", "{title} – {date}"),
        ("digest.subject_count", "{n} posts on {topic}"),
        ("digest.preheader", "Also: {titles}"),
    ])
});

fn context(earlier: &[String]) -> Context<'_> {
    Context { words: &ENGLISH, name: "Public Service Reform Digest", earlier, date: "23 November 2026" }
}

fn named(name: &str) -> Context<'_> {
    Context { name, ..context(&[]) }
}

fn numbers(entries: &[Entry]) -> Vec<i64> {
    entries.iter().map(|entry| entry.seq).collect()
}

fn in_full(digest: &Digest) -> Vec<Entry> {
    digest.in_full().cloned().collect()
}

#[test]
fn nothing_makes_no_digest() {
    let nothing = Err(NoStory { waiting: 0 });
    assert_eq!(made(Vec::new(), 12, None), nothing);
    assert_eq!(made(vec![story(1, 5.0, "A", &["integration"])], 12, Some(&["collaboration".into()])), nothing);
}

#[test]
fn a_story_appears_once_in_its_strongest_theme_and_the_others_are_tags() {
    let digest = made(vec![story(1, 5.0, "A", &["collaboration", "integration"])], 12, None).expect("a digest");
    assert_eq!((digest.sections.len(), digest.count, in_full(&digest).len()), (0, 1, 1), "it is the lead");
    assert_eq!(in_full(&digest)[0].tags, [Title { text: "INTEGRATION".into(), lang: "cy".into() }]);
}

#[test]
fn a_reader_who_wants_one_theme_gets_the_story_there() {
    let stories = vec![
        story(1, 5.0, "A", &["collaboration", "integration"]),
        story(2, 9.0, "A", &[]),
        story(3, 9.0, "A", &["integration"]),
    ];
    let digest = made(stories, 12, Some(&["integration".into()])).expect("a digest");
    assert_eq!((digest.sections[0].name.as_str(), digest.count), ("integration", 2));
}

#[test]
fn sections_follow_the_topic_and_the_themeless_come_last() {
    let of = |seq: i64, themes: &[&str]| story(seq, 9.0, &seq.to_string(), themes);
    let (one, two) = (["collaboration"], ["integration"]);
    let stories = vec![of(1, &[]), of(2, &one), of(3, &two), of(4, &[]), of(5, &one), of(6, &two), of(7, &[])];
    let digest = made(stories, 12, None).expect("a digest");
    let titles: Vec<String> = digest.sections.iter().map(Section::title).collect();
    assert_eq!(titles, ["INTEGRATION", "COLLABORATION", "More on the topic"]);
}

#[test]
fn themes_with_one_story_share_a_section() {
    let stories =
        vec![story(1, 9.0, "A", &[]), story(2, 5.0, "B", &["collaboration"]), story(3, 1.0, "C", &["integration"])];
    let digest = made(stories, 12, None).expect("a digest");
    let titles: Vec<String> = digest.sections.iter().map(Section::title).collect();
    assert_eq!(titles, ["INTEGRATION · COLLABORATION"]);
    assert_eq!(
        (numbers(&in_full(&digest)), digest.contents),
        (vec![1, 3, 2], vec![(2, "Story 2".into()), (3, "Story 3".into())])
    );
}

#[test]
fn one_prolific_source_does_not_fill_the_digest() {
    let mut stories: Vec<Story> = (1..=5).map(|seq| story(seq, 10.0, "A", &["integration"])).collect();
    stories.push(story(6, 8.0, "B", &["integration"]));
    let digest = made(stories, 3, None).expect("a digest");
    assert_eq!(numbers(&in_full(&digest)), [1, 2, 6]);
    assert_eq!((numbers(&digest.more), digest.count), (vec![3, 4, 5], 6));
}

#[test]
fn ties_go_to_the_earlier_arrival_whatever_the_order_of_the_input() {
    let digest = made(vec![story(2, 5.0, "B", &[]), story(1, 5.0, "A", &[])], 12, None).expect("a digest");
    assert_eq!(numbers(&in_full(&digest)), [1, 2]);
}

#[test]
fn the_reason_names_each_phrase_once() {
    let digest = made(vec![story(1, 5.0, "A", &[])], 12, None).expect("a digest");
    assert_eq!(in_full(&digest)[0].reason, "joined-up working, Christie Commission");
    let reason =
        |phrases: &[&str]| super::wording::reason(&phrases.iter().map(|&phrase| phrase.into()).collect::<Vec<_>>());
    assert_eq!(reason(&["form", "Inequality", "département"]), "inequality");
    assert_eq!(reason(&["form", "Shared budgets", "NHS boards"]), "shared budgets, NHS boards");
    assert_eq!(reason(&["form"]), "");
}

#[test]
fn the_subject_names_the_best_story_and_counts_the_others() {
    assert_eq!(subject("Guest blog:", 3, &named("reform")), "Guest blog, and 2 more on reform");
    assert_eq!(subject("Reform pays.", 2, &named("reform")), "Reform pays, and 1 more on reform");
    assert_eq!(
        subject("Joined-up care in Fife", 8, &named("public service reform")),
        "Joined-up care in Fife, and 7 more on public service reform"
    );
    assert_eq!(subject("One", 1, &named("Reform Digest")), "One – Reform");
    let long = "What we learned from two years of joined-up working in health and social care";
    assert_eq!(subject(long, 12, &named("reform")), "12 posts on reform", "nothing is cut inside a phrase");
    let clauses = "One purse for older people's care: what four councils learned, and what they would do again";
    assert_eq!(subject(clauses, 23, &named("reform")), "One purse for older people's care, and 22 more");
    let question = "Who pays for prevention when the savings land elsewhere?";
    assert_eq!(subject(question, 20, &named("reform")), format!("{question} And 19 more"));
    let whole = "Health board and councils to share one purse for older people's care";
    assert_eq!(subject(whole, 20, &named("reform")), whole, "rather whole than counted");
}

#[test]
fn a_subject_is_never_empty_never_long_never_two_lines() {
    for title in ["", "\r\nBcc: all@example.org", &"x".repeat(100_000)] {
        let digest = made(vec![Story { title: title.into(), ..story(1, 5.0, "A", &[]) }], 12, None).expect("a digest");
        let length = digest.subject.chars().count();
        assert!((1..=SUBJECT_CHARS).contains(&length) && !digest.subject.contains(['\r', '\n']), "{}", digest.subject);
    }
}

#[test]
fn without_room_for_full_stories_all_are_listed() {
    let digest = made(vec![story(1, 5.0, "A", &[])], 0, None).expect("a digest");
    assert!(digest.sections.is_empty() && digest.more.len() == 1 && digest.subject.starts_with("Story 1"));
}

fn listed(seq: i64, score: f32, source: &str, themes: &[&str]) -> Story {
    Story { is_listed: true, ..story(seq, score, source, themes) }
}

#[test]
fn listed_items_come_after_the_stories_and_are_not_counted() {
    let stories =
        vec![listed(1, 99.0, "A", &["integration"]), story(2, 5.0, "B", &["integration"]), listed(3, 2.9, "B", &[])];
    let with = made(stories, 12, None).expect("a digest");
    let without = made(vec![story(2, 5.0, "B", &["integration"])], 12, None).expect("a digest");
    assert_eq!(numbers(&with.listed), [1, 3]);
    assert_eq!(Digest { listed: Vec::new(), ..with }, without);
}

#[test]
fn listed_items_take_no_storys_place_however_few_there_are() {
    let stories = vec![listed(1, 9.0, "A", &[]), story(2, 5.0, "B", &[]), story(3, 4.0, "C", &[])];
    let digest = made(stories, 1, None).expect("a digest");
    assert_eq!((numbers(&in_full(&digest)), numbers(&digest.more)), (vec![2], vec![3]));
    assert_eq!(numbers(&digest.listed), [1]);
}

#[test]
fn listed_items_alone_make_no_digest() {
    let stories = || vec![listed(1, 2.8, "A", &["integration"]), listed(2, 2.8, "A", &[])];
    assert_eq!(made(stories(), 12, None), Err(NoStory { waiting: 2 }));
    assert_eq!(made(stories(), 12, Some(&["integration".into()])), Err(NoStory { waiting: 1 }));
    assert_eq!(made(stories(), 12, Some(&["collaboration".into()])), Err(NoStory { waiting: 0 }));
}

#[test]
fn stories_without_a_row_are_left_out_from_the_end_and_counted() {
    let stories =
        || vec![story(1, 5.0, "A", &[]), story(2, 4.0, "B", &[]), story(3, 3.0, "C", &[]), listed(4, 2.8, "D", &[])];
    let with_rows = |rows| {
        let limits = Limits { max_stories: 1, rows };
        compose(&stories(), &outlines(), &limits, None, &context(&[]), &Arrangement::default()).expect("a digest")
    };
    for (rows, more, listed, left_out) in [(3, 2, 1, 0), (2, 2, 0, 1), (1, 1, 0, 2), (0, 0, 0, 3)] {
        let digest = with_rows(rows);
        assert_eq!((digest.more.len(), digest.listed.len(), digest.left_out), (more, listed, left_out));
        assert_eq!((digest.count, digest.subject), (3, with_rows(3).subject));
    }
    let limits = Limits { max_stories: 0, rows: 0 };
    let none =
        compose(&stories(), &outlines(), &limits, None, &context(&[]), &Arrangement::default()).expect("a digest");
    assert_eq!((none.left_out, none.subject.as_str()), (4, "Story 1, and 2 more on Public Service Reform"));
}

#[test]
fn a_subject_that_the_run_before_had_is_led_by_the_next_story_or_gets_the_date() {
    let stories = |count: i64| (1..=count).map(|seq| story(seq, 9.0 - seq as f32, "A", &[])).collect::<Vec<_>>();
    let made = |stories: Vec<Story>, earlier: &[&str]| {
        let earlier: Vec<String> = earlier.iter().map(|&subject| subject.into()).collect();
        let limits = Limits { max_stories: 12, rows: 9 };
        compose(&stories, &outlines(), &limits, None, &context(&earlier), &Arrangement::default()).expect("a digest")
    };
    let first = "Story 1, and 2 more on Public Service Reform";
    assert_eq!(made(stories(3), &["Something else"]).subject, first);
    let next = made(stories(3), &[&format!("[Reform] {first}")]);
    assert_eq!(next.subject, "Story 2, and 2 more on Public Service Reform");
    assert_eq!(next.preheader, "Also: Story 1; Story 3");
    assert_eq!(made(stories(1), &["Story 1 – Public Service Reform"]).subject, "Story 1 – 23 November 2026");
    let long = Story { title: "word ".repeat(40), ..story(1, 5.0, "A", &[]) };
    let before = made(vec![long.clone()], &[]).subject;
    let after = made(vec![long], &[&before]).subject;
    assert!(after.ends_with(" – 23 November 2026") && after.chars().count() <= SUBJECT_CHARS, "{after}");
}

fn dated(seq: i64, score: f32, days_old: i64) -> Story {
    let newest: DateTime<Utc> = "2026-11-20T09:00:00Z".parse().expect("a time");
    Story { published: Some(newest - TimeDelta::days(days_old)), ..story(seq, score, &seq.to_string(), &[]) }
}

/// All stories of a digest by rank: with no room for full ones, all are in `more`.
fn order(stories: Vec<Story>, pins: &[&str]) -> Vec<i64> {
    numbers(&pinned(stories, 0, None, pins).expect("a digest").more)
}

#[test]
fn of_two_equal_stories_the_newer_comes_first_and_an_undated_one_gains_nothing() {
    let undated = || story(1, 5.0, "undated", &[]);
    assert_eq!(order(vec![undated(), dated(2, 5.0, 3), dated(3, 5.0, 0)], &[]), [3, 2, 1]);
    // A story that is a week old gains nothing, like an undated one.
    assert_eq!(order(vec![undated(), dated(2, 5.0, 7), dated(3, 5.0, 90), dated(4, 5.0, 0)], &[]), [4, 1, 2, 3]);
}

#[test]
fn newness_does_not_outweigh_relevance() {
    assert_eq!(order(vec![dated(1, 5.0, 0), dated(2, 5.6, 30)], &[]), [2, 1]);
    assert_eq!(order(vec![dated(1, 5.0, 0), dated(2, 5.4, 30)], &[]), [1, 2]);
    assert_eq!(order(vec![dated(1, -1.0, 0), dated(2, -1.0, 30)], &[]), [1, 2]);
}

#[test]
fn pinned_stories_lead_the_ranking_and_their_section_in_the_order_of_the_pins() {
    let stories =
        || (1_i16..=5).map(|seq| story(seq.into(), f32::from(seq), "A", &["integration"])).collect::<Vec<_>>();
    let pins = ["http://www.example.org/2/?utm_source=rss#top", "https://example.org/99", "https://example.org/1"];
    assert_eq!(order(stories(), &pins), [2, 1, 5, 4, 3]);
    let digest = pinned(stories(), 3, None, &pins).expect("a digest");
    assert_eq!(numbers(&in_full(&digest)), [2, 1, 5]);
    assert!(digest.subject.starts_with("Story 2"), "{}", digest.subject);
}

#[test]
fn a_pin_that_matches_nothing_does_nothing() {
    let stories = || vec![story(1, 5.0, "A", &[]), dated(2, 5.0, 0), story(3, 9.0, "A", &["integration"])];
    assert_eq!(pinned(stories(), 2, None, &["https://example.org/elsewhere"]), made(stories(), 2, None));
    assert_eq!(pinned(Vec::new(), 2, None, &["https://example.org/1"]), Err(NoStory { waiting: 0 }));
}

#[test]
fn a_pin_neither_promotes_a_listed_item_nor_gives_a_reader_an_unwanted_theme() {
    let stories = vec![listed(1, 1.0, "A", &[]), listed(2, 2.0, "B", &[]), story(3, 5.0, "C", &["integration"])];
    let digest = pinned(stories, 12, None, &["https://example.org/1"]).expect("a digest");
    assert_eq!((numbers(&in_full(&digest)), numbers(&digest.listed)), (vec![3], vec![1, 2]));
    let other = vec![story(1, 5.0, "A", &["integration"])];
    let wanted = ["collaboration".to_owned()];
    assert_eq!(pinned(other, 12, Some(&wanted), &["https://example.org/1"]), Err(NoStory { waiting: 0 }));
}

#[test]
fn a_story_on_one_line_has_no_excerpt() {
    let digest = made(vec![story(1, 5.0, "A", &[]), story(2, 4.0, "B", &[])], 1, None).expect("a digest");
    assert!(!in_full(&digest)[0].excerpt.is_empty());
    assert_eq!((digest.more[0].excerpt.as_str(), digest.more[0].reading_minutes), ("", 1));
}

/// Stories of any score, age and source, some pinned by their numbers.
fn any_stories() -> impl Strategy<Value = Vec<Story>> {
    let one = (-2.0_f32..20.0, prop::option::of(0_i64..40), 0_usize..5);
    prop::collection::vec(one, 1..60).prop_map(|all| {
        let made = |(seq, (score, days, source)): (i64, (f32, Option<i64>, usize))| Story {
            published: days.and_then(|days| dated(seq, score, days).published),
            ..story(seq, score, ["A", "B", "C", "D", "E"][source], &[])
        };
        (1..).zip(all).map(made).collect()
    })
}

proptest! {
    #[test]
    fn the_order_is_a_permutation_and_the_same_however_the_stories_come(
        (stories, shuffled) in any_stories().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        pins in prop::collection::vec(1_i64..70, 0..4),
    ) {
        let pins: Vec<String> = pins.iter().map(|pin| format!("https://example.org/{pin}")).collect();
        let pins: Vec<&str> = pins.iter().map(String::as_str).collect();
        let found = order(stories.clone(), &pins);
        prop_assert_eq!(&found, &order(shuffled, &pins));
        let mut numbers = found;
        numbers.sort_unstable();
        prop_assert_eq!(numbers, (1..=stories.len() as i64).collect::<Vec<_>>());
    }

    #[test]
    fn of_comparable_stories_no_source_has_more_than_its_share(
        scores in prop::collection::vec((9.0_f32..10.0, 0_usize..4), 0..40), rounds in 1_usize..4,
    ) {
        // Each of four sources has at least as many stories as there are rounds, all within a tenth of one another.
        let least = (0..4).flat_map(|source| vec![(9.5, source); rounds]);
        let all: Vec<Story> = (1..).zip(scores.into_iter().chain(least))
            .map(|(seq, (score, source))| story(seq, score, ["A", "B", "C", "D"][source], &[]))
            .collect();
        let sources: HashMap<i64, String> = all.iter().map(|story| (story.seq, story.source.clone())).collect();
        let first: Vec<i64> = order(all, &[]).into_iter().take(4 * rounds).collect();
        for source in ["A", "B", "C", "D"] {
            prop_assert_eq!(first.iter().filter(|seq| sources[*seq] == source).count(), rounds);
        }
    }
}
