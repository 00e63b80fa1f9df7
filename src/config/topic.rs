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
use crate::domain::relevance::METHOD;
use crate::domain::topic::{Borderline, Exclusion, Pattern, Term, Theme, Topic, Weighing, Wording};

/// What a phrase of each strength is worth.
struct Weights {
    strong: f32,
    plain: f32,
    weak: f32,
    most: f32,
    decisive: f32,
}

/// Reads the topic; `source` is what is hashed, `over` goes before the file's threshold and says what is borderline,
/// `content` reads a file that the topic names; without it, its model stays untrained.
pub(super) fn read(
    mut top: Table<'_>,
    source: &str,
    over: &settings::Relevance,
    content: Option<impl Fn(&str) -> std::io::Result<String>>,
) -> (Topic, Option<String>) {
    let name = top.required("name", short_name);
    let title = top.required("title", filled);
    let description = top.required("description", filled);
    let languages = top.values("languages", language);
    let in_file =
        top.or("threshold", 3.0, hinted("a post that sums to this or more is in: `threshold = 3.0`", threshold));
    let weights = weights(top.table("weights"));
    let mut general = top.table("general");
    let general_terms = terms(&mut general, &weights);
    general.finish();
    let themes = themes(top.tables("theme"), &weights);
    let (wording, model, file) = wording(top.table("wording"), &themes, content);
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
        themes,
        general: general_terms,
        exclusions: exclusions(top.tables("exclusion"), &weights),
        wording,
        most: weights.most,
        decisive: weights.decisive,
        fingerprint: fingerprint(&[source, &model], over),
    };
    top.finish();
    (topic, file)
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

/// The trained model that the table names, its text, and the file's name; none without a table.
fn wording(
    mut table: Table<'_>,
    themes: &[Theme],
    content: Option<impl Fn(&str) -> std::io::Result<String>>,
) -> (Option<Weighing>, String, Option<String>) {
    let file = table.placed("file", filled);
    let weight = table.or("weight", 8.0, number(0.0..=1000.0));
    let for_themes = table.or("for_themes", 3.5, number(0.0..=1000.0));
    let names = || themes.iter().map(|theme| theme.name.clone());
    let (mut model, mut text) = (None, String::new());
    if let Some((file, place)) = &file {
        const HINT: &str = "make it with `policy-digest topic train POSTS.jsonl`, or take the table `[wording]` out";
        let refuse = |message: String| table.note(place.clone(), format!("`{file}`: {message}"), Some(HINT.to_owned()));
        match content.map(|content| content(file)) {
            None => model = Some(Wording::untrained(names().collect())),
            Some(Err(error)) => refuse(format!("the file cannot be read: {error}")),
            Some(Ok(content)) => {
                match Wording::parse(&content) {
                    Err(error) => refuse(format!("line {}: {error}", error.line)),
                    Ok(read) if !names().eq(read.themes().iter().cloned()) => {
                        refuse("it was trained for other themes, or for these in another order".to_owned());
                    }
                    Ok(read) => model = Some(read),
                }
                text = content;
            }
        }
    }
    table.finish();
    (model.map(|model| Weighing { model: Arc::new(model), weight, for_themes }), text, file.map(|(file, _)| file))
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
fn fingerprint(sources: &[&str], over: &settings::Relevance) -> String {
    let mut hash = Sha256::new();
    for source in sources {
        hash.update(source.as_bytes());
        // A byte that is in no UTF-8 text stands between, so that no file can look like another with an override.
        hash.update([0xff]);
    }
    let settings::Relevance { borderline, borderline_margin, threshold } = over;
    hash.update([METHOD]);
    hash.update(format!("{borderline:?} {borderline_margin} {threshold:?}").as_bytes());
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
