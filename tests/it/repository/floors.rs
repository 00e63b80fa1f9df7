//! The house stands: a module imports only from floors below its own, each outside crate has one home, and the
//! clock, standard output and the environment are touched in one place each.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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

/// Each outside crate's home.
const HOMES: &[(&str, &str)] = &[
    ("whatlang", "domain"),
    ("reqwest", "fetch"),
    ("feed_rs", "parse"),
    ("html5ever", "parse"),
    ("encoding_rs", "parse"),
    ("chardetng", "parse"),
    ("fs4", "store"),
    ("rusqlite", "store"),
    ("rusqlite_migration", "store"),
    ("tokio_rusqlite", "store"),
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
    ("println!", &["cli.rs", "cli/"]),
    ("std::io::stdout", &["cli.rs", "cli/"]),
    ("std::env::var", &["config.rs", "config/"]),
    ("env::vars", &["config.rs", "config/"]),
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
        let room = room(&path);
        for (name, home) in HOMES {
            let used = text.lines().any(|line| {
                let code = line.split("//").next().unwrap_or_default();
                mentions(code, &format!("{name}::")) && !mentions(code, &format!("::{name}::"))
            });
            if used && room != *home {
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
}

fn sources() -> Vec<(PathBuf, String)> {
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

/// The rooms that a line names: `crate::app::x`, and each of `crate::{config, store::Store}`.
fn rooms_named(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        let list = part.strip_prefix('{').map_or(part, |list| list.split('}').next().unwrap_or_default());
        let items: Vec<&str> = if part.starts_with('{') { list.split(',').collect() } else { vec![list] };
        for item in items {
            let name: String = item.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if floor(&name).is_some() {
                named.insert(name);
            }
        }
    }
    named
}

fn upward_imports(path: &Path, text: &str) -> Vec<String> {
    let room = room(path);
    let Some(own) = floor(&room) else { return Vec::new() };
    let mut broken = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for other in rooms_named(line.split("//").next().unwrap_or_default()) {
            let goes_up = other != room && floor(&other).is_some_and(|floor| floor >= own);
            let adapters = FLOORS[2].contains(&other.as_str()) && DOORS.contains(&room.as_str());
            let skips = adapters && !DOORS_MAY.contains(&(room.as_str(), other.as_str()));
            if goes_up || skips {
                broken.push(format!("{}:{}: `{room}` names `{other}`", path.display(), number + 1));
            }
        }
    }
    broken
}

/// Whether `word` stands in `code`, not as the end of a longer name.
fn mentions(code: &str, word: &str) -> bool {
    code.match_indices(word)
        .any(|(at, _)| !code[..at].chars().next_back().is_some_and(|before| before.is_alphanumeric() || before == '_'))
}
