//! What has had its time is removed, and nothing else is: texts of posts, and what became of mails.

use chrono::TimeDelta;
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::operations::cleanup::{CleanupReport, cleanup};
use policy_digest::app::operations::reload::{Live, reload};
use policy_digest::app::selection::explain;
use policy_digest::app::silent;
use policy_digest::app::subscribers::preferences::forget;
use policy_digest::config;
use policy_digest::domain::outbox::bounce::Fault;
use policy_digest::domain::subscribers::subscriber::{EmailAddress, Status};
use policy_digest::store::{NewReport, Source, Taken};

use crate::support::{Entry, Reply, World, rss};

const KEPT: i64 = 90;

/// Days pass, and what is done daily is done.
async fn days(world: &World, days: i64) -> CleanupReport {
    let mut report = CleanupReport::default();
    for _ in 0..days {
        world.days(1);
        let more = cleanup(&world.app).await.unwrap();
        report.texts += more.texts;
        report.messages += more.messages;
    }
    report
}

fn serve(world: &World, ids: &[&str]) {
    world.server.serve("/blog.xml", Reply::feed(rss(&ids.iter().map(|id| Entry::on_topic(id)).collect::<Vec<_>>())));
}

#[tokio::test]
async fn a_text_goes_after_its_time_and_title_link_and_judgement_stay() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    serve(&world, &["1"]);
    world.once().await;
    assert_eq!(world.mails().len(), 1);
    assert_eq!(days(&world, KEPT).await.texts, 0);
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(cleanup(&world.app).await.unwrap().texts, 1);
    assert_eq!(cleanup(&world.app).await.unwrap(), CleanupReport::default());
    assert_eq!(world.rows::<String>("SELECT summary || content FROM item_texts"), [""; 0]);
    assert_eq!(world.rows::<String>("SELECT title FROM items"), ["Collaborative governance, part 1"]);
    let link = url::Url::parse(&Entry::on_topic("1").link()).unwrap();
    let explanation = explain::by_link(&world.app, &link).await.unwrap();
    assert!(explanation.score.selected && explanation.notes.concat().contains("its text was removed on"));
    // Its feed still has it, and another version of the program would read it again.
    let connection = rusqlite::Connection::open(world.folder().join("data/policy-digest.db")).unwrap();
    connection
        .execute_batch("UPDATE feeds SET reader = 'older', body_hash = NULL, etag = NULL; UPDATE items SET digest = 0")
        .unwrap();
    let edited = Entry { title: "Collaborative governance, edited".to_owned(), ..Entry::on_topic("1") };
    world.server.serve("/blog.xml", Reply::feed(rss(&[edited, Entry::on_topic("2")])));
    let report = world.once().await;
    assert_eq!((report.poll.saved().new, report.poll.saved().changed), (1, 1));
    assert_eq!(world.rows::<String>("SELECT summary || content FROM item_texts WHERE item = 1"), [""; 0]);
    let mail = world.mails().remove(0);
    assert!(mail.text.contains("part 2") && !mail.text.contains("edited"), "{}", mail.text);
}

#[tokio::test]
async fn another_topic_leaves_the_judgement_of_an_item_without_its_text() {
    let world = World::new().await;
    let only_in_text = Entry { title: "A title".to_owned(), ..Entry::on_topic("1") };
    world.server.serve("/blog.xml", Reply::feed(rss(&[only_in_text])));
    world.once().await;
    days(&world, KEPT + 1).await;
    let topic = world.folder().join("config/topic.toml");
    let text = std::fs::read_to_string(&topic).unwrap().replace("integrated care", "joined-up care");
    std::fs::write(&topic, text).unwrap();
    let live = Live::new(world.app.clone());
    reload(&live, config::load(&world.folder().join("config"), Some(&world.folder().join("data")), &[])).await.unwrap();
    let app = live.app();
    assert!(app.store.items().stale(app.config.topic.fingerprint.clone(), 0).await.unwrap().is_empty());
    assert_eq!(
        world.rows::<i64>("SELECT selected FROM items"),
        [1],
        "no run has covered it, and it is in all the same"
    );
}

#[tokio::test]
async fn what_became_of_mails_goes_after_its_time_and_stays_counted() {
    let world = World::new().await;
    std::fs::write(world.folder().join("config/note.md"), "Read this once.").unwrap();
    let id = world.subscribe("ada@example.org").await;
    for post in ["1", "2"] {
        serve(&world, &[post]);
        world.once().await;
        world.days(1);
    }
    let first = world.rows::<i64>("SELECT min(id) FROM messages")[0];
    let report = NewReport { source: Source::Dsn, fault: Fault::Soft, code: "452".to_owned(), hash: "x".to_owned() };
    world.app.store.outbox().report(first, report, world.clock.now()).await.unwrap();
    assert!(world.mails()[0].text.contains("Read this once."));
    let report = days(&world, KEPT + 1).await;
    assert_eq!((report.messages, report.texts), (1, 2), "the newest of a person stays");
    for table in ["messages", "attempts", "samples", "bodies"] {
        assert_eq!(world.rows::<i64>(&format!("SELECT count(*) FROM {table}")), [1], "{table}");
    }
    assert_eq!(world.rows::<i64>("SELECT count(*) FROM reports"), [0]);
    assert!(world.rows::<String>("SELECT \"table\" FROM pragma_foreign_key_check").is_empty());
    assert_eq!(world.app.store.outbox().message_counts().await.unwrap()["sent"], 2);
    let runs = world.app.store.digests().runs(9).await.unwrap();
    assert!(runs.len() == 2 && runs.iter().all(|run| run.messages["sent"] == 1), "{runs:?}");
    let last = world.rows::<i64>("SELECT id FROM messages")[0];
    let complaint = NewReport {
        source: Source::Arf,
        fault: Fault::Complaint,
        code: String::new(),
        hash: world.app.keys.address_hash(&EmailAddress::parse("ada@example.org").unwrap()),
    };
    assert_eq!(world.app.store.outbox().report(last, complaint, world.clock.now()).await.unwrap(), Taken::Suppressed);
    assert_eq!(world.app.store.subscribers().subscriber(id).await.unwrap().unwrap().status, Status::Suppressed);
    world.subscribe("bob@example.org").await;
    serve(&world, &["3"]);
    world.once().await;
    assert!(!world.mails().last().unwrap().text.contains("Read this once."), "the note was shown, long ago");
}

