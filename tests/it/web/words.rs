//! The words of emails and pages: every language has the same messages with the same values, every message is used, and
//! no template holds a word of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use policy_digest::config::{WORDS, built_in_languages};
use policy_digest::render::{FOR_EDITORS, TEMPLATES};

/// The template of the operator's page, which is not exported.
const STATUS: (&str, &str) = ("status.html.j2", include_str!("../../../templates/status.html.j2"));

#[test]
fn every_language_has_the_same_messages_with_the_same_values() {
    let (languages, english) = (built_in_languages(), messages(WORDS[0].1));
    let mut wrong = Vec::new();
    for (path, text) in WORDS {
        let code = path.trim_start_matches("words/").trim_end_matches(".toml");
        assert!(languages.get(code).is_some(), "{path} cannot be read");
        wrong.extend(
            differences(&messages(text), &english).into_iter().map(|difference| format!("{path}: {difference}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Messages by key, below their headings, each with the values that it prints in any of its forms. They are read from the
/// file itself: in a catalogue, a message that is missing or wrong is English.
fn messages(text: &str) -> BTreeMap<String, BTreeSet<&str>> {
    let mut heading = String::new();
    let mut messages = BTreeMap::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            name.clone_into(&mut heading);
        } else if let Some((key, forms)) = line.split_once(" = ").filter(|(key, _)| !key.contains(['#', ' '])) {
            let values = between(forms, "{", "}").into_iter().chain(between(forms, "](", ")")).map(|(value, _)| value);
            let is_name = |value: &&str| value.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            messages.insert(format!("{heading}.{key}"), values.filter(is_name).collect());
        }
    }
    messages
}

fn differences(own: &BTreeMap<String, BTreeSet<&str>>, english: &BTreeMap<String, BTreeSet<&str>>) -> Vec<String> {
    let mut found = Vec::new();
    for (key, values) in english {
        match own.get(key) {
            None => found.push(format!("`{key}` is missing")),
            Some(its) if its != values => found.push(format!("`{key}` has the values {its:?}, in English {values:?}")),
            Some(_) => {}
        }
    }
    found.extend(own.keys().filter(|key| !english.contains_key(*key)).map(|key| format!("`{key}` is extra")));
    found
}

#[test]
fn a_missing_message_and_another_value_are_found() {
    let english = "[email]\nwhy = \"{topic}\"\nsince = \"{date}\"\n[digest]\nposts = { one = \"{n} post\", other = \"{n} posts\" }";
    let of = |text: &str| differences(&messages(text), &messages(english));
    assert_eq!(of(english), Vec::<String>::new());
    let welsh = "[email]\nwhyy = \"{topic}\"\nsince = \"{dyddiad}\"\n[digest]\nposts = { other = \"erthyglau\" }";
    assert_eq!(
        of(welsh),
        [
            "`digest.posts` has the values {}, in English {\"n\"}",
            "`email.since` has the values {\"dyddiad\"}, in English {\"date\"}",
            "`email.why` is missing",
            "`email.whyy` is extra",
        ]
    );
}

#[test]
fn every_message_is_used_and_every_used_message_exists() {
    let languages = built_in_languages();
    let mut used = String::new();
    TEMPLATES.iter().chain(FOR_EDITORS).chain([&STATUS]).for_each(|(_, text)| used.push_str(text));
    read_sources(Path::new("src"), &mut used);
    let quoted: BTreeSet<&str> = used.split('"').collect();
    let known: BTreeSet<&str> = languages.first().messages().keys().map(String::as_str).collect();
    let unused: Vec<_> = known.difference(&quoted).collect();
    assert!(unused.is_empty(), "messages that nothing uses: {unused:?}");
    let sections: BTreeSet<&str> = known.iter().filter_map(|key| Some(key.split_once('.')?.0)).collect();
    let unknown: Vec<&str> = used
        .match_indices("t(\"")
        .filter_map(|(at, found)| used[at + found.len()..].split('"').next())
        .filter(|key| {
            key.split_once('.').is_some_and(|(section, _)| sections.contains(section)) && !known.contains(key)
        })
        .collect();
    assert!(unknown.is_empty(), "messages that do not exist: {unknown:?}");
}

fn read_sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_sources(&path, text);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn no_template_holds_a_sentence() {
    let mut found = Vec::new();
    for (name, text) in TEMPLATES.iter().chain(FOR_EDITORS).chain([&STATUS]) {
        found.extend(own_words(name, text).into_iter().map(|words| format!("{name}: {words}")));
    }
    assert!(found.is_empty(), "words that belong in templates/words:\n{}", found.join("\n"));
}

#[test]
fn a_sentence_is_found_wherever_it_is() {
    for template in [
        "<p>Thank you.</p>",
        "<p>{{ name }} goes out</p>",
        "<input aria-label=\"Your address\">",
        "<a title=\"All posts\" href=\"x\">{{ t(\"page.all_posts\") }}</a>",
        "{{ \"Sent by \" ~ sender }}",
        "{% set heading = \"Your subscription\" %}",
        "{{ \"Error: \" if problem }}",
    ] {
        assert_eq!(own_words("page/x.html.j2", template).len(), 1, "{template}");
    }
    let fine = "{# A note. #}<style>p { margin: 0 auto; }</style><!--[if mso]><p><![endif]--><p class=\"a b\">{{ t(\"a.b\") }} · \
        {{ x|underline(\"=\") }}</p>{% if status == \"active\" %}<input type=\"radio\" name=\"cadence\">{% endif %}";
    assert_eq!(own_words("page/x.html.j2", fine), Vec::<String>::new());
}

/// The words in a template that are neither code nor markup: between its tags, in attributes that people read or hear, and
/// in its own strings.
fn own_words(name: &str, template: &str) -> Vec<String> {
    let template = without(template, "{#", "#}");
    let mut found = Vec::new();
    for (code, _) in between(&template, "{{", "}}").into_iter().chain(between(&template, "{%", "%}")) {
        let strings = code.split('"').skip(1).step_by(2);
        found.extend(strings.filter(|text| is_prose(text)).map(|text| format!("the string \"{text}\"")));
    }
    let mut plain = without(&without(&template, "{{", "}}"), "{%", "%}");
    if name.contains(".html") {
        plain = without(&without(&plain, "<style", "</style>"), "<!--", "-->");
        if template.contains("{% block styles %}") {
            plain = without(&plain, "@media", "} }");
        }
        for (tag, _) in between(&plain, "<", ">") {
            for attribute in ["aria-label", "title", "alt", "placeholder", "summary"] {
                let value = tag.split(&format!("{attribute}=\"")).nth(1).and_then(|rest| rest.split('"').next());
                found.extend(value.filter(|value| has_letters(value)).map(|value| format!("{attribute}=\"{value}\"")));
            }
        }
        plain = without(&plain, "<", ">").replace("&nbsp;", " ");
    }
    found.extend(plain.lines().map(str::trim).filter(|line| line.split(' ').any(is_word)).map(str::to_owned));
    found
}

/// A string with a capital or several words; names of fields and values have neither.
fn is_prose(text: &str) -> bool {
    let is_name =
        |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-./,=# ".contains(c));
    has_letters(text) && (!is_name(text) || text.trim().contains(' ') && !text.starts_with(' '))
}

/// Whether a piece between two spaces is a word, and not the rest of an id or an attribute.
fn is_word(piece: &str) -> bool {
    piece.starts_with(char::is_alphabetic) && !piece.contains("=\"") && !piece.starts_with("mailto:")
}

fn has_letters(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

/// The pieces between two marks, and what follows each.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Vec<(&'a str, &'a str)> {
    text.split(begin).skip(1).filter_map(|piece| piece.split_once(end)).collect()
}

fn without(text: &str, begin: &str, end: &str) -> String {
    let first = text.split(begin).next().unwrap_or_default();
    between(text, begin, end).into_iter().fold(first.to_owned(), |kept, (_, after)| kept + after)
}
