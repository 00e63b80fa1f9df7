//! No statement reads the whole of a table that grows with the history: ticks, claims and pages cost the same after five
//! years as on the first day. Every statement of the store is found in its source and planned by SQLite; the few that may
//! read all are named below, with the reason.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use policy_digest::store::Store;
use rusqlite::Connection;

/// Tables that grow; feeds, pauses, keys, marks and the like do not.
const GROWING: [&str; 20] = [
    "drafts",
    "ledger",
    "corrections",
    "items",
    "item_texts",
    "stories",
    "runs",
    "run_stories",
    "bodies",
    "subscribers",
    "messages",
    "attempts",
    "samples",
    "reports",
    "suppressions",
    "archives",
    "archive_stories",
    "tallies",
    "alarms",
    "address_changes",
];

/// Indexes that hold only what is open; to read one to its end is no scan of its table.
const OF_WHAT_IS_OPEN: [&str; 10] = [
    "drafts_open",
    "corrections_open",
    "messages_by_turn",
    "reports_waiting",
    "runs_filling",
    "runs_held",
    "runs_released",
    "alarms_not_over",
    "alarms_open",
    "alarms_untold",
];

/// Statements that may read all of a table: the file, how the statement begins, and why.
const MAY_SCAN: [(&str, &str, &str); 16] = [
    ("alarms.rs", "DELETE FROM alarms WHERE told_end <", "when an incident ends; alarms are kept for a year"),
    ("alarms.rs", "SELECT max(at) AS told FROM", "when there is something to report; alarms are kept for a year"),
    ("alarms.rs", "SELECT id, kind, subject", "`alarms list`; in the order of the table, and stops at its limit"),
    ("archive_list.rs", "SELECT r.id, a.name, coalesce(l.title", "in the order of an index, and stops at its limit"),
    ("erasure.rs", "", "an address is erased wherever it is: by hand, and once a day"),
    ("items.rs", "SELECT i.seq, i.feed", "`explain`, by a link as the feed wrote it"),
    ("items.rs", "SELECT count(*) AS count FROM item_texts", "`check`, of those with a text"),
    ("key.rs", "SELECT seq, identity", "once, when a database of an earlier version is opened"),
    ("messages.rs", "SELECT", "`messages list`, by any of its conditions"),
    ("runs.rs", "SELECT note FROM runs", "when a digest is made; stops at the newest run with a note"),
    (
        "runs.rs",
        "SELECT id, cadence, slot, due, made",
        "`status`, of the run made last; in the order of the table, and stops at it",
    ),
    ("status_counts.rs", "SELECT id, cadence, slot, made", "`runs list`; stops at its limit"),
    ("status_counts.rs", "SELECT id, cadence FROM runs WHERE id IN (SELECT run", "`explain`, of one item"),
    ("rows.rs", "SELECT id, address, name", "`subscribers list`, of everybody"),
    ("retention.rs", "SELECT d.id FROM drafts", "once a day: drafts are few, and the old ones go"),
    ("bodies.rs", "SELECT max(r.id) AS run", "once a day, for each two hundred messages: runs are few"),
];

/// What stands for a part that the source puts into a statement when it runs.
const PARTS: [(&str, &str, &[&str]); 6] = [
    (
        "not_selected.rs",
        "{conditions}",
        &["i.seq > ?1 AND i.seq <= ?2 ORDER BY i.score DESC, i.seq LIMIT ?3", "i.seq = ?1"],
    ),
    ("corrections.rs", "{which}", &["{OF_PAGE}", "{UNANNOUNCED}"]),
    (
        "drafts.rs",
        "{which}",
        &["{OPEN}", "{WITH_ID}", "{OF_SLOT}", "{OF_RUN}", "{SENT_AFTER}", "{LATEST}", "{LATEST_SENT}"],
    ),
    ("overlay.rs", "{place}", &["main"]),
    ("items.rs", "{which}", &["{WITH_SEQ}", "{WITH_LINK}", "{AFTER}", "{BEFORE}", "{LEFT_OUT}", "{STALE}"]),
    ("rows.rs", "{which}", &["{WITH_ID}", "{AT_ADDRESS}", "{PAUSED}", "{PAUSE_IS_OVER}", "{ALL}"]),
];

/// Folders and files whose statements are a server's, or are made for each table.
const NOT_SQLITE: [&str; 3] = ["server", "sql", "copy.rs"];

/// Constants that statements in other files have in them.
const SHARED: [&str; 4] = ["COVERED", "IN_BATCH", "SERVED", "STANDS"];

/// A statement with each of its parts, and the name of its module's file.
struct Statement {
    file: String,
    alternatives: Vec<String>,
}

#[tokio::test]
async fn no_statement_scans_a_table_that_grows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy-digest.db");
    drop(Store::open(&path).await.unwrap());
    let database = Connection::open(&path).unwrap();
    let temporary =
        "CREATE TEMP TABLE judged (seq INTEGER PRIMARY KEY, score, selected, borderline, themes, language, reasons);
                     CREATE TEMP TABLE numbered (id INTEGER PRIMARY KEY, seq);";
    database.execute_batch(temporary).unwrap();
    let statements = statements();
    assert!(statements.len() > 150, "{} statements were found", statements.len());
    let mut scans = Vec::new();
    for Statement { file, alternatives } in &statements {
        let plans: Vec<_> = alternatives.iter().filter_map(|sql| Some((sql, scans_of(&database, sql)?))).collect();
        assert!(!plans.is_empty(), "{file}: SQLite does not understand any of {alternatives:#?}");
        for (sql, scan) in plans.iter().flat_map(|(sql, scans)| scans.iter().map(move |scan| (sql, scan))) {
            let one_line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
            let is_named = |(of, begin, _): &(&str, &str, &str)| of == file && one_line.starts_with(begin);
            if !MAY_SCAN.iter().any(is_named) {
                scans.push(format!("{file}: {scan}: {one_line}"));
            }
        }
    }
    assert!(scans.is_empty(), "{}", scans.join("\n"));
}

