//! A feed that says that it has moved for good is believed in the end, and its address in the list stays the
//! administrator's to change.

use chrono::TimeDelta;
use policy_digest::app::feeds::check;
use policy_digest::app::feeds::poll::{FeedResult, Which, poll};
use policy_digest::app::silent;

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, Reply, World, rss};

fn feed() -> Reply {
    Reply::feed(rss(&[Entry::on_topic("1")]))
}

fn redirect(status: u16, to: &str) -> Reply {
    Reply { status, ..Reply::feed(String::new()) }.with("location", to)
}

/// A feed that redirects to `/new.xml` like this.
async fn moving(status: u16) -> World {
    let world = World::new().await;
    world.server.serve("/new.xml", feed().with("etag", "\"v1\""));
    world.server.serve("/blog.xml", redirect(status, "/new.xml"));
    world
}

/// Polls every twelve hours, so many times.
async fn polls(world: &World, times: usize) -> FeedResult {
    let mut result = None;
    for _ in 0..times {
        world.clock.advance(TimeDelta::hours(12));
        let report = poll(&world.app, &Which::All, &silent).await.unwrap();
        result = report.feeds.into_iter().next().map(|feed| feed.result);
    }
    result.unwrap()
}

fn asked(world: &World, path: &str) -> usize {
    world.server.requests().iter().filter(|request| request.starts_with(&format!("get {path} "))).count()
}

#[tokio::test]
async fn a_move_told_in_three_polls_over_a_day_is_believed_and_the_old_address_asked_no_more() {
    for status in [301, 308] {
        let world = moving(status).await;
        assert!(matches!(polls(&world, 1).await, FeedResult::Read { .. }), "it is followed at once");
        polls(&world, 1).await;
        assert_eq!(world.state("blog").await.address, None, "and not believed yet");
        polls(&world, 1).await;
        assert_eq!(world.state("blog").await.address, Some(world.server.url("/new.xml")));
        let world = world.restarted().await;
        assert_eq!(polls(&world, 2).await, FeedResult::Unchanged, "its marks are still good");
        assert_eq!((asked(&world, "/blog.xml"), asked(&world, "/new.xml")), (3, 5));
        let told = format!("moved to {}", world.server.url("/new.xml"));
        let status = text(&policy_digest(world.folder()).arg("status").output().unwrap());
        let status = status.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(status.contains(&format!("{told}, and is asked there: change its `url` in feeds.toml")), "{status}");
        let mut command = policy_digest(world.folder());
        command.args(["feeds", "check"]).env("COLUMNS", "4000");
        let checked = tokio::task::spawn_blocking(move || text(&command.output().unwrap())).await.unwrap();
        assert!(checked.contains(&format!("{told}: change `url` in feeds.toml")), "{checked}");
    }
}

#[tokio::test]
async fn a_temporary_redirect_never_moves_a_feed() {
    for status in [302, 303, 307] {
        let world = moving(status).await;
        polls(&world, 9).await;
        let state = world.state("blog").await;
        assert_eq!((state.moved, state.address, asked(&world, "/blog.xml")), (None, None, 9), "{status}");
    }
}

#[tokio::test]
async fn a_feed_that_thinks_better_of_it_begins_anew() {
    let world = moving(301).await;
    polls(&world, 2).await;
    world.server.serve("/blog.xml", redirect(307, "/new.xml"));
    polls(&world, 1).await;
    assert_eq!(world.state("blog").await.moved, None);
    world.server.serve("/blog.xml", redirect(301, "/new.xml"));
    polls(&world, 2).await;
    let state = world.state("blog").await;
    assert_eq!((state.moved.unwrap().polls, state.address), (2, None));
}

#[tokio::test]
async fn a_move_to_what_is_no_feed_is_not_believed() {
    let world = moving(301).await;
    world.server.serve("/new.xml", Reply::feed("<!DOCTYPE html><title>For sale</title>".to_owned()));
    assert!(matches!(polls(&world, 5).await, FeedResult::Failed(_)));
    let state = world.state("blog").await;
    assert_eq!((state.moved, state.address), (None, None));
}

#[tokio::test]
async fn when_the_new_address_fails_the_old_one_is_asked_again() {
    for (status, failures) in [(500, 3), (410, 1)] {
        let world = moving(301).await;
        polls(&world, 3).await;
        world.server.serve("/blog.xml", feed());
        world.server.serve("/new.xml", Reply { status, ..feed() });
        assert!(matches!(polls(&world, failures).await, FeedResult::Failed(_)));
        assert!(!matches!(polls(&world, 1).await, FeedResult::Failed(_) | FeedResult::Gone(_)), "{status}");
        let state = world.state("blog").await;
        assert_eq!((state.moved, state.address, state.gone), (None, None, None));
    }
}

#[tokio::test]
async fn a_feed_with_a_log_in_is_asked_where_the_log_in_belongs() {
    let world = moving(301).await;
    let url = world.server.url("/blog.xml").replace("http://", "http://ada:secret@");
    let world = World::served(world.server, &[("blog", &url)], "").await;
    polls(&world, 4).await;
    assert_eq!((asked(&world, "/blog.xml"), asked(&world, "/new.xml")), (4, 4));
    assert!(world.state("blog").await.moved.is_some());
}

#[tokio::test]
async fn an_address_changed_in_the_list_is_asked_whatever_was_believed() {
    let world = moving(301).await;
    polls(&world, 3).await;
    let url = world.server.url("/third.xml");
    world.server.serve("/third.xml", feed());
    let list = format!("[[feed]]\nid = \"blog\"\nurl = \"{url}\"\n");
    std::fs::write(world.folder().join("config/feeds.toml"), list).unwrap();
    let world = world.restarted().await;
    polls(&world, 1).await;
    assert_eq!(asked(&world, "/third.xml"), 1);
    assert!(check(&world.app, &[], &silent).await.unwrap().feeds[0].1.as_ref().unwrap().moved_to.is_none());
}