#[tokio::test]
async fn mails_to_whoever_was_erased_go_whole_and_those_of_a_held_run_wait() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.subscribe("bob@example.org").await;
    serve(&world, &["1"]);
    world.once().await;
    forget(&world.app, &EmailAddress::parse("ada@example.org").unwrap()).await.unwrap();
    let run = world.app.store.digests().runs(1).await.unwrap()[0].id;
    world.app.store.digests().hold(run, "by hand".to_owned(), world.clock.now()).await.unwrap();
    assert_eq!(days(&world, KEPT + 1).await.messages, 0);
    world.app.store.digests().release(run, true, world.clock.now()).await.unwrap();
    assert_eq!(cleanup(&world.app).await.unwrap().messages, 1);
    assert_eq!(world.rows::<String>("SELECT address FROM messages"), ["bob@example.org"]);
}

#[tokio::test]
async fn a_clock_that_has_leapt_removes_a_days_worth_a_day() {
    let world = World::new().await;
    serve(&world, &["1"]);
    world.once().await;
    world.days(400);
    assert_eq!(cleanup(&world.app).await.unwrap(), CleanupReport::default());
    world.days(-400);
    assert_eq!(cleanup(&world.app).await.unwrap(), CleanupReport::default(), "and it was set right");
    assert!(world.rows::<String>("SELECT summary || content FROM item_texts")[0].contains("collaborative governance"));
    world.days(400);
    cleanup(&world.app).await.unwrap();
    assert_eq!(days(&world, KEPT - 1).await, CleanupReport::default(), "ages go on from where they were");
    assert_eq!(days(&world, 1).await.texts, 1);
}

#[tokio::test]
async fn a_clock_that_was_ahead_from_the_first_cleanup_on_removes_nothing_at_once() {
    let world = World::new().await;
    serve(&world, &["1"]);
    poll(&world.app, &Which::All, &silent).await.unwrap();
    world.days(4000);
    assert_eq!(cleanup(&world.app).await.unwrap(), CleanupReport::default());
    assert_eq!(days(&world, 1).await, CleanupReport::default());
}

#[tokio::test]
async fn others_write_while_much_is_removed() {
    let world = World::new().await;
    serve(&world, &["1"]);
    world.once().await;
    let connection = rusqlite::Connection::open(world.folder().join("data/policy-digest.db")).unwrap();
    connection
        .execute_batch(
            "INSERT INTO items (feed, identity, story, title, categories, arrived, mailable, title_key,
             shingles, words, prior, score, selected, themes, reasons, fingerprint)
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
             SELECT 'blog', 'id:n' || i, 1, 't', '[]', 0, 0, 't', 0, 0, 0, 0, 0, '[]', '[]', 'x' FROM n;
             INSERT INTO item_texts (item, summary, content) SELECT seq, 's', 'c' FROM items WHERE identity LIKE 'id:n%';",
        )
        .unwrap();
    let app = world.app.clone();
    let removing = tokio::spawn(async move { cleanup(&app).await.unwrap() });
    let removed = || world.rows::<i64>("SELECT count(*) FROM items WHERE text_removed IS NOT NULL")[0];
    while removed() == 0 {
        tokio::task::yield_now().await;
    }
    world.app.store.operations().mark("meanwhile", world.clock.now()).await.unwrap();
    assert!(removed() < 5000, "one does not wait for all");
    assert_eq!(removing.await.unwrap().texts, 5000);
}

#[test]
fn what_is_still_needed_may_not_be_removed() {
    let folder = tempfile::tempdir().unwrap();
    crate::support::write_config(folder.path(), &[], "[retention]\ncontent = \"46d\"\nattempts = \"13d\"\n");
    let findings = config::load(&folder.path().join("config"), None, &[]).unwrap_err().to_string();
    assert!(
        findings.contains("a monthly digest quotes older posts") && findings.contains("may still bounce"),
        "{findings}"
    );
    crate::support::write_config(folder.path(), &[], "[retention]\ncontent = \"47d\"\nattempts = \"14d\"\n");
    config::load(&folder.path().join("config"), None, &[]).unwrap();
}
