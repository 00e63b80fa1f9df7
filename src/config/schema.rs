//! JSON Schemas of the three files, for editors. That of `digest.toml` is generated from [`Settings`] and its defaults.
//! The other two files have no settings structs, so their shapes are described here. What a schema cannot express (a
//! cron expression that never matches, an invalid phrase) is found only by the program.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use super::settings::Settings;

/// The files that have a schema, without `.toml`.
pub const FILES: [&str; 3] = ["digest", "feeds", "topic"];

/// Every key of `digest.toml` with its default.
const DEFAULTS: &str = include_str!("../../config/digest.toml");

/// The schema of a file, ending with a newline; `None` for a name that is not in [`FILES`].
#[must_use]
pub fn of(file: &str) -> Option<String> {
    let mut schema = match file {
        "digest" => made::<Settings>(),
        "feeds" => made::<FeedsFile>(),
        "topic" => made::<TopicFile>(),
        _ => return None,
    };
    if file == "digest" {
        loosen(&mut schema);
        let defaults = toml::from_str::<Value>(DEFAULTS).expect("the sample file is TOML, as a test checks");
        set_defaults(&mut schema, &defaults);
    }
    close(&mut schema);
    schema.insert("title".to_owned(), format!("{file}.toml").into());
    let mut text = serde_json::to_string_pretty(&schema).expect("a map of texts and numbers can be written");
    text.push('\n');
    Some(text)
}

/// Draft 7 without references: TOML editors support that best.
fn made<T: JsonSchema>() -> Map<String, Value> {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<T>();
    schema.as_value().as_object().cloned().unwrap_or_default()
}

/// Makes every key optional.
fn loosen(schema: &mut Map<String, Value>) {
    schema.remove("required");
    each_property(schema, &mut loosen);
}

/// Forbids unknown keys, and removes the sizes of numbers in memory, which do not concern users.
fn close(schema: &mut Map<String, Value>) {
    schema.remove("format");
    if schema.contains_key("properties") {
        schema.insert("additionalProperties".to_owned(), false.into());
    }
    each_property(schema, &mut close);
    if let Some(Value::Object(items)) = schema.get_mut("items") {
        close(items);
    }
}

fn each_property(schema: &mut Map<String, Value>, change: &mut impl FnMut(&mut Map<String, Value>)) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().filter_map(Value::as_object_mut).for_each(&mut *change);
    }
    // The tables of a map, such as `[in.cy]`.
    if let Some(Value::Object(tables)) = schema.get_mut("additionalProperties") {
        change(tables);
    }
}

/// Sets each key's default; tables have none.
fn set_defaults(schema: &mut Map<String, Value>, defaults: &Value) {
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for (key, property) in properties.iter_mut().filter_map(|(key, value)| Some((key, value.as_object_mut()?))) {
        match defaults.get(key) {
            Some(table @ Value::Object(_)) => set_defaults(property, table),
            Some(value) => drop(property.insert("default".to_owned(), value.clone())),
            None => {}
        }
    }
}

/// The feeds that are read.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is used")]
struct FeedsFile {
    /// One blog each, in any order.
    #[schemars(default)]
    feed: Vec<FeedTable>,
}

/// One blog.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is used")]
struct FeedTable {
    /// A short name of lower-case letters, digits and hyphens, different for each feed; a feed with a new one is a new feed.
    #[schemars(regex(pattern = "^[a-z0-9-]{1,64}$"))]
    id: String,
    /// Its name, as subscribers see it; the id if empty.
    #[schemars(default)]
    title: String,
    /// The feed's address: https://, http:// or, for a file beside this one, file:.
    #[schemars(regex(pattern = "^(https?://|file:)"))]
    url: String,
    /// Words of your own.
    #[schemars(default)]
    tags: Vec<String>,
    /// `false` keeps the entry and stops polling.
    #[schemars(default)]
    enabled: bool,
    /// How old a post may be to be emailed when the feed is new.
    #[schemars(default, with = "Time")]
    first_poll_window: (),
    /// Settings of the topic for this feed alone.
    #[schemars(default)]
    topic: FeedTopic,
}

