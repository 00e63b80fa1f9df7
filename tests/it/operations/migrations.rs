//! Every earlier schema, with a row in every table it had: it opens, is brought up to date, loses nothing, and the program
//! goes on with it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::Value;

use crate::support::{Entry, Reply, World, rss, start};

/// Columns that have another name since: the migration, the table, the old name and the new one.
const RENAMED: [(&str, &str, &str, &str); 6] = [
    ("0028_vocabulary.sql", "messages", "part", "body"),
    ("0028_vocabulary.sql", "messages", "upto", "through_seq"),
    ("0028_vocabulary.sql", "runs", "upto", "through_seq"),
    ("0028_vocabulary.sql", "subscribers", "covered", "cursor"),
    ("0030_selected.sql", "items", "picked", "selected"),
    ("0030_selected.sql", "feeds", "picked", "selected"),
];

/// Tables that have another name since: the migration, the old name and the new one.
const RENAMED_TABLES: [(&str, &str, &str); 2] =
    [("0028_vocabulary.sql", "parts", "bodies"), ("0028_vocabulary.sql", "untaken", "pending_configuration")];

/// Columns of items that are in `item_texts` since this migration.
const TEXTS: (&str, [&str; 4]) = ("0029_item_texts.sql", ["summary", "content", "excerpt", "excerpt_chars"]);

/// Names of this schema, for those of the first in the statements below.
fn with_names_of(schema: usize, statements: &str) -> String {
    let columns = RENAMED.iter().map(|(since, _, old, new)| (since, old, new));
    let tables = RENAMED_TABLES.iter().map(|(since, old, new)| (since, old, new));
    let names = columns.chain(tables).filter(|(since, _, _)| schema >= number(since));
    let mut words: Vec<String> =
        statements.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect();
    for (_, old, new) in names {
        for word in &mut words {
            if word.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_') == *old {
                *word = word.replace(old, new);
            }
        }
    }
    words.concat()
}

/// The files of the migrations, in their order.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/database/migrations");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The first schema that has a migration.
fn number(file: &str) -> usize {
    1 + files().iter().position(|path| path.ends_with(file)).unwrap()
}

