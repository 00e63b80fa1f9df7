//! Reads `topic.toml` into the domain's [`Topic`]: each phrase is parsed, and refused at its own place. What a
//! phrase finds, and how scores add up, is `domain`'s matter.

use std::collections::HashSet;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use toml::de::DeValue;

use super::digest::threshold;
use super::reader::Table;
use super::settings;
use super::value::{Read, Wrong, filled, flag, hinted, language, number, short_name, text};
use crate::domain::selection::relevance::METHOD;
use crate::domain::selection::topic::{Borderline, Classifier, Exclusion, Pattern, Scale, Term, Theme, Topic};

/// What a phrase of each strength is worth.
struct Weights {
    strong: f32,
    plain: f32,
    weak: f32,
    most: f32,
    decisive: f32,
}

/// Reads the topic; `source` is what is hashed, `over` goes before the file's threshold and says what is borderline,
/// `content` reads a file that the topic names; without it, its classifier stays untrained.
pub(super) fn read(
    mut top: Table<'_>,
    source: &str,
    over: &settings::Relevance,
    content: Option<impl Fn(&str) -> std::io::Result<Vec<u8>>>,
) -> (Topic, Option<String>) {
    let name = top.required("name", short_name);
    let title = top.required("title", filled);
    let description = top.required("description", filled);
    let languages = top.values("languages", language);
    const HINT: &str = "points, as `threshold = 3.0`; with a classifier percent, as `threshold = 50`";
    let in_file = top.placed("threshold", hinted(HINT, threshold));
    let margin_in_file = top.placed("borderline_margin", number(0.0..=1000.0));
    let weights = weights(top.table("weights"));
    let mut general = top.table("general");
    let general_terms = terms(&mut general, &weights);
    general.finish();
    let themes = themes(top.tables("theme"), &weights);
    let (classifier, model, file) = classifier(top.table("classifier"), &themes, content);
    refuse_wording(&mut top);
    let mut topic = Topic {
        name: name.map(|(name, _)| name).unwrap_or_default(),
        title: title.map(|(title, _)| title).unwrap_or_default(),
        description: description.map(|(description, _)| description).unwrap_or_default(),
        languages: if languages.is_empty() { vec!["en".to_owned()] } else { languages },
        threshold: 0.0,
        borderline: Borderline { margin: 0.0, is_in: over.borderline == settings::Borderline::Include },
        themes,
        general: general_terms,
        exclusions: exclusions(top.tables("exclusion"), &weights),
        classifier,
        most: weights.most,
        decisive: weights.decisive,
        fingerprint: fingerprint(&[source.as_bytes(), &model], over),
    };
    let scale = scale(file.as_ref());
    for (key, set) in [("threshold", &in_file), ("borderline_margin", &margin_in_file)] {
        if let Some((wrong, (_, place))) = set.as_ref().and_then(|set| Some((off_scale(key, set.0, scale)?, set))) {
            top.refuse(place.clone(), &format!("`{key}`"), wrong);
        }
    }
    let (threshold, margin) = match scale {
        Scale::Points => (3.0, 0.5),
        Scale::Probability => (50.0, 10.0),
    };
    topic.threshold = over.threshold.or(in_file.map(|(it, _)| it)).unwrap_or(threshold);
    topic.borderline.margin = over.borderline_margin.or(margin_in_file.map(|(it, _)| it)).unwrap_or(margin);
    top.finish();
    (topic, file)
}

/// What scores mean in a topic that names this classifier, whether or not it can be read.
pub(super) fn scale(classifier: Option<&String>) -> Scale {
    if classifier.is_some() { Scale::Probability } else { Scale::Points }
}

/// Why a threshold or a margin does not fit the scale of the topic's scores.
pub(super) fn off_scale(key: &str, value: f32, scale: Scale) -> Option<Wrong> {
    match (scale, key) {
        (Scale::Points, _) => None,
        (Scale::Probability, "threshold") => (!(10.0..=99.0).contains(&value)).then(|| {
            let hint = "it is in percent, where earlier versions had points: \
                        `threshold = 50` picks the posts that are more likely relevant than not";
            Wrong::new("must be between 10 and 99 with a classifier", hint)
        }),
        (Scale::Probability, _) => (value != 0.0 && !(1.0..=50.0).contains(&value)).then(|| {
            let hint = "it is in percentage points: with a threshold of 50, `borderline_margin = 10` begins at 40";
            Wrong::new("must be 0, or between 1 and 50, with a classifier", hint)
        }),
    }
}

fn weights(mut table: Table<'_>) -> Weights {
    const HINT: &str = "write what a phrase is worth, above nought; in an `[[exclusion]]` it is subtracted";
    let weight = |value: &DeValue<'_>| hinted(HINT, number(0.0..=1000.0))(value);
    let weights = Weights {
        strong: table.or("strong", 4.0, weight),
        plain: table.or("plain", 2.0, weight),
        weak: table.or("weak", 1.0, weight),
        most: table.or("most", f32::INFINITY, weight),
        decisive: table.or("decisive", 3.0, weight),
    };
    table.finish();
    weights
}

