//! The database as an operator meets it: made, opened again, and refused when a later version wrote it.

use policy_digest::store::{Error, Store};

#[tokio::test]
async fn a_database_of_a_later_version_is_refused_with_both_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy-digest.db");
    drop(Store::open(&path).await.unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = Store::open(&path).await.unwrap_err();
    let Error::NewerSchema { found: 99, known, .. } = error else { panic!("{error:?}") };
    assert!(error.to_string().contains("written by a later version") && error.to_string().contains(&known.to_string()));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy-digest.db");
    std::fs::write(&path, "Dear diary, this is not a database at all. ".repeat(100)).unwrap();
    assert!(matches!(Store::open(&path).await.unwrap_err(), Error::Open { .. }));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("Dear diary"));
}

#[tokio::test]
async fn a_database_of_the_first_version_keeps_its_items_and_judges_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy-digest.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch(include_str!("../../../src/store/database/migrations/0001_base.sql")).unwrap();
    connection
        .execute_batch(
            "INSERT INTO feeds (id, url, title, since, next_check) VALUES ('blog', 'https://example.org/', 'Blog', 0, 0);
             INSERT INTO stories (id, seq, made) VALUES (1, 1, 0);
             INSERT INTO items (feed, identity, story, link, title, summary, content, categories, arrived, mailable,
             title_key, shingles, words, prior, score, picked, themes, reasons, fingerprint)
             VALUES ('blog', 'id:1', 1, 'https://example.org/1', 'One', '', '', '[]', 0, 1, 'one', 0, 1, 0, 4, 1, '[]', '[]', 'x');
             PRAGMA user_version = 1;",
        )
        .unwrap();
    drop(connection);
    let store = Store::open(&path).await.unwrap();
    let stories = store.items().stories(0, 1, 320).await.unwrap();
    assert_eq!((stories.len(), stories[0].is_listed), (1, false));
    let item = store.items().stale("y".to_owned(), 0).await.unwrap().remove(0);
    assert!(item.score.selected && !item.score.borderline && item.score.language.is_none());
}

#[tokio::test]
async fn it_is_in_wal_mode_with_foreign_keys_and_integer_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy-digest.db");
    let _store = Store::open(&path).await.unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    let lax: i64 = connection
        .query_row(
            "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0
             AND name NOT LIKE 'sqlite_%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(lax, 0, "every table is STRICT");
}

/// A database as the first version of the program left it.
fn base_schema(path: &std::path::Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(include_str!("../../../src/store/database/migrations/0001_base.sql")).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    connection
        .execute(
            "INSERT INTO feeds (id, url, title, since, etag, checked, succeeded, next_check, failures)
             VALUES ('blog', 'https://blog.example.org/feed', 'Blog', 1000, '\"v1\"', 2000, 2000, 3000, 0)",
            [],
        )
        .unwrap();
}

#[tokio::test]
async fn a_database_of_the_first_version_is_brought_up_to_date_with_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy-digest.db");
    base_schema(&path);
    let store = Store::open(&path).await.unwrap();
    let state = store.feeds().feed_states().await.unwrap().remove(0);
    assert_eq!((state.id.as_str(), state.etag.as_deref()), ("blog", Some("\"v1\"")));
    assert_eq!(state.next_check.timestamp(), 3000);
    assert!(state.gone.is_none() && state.gap.is_none() && state.because.is_none());
}
