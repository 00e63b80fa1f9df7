//! The shipped `config/topic.toml` on whole items: the case that the digest was made for, near misses, and
//! what must not change a score.

use std::path::Path;

use policy_digest::config;
use policy_digest::domain::selection::relevance::{Place, Score, Scorer, Text};
use policy_digest::domain::selection::topic::Topic;
use proptest::prelude::*;

fn shipped() -> Topic {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    config::load(&folder, None, &[]).unwrap().topic
}

/// The phrases alone, without the classifier beside them, and their threshold in points.
fn phrases() -> Scorer {
    Scorer::new(&Topic { classifier: None, threshold: 6.0, ..shipped() })
}

fn score(title: &str, content: &str) -> Score {
    Scorer::new(&shipped()).score(&Text { title, content, ..Text::default() })
}

#[test]
fn the_post_on_collaborative_practice_is_in_under_collaboration_then_integration() {
    let score = score(
        "The future of joined-up working and integration in Scotland: Time to concentrate on collaborative practice?",
        "Ten years after the Christie Commission, collaborative governance asks for more than another merger.",
    );
    assert!(score.selected, "{score:#?}");
    assert_eq!(score.themes[..2], ["collaboration", "integration"], "{score:#?}");
}

#[test]
fn a_reason_quotes_the_post_as_it_wrote_it() {
    let score = score("", "What JOINED‑UP\u{a0}Government costs");
    let reason = score.reasons.iter().find(|it| it.place == Place::Text).unwrap();
    assert_eq!(reason.found, "JOINED‑UP\u{a0}Government");
    assert_eq!(reason.label.as_deref(), Some("collaboration"));
}

#[test]
fn the_reasons_add_up_to_the_total_of_an_item_that_is_not_out_by_genre() {
    let score = score("Joined-up services", "Public services reform, tax reform and co-production in councils.");
    let log_odds: f32 = score.reasons.iter().map(|reason| reason.weight).sum();
    assert!((100.0 / (1.0 + (-log_odds).exp()) - score.total).abs() < 1e-2, "{score:#?}");
}

#[test]
fn a_job_advert_is_out_and_says_so_first() {
    let score = score("Vacancy: head of public service reform", "Lead collaborative governance and integrated care.");
    assert!(!score.selected && score.total <= 0.0 && score.themes.is_empty());
    assert_eq!(score.reasons[0].label.as_deref(), Some("a job advert or careers page"));
}

#[test]
fn other_senses_of_the_same_words_are_out() {
    for (title, content) in [
        ("Five collaboration tools for remote teams", "Which software suits the workflow of a firm?"),
        ("Post-merger integration: a checklist", "How two companies combine operations and reassure investors."),
        ("Teaching joined-up handwriting", "When a child is ready to join letters."),
        ("The future of public service broadcasting", "Who pays the licence fee in a world of streaming?"),
        ("Choosing a service mesh", "Integration of services in a cloud-native cluster with an API gateway."),
        ("Pension reform at last?", "The state pension costs government more each year."),
        ("House of Lords reform returns", "Should the second chamber be elected?"),
        ("Reform UK lead in a new poll", "Labour and the Conservatives lose seats in every region."),
        ("Early intervention in autism", "What a parent can expect of speech therapy."),
    ] {
        assert!(!score(title, content).selected, "{title}: {:#?}", score(title, content));
    }
}

#[test]
fn words_of_a_title_that_name_no_kind_of_post_put_nothing_out() {
    let content = "Health, housing and social care became one integrated team across the county, and public services \
        share their budgets and their staff.";
    for title in [
        "Bishop Auckland puts its care and housing teams under one roof",
        "Bishop's Stortford: one front door for health and care",
        "Vicar's Cross pilots an integrated neighbourhood team",
        "Church Stretton brings its services together",
        "An agenda for public service reform",
        "The programme for government and what it means for councils",
        "A timetable for local government reorganisation",
        "Longer opening hours through joined-up teams",
        "Step-down care: how one team gets people home",
        "Vacancies in social care: a shared workforce plan",
        "Vacancy rates fall where teams are integrated",
        "How to become a council that works with its citizens",
        "Services that meet our residents where they are",
        "Integrated support now available to every family",
        "Ten years of public service reform",
        "How to report outcomes across services",
    ] {
        let score = score(title, content);
        assert!(score.excluded.is_empty() && score.selected, "{title}: {score:#?}");
    }
}

#[test]
fn a_kind_of_post_that_its_title_names_is_out() {
    for (title, content) in [
        (
            "Bishop of Northton to retire",
            "The bishop told clergy and people of the diocese that he will leave in June.",
        ),
        ("Agenda for the parish council meeting of 3 March", "Apologies; planning; the playing field."),
        ("Vacancy: integrated care coordinator", "Work with public services across the county."),
        ("How to report a pothole", "Use the form on our website."),
        ("Permanent secretary steps down", "After nine years in the civil service."),
    ] {
        let score = score(title, content);
        assert!(!score.excluded.is_empty() && !score.selected, "{title}: {score:#?}");
    }
}

#[test]
fn general_evidence_alone_picks_an_item_without_a_theme() {
    let score = phrases().score(&Text { title: "What next for public services reform?", ..Text::default() });
    assert!(score.selected && score.themes.is_empty(), "{score:#?}");
}

#[test]
fn a_prior_is_added_and_gives_its_reason() {
    let score = phrases().score(&Text { title: "Notes", prior: 6.5, ..Text::default() });
    assert!(score.selected && score.reasons.len() == 1 && score.total == 6.5);
}

#[test]
fn what_stands_after_the_first_two_thousand_characters_is_not_read() {
    let long = format!("{} joined-up government", "nothing of note ".repeat(150));
    assert!(phrases().score(&Text { content: &long, ..Text::default() }).reasons.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn case_spaces_and_hyphens_change_nothing_and_every_run_agrees(
        words in proptest::collection::vec(
            prop::sample::select(vec![
                "joined-up", "co-production", "multi-agency", "public", "services", "government", "tax", "reform",
                "integrated", "care", "budgets", "whole-of-government", "place-based", "and", "the", "vacancy",
            ]),
            1..60,
        ),
        gap in prop::sample::select(vec![" ", "  ", "\n", "\u{a0}", "\n\n\t"]),
        dash in prop::sample::select(vec!["-", " ", "‑", "–", " - "]),
    ) {
        let scorer = Scorer::new(&shipped());
        let judge = |content: &str| scorer.score(&Text { content, ..Text::default() });
        let plain = judge(&words.join(" "));
        let other = judge(&words.join(gap).replace('-', dash).to_uppercase());
        prop_assert_eq!(plain.total, other.total);
        prop_assert_eq!(&plain.themes, &other.themes);
        prop_assert_eq!(judge(&words.join(" ")), plain);
    }
}