/// The classifier that the table names, the content of its file, and the file's name; none without a table.
fn classifier(
    mut table: Table<'_>,
    themes: &[Theme],
    content: Option<impl Fn(&str) -> std::io::Result<Vec<u8>>>,
) -> (Option<Arc<Classifier>>, Vec<u8>, Option<String>) {
    const HINT: &str = "make it with `policy-digest topic train POSTS.jsonl`, or take the table `[classifier]` out";
    let file = table.placed("file", filled);
    let names = || themes.iter().map(|theme| theme.name.clone());
    let (mut classifier, mut bytes) = (None, Vec::new());
    if let Some((file, place)) = &file {
        let refuse = |message: String| table.note(place.clone(), format!("`{file}`: {message}"), Some(HINT.to_owned()));
        match content.map(|content| content(file)) {
            None => classifier = Some(Classifier::untrained(names().collect())),
            Some(Err(error)) => refuse(format!("the file cannot be read: {error}")),
            Some(Ok(content)) => {
                match Classifier::parse(&content) {
                    Err(error) => refuse(error.to_string()),
                    Ok(read) if !names().eq(read.themes().iter().cloned()) => {
                        refuse("it was trained for other themes, or for these in another order".to_owned());
                    }
                    Ok(read) => classifier = Some(read),
                }
                bytes = content;
            }
        }
    }
    table.finish();
    (classifier.map(Arc::new), bytes, file.map(|(file, _)| file))
}

/// Earlier versions had a table of this name: its model and its points cannot be read any more.
fn refuse_wording(top: &mut Table<'_>) {
    const HINT: &str = "write `[classifier]` with `file = \"topic.classifier\"` instead, make that file with \
                        `policy-digest topic train POSTS.jsonl`, and set `threshold` in percent";
    if let Some(place) = top.removed("wording") {
        top.note(place, "`[wording]` is now `[classifier]`", Some(HINT.to_owned()));
    }
}

/// The phrases of a table, in their three strengths.
fn terms(table: &mut Table<'_>, weights: &Weights) -> Vec<Term> {
    let mut terms = Vec::new();
    for (strength, weight) in [("strong", weights.strong), ("plain", weights.plain), ("weak", weights.weak)] {
        terms.extend(table.values(strength, pattern).into_iter().map(|pattern| {
            let is_telling = strength == "strong" || strength == "plain" && pattern.has_several_words();
            Term { pattern, weight, is_telling }
        }));
    }
    terms
}

fn pattern(value: &DeValue<'_>) -> Read<Pattern> {
    match value {
        DeValue::String(phrase) => Pattern::parse(phrase).map_err(|error| Wrong::alone(error.message, error.hint)),
        other => {
            let hint = Some("as `'social care'`; put quotes around a number, too".to_owned());
            Err(Wrong { hint, ..Wrong::mistyped("a phrase in quotes", other) })
        }
    }
}

fn themes(tables: Vec<Table<'_>>, weights: &Weights) -> Vec<Theme> {
    let mut names = HashSet::new();
    let mut themes = Vec::new();
    for mut table in tables {
        let name = name(&mut table, &mut names, "theme");
        let title = table.required("title", filled).map(|(title, _)| title);
        let description = table.or("description", String::new(), text);
        let terms = terms(&mut table, weights);
        table.finish();
        if let (Some(name), Some(title)) = (name, title) {
            themes.push(Theme { name, title, description, terms });
        }
    }
    themes
}

fn exclusions(tables: Vec<Table<'_>>, weights: &Weights) -> Vec<Exclusion> {
    let mut names = HashSet::new();
    let mut exclusions = Vec::new();
    for mut table in tables {
        let name = name(&mut table, &mut names, "exclusion");
        let reason = table.required("reason", filled).map(|(reason, _)| reason);
        let decisive = table.or("decisive", false, hinted("`true` puts a post out whatever else it says", flag));
        let terms = terms(&mut table, weights);
        table.finish();
        if let (Some(name), Some(reason)) = (name, reason) {
            exclusions.push(Exclusion { name, reason, decisive, terms });
        }
    }
    exclusions
}

/// The table's name, which no earlier one may have.
fn name(table: &mut Table<'_>, names: &mut HashSet<String>, what: &str) -> Option<String> {
    let (name, place) = table.required("name", short_name)?;
    if !names.insert(name.clone()) {
        let hint = format!("give each {what} its own name, or put their phrases together");
        table.note(place, format!("a second {what} is called `{name}`"), Some(hint));
    }
    Some(name)
}

/// Changes with whatever changes a score or a verdict.
fn fingerprint(sources: &[&[u8]], over: &settings::Relevance) -> String {
    let mut hash = Sha256::new();
    for source in sources {
        hash.update(source);
        // The length stands before the next, so that no file can look like another with an override.
        hash.update(source.len().to_le_bytes());
    }
    let settings::Relevance { borderline, borderline_margin, threshold } = over;
    hash.update([METHOD]);
    hash.update(format!("{borderline:?} {borderline_margin:?} {threshold:?}").as_bytes());
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