/// Settings of the topic for one feed.
#[derive(Default, JsonSchema)]
#[expect(dead_code, reason = "only its shape is used")]
struct FeedTopic {
    /// Points added to the score of each of its posts: 0.5 for a blog that nearly always writes on the subject.
    #[schemars(default)]
    prior: f32,
}

/// What the digest is about.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is used")]
struct TopicFile {
    /// A short name of lower-case letters, digits and hyphens.
    name: String,
    /// As written in emails: "posts about public service reform".
    title: String,
    /// What it is about, in a sentence.
    description: String,
    /// If a post's text is clearly in another language than these, only its title and categories are judged: ["en"].
    #[schemars(default)]
    languages: Vec<String>,
    /// Posts with this score or more are selected: a probability in percent with a classifier, else points.
    #[schemars(default)]
    threshold: f32,
    /// Scores below the threshold by no more than this are borderline: percentage points with a classifier, else points.
    #[schemars(default)]
    borderline_margin: f32,
    /// What a phrase of each strength is worth.
    #[schemars(default)]
    weights: WeightsTable,
    /// The trained model that judges a text as a whole. With it, scores and the threshold are in percent.
    #[schemars(default)]
    classifier: ClassifierTable,
    /// Phrases that count for the topic as a whole.
    #[schemars(default)]
    general: Phrases,
    /// The sections of the digest, in this order.
    #[schemars(default)]
    theme: Vec<ThemeTable>,
    /// Reasons to leave a post out.
    #[schemars(default)]
    exclusion: Vec<ExclusionTable>,
}

/// What a phrase of each strength is worth.
#[derive(Default, JsonSchema)]
#[schemars(default)]
struct WeightsTable {
    /// Points for a strong phrase.
    strong: f32,
    /// Points for a plain one.
    plain: f32,
    /// Points for a weak one.
    weak: f32,
    /// The most that all phrases together may add or subtract.
    most: f32,
    /// The points that the phrases of a decisive exclusion must reach.
    decisive: f32,
}

/// The classifier.
#[derive(Default, JsonSchema)]
#[schemars(default)]
struct ClassifierTable {
    /// The file that `policy-digest topic train` wrote.
    file: String,
}

/// Phrases by their strength: words in any number and tense, `"exactly these"`, `collaborat*`, `budget ~5 citizens`,
/// `title: weeknotes`.
#[derive(Default, JsonSchema)]
#[schemars(default)]
struct Phrases {
    /// Worth the most.
    strong: Vec<String>,
    /// Worth something.
    plain: Vec<String>,
    /// Worth too little to decide alone.
    weak: Vec<String>,
}

/// One theme, a section of the digest.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is used")]
struct ThemeTable {
    /// A short name of lower-case letters, digits and hyphens, different for each theme.
    name: String,
    /// The section's heading.
    title: String,
    /// What it is about, for subscribers who choose themes.
    #[schemars(default)]
    description: String,
    /// Its phrases.
    #[schemars(flatten)]
    phrases: Phrases,
}

/// One reason to leave a post out.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is used")]
struct ExclusionTable {
    /// A short name of lower-case letters, digits and hyphens, different for each exclusion.
    name: String,
    /// What such a post is, as `explain` shows it: "a job advert".
    reason: String,
    /// `true` leaves a post out regardless of its other phrases.
    #[schemars(default)]
    decisive: bool,
    /// Its phrases.
    #[schemars(flatten)]
    phrases: Phrases,
}

/// How a duration is written: `30s`, `15m`, `7d`, `1h 30m`.
pub(super) struct Time;

impl JsonSchema for Time {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^\\s*([0-9]+\\s*[a-zA-Z]+\\s*)+$", "examples": ["30s", "15m", "7d"] })
    }
}

/// A number, or "" for none.
pub(super) struct Optional;

impl JsonSchema for Optional {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Optional".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "number" }, { "const": "" }] })
    }
}
