//! What must not change a judgement: how a post is set, written large or marked up, how often it is judged, and what
//! else stands below it.

use std::path::Path;
use std::sync::LazyLock;

use policy_digest::config;
use policy_digest::domain::selection::relevance::{Score, Scorer, Text};
use policy_digest::parse::html::to_text;
use proptest::prelude::*;
use proptest::sample::select;

static SCORER: LazyLock<Scorer> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    Scorer::new(&config::load(&folder, None, &[]).unwrap().topic)
});

/// Posts that are in beyond doubt.
const CLEAR: &[(&str, &str)] = &[
    (
        "Joined-up government begins at the front desk",
        "Three councils and the health board share one front desk. Multi-agency teams meet there each morning, and \
        public services reform is what residents see of it: one visit, one form, one name to ask for.",
    ),
    (
        "What co-production asks of commissioners",
        "Service users wrote the brief with us. Co-production changed who sat at the table, how personal budgets \
        were spent, and what the integrated teams counted as an outcome.",
    ),
    (
        "Ten years of health and social care integration",
        "Integration joint boards hold the pooled budgets. Delayed discharge fell where the integrated teams shared \
        a building with the voluntary sector, and rose where they shared only a logo.",
    ),
    (
        "Early help before the crisis: the case for prevention",
        "Preventative spend is the first line cut. Local authorities that kept early intervention within their \
        family services paid for fewer children in care four years later.",
    ),
];

/// Paragraphs from posts on other matters.
const UNRELATED: &[&str] = &[
    "Sow the beans once the soil is warm. A cane every foot will do, and the rows should run north to south.",
    "The second half was better. A corner in the last minute went in off the post, and nobody complained.",
    "The new kernel halves the time that a cold start takes, at the price of some memory on small machines.",
    "Simmer the lentils for half an hour, then stir in the spinach and a squeeze of lemon just before serving.",
    "The pension reform passed its first reading. Savers will see the change on their statements next spring.",
    "Her third novel follows two sisters who keep a lighthouse, and is the best thing she has written.",
    "Shares in the shipbuilder fell after the merger was called off, and investors asked for a new plan.",
];

const WORDS: &[&str] = &[
    "joined-up",
    "co-production",
    "multi-agency",
    "public",
    "services",
    "government",
    "tax",
    "reform",
    "integrated",
    "care",
    "budgets",
    "whole-of-government",
    "place-based",
    "and",
    "the",
    "vacancy",
    "pooled",
    "community's",
    "citizens",
    "tickets",
    "collaborative",
    "practice",
    "working.",
    "R&D",
    "café",
    "prevention,",
];

fn judge(title: &str, content: &str) -> Score {
    SCORER.score(&Text { title, content, ..Text::default() })
}

/// What does not depend on how the post wrote its phrases.
fn outcome(score: &Score) -> impl PartialEq + std::fmt::Debug + use<> {
    let reasons: Vec<_> = score.reasons.iter().map(|it| (it.phrase.clone(), it.place, it.weight.to_bits())).collect();
    (score.total.to_bits(), score.selected, score.themes.clone(), reasons)
}

#[test]
fn the_clear_posts_are_clear() {
    for (title, content) in CLEAR {
        let score = judge(title, content);
        assert!(score.selected && score.total > 8.0, "{title}: {score:#?}");
    }
}

#[test]
fn an_advert_below_a_post_does_not_turn_it_out() {
    let advert = "Vacancy: programme officer. Salary range and person specification on our careers page. Send a covering \
                  letter and your CV by the closing date for applications. Book your place at the open evening.";
    for (title, post) in CLEAR {
        assert!(post.len() < 300, "shorter than what may say of what kind a post is");
        let with = format!("{post}\n\n{advert}");
        let score = SCORER.score(&Text { title, content: &with, ..Text::default() });
        assert!(score.selected, "{title}: {score:#?}");
    }
    assert!(!SCORER.score(&Text { title: "Vacancy: programme officer", content: advert, ..Text::default() }).selected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn paragraphs_of_another_post_below_never_turn_a_clear_post_out(
        (title, content) in select(CLEAR),
        below in proptest::collection::vec(select(UNRELATED), 1..4),
    ) {
        let together = format!("{content}\n\n{}", below.join("\n\n"));
        let score = judge(title, &together);
        prop_assert!(score.selected, "{:#?}", score);
    }

    #[test]
    fn white_space_and_case_change_nothing(
        words in proptest::collection::vec(select(WORDS), 1..80),
        gap in select(vec!["  ", "\n", "\u{a0}", "\n\n\t", " \r\n"]),
        around in select(vec!["", " ", "\n\n"]),
    ) {
        let plain = judge(words[0], &words.join(" "));
        let set = |text: String| format!("{around}{text}{around}").to_uppercase();
        let other = judge(&set(words[0].to_owned()), &set(words.join(gap)));
        prop_assert_eq!(outcome(&plain), outcome(&other));
    }

    #[test]
    fn markup_changes_nothing(
        words in proptest::collection::vec((select(WORDS), select(vec!["em", "strong", "span", "a"])), 1..60),
    ) {
        let escape = |word: &str| word.replace('&', "&amp;");
        let plain: Vec<String> = words.iter().map(|(word, _)| escape(word)).collect();
        let marked: Vec<String> =
            words.iter().map(|(word, tag)| format!("<{tag} class=\"x\">{}</{tag}>", escape(word))).collect();
        let plain = judge("", &to_text(&plain.join(" ")));
        let marked = judge("", &to_text(&format!("<div>{}</div>", marked.join(" "))));
        prop_assert_eq!(outcome(&plain), outcome(&marked));
    }

    #[test]
    fn what_was_judged_before_changes_nothing(
        text in "\\PC{0,300}",
        before in proptest::collection::vec("[a-z ]{0,200}", 0..4),
    ) {
        let first = judge(&text, &text);
        for other in &before {
            let _ = judge(other, &text);
        }
        prop_assert_eq!(&judge(&text, &text), &first);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let fresh = Scorer::new(&config::load(&folder, None, &[]).unwrap().topic);
        prop_assert_eq!(fresh.score(&Text { title: &text, content: &text, ..Text::default() }), first);
    }
}

#[test]
fn many_threads_agree() {
    let expected: Vec<Score> = CLEAR.iter().map(|(title, content)| judge(title, content)).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for ((title, content), expected) in CLEAR.iter().zip(&expected).cycle().take(200) {
                    assert_eq!(&judge(title, content), expected);
                }
            });
        }
    });
}
