//! A draft that waits for an editor: reminders, alarms, a late approval, and what becomes of it when nobody comes.

use policy_digest::domain::digests::draft::Status;

use super::{LEAD, SLOT, Scene, posts, to_subscribers};

const WHEN_SILENT: &str = "[editor]\nto = [\"ada@example.org\"]\nwhen_silent = \"hold\"\n";

async fn scene() -> Scene {
    Scene::configured(WHEN_SILENT).await
}

fn to<'a>(mails: &'a [crate::support::Mail], name: &str) -> Vec<&'a crate::support::Mail> {
    mails.iter().filter(|mail| mail.header("To").contains(name)).collect()
}

#[tokio::test]
async fn what_nobody_approved_does_not_go_out_and_its_editors_and_the_operator_are_told() {
    let scene = scene().await;
    scene.wake(LEAD).await;
    let first = scene.world.mails();
    assert!(first[0].text.contains("if an editor approves it"), "{}", first[0].text);
    scene.wake(SLOT).await;
    let at_slot = scene.world.mails();
    assert_eq!(at_slot.len(), 1, "a reminder, and no digest");
    assert!(to(&at_slot, "ada@")[0].text.contains("This digest has not gone out"), "{}", at_slot[0].text);
    assert_eq!(scene.draft().await.status(), Status::Held);
    scene.wake("2026-11-30T20:00:00Z").await;
    assert_eq!(scene.world.mails().len(), 0, "once a day");
    // Half of the three and a half days.
    scene.wake("2026-12-02T02:00:10Z").await;
    let near = scene.world.mails();
    assert_eq!(to(&near, "ada@").len(), 1);
    let alarm = to(&near, "admin@")[0];
    let subject = alarm.header("Subject");
    assert!(subject.contains("the weekly digest waits for an editor"), "{subject}");
    assert_eq!(to_subscribers(near).len(), 0);
}

#[tokio::test]
async fn a_late_approval_sends_at_once() {
    let scene = scene().await;
    scene.wake(LEAD).await;
    scene.wake(SLOT).await;
    scene.wake("2026-12-01T10:00:00Z").await;
    scene.world.mails();
    scene.does("act=approve").await;
    assert_eq!(scene.wake("2026-12-01T10:00:10Z").await.delivery.sent, 2);
    let mails = scene.world.mails();
    assert_eq!(posts(&mails[0]).len(), 5);
    assert_eq!(scene.draft().await.status(), Status::Sent);
}

#[tokio::test]
async fn held_for_too_long_it_rolls_on_with_what_its_editors_did() {
    let scene = scene().await;
    scene.wake(LEAD).await;
    let [second, near] =
        [scene.seq("Collaborative governance, part 2").await, scene.seq("Notes on budgets, part 6").await];
    scene.does(&format!("act=off_topic&seq={second}")).await;
    scene.does(&format!("act=include&seq={near}")).await;
    scene.wake(SLOT).await;
    scene.wake("2026-12-03T20:00:10Z").await;
    assert_eq!(scene.draft().await.status(), Status::RolledOn);
    let refused = scene.act("act=approve").await;
    assert!([410, 422].contains(&refused.status), "{}", refused.body);
    let told = scene.world.mails();
    assert!(to(&told, "admin@").iter().any(|mail| mail.header("Subject").contains("the weekly digest was not sent")));
    scene.wake("2026-12-07T05:00:00Z").await;
    let draft = scene.draft().await;
    assert_eq!((draft.version(), draft.stories().len()), (2, 5), "four posts and the one that was included");
    assert_eq!(draft.ledger()[0].by, "ada@example.org");
    scene.world.mails();
    scene.does("act=approve").await;
    scene.wake("2026-12-07T08:00:00Z").await;
    let digest =
        to_subscribers(scene.world.mails()).into_iter().find(|mail| mail.header("To").contains("sue")).unwrap();
    assert!(digest.text.contains("No digest came out on Monday, 30 November"), "{}", digest.text);
    assert!(!posts(&digest).contains(&"2".to_owned()) && posts(&digest).contains(&"6".to_owned()), "{}", digest.text);
}

#[tokio::test]
async fn down_over_the_slot_nothing_goes_out_without_an_editor() {
    let scene = scene().await;
    scene.wake("2026-11-30T09:00:00Z").await;
    let mails = scene.world.mails();
    assert_eq!(mails.len(), 1, "the editor's email");
    assert_eq!(scene.draft().await.status(), Status::Held);
    scene.does("act=approve").await;
    assert_eq!(scene.wake("2026-11-30T09:00:10Z").await.delivery.sent, 2);
}

#[tokio::test]
async fn an_editor_holds_a_draft_that_would_have_gone_out() {
    let scene = Scene::with_a_draft().await;
    scene.does("act=hold").await;
    scene.wake(SLOT).await;
    assert_eq!(to_subscribers(scene.world.mails()).len(), 0);
    scene.does("act=reopen").await;
    assert_eq!(scene.wake("2026-11-30T08:10:00Z").await.delivery.sent, 2, "silence sends it again");
}