/// The steps of its plan that read all of a growing table; `None` for no statement, as with a part of another one.
fn scans_of(database: &Connection, sql: &str) -> Option<Vec<String>> {
    let mut prepared = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).ok()?;
    let nothing = vec![rusqlite::types::Null; prepared.parameter_count()];
    let steps = prepared.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>("detail")).unwrap();
    let names = names(sql);
    let is_scan = |step: &String| {
        let table = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
        table.is_some_and(|table| names.contains(&table.to_owned()))
            && !OF_WHAT_IS_OPEN.iter().any(|index| step.contains(index))
    };
    Some(steps.map(Result::unwrap).filter(is_scan).collect())
}

/// The growing tables, and what the statement calls them.
fn names(sql: &str) -> Vec<String> {
    let words: Vec<&str> =
        sql.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let aliases = words.windows(2).filter(|pair| GROWING.contains(&pair[0])).map(|pair| pair[1]);
    let is_alias = |word: &&str| word.len() == 1 && word.chars().all(|c| c.is_ascii_lowercase());
    GROWING.into_iter().chain(aliases.filter(is_alias)).map(str::to_owned).collect()
}

/// Every statement in the sources of the store, with its parts put in.
fn statements() -> Vec<Statement> {
    let mut sources = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store"), &mut sources);
    let texts: Vec<(String, Vec<(String, String)>)> = sources
        .iter()
        .map(|path| {
            let source = std::fs::read_to_string(path).unwrap();
            let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
            (module_file(path), literals(source))
        })
        .collect();
    let constants: HashMap<(&str, &str), &str> = texts
        .iter()
        .flat_map(|(file, texts)| texts.iter().map(move |(name, text)| ((file.as_str(), name.as_str()), text.as_str())))
        .filter(|((_, name), _)| !name.is_empty())
        .collect();
    let mut statements = Vec::new();
    for (file, texts) in &texts {
        for (_, text) in texts {
            let is_statement = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"]
                .iter()
                .any(|verb| text.trim_start().starts_with(&format!("{verb} ")));
            if is_statement {
                for sql in text.split(';').filter(|sql| !sql.trim().is_empty()) {
                    statements.push(Statement { file: file.clone(), alternatives: whole(file, sql, &constants) });
                }
            }
        }
    }
    statements
}

/// The name of a module's file; that of a folder's own file is the folder's.
fn module_file(path: &Path) -> String {
    let module = if path.ends_with("mod.rs") { path.parent().unwrap() } else { path };
    format!("{}.rs", module.file_stem().unwrap().to_str().unwrap())
}

fn read(folder: &Path, sources: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if NOT_SQLITE.contains(&name) {
            continue;
        }
        if path.is_dir() {
            read(&path, sources);
        } else if path.extension().is_some_and(|end| end == "rs") {
            sources.push(path);
        }
    }
}

/// The statement with each of its parts.
fn whole(file: &str, sql: &str, constants: &HashMap<(&str, &str), &str>) -> Vec<String> {
    let mut all = vec![sql.to_owned()];
    for (of_file, part, texts) in PARTS {
        if of_file == file {
            let with = |sql: &String| texts.iter().map(|text| sql.replace(part, text)).collect::<Vec<_>>();
            all = all.iter().flat_map(|sql| if sql.contains(part) { with(sql) } else { vec![sql.clone()] }).collect();
        }
    }
    for sql in &mut all {
        for ((of_file, name), text) in constants {
            if *of_file == file || SHARED.contains(name) {
                *sql = sql.replace(&format!("{{{name}}}"), text);
            }
        }
    }
    all
}

/// The string literals of a Rust source, each with the name of the constant that it is, or an empty one.
fn literals(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let (before, from) = rest.split_at(at);
        if let Some(comment) = from.strip_prefix("//") {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(text) = from.strip_prefix('"') {
            let (text, after) = literal(text);
            let constant = before.trim_end().strip_suffix(": &str =").and_then(|before| before.rsplit(' ').next());
            found.push((constant.unwrap_or_default().to_owned(), text));
            rest = after;
        } else {
            // A character, which may be a quote; or a lifetime.
            let is_quote = from.starts_with("'\"'");
            rest = &from[if is_quote { 3 } else { 1 }..];
        }
    }
    found
}

/// The literal's text, and what comes after its closing quote.
fn literal(from: &str) -> (String, &str) {
    let mut text = String::new();
    let mut chars = from.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (text, &from[at + 1..]),
            '\\' => match chars.next() {
                Some((_, '\n')) => {
                    let skipped = chars.as_str().len() - chars.as_str().trim_start().len();
                    (0..skipped).for_each(|_| _ = chars.next());
                }
                Some((_, 'n')) => text.push('\n'),
                Some((_, other)) => text.push(other),
                None => {}
            },
            other => text.push(other),
        }
    }
    (text, "")
}
