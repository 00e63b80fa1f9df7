//! The archive leads on: from a digest to the ones before and after it, and from the list by date and first headlines.

use policy_digest::app::digests::runs::correct;
use policy_digest::domain::digests::correction::Kind;

use crate::support::pages::{get, serve};
use crate::support::{Entry, Reply, World, rss};

/// Three weekly digests, of 23 and 30 November and 7 December; the last has five posts.
async fn three_digests(more: &str) -> World {
    let world = World::configured(more).await;
    world.subscribe("ada@example.org").await;
    for ids in [&["1"][..], &["2"], &["3", "4", "5", "6", "7"]] {
        let entries = ids.iter().map(|id| Entry { published: Some(world.clock.now()), ..Entry::on_topic(id) });
        world.server.serve("/blog.xml", Reply::feed(rss(&entries.collect::<Vec<_>>())));
        world.once().await;
        world.days(7);
    }
    world
}

#[tokio::test]
async fn a_digest_leads_to_the_one_before_and_the_one_after_it() {
    let (_app, at) = serve(three_digests("[in.cy]\ntopic = \"ddiwygio\"\n").await.app).await;
    let [first, second, third] = ["2026-11-23", "2026-11-30", "2026-12-07"];
    for (name, before, after) in
        [(first, None, Some(second)), (second, Some(first), Some(third)), (third, Some(second), None)]
    {
        let page = get(at, &format!("/archive/{name}")).await;
        assert_eq!(page.contains("Previous digest: "), before.is_some(), "{name}: {page}");
        assert_eq!(page.contains("Next digest: "), after.is_some(), "{name}: {page}");
        for neighbour in [before, after].into_iter().flatten() {
            assert!(page.contains(&format!("<a href=\"{neighbour}\"")), "{name}: {page}");
        }
        // At the top and at the foot, as what a page can do: get it by email.
        assert_eq!(page.matches(">Get this by email</a>").count(), 2, "{page}");
        assert!(page.contains("@media print"), "{page}");
    }
    let welsh = get(at, &format!("/cy/archive/{second}")).await;
    assert!(welsh.contains("Y crynhoad blaenorol: 23 Tachwedd 2026"), "{welsh}");
    assert!(welsh.contains("Y crynhoad nesaf: 7 Rhagfyr 2026") && welsh.contains("href=\"2026-12-07\""), "{welsh}");
}

#[tokio::test]
async fn a_digest_that_is_held_is_nobodys_neighbour() {
    let world = three_digests("").await;
    let run = world.rows::<i64>("SELECT run FROM archives WHERE name = '2026-11-30'")[0];
    world.app.store.digests().hold(run, "by hand".to_owned(), world.clock.now()).await.unwrap();
    let (_app, at) = serve(world.app).await;
    let first = get(at, "/archive/2026-11-23").await;
    assert!(first.contains("<a href=\"2026-12-07\"") && !first.contains("2026-11-30"), "{first}");
    let last = get(at, "/archive/2026-12-07").await;
    assert!(last.contains("<a href=\"2026-11-23\"") && !last.contains("2026-11-30"), "{last}");
}

#[tokio::test]
async fn the_list_has_dates_and_the_first_headlines_without_withdrawn_ones() {
    let world = three_digests("").await;
    let run = world.rows::<i64>("SELECT run FROM archives WHERE name = '2026-12-07'")[0];
    let seq = world.rows::<i64>(&format!("SELECT seq FROM archive_stories WHERE run = {run} ORDER BY place"))[0];
    let withdrawn = correct(&world.app, run, seq, Kind::Withdrawn, "Its author took it down.").await.unwrap();
    let (_app, at) = serve(world.app).await;
    let list = get(at, "/archive").await.replace("&#x2f;", "/");
    let (_, newest) = list.split_once("<h2><a href=\"archive/2026-12-07\">7 December 2026</a></h2>").expect(&list);
    let newest = newest.split("</ul>").next().unwrap();
    assert_eq!(newest.matches("<li dir=\"auto\">Collaborative governance, part ").count(), 3, "{newest}");
    assert!(!newest.contains(&withdrawn), "{newest}");
    assert!(list.contains("and 2 more") && list.contains("23 November 2026"), "{list}");
}
