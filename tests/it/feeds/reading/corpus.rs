//! The corpus: small documents by folder of flaw, each with what a person would want to read beside it. A sidecar
//! `NAME.json` holds what `feeds parse` should say, plus `base` and `content_type` as a server would give, and
//! `repairs` that must be counted (an empty list: none may be). Of an entry only the listed keys are compared;
//! `{"optional": true}` at the end is a torn entry that may be kept or not. Expected values come from RFC 4287,
//! RSS 2.0, RSS 1.0 and JSON Feed, and from common sense, never from the program.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use policy_digest::config::Limits;
use policy_digest::domain::feeds::budget::Budget;
use policy_digest::domain::items::item::{Identity, Item};
use policy_digest::parse::{Source, parse};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

/// What stands beside a document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    base: Option<Url>,
    content_type: Option<String>,
    ok: bool,
    error: Option<String>,
    title: Option<String>,
    entries: Vec<Map<String, Value>>,
    repairs: Option<Vec<String>>,
}

/// What the parser says.
#[derive(Clone)]
struct Read {
    title: Option<String>,
    items: Vec<Item>,
    repairs: Vec<String>,
}

#[test]
fn every_document_of_the_corpus_is_read_as_expected() {
    let documents = documents();
    assert!(documents.len() >= 150, "only {} documents", documents.len());
    let mut report = String::new();
    let mut bad = 0;
    for path in &documents {
        let findings = compare(path);
        bad += usize::from(!findings.is_empty());
        for finding in findings {
            writeln!(report, "{}: {finding}", name(path)).unwrap();
        }
    }
    assert!(bad == 0, "{bad} of {} documents are not read as expected:\n{report}", documents.len());
}

#[test]
fn every_document_has_its_expectation_and_every_expectation_its_document() {
    let documents = documents();
    let sidecars = files().into_iter().filter(|path| is_sidecar(path)).count();
    assert_eq!(documents.len(), sidecars);
    for path in documents {
        assert!(path.with_extension("json").is_file(), "{} stands alone", name(&path));
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.len() <= 64 * 1024, "{} is not small", name(&path));
    }
}

#[test]
fn a_wrong_value_is_seen() {
    let read = Read { title: Some("T".into()), items: Vec::new(), repairs: Vec::new() };
    let want = |title: &str, entries: Value| Expected {
        title: Some(title.into()),
        entries: serde_json::from_value(entries).unwrap(),
        ..serde_json::from_str(r#"{"ok":true,"entries":[]}"#).unwrap()
    };
    assert_eq!(differences(&Ok(read.clone()), &want("T", json!([]))), [""; 0]);
    assert_eq!(differences(&Ok(read.clone()), &want("T", json!([{ "optional": true }]))), [""; 0]);
    assert_eq!(differences(&Ok(read.clone()), &want("U", json!([]))).len(), 1);
    assert_eq!(differences(&Ok(read), &want("T", json!([{ "title": "x" }]))).len(), 1);
    assert_eq!(differences(&Err("it panicked".to_owned()), &want("T", json!([]))).len(), 1);
}

fn files() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/feeds")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

fn is_sidecar(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "json")
}

fn documents() -> Vec<PathBuf> {
    files().into_iter().filter(|path| !is_sidecar(path)).collect()
}

fn name(path: &Path) -> String {
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    format!("{}/{}", folder.display(), path.file_name().unwrap_or_default().display())
}

fn now() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn compare(path: &Path) -> Vec<String> {
    let sidecar = std::fs::read_to_string(path.with_extension("json")).unwrap_or_default();
    let expected: Expected = match serde_json::from_str(&sidecar) {
        Ok(expected) => expected,
        Err(error) => return vec![format!("its expectation cannot be read: {error}")],
    };
    let bytes = std::fs::read(path).unwrap();
    differences(&read(&bytes, &expected), &expected)
}

fn read(bytes: &[u8], expected: &Expected) -> Result<Read, String> {
    let content_type = expected.content_type.as_deref();
    let (limits, budget) = (&Limits::default(), &Budget::unlimited());
    let base = expected.base.as_ref();
    let source = Source { bytes, content_type, base, now: now(), known: None, limits, budget };
    let document = parse(&source).map_err(|error| error.to_string())?;
    let repairs = document.repairs.iter().map(ToString::to_string).collect();
    Ok(Read { title: document.title, items: document.items.into_iter().map(|fresh| fresh.item).collect(), repairs })
}

/// Every field in which the answer is not the expected one, as `field: got …, want …`.
fn differences(got: &Result<Read, String>, want: &Expected) -> Vec<String> {
    let read = match (got, want.ok) {
        (Ok(_), false) => return vec!["ok: got true, want false".to_owned()],
        (Err(told), _) => {
            let named = want.error.as_deref().is_some_and(|part| told.contains(part));
            return if !want.ok && named {
                Vec::new()
            } else {
                vec![format!("error: got `{told}`, want {:?}", want.error)]
            };
        }
        (Ok(read), true) => read,
    };
    let mut found = Vec::new();
    let mut field = |at: &str, got: &Value, want: &Value| {
        let absent = |value: &Value| value.is_null() || value == "";
        if got != want && !(absent(got) && absent(want)) {
            found.push(format!("{at}: got {got}, want {want}"));
        }
    };
    field("title", &json!(read.title), &json!(want.title));
    let torn = want.entries.last().is_some_and(|entry| entry.contains_key("optional"));
    let entries = &want.entries[..want.entries.len() - usize::from(torn)];
    if !(torn && read.items.len() == entries.len() + 1) {
        field("number of entries", &json!(read.items.len()), &json!(entries.len()));
    }
    for (number, (item, entry)) in read.items.iter().zip(entries).enumerate() {
        let got = shown(item);
        for (key, want) in entry {
            field(&format!("entry {} {key}", number + 1), &got[key], want);
        }
    }
    let counted = &read.repairs;
    match want.repairs.as_deref() {
        Some([]) if !counted.is_empty() => found.push(format!("repairs: got {counted:?}, want none")),
        Some(wanted) => {
            let missing = wanted.iter().filter(|repair| !counted.contains(repair));
            found.extend(missing.map(|repair| format!("repairs: got {counted:?}, want `{repair}`")));
        }
        None => {}
    }
    found
}

/// An item as `feeds parse` prints it.
fn shown(item: &Item) -> Value {
    let at = |moment: Option<DateTime<Utc>>| moment.map(|moment| moment.to_rfc3339_opts(SecondsFormat::Secs, true));
    let (Identity::Id(id) | Identity::Link(id) | Identity::Hash(id)) = &item.identity;
    json!({
        "id": id,
        "title": item.title,
        "link": item.link.as_ref().map(Url::as_str),
        "published": at(item.published),
        "updated": at(item.updated),
        "author": item.author,
        "summary": item.summary,
        "content": item.content,
    })
}
