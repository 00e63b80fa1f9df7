//! A database on a PostgreSQL server: it comes from a file and goes back, a copy of it stays silent, and one process works on
//! it. Where PostgreSQL is not installed, these tests say so.

use std::path::Path;

use policy_digest::store::{Error, PauseCause, Place, Reader, Server, Store};

use crate::support::pgbouncer::Pooler;
use crate::support::{Entry, Reply, World, engine, everything, rss, start};

fn server(url: &str) -> Server {
    Server { url: url.parse().unwrap(), password: None, is_encrypted: false, authorities: None, readers: 2 }
}

fn place(url: &str) -> Place {
    Place::Server(Box::new(server(url)))
}

/// All rows, in any order, without what tells a copy from the original.
fn rows(file: &std::path::Path) -> Vec<String> {
    let mut rows = everything(file);
    rows.retain(|row| !row.starts_with("pauses:") && !row.starts_with("sqlite_sequence:"));
    rows.sort();
    rows
}

#[tokio::test]
async fn a_database_moves_to_a_server_and_comes_back_with_every_row() {
    let Some(url) = engine::empty_database() else { return };
    let world = World::new().await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1"), Entry::on_topic("2")])));
    world.subscribe("ada@example.org").await;
    world.once().await;
    world.subscribe("ben@example.org").await;
    let file = world.folder().join("data/policy-digest.db");
    let before = rows(&file);
    let moved = world.app.store.migrate_to(&server(&url), "moved".to_owned(), start()).await.unwrap();
    assert!(moved > 20, "{moved}");
    let pauses = world.app.store.outbox().pauses().await.unwrap();
    assert_eq!(pauses[0].cause, PauseCause::Restored, "the file is silent");
    let there = Reader::open(place(&url)).await.unwrap();
    assert_eq!(there.outbox().pauses().await.unwrap(), [], "the server is not");
    assert_eq!(there.digests().highest_seq().await.unwrap(), world.app.store.digests().highest_seq().await.unwrap());
    let back = world.folder().join("back.db");
    there.backup(&back, "a backup".to_owned(), start()).await.unwrap();
    assert_eq!(rows(&back), before);
    let again = world.app.store.migrate_to(&server(&url), "moved".to_owned(), start()).await;
    assert!(matches!(again, Err(Error::Occupied { .. })), "{again:?}");
    let copy = Reader::open(&back).await.unwrap();
    assert_eq!(copy.outbox().pauses().await.unwrap()[0].reason, "a backup");
}

#[tokio::test]
async fn a_copy_of_a_servers_database_stays_silent_until_a_person_releases_it() {
    let Some(url) = engine::empty_database() else { return };
    Store::open(place(&url)).await.unwrap().close().await;
    let reopened = Store::open(place(&url)).await.unwrap();
    assert_eq!(reopened.outbox().pauses().await.unwrap(), [], "at home");
    reopened.close().await;
    let copy = engine::copy_of(&url);
    let store = Store::open(place(&copy)).await.unwrap();
    assert_eq!(store.outbox().pauses().await.unwrap()[0].cause, PauseCause::Restored);
    assert!(store.outbox().lift(PauseCause::Restored).await.unwrap());
    store.close().await;
    let store = Store::open(place(&copy)).await.unwrap();
    assert_eq!(store.outbox().pauses().await.unwrap(), [], "it is at home now");
}

#[tokio::test]
async fn one_process_works_on_a_servers_database_and_others_may_change_it() {
    let Some(url) = engine::empty_database() else { return };
    let missing = Store::open_existing(place(&url)).await;
    assert!(matches!(missing, Err(Error::Missing { .. })), "{missing:?}");
    let worker = Store::open(place(&url)).await.unwrap();
    let other = Store::open(place(&url)).await;
    assert!(matches!(other, Err(Error::InUse { .. })), "{other:?}");
    let editor = Store::open_existing(place(&url)).await.unwrap();
    editor.operations().mark("beside", start()).await.unwrap();
    assert!(worker.operations().is_marked("beside").await.unwrap());
    assert!(matches!(editor.become_worker().await, Err(Error::InUse { .. })));
    worker.close().await;
    editor.become_worker().await.unwrap();
    let settings = editor.server_settings().await.unwrap().unwrap();
    assert!(settings.version >= 150_000 && !settings.is_pooled && settings.encoding == "UTF8", "{settings:?}");
}

