//! Reads `topic.toml` into the domain's [`Topic`]: each phrase is parsed, and refused at its own place. What a
//! phrase finds, and how scores add up, is `domain`'s matter.

use std::collections::HashSet;

use sha2::{Digest as _, Sha256};
use toml::de::DeValue;

use super::digest::threshold;
use super::reader::Table;
use super::settings;
use super::value::{Read, Wrong, filled, flag, language, number, short_name, text};
use crate::domain::topic::{Borderline, Exclusion, Pattern, Term, Theme, Topic};

/// What a phrase of each strength is worth.
struct Weights {
    strong: f32,
    plain: f32,
    weak: f32,
}

/// Reads the topic; `source` is what is hashed, `over` goes before the file's threshold and says what is borderline.
pub(super) fn read(mut top: Table<'_>, source: &str, over: &settings::Relevance) -> Topic {
    let name = top.required("name", short_name);
    let title = top.required("title", filled);
    let description = top.required("description", filled);
    let languages = top.values("languages", language);
    let in_file = top.or("threshold", 3.0, threshold);
    let weights = weights(top.table("weights"));
    let mut general = top.table("general");
    let general_terms = terms(&mut general, &weights);
    general.finish();
    let topic = Topic {
        name: name.map(|(name, _)| name).unwrap_or_default(),
        title: title.map(|(title, _)| title).unwrap_or_default(),
        description: description.map(|(description, _)| description).unwrap_or_default(),
        languages: if languages.is_empty() { vec!["en".to_owned()] } else { languages },
        threshold: over.threshold.unwrap_or(in_file),
        borderline: Borderline {
            margin: over.borderline_margin,
            is_in: over.borderline == settings::Borderline::Include,
        },
        themes: themes(top.tables("theme"), &weights),
        general: general_terms,
        exclusions: exclusions(top.tables("exclusion"), &weights),
        fingerprint: fingerprint(source, over),
    };
    top.finish();
    topic
}

fn weights(mut table: Table<'_>) -> Weights {
    let weight = |value: &DeValue<'_>| number(0.0..=1000.0)(value);
    let weights = Weights {
        strong: table.or("strong", 4.0, weight),
        plain: table.or("plain", 2.0, weight),
        weak: table.or("weak", 1.0, weight),
    };
    table.finish();
    weights
}

/// The phrases of a table, in their three strengths.
fn terms(table: &mut Table<'_>, weights: &Weights) -> Vec<Term> {
    let strengths = [("strong", weights.strong), ("plain", weights.plain), ("weak", weights.weak)];
    let mut terms = Vec::new();
    for (strength, weight) in strengths {
        terms.extend(table.values(strength, pattern).into_iter().map(|pattern| Term { pattern, weight }));
    }
    terms
}

fn pattern(value: &DeValue<'_>) -> Read<Pattern> {
    match value {
        DeValue::String(phrase) => Pattern::parse(phrase).map_err(|error| Wrong::alone(error.message, error.hint)),
        other => Err(Wrong::mistyped("a phrase in quotes", other)),
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
        let decisive = table.or("decisive", false, flag);
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
fn fingerprint(source: &str, over: &settings::Relevance) -> String {
    let mut hash = Sha256::new();
    hash.update(source.as_bytes());
    // A byte that is in no UTF-8 text stands between, so that no file can look like another with an override.
    hash.update([0xff]);
    let settings::Relevance { borderline, borderline_margin, threshold } = over;
    hash.update(format!("{borderline:?} {borderline_margin} {threshold:?}").as_bytes());
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
