//! What an editor decided holds for the next digest and for subscribers who are behind.

use policy_digest::app::operations::cleanup::cleanup;
use policy_digest::domain::subscribers::subscriber::Cadence;

use super::{LEAD, SLOT, Scene, near_miss, posts, to_subscribers, write};
use crate::support::{Entry, Mail};

const NEXT_LEAD: &str = "2026-12-07T05:00:00Z";
const NEXT_SLOT: &str = "2026-12-07T08:00:00Z";

fn of(mails: &[Mail], name: &str) -> Vec<String> {
    let mail =
        mails.iter().find(|mail| mail.header("To").contains(name)).unwrap_or_else(|| panic!("nothing for {name}"));
    let mut posts = posts(mail);
    posts.sort();
    posts
}

#[tokio::test]
async fn a_story_held_for_next_time_comes_in_the_next_digest_and_once() {
    let scene = Scene::with_a_draft().await;
    let third = scene.seq("Collaborative governance, part 3").await;
    scene.does(&format!("act=comment&seq={third}&comment=Worth+the+wait.")).await;
    scene.does(&format!("act=postpone&seq={third}")).await;
    scene.wake(SLOT).await;
    assert_eq!(of(&scene.world.mails(), "sue@"), ["1", "2", "4", "5"]);
    write(&scene.world, &[Entry::on_topic("7")]);
    scene.wake(NEXT_LEAD).await;
    scene.world.mails();
    scene.wake(NEXT_SLOT).await;
    let mails = to_subscribers(scene.world.mails());
    assert_eq!(of(&mails, "sue@"), ["3", "7"]);
    assert!(mails[0].text.contains("Worth the wait."), "{}", mails[0].text);
    write(&scene.world, &[Entry::on_topic("8")]);
    scene.wake("2026-12-14T05:00:00Z").await;
    scene.world.mails();
    scene.wake("2026-12-14T08:00:00Z").await;
    assert_eq!(of(&scene.world.mails(), "sue@"), ["8"]);
}

#[tokio::test]
async fn a_story_held_for_next_time_comes_even_without_another_draft_or_another_post() {
    let scene = Scene::with_a_draft().await;
    let third = scene.seq("Collaborative governance, part 3").await;
    scene.does(&format!("act=postpone&seq={third}")).await;
    scene.wake(SLOT).await;
    scene.world.mails();
    // The program did not run in time to make a draft.
    scene.wake("2026-12-07T08:30:00Z").await;
    assert_eq!(of(&to_subscribers(scene.world.mails()), "sue@"), ["3"]);
    write(&scene.world, &[Entry::on_topic("8")]);
    scene.wake("2026-12-14T08:30:00Z").await;
    assert_eq!(of(&to_subscribers(scene.world.mails()), "tom@"), ["8"]);
}

#[tokio::test]
async fn a_subscriber_who_is_behind_gets_the_earlier_digest_as_its_editors_left_it() {
    let scene = Scene::with_a_draft().await;
    let [first, second, near] =
        ["Collaborative governance, part 1", "Collaborative governance, part 2", "Notes on budgets, part 6"];
    let (first, second, near) = (scene.seq(first).await, scene.seq(second).await, scene.seq(near).await);
    scene.does(&format!("act=off_topic&seq={first}")).await;
    scene.does(&format!("act=edit&seq={second}&title=A+better+title&excerpt=")).await;
    scene.does(&format!("act=include&seq={near}")).await;
    scene.wake(SLOT).await;
    scene.world.mails();
    // Tom did not get it.
    scene.world.execute("UPDATE subscribers SET cursor = 0 WHERE address LIKE 'tom@%'");
    write(&scene.world, &[Entry::on_topic("7")]);
    scene.wake(NEXT_LEAD).await;
    assert_eq!(posts(&scene.world.mails()[0]).len(), 1, "the draft is for most subscribers");
    scene.wake(NEXT_SLOT).await;
    let mails = to_subscribers(scene.world.mails());
    assert_eq!(of(&mails, "sue@"), ["7"]);
    assert_eq!(of(&mails, "tom@"), ["2", "3", "4", "5", "6", "7"]);
    let tom = mails.iter().find(|mail| mail.header("To").contains("tom@")).unwrap();
    assert!(tom.text.contains("A better title"), "{}", tom.text);
}

