//! Reads `topic.toml` into the domain's [`Topic`]. Each phrase is parsed, and an invalid one is reported at its own
//! place. `domain` decides what a phrase matches and how scores add up.

pub(super) mod local;
pub(super) mod phrases;

use std::collections::HashSet;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use toml::de::DeValue;

use super::digest::threshold;
use super::reading::table::Table;
use super::reading::value::{Read, Wrong, filled, flag, hinted, language, number, short_name, text};
use super::settings;
use crate::domain::selection::relevance::METHOD;
use crate::domain::selection::topic::{Borderline, Classifier, Exclusion, Pattern, Scale, Term, Theme, Topic};
use local::LocalWeights;

/// The points for a phrase of each strength.
struct Weights {
    strong: f32,
    plain: f32,
    weak: f32,
    most: f32,
    decisive: f32,
}

/// The topic's classifier and where it is from.
#[derive(Default)]
pub(super) struct Trained {
    /// The name of the file of the shipped weights.
    pub(super) file: Option<String>,
    /// The shipped weights and their file's content.
    pub(super) shipped: Option<(Arc<Classifier>, Vec<u8>)>,
    /// The state of the local weights.
    pub(super) local: LocalWeights,
}

/// Reads the topic. `source` is hashed for the fingerprint, `over` overrides the file's threshold and margin, and `content`
/// reads a file that the topic names; without `content`, the classifier stays untrained. `local` is the content of the file
/// with local weights, if there is one.
pub(super) fn read(
    mut top: Table<'_>,
    source: &str,
    over: &settings::Relevance,
    content: Option<impl Fn(&str) -> std::io::Result<Vec<u8>>>,
    local: Option<Vec<u8>>,
) -> (Topic, Trained) {
    let name = top.required("name", short_name);
    let title = top.required("title", filled);
    let description = top.required("description", filled);
    let languages = top.values("languages", language);
    const HINT: &str =
        "write points, such as `threshold = 3.0`; with a classifier, a percentage such as `threshold = 50`";
    let in_file = top.placed("threshold", hinted(HINT, threshold));
    let margin_in_file = top.placed("borderline_margin", number(0.0..=1000.0));
    let weights = weights(top.table("weights"));
    let mut general = top.table("general");
    let general_terms = terms(&mut general, &weights);
    general.finish();
    let themes = themes(top.tables("theme"), &weights);
    let (mut classifier, model, file) = classifier(top.table("classifier"), &themes, content);
    let mut trained = Trained { file, ..Trained::default() };
    let mut sources = vec![source.as_bytes().to_vec(), model.clone()];
    if let Some(shipped) = classifier.clone().filter(|_| !model.is_empty()) {
        trained.local = match local.map(|local| (local::parse(&model, &local), local)) {
            None => LocalWeights::None,
            Some((Ok(learnt), file)) => {
                classifier = Some(Arc::new(learnt));
                sources.push(file);
                LocalWeights::Used
            }
            Some((Err(state), _)) => state,
        };
        trained.shipped = Some((shipped, model));
    }
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
        fingerprint: fingerprint(&sources, over),
    };
    let scale = scale(trained.file.as_ref());
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
    (topic, trained)
}

/// The scale of the scores of a topic that names this classifier, whether or not it can be read.
pub(super) fn scale(classifier: Option<&String>) -> Scale {
    if classifier.is_some() { Scale::Probability } else { Scale::Points }
}

/// Why a threshold or a margin does not fit the scale of the topic's scores.
pub(super) fn off_scale(key: &str, value: f32, scale: Scale) -> Option<Wrong> {
    match (scale, key) {
        (Scale::Points, _) => None,
        (Scale::Probability, "threshold") => (!(10.0..=99.0).contains(&value)).then(|| {
            let hint = "it is a percentage now; earlier versions used points: \
                        `threshold = 50` selects the posts that are more likely relevant than not";
            Wrong::new("must be between 10 and 99 with a classifier", hint)
        }),
        (Scale::Probability, _) => (value != 0.0 && !(1.0..=50.0).contains(&value)).then(|| {
            let hint = "it is in percentage points: with a threshold of 50 and `borderline_margin = 10`, borderline begins at 40";
            Wrong::new("must be 0, or between 1 and 50, with a classifier", hint)
        }),
    }
}

fn weights(mut table: Table<'_>) -> Weights {
    const HINT: &str = "write the points of a phrase, not less than zero; in an `[[exclusion]]` they are subtracted";
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

/// The classifier that the table names, the content of its file, and the file's name; `None` without a table.
fn classifier(
    mut table: Table<'_>,
    themes: &[Theme],
    content: Option<impl Fn(&str) -> std::io::Result<Vec<u8>>>,
) -> (Option<Arc<Classifier>>, Vec<u8>, Option<String>) {
    const HINT: &str = "make it with `policy-digest topic train POSTS.jsonl`, or remove the table `[classifier]`";
    let file = table.placed("file", filled);
    let names = || themes.iter().map(|theme| theme.name.clone());
    let (mut classifier, mut bytes) = (None, Vec::new());
    if let Some((file, place)) = &file {
        let refuse =
            |message: String| table.report(place.clone(), format!("`{file}`: {message}"), Some(HINT.to_owned()));
        match content.map(|content| content(file)) {
            None => classifier = Some(Classifier::untrained(names().collect())),
            Some(Err(error)) => refuse(format!("the file cannot be read: {error}")),
            Some(Ok(content)) => {
                match Classifier::parse(&content) {
                    Err(error) => refuse(error.to_string()),
                    Ok(read) if !names().eq(read.themes().iter().cloned()) => {
                        refuse("it was trained for other themes, or for the same themes in another order".to_owned());
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

/// Reports the `[wording]` table of earlier versions, whose model and points can no longer be read.
fn refuse_wording(top: &mut Table<'_>) {
    const HINT: &str = "write `[classifier]` with `file = \"topic.classifier\"` instead, make that file with \
                        `policy-digest topic train POSTS.jsonl`, and set `threshold` in percent";
    if let Some(place) = top.removed("wording") {
        top.report(place, "`[wording]` is now `[classifier]`", Some(HINT.to_owned()));
    }
}

/// The phrases of a table, of all three strengths.
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
            let hint = Some("for example `'social care'`; numbers need quotes too".to_owned());
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
        let decisive =
            table.or("decisive", false, hinted("`true` leaves a post out regardless of its other phrases", flag));
        let terms = terms(&mut table, weights);
        table.finish();
        if let (Some(name), Some(reason)) = (name, reason) {
            exclusions.push(Exclusion { name, reason, decisive, terms });
        }
    }
    exclusions
}

/// The table's name; a name that an earlier table has is reported.
fn name(table: &mut Table<'_>, names: &mut HashSet<String>, what: &str) -> Option<String> {
    let (name, place) = table.required("name", short_name)?;
    if !names.insert(name.clone()) {
        let hint = format!("give each {what} its own name, or merge their phrases");
        table.report(place, format!("there is already another {what} called `{name}`"), Some(hint));
    }
    Some(name)
}

/// A hash of everything that affects a score or a verdict.
fn fingerprint(sources: &[Vec<u8>], over: &settings::Relevance) -> String {
    let mut hash = Sha256::new();
    for source in sources {
        hash.update(source);
        // With the lengths hashed too, different files and overrides cannot give the same input.
        hash.update(source.len().to_le_bytes());
    }
    let settings::Relevance { borderline, borderline_margin, threshold } = over;
    hash.update([METHOD]);
    hash.update(format!("{borderline:?} {borderline_margin:?} {threshold:?}").as_bytes());
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
