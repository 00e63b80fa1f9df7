//! The schemas that editors read: committed as the program makes them, and true to the sample files.

use std::path::{Path, PathBuf};

use policy_digest::config::schema::{FILES, of};
use serde_json::Value;

use crate::support::program::{policy_digest, text};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config")
}

fn validator(file: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&of(file).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn toml(text: &str) -> Value {
    toml::from_str(text).unwrap()
}

#[test]
fn the_committed_schemas_are_those_that_the_program_makes() {
    for file in FILES {
        let committed = std::fs::read_to_string(root().join(format!("schema/{file}.json"))).unwrap_or_default();
        let hint = "run `cargo run -- config schema --out config/schema`";
        assert!(committed == of(file).unwrap(), "config/schema/{file}.json is not up to date: {hint}");
    }
}

#[test]
fn every_sample_file_fits_its_schema_and_names_it() {
    for file in FILES {
        let validator = validator(file);
        for folder in [root(), root().join("quickstart"), root().join("rural-transport")] {
            let Ok(sample) = std::fs::read_to_string(folder.join(format!("{file}.toml"))) else { continue };
            let errors: Vec<_> = validator.iter_errors(&toml(&sample)).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{}/{file}.toml: {errors:?}", folder.display());
        }
        let sample = std::fs::read_to_string(root().join(format!("{file}.toml"))).unwrap();
        assert!(sample.starts_with(&format!("#:schema schema/{file}.json\n")), "{file}");
    }
}

#[test]
fn every_key_of_the_sample_is_in_the_schema_with_its_default_and_a_word_on_it() {
    fn walk(schema: &Value, sample: &Value, path: &str) {
        for (key, value) in sample.as_object().unwrap() {
            let property = &schema["properties"][key];
            assert!(property["description"].as_str().is_some_and(|it| !it.is_empty()), "{path}{key} is not described");
            match value {
                Value::Object(_) => walk(property, value, &format!("{path}{key}.")),
                value => assert_eq!(&property["default"], value, "{path}{key}"),
            }
        }
        // A table whose keys are the administrator's own.
        let Some(known) = schema["properties"].as_object() else { return };
        let unknown: Vec<_> = known.keys().filter(|key| sample.get(key.as_str()).is_none()).collect();
        assert!(unknown.is_empty(), "{path}: in the schema and not in the sample: {unknown:?}");
    }
    let schema: Value = serde_json::from_str(&of("digest").unwrap()).unwrap();
    walk(&schema, &toml(&std::fs::read_to_string(root().join("digest.toml")).unwrap()), "");
}

#[test]
fn what_the_program_refuses_is_marked_by_the_editor_where_a_schema_can_tell() {
    for (file, wrong) in [
        ("digest", "nmae = \"x\""),
        ("digest", "[polling]\nconcurrency = \"many\""),
        ("digest", "[polling]\ninterval = \"soon\""),
        ("digest", "[mail]\ntransport = \"pigeon\""),
        ("digest", "[mail.smtp]\npassword = \"secret\""),
        ("feeds", "[[feed]]\nid = \"a\""),
        ("feeds", "[[feed]]\nid = \"A b\"\nurl = \"https://example.org/feed\""),
        ("feeds", "[[feed]]\nid = \"a\"\nurl = \"htps://example.org/feed\""),
        ("topic", "name = \"t\"\ntitle = \"T\"\ndescription = \"d\"\n[general]\nstrong = \"one\""),
        ("topic", "name = \"t\"\ntitle = \"T\"\ndescription = \"d\"\n[[theme]]\nname = \"a\""),
    ] {
        assert!(!validator(file).is_valid(&toml(wrong)), "{file}: {wrong}");
    }
    assert!(validator("digest").is_valid(&toml("[relevance]\nthreshold = 4.5\n[polling]\ninterval = \"1h 30m\"")));
}

#[test]
fn the_command_prints_one_and_writes_all() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| policy_digest(folder.path()).args(arguments).output().unwrap();
    assert_eq!(text(&run(&["config", "schema", "feeds"])), of("feeds").unwrap());
    assert!(run(&["config", "schema", "--out", "here"]).status.success());
    assert_eq!(std::fs::read_to_string(folder.path().join("here/topic.json")).unwrap(), of("topic").unwrap());
    let wrong = run(&["config", "schema", "people"]);
    assert!(wrong.status.code() == Some(2) && text(&wrong).contains("`people` is not one of digest, feeds, topic"));
}