#[tokio::test]
async fn a_daily_digest_made_between_a_weekly_draft_and_its_slot_changes_neither() {
    let scene = Scene::new().await;
    scene.world.subscribe_with("dan@example.org", Cadence::Daily, None).await;
    scene.wake("2026-11-30T03:00:00Z").await;
    scene.wake("2026-11-30T04:00:00Z").await;
    scene.wake(LEAD).await;
    scene.world.mails();
    write(&scene.world, &[Entry::on_topic("7"), near_miss("8")]);
    scene.wake("2026-11-30T07:00:00Z").await;
    let daily = to_subscribers(scene.world.mails());
    assert!(of(&daily, "dan@").len() >= 5, "all that had arrived when its own draft was made");
    scene.wake(SLOT).await;
    assert_eq!(of(&to_subscribers(scene.world.mails()), "sue@"), ["1", "2", "3", "4", "5"]);
    scene.wake("2026-12-01T04:00:00Z").await;
    scene.wake("2026-12-01T07:00:00Z").await;
    assert_eq!(of(&to_subscribers(scene.world.mails()), "dan@"), ["7"], "nothing is lost between two drafts");
}

#[tokio::test]
async fn a_draft_goes_with_its_ledger_after_its_time_and_the_newest_sent_one_stays() {
    let scene = Scene::with_a_draft().await;
    let first = scene.seq("Collaborative governance, part 1").await;
    scene.does(&format!("act=leave_out&seq={first}")).await;
    scene.wake(SLOT).await;
    let counts = |world: &crate::support::World| {
        let count = |table: &str| world.rows::<i64>(&format!("SELECT count(*) FROM {table}"))[0];
        (count("drafts"), count("ledger") > 0)
    };
    let pass = async |days: i64| {
        for _ in 0..days {
            scene.world.days(1);
            cleanup(&scene.world.app).await.unwrap();
        }
    };
    pass(95).await;
    assert_eq!(counts(&scene.world), (1, true), "what it held would be in the next one");
    write(&scene.world, &[Entry::on_topic("7")]);
    scene.wake("2027-03-08T06:00:00Z").await;
    scene.wake("2027-03-08T08:00:00Z").await;
    assert_eq!(counts(&scene.world), (2, true));
    pass(1).await;
    assert_eq!(scene.world.rows::<String>("SELECT slot FROM drafts"), ["2027-03-08T08:00"]);
    assert_eq!(scene.world.rows::<i64>("SELECT count(DISTINCT draft) FROM ledger"), [1]);
    assert_eq!(scene.world.rows::<i64>("SELECT count(*) FROM runs"), [2]);
}

#[tokio::test]
async fn the_email_to_an_editor_says_once_a_month_that_learning_is_worth_it() {
    let scene = Scene::new().await;
    for mark in ["learning: looked", "learning: worth it"] {
        scene.world.app.store.operations().mark(mark, scene.world.app.clock.now()).await.unwrap();
    }
    scene.wake(LEAD).await;
    let said =
        |mails: &[Mail]| mails.iter().map(|mail| mail.text.contains("policy-digest topic learn")).collect::<Vec<_>>();
    assert_eq!(said(&scene.world.mails()), [true, true]);
    scene.wake(SLOT).await;
    scene.world.mails();
    write(&scene.world, &[Entry::on_topic("7")]);
    scene.wake(NEXT_LEAD).await;
    assert_eq!(said(&scene.world.mails()), [false, false]);
}
