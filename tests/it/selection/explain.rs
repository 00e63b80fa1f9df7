//! `explain` as a person reads it: the decision in one sentence, the reasons, the text with its phrases marked.

use std::path::Path;
use std::process::Output;

use unicode_width::UnicodeWidthStr as _;

use crate::support::program::{policy_digest, text};

const IN: &str = "Calling the bus: on-demand rides for forty hamlets\n\
An on-demand electric bus now serves forty hamlets in the Orrin valley, where the last bus on a timetable ran in \
2019. Half of its bookings are made by telephone.\n\n\
The transport authority pays for it from what school transport used to cost. Freight was tried in the boot, and given up.\n";

const ADVERT: &str = "Vacancy: scheduler for community transport\n\
Plan demand-responsive rides in three valleys. Salary £27,000. Closing date 1 May.\n";

const SENSE: &str = "Rural freight counts the cost\nLorry drivers wait for hours at the warehouse, and village railway yards stand empty.\n";

const LITTLE: &str = "A walk by the old railway\nBring boots, and a map.\n";

fn explain(content: &str, variables: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("post.txt"), content).unwrap();
    let rural = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/rural-transport");
    let mut command = policy_digest(folder.path());
    command.args(["explain", "post.txt", "--config"]).arg(rural).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command.envs(variables.iter().copied()).output().unwrap()
}

#[test]
fn a_post_that_is_in_is_explained() {
    insta::assert_snapshot!("explain_in", text(&explain(IN, &[])));
}

#[test]
fn an_advert_is_explained() {
    insta::assert_snapshot!("explain_advert", text(&explain(ADVERT, &[])));
}

#[test]
fn every_verdict_says_why() {
    for (content, verdict) in [
        (IN, "; on-demand"),
        (ADVERT, "out: a job advert, regardless of the rest"),
        (SENSE, "too much against it: freight and haulage"),
        (LITTLE, "; too little speaks for it"),
        ("Marmalade\nTwelve oranges.\n", "out: no phrase of the topic was found"),
        ("A year of rural mobility\n", "no theme of its own"),
    ] {
        let shown = text(&explain(content, &[])).replace('\n', " ");
        assert!(shown.contains(verdict), "`{verdict}` is not in\n{shown}");
    }
}

#[test]
fn a_stored_item_is_explained_with_its_summary_and_its_categories() {
    let folder = tempfile::tempdir().unwrap();
    let quickstart = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/quickstart");
    let run = |what: &[&str]| {
        let mut command = policy_digest(folder.path());
        text(&command.args(what).arg("--config").arg(&quickstart).args(["--data", "data"]).output().unwrap())
    };
    run(&["poll"]);
    let shown = run(&["explain", "https://www.civic-weekly.test/stories/one-purse-for-older-peoples-care"]);
    let shown = shown.replace(['[', ']', '{', '}'], "");
    assert!(shown.starts_with("Health board and councils to share one purse"), "{shown}");
    assert!(shown.contains("Civic Weekly (item ") && shown.contains("\ncategories: Society\n"), "{shown}");
    assert!(shown.contains("Three county") && shown.contains("310 million"), "{shown}");
}

#[test]
fn what_is_told_fits_eighty_columns() {
    for content in [IN, ADVERT, SENSE, LITTLE] {
        let shown = text(&explain(content, &[]));
        for line in shown.lines() {
            assert!(line.width() <= 80, "{} columns: {line}", line.width());
        }
    }
}

#[test]
fn marks_are_styles_on_a_terminal_and_brackets_elsewhere() {
    let piped = text(&explain(SENSE, &[]));
    assert!(piped.contains("{Lorry}") && piped.contains("[village]") && !piped.contains('\u{1b}'), "{piped}");
    let coloured = text(&explain(SENSE, &[("CLICOLOR_FORCE", "1")]));
    assert!(coloured.contains("\u{1b}[1mvillage\u{1b}[0m") && !coloured.contains("[village]"), "{coloured}");
    let refused = text(&explain(SENSE, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert_eq!(refused, piped);
}
