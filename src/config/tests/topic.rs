//! Findings and values of `topic.toml`.

use super::*;

#[test]
fn the_embedded_topic_has_no_findings() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("feeds.toml"), "").unwrap();
    let topic = load(folder.path(), None, &[]).unwrap_or_else(|findings| panic!("{findings}")).topic;
    assert_eq!(topic.name, "public-service-reform");
    assert_eq!(topic.fingerprint.len(), 16);
}

#[test]
fn a_phrase_that_is_refused_is_found_at_its_own_place() {
    let topic = format!("{TOPIC_TOML}[general]\nstrong = [\"public services\", \"ref*rm\"]\n");
    let findings = read(&[("topic.toml", &topic)], &[]).unwrap_err();
    let finding = findings.iter().next().unwrap();
    assert_eq!((findings.len(), finding.line, finding.column), (1, Some(5), Some(30)));
    assert!(finding.to_string().contains("^^^^^^^^\n"), "{finding}");
}

#[test]
fn with_a_classifier_threshold_and_margin_are_percentages() {
    let topic = |lines: &str| {
        let head = "name = \"t\"\ntitle = \"T\"\ndescription = \"d\"\n";
        format!("{head}{lines}\n[classifier]\nfile = \"t.classifier\"\n")
    };
    for (lines, finding) in [
        ("threshold = 6", "topic.toml:4:13: `threshold` must be between 10 and 99 with a classifier"),
        ("threshold = 100", "topic.toml:4:13: `threshold` must be between 10 and 99 with a classifier"),
        (
            "borderline_margin = 0.5",
            "topic.toml:4:21: `borderline_margin` must be 0, or between 1 and 50, with a classifier",
        ),
    ] {
        let findings = found(&[("topic.toml", &topic(lines))], &[]);
        assert!(findings.contains(&finding.to_owned()), "{findings:?}");
    }
    let over = [("POLICY_DIGEST__RELEVANCE__BORDERLINE_MARGIN", "0.5")];
    let findings = found(&[("topic.toml", &topic("threshold = 50\nborderline_margin = 10"))], &over);
    let finding = "`borderline_margin` must be 0, or between 1 and 50, with a classifier";
    assert!(findings.iter().any(|it| it.contains("BORDERLINE_MARGIN") && it.contains(finding)), "{findings:?}");
}

#[test]
fn a_topic_of_an_earlier_version_is_refused_with_the_next_step() {
    let topic =
        "name = \"t\"\ntitle = \"T\"\ndescription = \"d\"\nthreshold = 6.0\n[wording]\nfile = \"topic.wording\"\n";
    assert_eq!(found(&[("topic.toml", topic)], &[]), ["topic.toml:5:2: `[wording]` is now `[classifier]`"]);
}

#[test]
fn a_topic_is_read_with_its_weights_and_its_override() {
    let topic = "name = \"t\"\ntitle = \"T\"\ndescription = \"d\"\nthreshold = 5\n[weights]\nstrong = 9\n[general]\nstrong = \
                 [\"alpha beta\"]\n[[theme]]\nname = \"x\"\ntitle = \"X\"\nweak = [\"gamma\"]\n";
    let plain = read(&[("topic.toml", topic)], &[]).unwrap().topic;
    assert_eq!((plain.threshold, plain.general[0].weight, plain.themes[0].terms[0].weight), (5.0, 9.0, 1.0));
    let over = read(&[("topic.toml", topic)], &[("POLICY_DIGEST__RELEVANCE__THRESHOLD", "4.5")]).unwrap().topic;
    assert_eq!(over.threshold, 4.5);
    assert_ne!(over.fingerprint, plain.fingerprint);
}

#[test]
fn a_second_theme_of_one_name_and_an_empty_title_are_found() {
    let theme = "[[theme]]\nname = \"x\"\ntitle = \"\"\n";
    let topic = format!("{TOPIC_TOML}{theme}{theme}");
    let empty = "`title` is empty";
    let second = "topic.toml:8:8: there is already another theme called `x`".to_owned();
    let expected = [format!("topic.toml:6:9: {empty}"), second, format!("topic.toml:9:9: {empty}")];
    assert_eq!(found(&[("topic.toml", &topic)], &[]), expected);
}
