//! A configuration that is edited under a running daemon: taken over whole, or refused whole and told.

use std::path::Path;

use policy_digest::app::App;
use policy_digest::app::operations::reload::{Live, Reloaded, reload};
use policy_digest::config::{self, Config, Findings};

use crate::support::daemon::{Daemon, configure, status, until};
use crate::support::{Entry, Reply, World, rss};

fn edit(folder: &Path, file: &str, change: impl Fn(String) -> String) {
    let path = folder.join("config").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, change(text)).unwrap();
}

fn add_feed(folder: &Path, id: &str) {
    std::fs::write(folder.join(format!("config/{id}.xml")), rss(&[Entry::on_topic(id)])).unwrap();
    edit(folder, "feeds.toml", |text| format!("{text}[[feed]]\nid = \"{id}\"\nurl = \"file:{id}.xml\"\n"));
}

#[test]
fn told_by_a_signal_it_takes_over_a_good_edit_and_refuses_a_bad_one() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let mut daemon = Daemon::start(folder.path());
    until("the feed was polled", || status(folder.path())["feeds"][0]["items"] == 1);
    add_feed(folder.path(), "second");
    daemon.hang_up();
    until("the edit was told", || daemon.log().contains("new feed `second`"));
    until("the new feed was polled", || status(folder.path())["feeds"][1]["items"] == 1);
    assert!(status(folder.path())["untaken"].is_null());
    edit(folder.path(), "digest.toml", |text| format!("nane = \"x\"\n{text}"));
    daemon.hang_up();
    until("the mistake was told", || daemon.log().contains("unknown key `nane`"));
    let seen = status(folder.path());
    assert_eq!((&seen["untaken"]["refused"], seen["feeds"].as_array().unwrap().len()), (&true.into(), 2));
    assert!(seen["untaken"]["text"].as_str().unwrap().contains("config/digest.toml:1:1"), "{seen}");
    assert!(seen["findings"][0].as_str().unwrap().contains("did you mean `name`?"), "{seen}");
    assert!(daemon.request("GET", "/").starts_with("HTTP/1.1 200"));
    edit(folder.path(), "digest.toml", |text| text.replace("nane = \"x\"", "name = \"Another name\""));
    daemon.hang_up();
    until("the page has the new name", || daemon.request("GET", "/").contains("Another name"));
    assert!(status(folder.path())["untaken"].is_null());
    daemon.terminate();
    let (ended, log) = daemon.end();
    assert!(ended.success() && log.contains("`name`") && !log.contains("Another name"), "keys, no values: {log}");
}

#[test]
fn an_edit_is_seen_without_a_signal_once_it_lies_still() {
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path());
    let mut daemon = Daemon::start(folder.path());
    edit(folder.path(), "digest.toml", |text| format!("data = \"elsewhere\"\nname = \"Another name\"\n{text}"));
    until("the page has the new name", || daemon.request("GET", "/").contains("Another name"));
    until("it was told", || daemon.log().contains("need a restart"));
    let output =
        crate::support::program::policy_digest(folder.path()).args(["status", "--data", "data"]).output().unwrap();
    let shown = crate::support::program::text(&output);
    assert!(shown.contains("`data` need a restart"), "{shown}");
    assert!(!folder.path().join("elsewhere").exists());
    daemon.terminate();
    let (ended, log) = daemon.end();
    assert!(ended.success(), "{log}");
    assert_eq!(log.matches("was reloaded").count(), 1, "{log}");
}

fn read(folder: &Path) -> Result<Config, Findings> {
    config::load(&folder.join("config"), Some(&folder.join("data")), &[])
}

async fn again(live: &Live, world: &World) -> anyhow::Result<Reloaded> {
    reload(live, read(world.folder())).await
}

