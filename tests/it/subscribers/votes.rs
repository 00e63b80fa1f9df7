//! Readers say that a story is not on topic: one link for each story in a shared email, a page that changes nothing, and one
//! vote for each subscriber and story that was sent to them.

use policy_digest::app::digests::once::once;
use policy_digest::app::silent;
use policy_digest::domain::subscribers::token::{Purpose, sign};

use crate::support::pages::{FORM, request, serve};
use crate::support::{Entry, Mail, Reply, World, rss};

const VOTES: &str = "[digest]\nreader_votes = true\n";
const ROWS: &str =
    "SELECT l.who || ' ' || l.kind || ' ' || i.item FROM labels l JOIN labelled_items i ON i.key = l.key ORDER BY 1";

async fn sent(more: &str) -> (World, [String; 2], Vec<Mail>) {
    let world = World::configured(more).await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1"), Entry::on_topic("2")])));
    let people = [world.subscribe("ada@example.org").await, world.subscribe("ben@example.org").await];
    once(&world.app, false, &silent).await.unwrap();
    let mails = world.mails();
    (world, people, mails)
}

fn path(world: &World, id: &str) -> String {
    format!("/off-topic/{}", sign(&world.app.keys.token, Purpose::Vote, id, None))
}

#[tokio::test]
async fn each_story_has_a_personal_link_and_the_bodies_are_shared() {
    let (world, [ada, ben], mails) = sent(VOTES).await;
    let bodies: Vec<i64> = world.rows("SELECT count(*) FROM bodies");
    assert_eq!((bodies[0], mails.len()), (1, 2));
    for (id, mail) in [(&ada, "ada"), (&ben, "ben")] {
        let mail = mails.iter().find(|it| it.header("to").contains(mail)).unwrap();
        let link = format!("{}?story=1", path(&world, id));
        assert!(mail.html().contains(&link), "{link} in {}", mail.html());
        assert!(!mail.html().contains("vote.invalid"));
    }
}

#[tokio::test]
async fn without_the_setting_there_is_no_link_and_no_vote() {
    let (world, [ada, _], mails) = sent("").await;
    assert!(mails.iter().all(|mail| !mail.html().contains("/off-topic/")));
    let path = path(&world, &ada);
    let (world, _folder) = world.apart();
    let (app, at) = serve(world.app).await;
    assert!(request(at, "POST", &path, FORM, "story=1").await.starts_with("HTTP/1.1 410"));
    assert!(app.store.labels().all().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_vote_is_one_button_and_counts_once() {
    let (world, [ada, ben], _) = sent(VOTES).await;
    let (ada_path, ben_path) = (path(&world, &ada), path(&world, &ben));
    let (app, at) = serve(world.app.clone()).await;
    let page = request(at, "GET", &format!("{ada_path}?story=2"), "", "").await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("value=\"2\" checked"), "{page}");
    assert!(app.store.labels().all().await.unwrap().is_empty(), "looking changes nothing");
    for (path, body, status) in [
        (&ada_path, "story=2", "200"),
        (&ada_path, "story=2", "200"),
        (&ben_path, "story=2", "200"),
        (&ben_path, "story=77", "410"),
        (&ben_path, "", "422"),
    ] {
        let answer = request(at, "POST", path, FORM, body).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{body}: {answer}");
    }
    let mut expected = [&ada, &ben].map(|id| format!("{id} reader-off-topic 2"));
    expected.sort();
    assert_eq!(world.rows::<String>(ROWS), expected);
}

#[tokio::test]
async fn only_stories_that_were_sent_to_them_can_be_voted_on_and_erasure_removes_the_votes() {
    let (world, [ada, _], _) = sent(VOTES).await;
    let late = world.subscribe("late@example.org").await;
    let (ada_path, late_path) = (path(&world, &ada), path(&world, &late));
    let (app, at) = serve(world.app.clone()).await;
    assert!(request(at, "POST", &late_path, FORM, "story=1").await.starts_with("HTTP/1.1 410"));
    assert!(request(at, "POST", &ada_path, FORM, "story=1").await.starts_with("HTTP/1.1 200"));
    assert_eq!(world.rows::<String>(ROWS).len(), 1);
    app.store.subscribers().erase(ada, app.clock.now()).await.unwrap();
    assert!(world.rows::<String>(ROWS).is_empty());
    assert!(world.rows::<String>("SELECT key FROM labelled_items").is_empty());
}
