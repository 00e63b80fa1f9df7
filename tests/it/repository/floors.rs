//! The plan of the house is kept: a module imports only from floors below its own, rooms have the names of subjects, each
//! outside crate has one home, each table has one owner, and the clock, standard output and the environment are used in
//! one place each.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use policy_digest::domain::outbox::State;

/// Rooms by floor, from the ground up; doors in the order in which they may call one another.
const FLOORS: &[&[&str]] = &[
    &["domain"],
    &["config"],
    &["fetch", "parse", "store", "render", "mail", "dns", "transfer", "telemetry"],
    &["app"],
    &["web"],
    &["daemon"],
    &["cli"],
    &["main"],
];

/// Doors reach adapters only through `app`, save these.
const DOORS: &[&str] = &["web", "daemon", "cli", "main"];
const DOORS_MAY: &[(&str, &str)] =
    &[("web", "render"), ("cli", "telemetry"), ("daemon", "telemetry"), ("cli", "store")];

/// Subjects, which give rooms their names on the floors of rules, tables and use cases.
const SUBJECTS: &[&str] = &["feeds", "items", "selection", "digests", "outbox", "subscribers", "operations"];

/// Rooms without a subject: what every subject needs.
const WITHOUT_SUBJECT: &[(&str, &[&str])] = &[
    ("domain", &["catalogue", "word"]),
    ("store", &["database", "error"]),
    ("app", &["advised", "clock", "document", "installation", "lock", "private", "stop"]),
];

/// The one room that writes each table: a file, or a folder.
const OWNERS: &[(&str, &[&str])] = &[
    ("store/feeds", &["feeds"]),
    ("store/items", &["items", "item_texts", "stories"]),
    ("store/selection", &["labels", "labelled_items", "draft_samples"]),
    (
        "store/digests",
        &[
            "runs",
            "run_stories",
            "run_windows",
            "samples",
            "archives",
            "archive_languages",
            "archive_stories",
            "drafts",
            "ledger",
            "corrections",
        ],
    ),
    ("store/outbox", &["messages", "attempts", "bodies", "reports", "returned", "suppressions", "pauses"]),
    ("store/subscribers", &["subscribers", "address_changes", "wordings"]),
    ("store/operations/alarms", &["alarms"]),
    ("store/operations/keys", &["keys", "former_keys", "marks"]),
    ("store/operations/pending_configuration", &["pending_configuration"]),
    ("store/operations/requests", &["requests"]),
];

/// Tables that triggers alone write, or SQLite itself.
const OF_TRIGGERS: &[&str] = &["tallies", "totals", "sqlite_sequence"];

/// The only file that writes `messages.state`.
const OWNER_OF_STATES: &str = "store/outbox/states.rs";

/// Each outside crate's home.
const HOMES: &[(&str, &str)] = &[
    ("whatlang", "domain"),
    ("reqwest", "fetch"),
    ("feed_rs", "parse"),
    ("html5ever", "parse"),
    ("encoding_rs", "parse"),
    ("chardetng", "parse"),
    ("fs4", "store"),
    ("rusqlite", "store/database"),
    ("rusqlite_migration", "store/database"),
    ("postgres", "store/database"),
    ("minijinja", "render"),
    ("css_inline", "render"),
    ("pulldown_cmark", "render"),
    ("lettre", "mail"),
    ("hickory_resolver", "dns"),
    ("mail_parser", "mail"),
    ("aws_lc_rs", "mail"),
    ("rustls_pki_types", "mail"),
    ("quick_xml", "transfer"),
    ("governor", "app"),
    ("axum", "web"),
    ("hyper", "web"),
    ("hyper_util", "web"),
    ("tokio_io_timeout", "web"),
    ("prometheus_client", "web"),
    ("clap", "cli"),
    ("clap_complete", "cli"),
    ("clap_mangen", "cli"),
    ("open", "cli"),
    ("anstream", "cli"),
    ("anstyle", "cli"),
    ("indicatif", "cli"),
    ("comfy_table", "cli"),
    ("tokio_cron_scheduler", "daemon"),
    ("sd_notify", "daemon"),
    ("flate2", "fetch"),
    ("toml", "config"),
    ("toml_edit", "config"),
    ("schemars", "config"),
    ("annotate_snippets", "config"),
];