#[tokio::test]
async fn what_changed_is_said_in_words() {
    let world = World::new().await;
    let live = Live::new(world.app.clone());
    assert_eq!(again(&live, &world).await.unwrap(), Reloaded::default());
    edit(world.folder(), "digest.toml", |text| {
        format!("{text}interval = \"2h\"\n# nothing\n[digest]\nmax_stories = 3\n")
    });
    add_feed(world.folder(), "one");
    edit(world.folder(), "topic.toml", |text| text.replace("integrated care", "joined-up care"));
    let reloaded = again(&live, &world).await.unwrap();
    let said = reloaded.changes.join("; ");
    let topic = "the topic (1 new phrase, 1 removed phrase)";
    assert_eq!(said, format!("`digest.max_stories`; `polling.interval`; new feed `one`; {topic}"));
    edit(world.folder(), "feeds.toml", |text| text.replace("The blog", "A blog").replace("\"one\"", "\"uno\""));
    let said = again(&live, &world).await.unwrap().changes.join("; ");
    assert_eq!(said, "new feed `uno`; removed feed `one`; changed feed `blog`");
    assert_eq!(again(&live, &world).await.unwrap(), Reloaded::default());
}

#[tokio::test]
async fn a_template_with_a_mistake_is_refused_with_all_that_was_edited_beside_it() {
    let world = World::new().await;
    let live = Live::new(world.app.clone());
    let templates = world.folder().join("config/templates/welcome");
    std::fs::create_dir_all(&templates).unwrap();
    std::fs::write(templates.join("subject.txt.j2"), "Hello {{ nobody }}").unwrap();
    edit(world.folder(), "digest.toml", |text| format!("templates_dir = \"templates\"\nname = \"X\"\n{text}"));
    let error = again(&live, &world).await.unwrap_err().to_string();
    assert!(error.contains("welcome/subject.txt.j2:1:10"), "{error}");
    assert_ne!(live.app().config.settings.name, "X");
    let untaken = world.app.store.operations().pending_configuration().await.unwrap().unwrap();
    assert!(untaken.is_refused && untaken.text == error);
    std::fs::write(templates.join("subject.txt.j2"), "Hello").unwrap();
    again(&live, &world).await.unwrap();
    assert_eq!(
        (live.app().config.settings.name.as_str(), world.app.store.operations().pending_configuration().await.unwrap()),
        ("X", None)
    );
}

#[tokio::test]
async fn what_is_under_way_goes_on_with_what_it_began_with_and_the_rest_is_shared() {
    let world = World::new().await;
    let live = Live::new(world.app.clone());
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    let before: App = live.app();
    edit(world.folder(), "digest.toml", |text| format!("name = \"Another name\"\n{text}"));
    again(&live, &world).await.unwrap();
    assert_ne!(before.config.settings.name, "Another name");
    let after = live.app();
    assert_eq!(after.config.settings.name, "Another name");
    let report = policy_digest::app::digests::once::once(&after, false, &policy_digest::app::silent).await.unwrap();
    let mails = world.mails();
    let Some(mail) = mails.first() else { panic!("no email: {report:#?}") };
    assert!(mail.text.contains("Another name"), "by the same way out: {}", mail.text);
    after.stop.request();
    assert!(before.stop.is_requested());
}

#[tokio::test]
async fn a_feed_that_is_taken_out_keeps_its_state_and_what_needs_a_restart_stays_as_it_was() {
    let world = World::new().await;
    let live = Live::new(world.app.clone());
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    let whole = std::fs::read_to_string(world.folder().join("config/feeds.toml")).unwrap();
    edit(world.folder(), "feeds.toml", |_| String::new());
    edit(world.folder(), "digest.toml", |text| format!("{text}[web]\nlisten = \"127.0.0.1:9999\"\n"));
    let reloaded = again(&live, &world).await.unwrap();
    assert_eq!((reloaded.changes, reloaded.need_restart), (vec!["removed feed `blog`".to_owned()], vec!["web.listen"]));
    let untaken = world.app.store.operations().pending_configuration().await.unwrap().unwrap();
    assert_eq!((untaken.is_refused, untaken.text.as_str()), (false, "`web.listen`"));
    assert!(live.app().store.feeds().feed_states().await.unwrap().is_empty());
    edit(world.folder(), "feeds.toml", |_| whole.clone());
    again(&live, &world).await.unwrap();
    assert_eq!(world.state("blog").await.items, 1);
}
