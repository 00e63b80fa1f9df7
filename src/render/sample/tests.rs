//! Every template has samples, and the guide documents every variable.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::public::{archive, source};
use super::*;
use crate::config::built_in_languages;
use crate::render::{GUIDE, Renderer, TEMPLATES, inlined};

#[test]
fn every_template_that_is_not_only_extended_is_tried() {
    for (name, _) in TEMPLATES {
        assert!(name.starts_with("base.") || !values(name).is_empty(), "{name} has no sample");
    }
}

#[test]
fn every_email_and_page_has_the_logo_once_with_its_words() {
    let languages = built_in_languages();
    let renderer = Renderer::new(None, &languages).unwrap().for_site(|_| site());
    for (name, _) in TEMPLATES.iter().filter(|(name, _)| name.contains(".html") && !values(name).is_empty()) {
        for values in values(name) {
            let html = inlined(renderer.environment(languages.first()), name, values).unwrap();
            assert_eq!(html.matches("<img ").count(), 1, "{name}");
            let image = html.split("<img ").nth(1).and_then(|image| image.split('>').next()).unwrap();
            for attribute in ["alt=\"Reform Institute\"", "width=\"160\"", "height=\"40\""] {
                assert!(image.contains(attribute), "{name}: {image}");
            }
        }
    }
}

/// The rows of the table under a heading of the guide: name, type, example.
fn documented(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, rest) = GUIDE.1.split_once(&format!("\n### {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let section = rest.split("\n#").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.split(" | ").map(|cell| cell.trim_matches(['|', ' ', '`'])).collect()).collect()
}

#[test]
fn the_guide_lists_every_variable_of_every_view_with_its_type() {
    let page = serde_json::to_value(values("page/message.html.j2").remove(0)).unwrap();
    for (heading, view) in [
        ("The digest", serde_json::to_value(digest()).unwrap()),
        ("A title", serde_json::to_value(contents_title()).unwrap()),
        ("The note", serde_json::to_value(digest().note).unwrap()),
        ("A part", serde_json::to_value(part("x", "en")).unwrap()),
        ("A section", serde_json::to_value(section()).unwrap()),
        ("A story", serde_json::to_value(entry()).unwrap()),
        ("The sender", serde_json::to_value(sender()).unwrap()),
        ("The links", serde_json::to_value(links()).unwrap()),
        ("The quiet note", serde_json::to_value(quiet()).unwrap()),
        ("The confirmation", serde_json::to_value(confirm()).unwrap()),
        ("The welcome", serde_json::to_value(welcome()).unwrap()),
        ("The answer to a subscriber", serde_json::to_value(known()).unwrap()),
        ("The alarms", serde_json::to_value(alarms()).unwrap()),
        ("An alarm", serde_json::to_value(notice()).unwrap()),
        ("The sign-up page", serde_json::to_value(sign_up()).unwrap()),
        ("A choice", serde_json::to_value(choice()).unwrap()),
        ("The errors", serde_json::to_value(errors()).unwrap()),
        ("The list of digests", serde_json::to_value(archives()).unwrap()),
        ("A digest in the list", serde_json::to_value(archive()).unwrap()),
        ("The sources", serde_json::to_value(sources()).unwrap()),
        ("A source", serde_json::to_value(source()).unwrap()),
        ("The notice to an old address", serde_json::to_value(changed()).unwrap()),
        ("What is kept", serde_json::to_value(privacy()).unwrap()),
        ("The accessibility statement", serde_json::to_value(accessibility()).unwrap()),
        ("An email with a link", serde_json::to_value(link()).unwrap()),
        ("A subscriber's own page", serde_json::to_value(preferences()).unwrap()),
        ("The page that asks for an address", serde_json::to_value(ask_link()).unwrap()),
        ("A page", page),
        ("The form", serde_json::to_value(form()).unwrap()),
        ("The link", serde_json::to_value(new_link()).unwrap()),
    ] {
        let rows = documented(heading);
        let fields = view.as_object().unwrap();
        let names: BTreeSet<&str> = rows.iter().map(|row| row[0]).collect();
        assert_eq!(names, fields.keys().map(String::as_str).collect(), "under \"{heading}\" in templates/README.md");
        for row in rows {
            let is_right = match &fields[row[0]] {
                Json::String(_) => matches!(row[1], "text" | "text, many lines" | "HTML"),
                Json::Number(_) => row[1] == "number",
                Json::Bool(_) => row[1] == "true or false",
                Json::Array(_) => row[1].starts_with("list of "),
                _ => row[1].starts_with('['),
            };
            assert!(is_right && row.len() == 4 && !row[3].is_empty(), "{row:?} under \"{heading}\"");
        }
    }
}

/// Words that English prose cannot do without and Welsh has not.
const ENGLISH: &[&str] = &[
    "the",
    "of",
    "and",
    "to",
    "is",
    "are",
    "you",
    "your",
    "this",
    "that",
    "with",
    "for",
    "from",
    "get",
    "not",
    "all",
    "by",
    "it",
    "be",
    "was",
    "has",
    "have",
    "will",
    "please",
    "link",
    "email",
    "post",
    "posts",
    "subscribe",
    "unsubscribe",
];

/// The values with every text that is prose in place of English, so that only a template's own words are judged.
fn in_no_language(value: Json) -> Json {
    match value {
        Json::String(text) if text.contains(' ') || text.chars().any(char::is_uppercase) => "Xxxx xxxx".into(),
        Json::Array(values) => values.into_iter().map(in_no_language).collect(),
        Json::Object(fields) => fields.into_iter().map(|(name, value)| (name, in_no_language(value))).collect(),
        other => other,
    }
}

#[test]
fn no_template_shows_english_in_welsh() {
    let languages = crate::config::built_in_languages();
    let renderer = crate::render::Renderer::new(None, &languages).unwrap().for_site(|_| site());
    let welsh = renderer.environment(languages.get("cy").unwrap());
    let mut found = Vec::new();
    for (name, _) in TEMPLATES {
        for sample in values(name) {
            let sample = Value::from(Serde(in_no_language(serde_json::to_value(sample).unwrap())));
            let shown = crate::render::plain(welsh, name, sample).unwrap();
            let shown = shown.replace("name@example.org", "");
            let visible: String = shown.split("<style").map(|piece| piece.rsplit("</style>").next().unwrap()).collect();
            let prose = visible.split('<').map(|piece| piece.rsplit('>').next().unwrap()).collect::<Vec<_>>().join(" ");
            let prose = prose.split_whitespace().filter(|piece| !piece.contains("://")).collect::<Vec<_>>().join(" ");
            let words = prose.split(|c: char| !c.is_alphanumeric() && !"-_'".contains(c)).map(str::to_lowercase);
            found.extend(words.filter(|word| ENGLISH.contains(&word.as_str())).map(|word| format!("{name}: {word}")));
        }
    }
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{found:#?}");
}