/// Words that only one place may write.
const PLACES: &[(&str, &[&str])] = &[
    ("Utc::now(", &["app/clock.rs"]),
    ("SystemTime::now(", &["app/clock.rs"]),
    ("println!", &["cli/"]),
    ("std::io::stdout", &["cli/"]),
    ("std::env::var", &["config/"]),
    ("env::vars", &["config/"]),
];

#[test]
fn every_import_goes_down() {
    let broken: Vec<String> = sources().iter().flat_map(|(path, text)| upward_imports(path, text)).collect();
    assert!(broken.is_empty(), "imports that break a floor:\n{}", broken.join("\n"));
}

#[test]
fn every_outside_crate_has_one_home() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        for (name, home) in HOMES {
            let used = without_tests(&text).lines().any(|line| {
                let code = line.split("//").next().unwrap_or_default();
                mentions(code, &format!("{name}::")) && !mentions(code, &format!("::{name}::"))
            });
            if used && room(&path) != *home && !path.starts_with(home) {
                broken.push(format!("{}: `{name}` lives in `{home}`", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_clock_the_output_and_the_environment_are_touched_in_one_place_each() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let name = path.to_string_lossy().replace('\\', "/");
        for (word, places) in PLACES {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let used = code.lines().any(|line| mentions(line.split("//").next().unwrap_or_default(), word));
            if used && !places.iter().any(|place| name.starts_with(place)) {
                broken.push(format!("{name}: `{word}` belongs in {places:?}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn an_import_that_goes_up_is_seen() {
    let text = "use crate::app::App;\nuse crate::{config, store::Store};\n";
    assert_eq!(upward_imports(Path::new("store/feeds.rs"), text).len(), 1);
    assert_eq!(upward_imports(Path::new("domain/item.rs"), text).len(), 3);
    assert_eq!(upward_imports(Path::new("fetch.rs"), text).len(), 2, "adapters are strangers to one another");
    assert_eq!(upward_imports(Path::new("app/poll.rs"), text).len(), 0);
    assert_eq!(upward_imports(Path::new("web/health.rs"), text).len(), 1, "doors reach adapters through app");
    let lines = "use crate::{\n    // app is not meant\n    config::{self, Settings},\n    store::{\n        Store,\n        app,\n    },\n    web,\n};\n";
    let broken = upward_imports(Path::new("store/feeds.rs"), lines);
    assert_eq!(broken, ["store/feeds.rs:1: `store` names `web`"], "over several lines, and nested");
    let climbs = "use super::super::super::app::App;\nuse super::super::app;\n";
    assert_eq!(upward_imports(Path::new("store/outbox/states.rs"), climbs).len(), 1, "by `super` up to the root");
    assert_eq!(upward_imports(Path::new("store/outbox/attempts/mod.rs"), climbs).len(), 1, "from a folder's own file");
}

#[test]
fn rooms_have_the_names_of_subjects() {
    let names: Vec<PathBuf> = sources().into_iter().map(|(path, _)| path).collect();
    assert_eq!(strange_rooms(&names), [""; 0]);
    let made_up = ["domain/outbox/pace.rs", "store/util.rs", "app/mailing/send.rs", "web/http.rs"].map(PathBuf::from);
    assert_eq!(strange_rooms(&made_up), ["app/mailing", "store/util"]);
}

#[tokio::test]
async fn every_table_has_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy-digest.db");
    drop(policy_digest::store::Store::open(&path).await.unwrap());
    let database = rusqlite::Connection::open(&path).unwrap();
    let mut tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let tables = tables.query_map([], |row| row.get::<_, String>("name")).unwrap();
    for table in tables.map(Result::unwrap) {
        let owners = OWNERS.iter().filter(|(_, tables)| tables.contains(&table.as_str())).count();
        assert_eq!(owners + usize::from(OF_TRIGGERS.contains(&table.as_str())), 1, "owners of `{table}`");
    }
    let broken: Vec<String> = sources().iter().flat_map(|(path, text)| foreign_writes(path, text)).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_write_into_another_rooms_table_is_seen() {
    let text = r#"
        // DELETE FROM feeds is only spoken of.
        const A: &str = "INSERT INTO messages (kind, state) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET kind = ?1";
        tx.execute("UPDATE messages SET settled = ?1, state = ?2 WHERE id = ?3")?;
        tx.execute("UPDATE messages SET address = '' WHERE state = ?1")?;
        tx.execute(
            "DELETE
             FROM runs WHERE id = ?1", [run])?;
        tx.execute("REPLACE INTO marks (name) VALUES (?1)")?;
        let state = "'queued'";
        #[cfg(test)]
        mod tests { "DELETE FROM stories WHERE state = 'sent'" }"#;
    let seen = |path: &str| foreign_writes(Path::new(path), text);
    let runs_and_marks = ["`runs` is `store/digests`'s", "`marks` is `store/operations/keys`'s"];
    let with = |more: &[&'static str]| [more, &runs_and_marks, &["`'queued'` is spelled out"]].concat();
    let expect = |path: &str, more: &[&'static str]| {
        let expected: Vec<String> = with(more).iter().map(|found| format!("{path}: {found}")).collect();
        assert_eq!(seen(path), expected);
    };
    expect("store/outbox/states.rs", &[]);
    expect("store/outbox/mod.rs", &["`messages.state` is `store/outbox/states.rs`'s"; 2]);
    let others = "`messages` is `store/outbox`'s";
    let state = "`messages.state` is `store/outbox/states.rs`'s";
    expect("store/subscribers/erasure.rs", &[others, state, others, state, others]);
}

pub(super) fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    assert!(files.len() > 30, "the sources are read");
    files
}

fn room(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The source without the tests at its end.
pub(super) fn without_tests(text: &str) -> &str {
    let is_module = |at: &usize| text[at + "#[cfg(test)]".len()..].trim_start().starts_with("mod tests {");
    let tests = text.match_indices("#[cfg(test)]").map(|(at, _)| at).find(is_module);
    &text[..tests.unwrap_or(text.len())]
}

/// The source without its comments, line by line.
pub(super) fn code(text: &str) -> String {
    text.lines().flat_map(|line| [line.split("//").next().unwrap_or_default(), "\n"]).collect()
}

/// The first name of each path in what follows `crate::`: `app` of `app::x`, and `config` and `store` of
/// `{config::{self, Settings}, store::Store}`, over however many lines.
fn rooms_named(path: &str) -> BTreeSet<String> {
    let mut items = vec![String::new()];
    let mut depth = usize::from(path.starts_with('{'));
    if depth == 0 {
        items = vec![path.to_owned()];
    } else {
        for c in path.chars().skip(1) {
            depth = match c {
                '{' => depth + 1,
                '}' => depth - 1,
                _ => depth,
            };
            match c {
                _ if depth == 0 => break,
                ',' if depth == 1 => items.push(String::new()),
                _ => items.last_mut().expect("there is one from the start").push(c),
            }
        }
    }
    let first =
        |item: &String| item.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    items.iter().map(first).filter(|name| floor(name).is_some()).collect()
}

/// Every path from the root of the crate, as it goes on after `crate::` or after as many `super::` as lead there, with
/// the number of its line.
fn paths_from_the_root(path: &Path, code: &str) -> Vec<(usize, String)> {
    let depth = path.components().count() - usize::from(path.ends_with("mod.rs"));
    let climb = "super::".repeat(depth);
    let mut found = Vec::new();
    for root in ["crate::", &climb] {
        for (at, _) in code.match_indices(root) {
            let number = code[..at].lines().count().max(1);
            found.push((number, code[at + root.len()..].to_owned()));
        }
    }
    found
}

fn upward_imports(path: &Path, text: &str) -> Vec<String> {
    let room = room(path);
    let Some(own) = floor(&room) else { return Vec::new() };
    let mut broken = Vec::new();
    for (number, rest) in paths_from_the_root(path, &code(text)) {
        for other in rooms_named(&rest) {
            let goes_up = other != room && floor(&other).is_some_and(|floor| floor >= own);
            let adapters = FLOORS[2].contains(&other.as_str()) && DOORS.contains(&room.as_str());
            let skips = adapters && !DOORS_MAY.contains(&(room.as_str(), other.as_str()));
            if goes_up || skips {
                broken.push(format!("{}:{number}: `{room}` names `{other}`", path.display()));
            }
        }
    }
    broken
}

/// Rooms on the floors of subjects that are named after none.
fn strange_rooms(paths: &[PathBuf]) -> Vec<String> {
    let mut strange = BTreeSet::new();
    for path in paths {
        let names: Vec<String> = path.iter().map(|name| name.to_string_lossy().replace(".rs", "")).collect();
        let [floor, room, ..] = names.as_slice() else { continue };
        if room == "mod" {
            continue;
        }
        let Some((_, others)) = WITHOUT_SUBJECT.iter().find(|(name, _)| name == floor) else { continue };
        if !SUBJECTS.contains(&room.as_str()) && !others.contains(&room.as_str()) {
            strange.insert(format!("{floor}/{room}"));
        }
    }
    strange.into_iter().collect()
}

/// Statements that write another room's table, or the state of a message, and states that are spelled out in SQL.
fn foreign_writes(path: &Path, text: &str) -> Vec<String> {
    let name = path.to_string_lossy().replace('\\', "/");
    if !name.starts_with("store/") {
        return Vec::new();
    }
    let code = code(without_tests(text));
    let words: Vec<&str> =
        code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let mut broken = Vec::new();
    for at in 0..words.len() {
        let (table, rest) = match &words[at..] {
            ["INSERT" | "REPLACE", "INTO", table, rest @ ..] | ["INSERT", "OR", _, "INTO", table, rest @ ..] => {
                (*table, rest)
            }
            ["DELETE", "FROM", table, rest @ ..] | ["UPDATE", table, rest @ ..] => (*table, rest),
            _ => continue,
        };
        let owner = OWNERS.iter().find(|(_, tables)| tables.contains(&table)).map(|(owner, _)| *owner);
        if let Some(owner) = owner
            && name != format!("{owner}.rs")
            && !name.starts_with(&format!("{owner}/"))
        {
            broken.push(format!("{name}: `{table}` is `{owner}`'s"));
        }
        let sets_state =
            rest.iter().take_while(|word| **word != "WHERE" && **word != "VALUES").any(|word| *word == "state");
        if table == "messages" && words[at] != "DELETE" && sets_state && name != OWNER_OF_STATES {
            broken.push(format!("{name}: `messages.state` is `{OWNER_OF_STATES}`'s"));
        }
    }
    let literals = State::ALL.iter().map(|state| format!("'{state}'")).filter(|literal| code.contains(literal));
    broken.extend(literals.map(|literal| format!("{name}: `{literal}` is spelled out")));
    broken
}

/// Whether `word` stands in `code`, not as the end of a longer name.
fn mentions(code: &str, word: &str) -> bool {
    code.match_indices(word)
        .any(|(at, _)| !code[..at].chars().next_back().is_some_and(|before| before.is_alphanumeric() || before == '_'))
}
