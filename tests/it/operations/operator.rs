//! What an operator looks at and ends: messages by state, a run cancelled by hand, an item by its number.

use policy_digest::app::digests::runs;
use policy_digest::app::digests::runs::NotDone;
use policy_digest::app::outbox::deliver::deliver;
use policy_digest::app::selection::explain;
use policy_digest::app::silent;
use policy_digest::domain::outbox::{Next, Outcome, State};
use policy_digest::store::{Settlement, Wanted};
use url::Url;

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, Reply, World, rss};

/// A run for two people whose messages are queued.
async fn with_a_run() -> World {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.subscribe("ben@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    policy_digest::app::feeds::poll::poll(&world.app, &policy_digest::app::feeds::poll::Which::All, &silent)
        .await
        .unwrap();
    policy_digest::app::digests::make(&world.app).await.unwrap();
    world
}

#[tokio::test]
async fn a_cancelled_run_is_not_sent_and_the_next_digest_has_its_stories() {
    let world = with_a_run().await;
    let cancelled = runs::cancel(&world.app, 1).await.unwrap();
    assert_eq!((cancelled.messages, cancelled.under_way), (2, 0));
    assert_eq!(deliver(&world.app, &silent).await.unwrap().sent, 0);
    let again = runs::cancel(&world.app, 1).await.unwrap_err();
    assert_eq!(again.downcast::<NotDone>().unwrap(), NotDone::IsCancelled(1));
    assert_eq!(runs::cancel(&world.app, 9).await.unwrap_err().downcast::<NotDone>().unwrap(), NotDone::NoRun(9));
    assert_eq!(world.once().await.delivery.sent, 2, "nobody is covered by it");
    assert!(world.mails().iter().all(|mail| mail.text.contains("part 1")));
}

#[tokio::test]
async fn a_held_run_that_is_cancelled_is_held_no_more() {
    let world = with_a_run().await;
    runs::hold(&world.app, 1).await.unwrap();
    runs::cancel(&world.app, 1).await.unwrap();
    assert!(world.app.store.digests().held_runs().await.unwrap().is_empty());
    let (run, _) = runs::show(&world.app, 1).await.unwrap();
    assert!(run.cancelled.is_some() && run.held.is_none(), "{run:?}");
}

#[tokio::test]
async fn what_was_under_way_when_its_run_was_cancelled_is_not_tried_again() {
    let world = with_a_run().await;
    let now = world.clock.now();
    let [first, second] =
        world.app.store.outbox().claim_due(now, 2, |_| String::new()).await.unwrap().try_into().unwrap();
    assert_eq!(runs::cancel(&world.app, 1).await.unwrap().under_way, 2);
    let ended = |id, attempt, outcome, next| Settlement {
        id,
        attempt,
        outcome,
        next,
        was_unknown: false,
        error: None,
        report: None,
    };
    let deferred = ended(first.id, first.attempt, Outcome::Deferred, Next::RetryAt(now));
    let unsent = ended(second.id, second.attempt, Outcome::Unsent, Next::AsBefore);
    world.app.store.outbox().settle(vec![deferred, unsent], now).await.unwrap();
    assert_eq!(deliver(&world.app, &silent).await.unwrap().sent, 0);
    let wanted = Wanted { states: vec![State::Cancelled], run: Some(1), kind: None };
    assert_eq!(runs::messages(&world.app, wanted, 10).await.unwrap().1, 2);
}

#[tokio::test]
async fn messages_are_listed_by_state_and_run_with_masked_addresses() {
    let world = with_a_run().await;
    assert_eq!(deliver(&world.app, &silent).await.unwrap().sent, 2);
    let run = |arguments: &[&str]| policy_digest(world.folder()).args(arguments).output().unwrap();
    let shown = text(&run(&["messages", "list", "--state", "sent", "--run", "1"]));
    assert!(shown.contains("a…@example.org") && !shown.contains("ada@example.org"), "{shown}");
    assert!(text(&run(&["messages", "list", "--reveal", "--limit", "1"])).contains("the newest 1 of 2"));
    assert!(text(&run(&["messages", "list", "--state", "failed,retry"])).contains("there is no such message"));
    let wrong = run(&["messages", "list", "--state", "lost"]);
    assert!(wrong.status.code() == Some(2) && text(&wrong).contains("`lost` is not one of queued, sending"));
    assert_eq!(run(&["messages", "list", "--run", "7"]).status.code(), Some(2));
    let answer: serde_json::Value = serde_json::from_slice(&run(&["messages", "list", "--json"]).stdout).unwrap();
    assert_eq!((&answer["all"], &answer["messages"][0]["state"]), (&2.into(), &"sent".into()));
}

#[tokio::test]
async fn cancelling_asks_for_a_yes() {
    let world = with_a_run().await;
    let run = |arguments: &[&str]| policy_digest(world.folder()).args(arguments).output().unwrap();
    let asked = run(&["runs", "cancel", "1"]);
    assert!(
        asked.status.code() == Some(2) && text(&asked).contains("run 1 (2 queued) is not cancelled yet: add `--yes`")
    );
    let done = run(&["runs", "cancel", "1", "--yes"]);
    assert!(
        text(&done).contains("run 1 is cancelled: 2 emails will not be sent; subscribers will find"),
        "{}",
        text(&done)
    );
    assert!(text(&run(&["runs", "list"])).contains("2 cancelled"));
    assert_eq!(run(&["runs", "cancel", "1", "--yes"]).status.code(), Some(2));
}

#[tokio::test]
async fn a_run_that_was_sent_cannot_be_cancelled() {
    let world = with_a_run().await;
    assert_eq!(deliver(&world.app, &silent).await.unwrap().sent, 2);
    for arguments in [&["runs", "cancel", "1"][..], &["runs", "cancel", "1", "--yes"]] {
        let refused = policy_digest(world.folder()).args(arguments).output().unwrap();
        let shown = text(&refused);
        assert_eq!(refused.status.code(), Some(2), "{shown}");
        assert!(shown.contains("run 1 cannot be cancelled: nothing of it is waiting to be sent"), "{shown}");
        assert!(!shown.contains("next digest"), "{shown}");
    }
    let (run, _) = runs::show(&world.app, 1).await.unwrap();
    assert_eq!((run.cancelled, run.messages.get("sent")), (None, Some(&2)));
}

#[tokio::test]
async fn an_item_is_explained_by_its_number_with_the_run_that_has_it() {
    let world = with_a_run().await;
    let told = explain::by_number(&world.app, 1).await.unwrap();
    assert!(told.score.selected && told.notes == ["it is in the once digest of run 1"], "{told:?}");
    assert_eq!(told.link.as_deref(), Some("https://blog.example.org/1"));
    let error = explain::by_number(&world.app, 4711).await.unwrap_err();
    assert!(error.to_string().contains("no stored item has the number 4711"));
}

#[tokio::test]
async fn a_page_that_is_not_stored_is_fetched_and_judged() {
    let world = World::new().await;
    let page = "<!doctype html><title>Two boards | Blog</title><main><h1>Two boards</h1><p>They try integrated care.</p></main>";
    world.server.serve("/post.html", Reply::feed(page.to_owned()));
    world.server.serve("/feed.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    let link = |path: &str| Url::parse(&world.server.url(path)).unwrap();
    let told = explain::by_link(&world.app, &link("/post.html")).await.unwrap();
    assert_eq!((told.title.as_str(), told.score.selected), ("Two boards", true), "{told:?}");
    let feed = format!("{:#}", explain::by_link(&world.app, &link("/feed.xml")).await.unwrap_err());
    assert!(feed.contains("it is a feed; give the address of one of its posts"), "{feed}");
    let private = Url::parse("http://10.0.0.1/post").unwrap();
    let refused = format!("{:#}", explain::by_link(&world.app, &private).await.unwrap_err());
    assert!(refused.contains("no stored item has the link"), "{refused}");
}
