//! Nobody says a word: the draft goes out at its slot as it was shown.

use policy_digest::app::digests::editing::page::preview;
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::silent;
use policy_digest::domain::digests::draft::Status;

use super::{EDITORS, LEAD, SLOT, Scene, posts, to_editor, to_subscribers, write};
use crate::support::{Entry, Reply};

#[tokio::test]
async fn a_draft_is_made_before_its_slot_and_each_editor_gets_it_with_a_link_of_their_own() {
    let scene = Scene::new().await;
    assert_eq!(scene.wake("2026-11-30T04:59:50Z").await.delivery.sent, 0, "it is too early");
    assert_eq!(scene.wake(LEAD).await.delivery.sent, 2);
    let mails = scene.world.mails();
    let mut links = Vec::new();
    for (mail, name) in mails.iter().zip(["ada", "ben"]) {
        assert_eq!(mail.header("To"), format!("{name}@example.org"));
        assert!(mail.header("Subject").starts_with("Draft: "), "{}", mail.header("Subject"));
        assert!(mail.text.contains("If you do nothing, this goes out at 8:00 on 30 November 2026."), "{}", mail.text);
        assert!(!mail.text.contains(".invalid") && !mail.headers.contains("List-"), "{}", mail.text);
        assert_eq!(posts(mail).len(), 5);
        let at = mail.text.find("/edit/").expect("a link");
        links.push(mail.text[at..].split_whitespace().next().unwrap().to_owned());
    }
    assert_ne!(links[0], links[1]);
    assert_eq!(scene.wake("2026-11-30T05:00:10Z").await.delivery.sent, 0, "once");
    assert_eq!(scene.draft().await.version(), 0);
}

#[tokio::test]
async fn without_a_word_it_goes_out_at_its_slot_byte_for_byte_as_it_was_shown() {
    let scene = Scene::with_a_draft().await;
    let shown = preview(&scene.world.app, &scene.row().await).await.unwrap().unwrap();
    // What arrives later is in the next one, an edit of a known post changes nothing, and neither does a restart.
    let later = Entry { title: "Collaborative governance, much later".into(), ..Entry::on_topic("7") };
    let edited = Entry { title: "Collaborative governance, changed".into(), ..Entry::on_topic("1") };
    write(&scene.world, &[edited, Entry::on_topic("2"), later]);
    scene.wake("2026-11-30T07:59:50Z").await;
    assert_eq!(scene.world.mails().len(), 0);
    let scene = scene.restarted().await;
    assert_eq!(scene.wake(SLOT).await.delivery.sent, 2);
    let bodies =
        |column: &str| scene.world.rows::<String>(&format!("SELECT {column} FROM bodies WHERE run IS NOT NULL"));
    assert_eq!(bodies("html"), [shown.html]);
    assert_eq!(bodies("text"), [shown.text]);
    assert_eq!(bodies("subject"), [shown.subject]);
    let row = scene.row().await;
    assert_eq!((row.draft.status(), row.run), (Status::Sent, Some(1)));
    assert_eq!(scene.wake("2026-11-30T08:00:10Z").await.delivery.sent, 0);
    scene.world.mails();
    scene.wake("2026-12-07T05:00:00Z").await;
    let next = to_editor(scene.world.mails());
    assert_eq!(posts(&next), ["7"], "{}", next.text);
}

#[tokio::test]
async fn a_digest_with_a_draft_is_the_same_as_one_without() {
    let mut texts = Vec::new();
    for editors in ["", EDITORS] {
        let scene = Scene::configured(editors).await;
        scene.wake(LEAD).await;
        scene.wake(SLOT).await;
        let bodies = "SELECT subject || text || html FROM bodies WHERE run IS NOT NULL";
        texts.extend(scene.world.rows::<String>(bodies));
    }
    assert_eq!(texts.len(), 2);
    assert_eq!(texts[0], texts[1]);
}

#[tokio::test]
async fn without_editors_no_draft_is_made() {
    let scene = Scene::configured("").await;
    scene.wake(LEAD).await;
    scene.wake(SLOT).await;
    assert!(scene.world.rows::<i64>("SELECT count(*) FROM drafts") == [0]);
    assert_eq!(scene.world.mails().len(), 2);
}

#[tokio::test]
async fn down_before_the_slot_and_up_after_it_the_digest_goes_out_without_a_draft() {
    let scene = Scene::new().await;
    scene.wake("2026-11-30T08:30:00Z").await;
    assert_eq!(to_subscribers(scene.world.mails()).len(), 2);
    assert!(scene.world.rows::<i64>("SELECT count(*) FROM drafts") == [0]);
}

#[tokio::test]
async fn a_draft_waits_until_feeds_can_be_read() {
    let scene = Scene::new().await;
    scene.world.server.serve("/blog.xml", Reply { status: 500, headers: vec![], body: vec![] });
    for at in ["2026-11-23T10:00:00Z", "2026-11-29T12:00:00Z", LEAD] {
        scene.wake(at).await;
    }
    assert!(scene.world.rows::<i64>("SELECT count(*) FROM drafts") == [0]);
    write(&scene.world, &[Entry::on_topic("1")]);
    poll(&scene.world.app, &Which::All, &silent).await.unwrap();
    scene.wake("2026-11-30T07:00:00Z").await;
    assert_eq!(scene.draft().await.stories().len(), 1);
}