/// The migrations, as the program has them.
fn steps() -> Vec<String> {
    files().iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// A database of this schema, with the rows below and one more in every other table.
fn earlier(path: &Path, schema: usize, feed_url: &str) -> Connection {
    let database = Connection::open(path).unwrap();
    for step in &steps()[..schema] {
        database.execute_batch(step).unwrap();
    }
    database.pragma_update(None, "user_version", schema).unwrap();
    database.pragma_update(None, "foreign_keys", true).unwrap();
    write_by_hand(&database, schema, feed_url);
    for table in tables(&database) {
        if count(&database, &table) == 0 {
            fill(&database, &table);
        }
    }
    database
}

/// Where meaning counts: a feed in the list, an item that no run has covered, a run with a digest that was sent and one
/// that waits, and who they are for.
fn write_by_hand(database: &Connection, schema: usize, feed_url: &str) {
    let now = start().timestamp();
    let (in_items, values, apart) = if schema < number(TEXTS.0) {
        ("summary, content,", "'About collaborative governance among councils.', 'Longer.',", "")
    } else {
        ("", "", "INSERT INTO item_texts (item, summary, content) SELECT seq, 'About it.', 'Longer.' FROM items;")
    };
    let rows = format!(
        "INSERT INTO feeds (id, url, title, since, first_polled, checked, succeeded, next_check)
         VALUES ('blog', '{feed_url}', 'The blog', 0, {now} - 900000, {now} - 9000, {now} - 9000, 0);
         INSERT INTO stories (id, seq, made) VALUES (1, 1, {now} - 800000), (2, 2, {now} - 9000);
         INSERT INTO items (seq, feed, identity, story, canonical, link, title, {in_items} categories, published,
         arrived, mailable, title_key, shingles, words, prior, score, picked, themes, reasons, fingerprint)
         SELECT value, 'blog', 'id:old-' || value, value, 'https://blog.example.org/old-' || value,
         'https://blog.example.org/old-' || value, 'Collaborative governance as it was, ' || value, {values} '[\"councils\"]',
         {now} - 9000, {now} - 810000 + 400000 * value, 1, 'key ' || value, value, 40, 0, 4.0, 1, '[\"collaboration\"]',
         '[]', 'another' FROM json_each('[1, 2]');
         {apart}
         INSERT INTO runs (id, cadence, slot, due, made, upto)
         VALUES (1, 'weekly', '2026-11-16 07:00', {now} - 604800, {now} - 604800, 1);
         INSERT INTO run_stories (run, story) VALUES (1, 1);
         INSERT INTO parts (id, run, subject, text, html) VALUES (1, 1, 'Last week', 'Read it', '<p>Read it</p>'),
         (2, NULL, 'Confirm', 'Confirm it', '<p>Confirm it</p>');
         INSERT INTO subscribers (id, address, address_key, name, status, cadence, covered, consent, joined, confirmed)
         VALUES ('ada', 'Ada@example.org', 'ada@example.org', 'Ada', 'active', 'weekly', 1, 'a form', {now} - 900000,
         {now} - 900000), ('ben', 'ben@example.org', 'ben@example.org', '', 'pending', 'daily', 0, 'a form', {now} - 900, NULL);
         INSERT INTO messages (id, kind, run, subscriber, address, message_id, part, upto, state, attempts, next_attempt, made,
         settled) VALUES (1, 'digest', 1, 'ada', 'Ada@example.org', '<1.ada@example.org>', 1, 1, 'sent', 1, {now} - 604800,
         {now} - 604800, {now} - 604700),
         (2, 'confirmation', NULL, 'ben', 'ben@example.org', '<2.ben@example.org>', 2, NULL, 'sending', 1, {now} - 900,
         {now} - 900, NULL);
         INSERT INTO attempts (message, number, started, ended, outcome)
         VALUES (1, 1, {now} - 604790, {now} - 604700, 'accepted'), (2, 1, {now} - 800, NULL, NULL);
         INSERT INTO keys (name, value, made) VALUES ('token', x'{key}', {now} - 900000),
         ('suppression', x'{key}', {now} - 900000);",
        key = "ab".repeat(32),
    );
    database.execute_batch(&with_names_of(schema, &rows)).unwrap();
    if schema >= number("0031_portable.sql") {
        // From there on, programs have numbered whom they add.
        database.execute_batch("UPDATE subscribers SET number = rowid").unwrap();
    }
}

fn tables(database: &Connection) -> Vec<String> {
    let question = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut statement = database.prepare(question).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn count(database: &Connection, table: &str) -> i64 {
    database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

struct Column {
    name: String,
    kind: String,
}

/// The columns that can be written, by SQLite's own account of the table.
fn columns(database: &Connection, table: &str) -> Vec<Column> {
    let mut statement = database.prepare("SELECT name, type FROM pragma_table_xinfo(?1) WHERE hidden = 0").unwrap();
    let column = |row: &rusqlite::Row<'_>| Ok(Column { name: row.get("name")?, kind: row.get("type")? });
    statement.query_map([table], column).unwrap().map(Result::unwrap).collect()
}

/// Puts one row into a table; what it refers to is there.
fn fill(database: &Connection, table: &str) {
    let mut references =
        database.prepare("SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list(?1)").unwrap();
    let references: BTreeMap<String, Value> = references
        .query_map([table], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .map(|(from, other, to): (String, String, String)| {
            let first = format!("SELECT {to} FROM {other} ORDER BY 1 LIMIT 1");
            (from, database.query_row(&first, [], |row| row.get(0)).unwrap())
        })
        .collect();
    let columns = columns(database, table);
    let values: Vec<Value> = columns
        .iter()
        .map(|column| references.get(&column.name).cloned().unwrap_or_else(|| plausible(table, column)))
        .collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let marks = vec!["?"; names.len()].join(", ");
    let statement = format!("INSERT INTO {table} ({}) VALUES ({marks})", names.join(", "));
    database.execute(&statement, rusqlite::params_from_iter(values)).unwrap_or_else(|error| panic!("{table}: {error}"));
}

fn plausible(table: &str, column: &Column) -> Value {
    let now = start().timestamp();
    match (table, column.name.as_str(), column.kind.as_str()) {
        // One that a person must release would stop all delivery.
        ("pauses", "cause", _) => Value::Text("relay".to_owned()),
        ("alarms", "kind", _) => Value::Text("relay".to_owned()),
        // It is over and reported, so that nothing follows from it.
        ("untaken" | "pending_configuration", "one", _) | ("alarms", "id", _) => Value::Integer(1),
        (_, "run" | "message" | "count" | "place" | "seq" | "probes" | "failed", _) => Value::Integer(1),
        (_, "number" | "unnumbered", _) => Value::Integer(0),
        ("drafts", "after_seq" | "reserved_seq" | "through_seq", _) => Value::Integer(1),
        (_, "state", _) => Value::Text("sent".to_owned()),
        (_, "source", _) => Value::Text("dsn".to_owned()),
        (_, "fault", _) => Value::Text("ours".to_owned()),
        (_, "themes", _) => Value::Text("[]".to_owned()),
        (_, "link", _) => Value::Text("https://blog.example.org/old-1".to_owned()),
        (_, _, "INTEGER") => Value::Integer(now - 5000),
        (_, _, "REAL") => Value::Real(1.5),
        (_, _, "BLOB") => Value::Blob(vec![7; 32]),
        (_, name, _) => Value::Text(format!("some {name}")),
    }
}

/// Every row of a database: by table, each with the values of its columns.
fn rows(database: &Connection) -> BTreeMap<String, Vec<BTreeMap<String, Value>>> {
    let mut all = BTreeMap::new();
    for table in tables(database) {
        let names: Vec<String> = columns(database, &table).into_iter().map(|column| column.name).collect();
        let mut statement = database.prepare(&format!("SELECT {} FROM {table}", names.join(", "))).unwrap();
        let row =
            |row: &rusqlite::Row<'_>| names.iter().map(|name| Ok((name.clone(), row.get(name.as_str())?))).collect();
        let rows = statement.query_map([], row).unwrap().map(Result::unwrap).collect();
        all.insert(table, rows);
    }
    all
}

/// Whether a row with all that this one held is among those of today.
fn is_kept(schema: usize, table: &str, row: &BTreeMap<String, Value>, today: &[BTreeMap<String, Value>]) -> bool {
    let is_moved = |name: &str| table == "items" && schema < number(TEXTS.0) && TEXTS.1.contains(&name);
    let expected: Vec<(&str, &Value)> = row
        .iter()
        .filter(|(name, _)| !is_moved(name))
        .map(|(name, value)| {
            let renamed =
                RENAMED.iter().find(|(since, of, old, _)| schema < number(since) && *of == table && old == name);
            (renamed.map_or(name.as_str(), |renamed| renamed.3), value)
        })
        .collect();
    today.iter().any(|kept| expected.iter().all(|(name, value)| kept.get(*name) == Some(*value)))
}

#[test]
fn a_row_that_is_lost_or_changed_is_seen() {
    let row =
        |value: i64| BTreeMap::from([("id".to_owned(), Value::Integer(1)), ("made".to_owned(), Value::Integer(value))]);
    assert!(is_kept(1, "stories", &row(5), &[row(4), row(5)]));
    assert!(!is_kept(1, "stories", &row(5), &[row(4)]) && !is_kept(1, "stories", &row(5), &[]));
}

#[tokio::test]
async fn every_earlier_schema_is_brought_up_to_date_and_goes_on() {
    for schema in 1..=steps().len() {
        let world = World::new().await;
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("earlier.db");
        let before = rows(&earlier(&copy, schema, &world.server.url("/blog.xml")));
        assert!(before.values().all(|rows| !rows.is_empty()), "schema {schema}: a table is empty");
        // The migration alone: nothing is lost.
        let migrated = folder.path().join("migrated.db");
        std::fs::copy(&copy, &migrated).unwrap();
        policy_digest::store::Store::open(&migrated).await.unwrap().close().await;
        let database = Connection::open(&migrated).unwrap();
        let after = rows(&database);
        for (table, rows) in &before {
            let renamed = RENAMED_TABLES.iter().find(|(since, old, _)| schema < number(since) && old == table);
            let name = renamed.map_or(table.as_str(), |(_, _, new)| new);
            // Earlier ones counted only what was removed.
            for row in rows.iter().filter(|_| table != "tallies" || schema >= 21) {
                assert!(is_kept(schema, table, row, &after[name]), "schema {schema}, {table}: {row:?} is lost");
            }
        }
        for item in before["items"].iter().filter(|_| schema < number(TEXTS.0)) {
            let of = |name: &str| (name.to_owned(), item[name].clone());
            let texts = BTreeMap::from([("item".to_owned(), item["seq"].clone()), of("summary"), of("content")]);
            assert!(is_kept(schema, "item_texts", &texts, &after["item_texts"]), "schema {schema}: {texts:?} is lost");
        }
        let wrong: Option<String> =
            database.query_row("SELECT \"table\" FROM pragma_foreign_key_check", [], |row| row.get(0)).ok();
        assert_eq!(wrong, None, "schema {schema}: a reference is broken");
        // The program goes on: what was under way is resent, a new post arrives, and the digest has it and what waited.
        let world = world.restored(&copy).await;
        world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("new")])));
        let report = world.once().await;
        assert!(report.delivery.pause.is_none(), "schema {schema}: {report:?}");
        let mails = world.mails();
        let to = |address: &str| mails.iter().find(|mail| mail.header("To").to_lowercase().contains(address));
        let digest = to("ada@example.org").unwrap_or_else(|| panic!("schema {schema}: no digest in {report:?}"));
        for link in ["/old-2", "/new"] {
            assert!(
                digest.text.contains(&format!("https://blog.example.org{link}")),
                "schema {schema}: {}",
                digest.text
            );
        }
        assert!(!digest.text.contains("/old-1"), "schema {schema}: what was sent is not sent again");
        let resent = to("ben@example.org").unwrap_or_else(|| panic!("schema {schema}: nothing is resent"));
        assert_eq!(resent.header("Message-ID"), "<2.ben@example.org>");
    }
}