#[tokio::test]
async fn a_session_that_the_server_ends_is_told_as_closed() {
    let Some(url) = engine::empty_database() else { return };
    let worker = Store::open(place(&url)).await.unwrap();
    engine::with_client(&url, |client| {
        client
            .batch_execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'policy-digest/%'
                AND datname = current_database()",
            )
            .unwrap();
    });
    let marked = worker.operations().mark("after", start()).await;
    assert!(matches!(marked, Err(Error::Closed)), "{marked:?}");
    worker.lost().await;
}

#[tokio::test]
async fn an_encrypted_connection_is_made_only_to_the_server_that_its_certificate_names() {
    let Some(url) = engine::empty_database() else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/tls");
    let authority = std::fs::read(folder.join("authority.pem")).unwrap();
    let encrypted = |url: &str, authorities: Option<Vec<u8>>| {
        Place::Server(Box::new(Server { is_encrypted: true, authorities, ..server(url) }))
    };
    let store = Store::open(encrypted(&url, Some(authority.clone()))).await.unwrap();
    let mut encryption = engine::first_column::<i64>(
        &url,
        "SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a ON a.pid = s.pid
         WHERE a.datname = current_database() AND a.application_name LIKE 'policy-digest%' AND s.ssl",
    );
    assert_eq!(encryption.pop(), Some(3), "the writer and two readers");
    store.close().await;
    for (place, why) in [
        (encrypted(&url, None), "UnknownIssuer"),
        (encrypted(&url.replace("127.0.0.1", "127.0.0.2"), Some(authority)), "NotValidForName"),
    ] {
        let error = format!("{:?}", Store::open(place).await.unwrap_err());
        assert!(error.contains(why), "{error}");
    }
}

#[tokio::test]
async fn a_pooler_that_gives_sessions_away_is_seen() {
    let Some(url) = engine::empty_database() else { return };
    Store::open(place(&url)).await.unwrap().close().await;
    for (mode, is_pooled) in [("session", false), ("transaction", true)] {
        let Some(pooler) = Pooler::start(&url, mode) else { return };
        // Sessions are only given away where others want them.
        let look = async || {
            let (one, two) = tokio::join!(Reader::open(place(&pooler.url)), Reader::open(place(&pooler.url)));
            let (one, two) = (one?, two?);
            let (one, two) = tokio::join!(one.server_settings(), two.server_settings());
            Ok::<bool, Error>(one?.unwrap().is_pooled || two?.unwrap().is_pooled)
        };
        let mut seen = false;
        for _ in 0..50 {
            seen |= look().await.unwrap_or_else(|error| {
                assert!(error.hint().is_some_and(|hint| hint.contains("session mode")), "{error:?}");
                true
            });
        }
        assert_eq!(seen, is_pooled, "{mode}");
    }
}

#[tokio::test]
async fn a_role_without_the_rights_is_seen() {
    let Some(url) = engine::empty_database() else { return };
    Store::open(place(&url)).await.unwrap().close().await;
    let name = url.rsplit('/').next().unwrap();
    let statement =
        format!("CREATE ROLE guest_{name} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest_{name}");
    engine::with_client(&url, move |client| client.batch_execute(&statement).unwrap());
    let reader = Reader::open(place(&url.replace("tester@", &format!("guest_{name}@")))).await.unwrap();
    let settings = reader.server_settings().await.unwrap().unwrap();
    assert!(!settings.may_create && settings.foreign_tables > 20 && !settings.is_superuser, "{settings:?}");
    let owner = Reader::open(place(&url)).await.unwrap().server_settings().await.unwrap().unwrap();
    assert!(owner.may_create && owner.foreign_tables == 0, "{owner:?}");
}
