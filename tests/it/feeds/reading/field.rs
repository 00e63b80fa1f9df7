//! Feeds as the world writes them, from poll to poll: different posts stay apart, and the same post never comes back as
//! new. Each scene is one kind of fault.

use chrono::TimeDelta;
use policy_digest::app::feeds::poll::{FeedResult, Which, poll};
use policy_digest::app::silent;

use crate::support::{Reply, World, start};

/// One entry: guid, link, title, text, and days before the start; each left out where it is empty.
struct Item<'a>(&'a str, &'a str, &'a str, &'a str, Option<i64>);

const BINS: &str = "Bins and benches come under one budget in a collaborative governance of parish and county";
const NURSES: &str = "Nurses and housing officers meet in the old library: integrated care on every Tuesday of spring";

fn document(items: &[Item<'_>]) -> String {
    let element = |name: &str, value: &str| match value {
        "" => String::new(),
        value => format!("<{name}>{}</{name}>", value.replace('&', "&amp;")),
    };
    let items: String = items
        .iter()
        .map(|Item(guid, link, title, text, days)| {
            let date = days.map(|days| (start() - TimeDelta::days(days)).to_rfc2822()).unwrap_or_default();
            format!(
                "<item>{}{}{}{}{}</item>",
                element("guid", guid).replace("<guid>", "<guid isPermaLink=\"false\">"),
                element("link", link),
                element("title", title),
                element("description", text),
                element("pubDate", &date)
            )
        })
        .collect();
    format!(
        "<rss version=\"2.0\"><channel><title>Town</title><link>https://town.example.org/news</link>{items}</channel></rss>"
    )
}

/// Polls these documents, two hours apart: how many items were new each time.
async fn read(world: &World, documents: &[&str]) -> Vec<usize> {
    let mut new = Vec::new();
    for document in documents {
        world.server.serve("/blog.xml", Reply::feed((*document).to_owned()));
        new.push(poll(&world.app, &Which::All, &silent).await.unwrap().saved().new);
        world.clock.advance(TimeDelta::hours(2));
    }
    new
}

/// The stories that a digest has.
fn stories(world: &World) -> usize {
    world.rows::<i64>("SELECT count(*) FROM stories WHERE seq IS NOT NULL")[0].try_into().unwrap()
}

/// What a feed showed, poll by poll, how many items were new each time, and how many stories there are in the end.
async fn scene(polls: &[&[Item<'_>]], new: &[usize], in_digest: usize) {
    let world = World::new().await;
    let documents: Vec<String> = polls.iter().map(|items| document(items)).collect();
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    assert_eq!(read(&world, &documents).await, new);
    assert_eq!(stories(&world), in_digest);
}

#[tokio::test]
async fn posts_on_one_page_without_ids_are_all_kept() {
    let on = |place: &'static str, title, text, days| {
        Item(
            "",
            ["https://town.example.org/board", "https://town.example.org/board#b", "https://town.example.org/board#c"]
                [usize::from(place == "b") + 2 * usize::from(place == "c")],
            title,
            text,
            Some(days),
        )
    };
    let (a, b, c) =
        (|| on("a", "Bins, one", BINS, 3), || on("b", "Nurses, two", NURSES, 2), || on("c", "Benches, three", BINS, 1));
    scene(&[&[a()], &[b()], &[c(), b(), a()], &[b()]], &[1, 1, 1, 0], 3).await;
    let one = |title, text, days| Item("", "https://town.example.org/board", title, text, Some(days));
    scene(
        &[&[one("Bins", BINS, 2)], &[one("Nurses", NURSES, 1)], &[one("Nurses", NURSES, 1), one("Bins", BINS, 2)]],
        &[1, 1, 0],
        2,
    )
    .await;
}

#[tokio::test]
async fn a_token_that_changes_with_each_poll_makes_no_new_post() {
    let world = World::new().await;
    let with = |token: usize| {
        let link = |number: usize| format!("https://town.example.org/n?id={number}&seen={token}");
        let links = [link(1), link(2), link(3)];
        document(&[
            Item(&links[0], &links[0], "Bins under one budget", BINS, None),
            Item(&links[1], &links[1], "Nurses in the library", NURSES, None),
            Item(&links[2], &links[2], "Benches under one budget", BINS, None),
        ])
    };
    let documents = [with(10), with(11), with(12), with(13)];
    assert_eq!(read(&world, &documents.each_ref().map(String::as_str)).await, [3, 0, 0, 0]);
    assert_eq!(world.state("blog").await.varying, ["seen"]);
    // What is known to be a token is no part of the key: an edited title is an edited title.
    let edited = with(14).replace("Bins under one budget", "A budget that bins share");
    assert_eq!(read(&world, &[&edited]).await, [0]);
}

#[tokio::test]
async fn one_guid_for_all_posts_loses_none_from_poll_to_poll() {
    let of = |title, text, days| Item("town", "https://town.example.org/", title, text, Some(days));
    let polls: [&[Item<'_>]; 3] =
        [&[of("Bins", BINS, 3)], &[of("Nurses", NURSES, 2), of("Bins", BINS, 3)], &[of("Tuesdays", NURSES, 1)]];
    scene(&polls, &[1, 1, 1], 3).await;
}

#[tokio::test]
async fn a_bulletin_with_one_title_and_one_page_is_a_new_post_each_week() {
    let issue = |guid, text, days| Item(guid, "https://town.example.org/bulletin", "The bulletin", text, Some(days));
    scene(
        &[&[issue("b1", BINS, 3)], &[issue("b2", NURSES, 2)], &[issue("b3", "Collaborative governance again", 1)]],
        &[1, 1, 1],
        3,
    )
    .await;
    // Renumbered, it is the same.
    scene(&[&[issue("b1", BINS, 3)], &[issue("x1", BINS, 3)]], &[1, 0], 1).await;
}

#[tokio::test]
async fn a_post_that_was_cut_off_before_its_date_is_mailed_when_the_date_comes() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    let whole = document(&[
        Item("1", "https://town.example.org/1", "Bins under one budget", BINS, Some(1)),
        Item("2", "https://town.example.org/2", "Nurses in the library", NURSES, Some(2)),
    ]);
    let cut = &whole[..whole.rfind("<pubDate>").unwrap()];
    world.server.serve("/blog.xml", Reply::feed(cut.to_owned()));
    world.once().await;
    let first = world.mails().remove(0).text;
    assert!(first.contains("Bins under") && !first.contains("Nurses in"), "{first}");
    world.days(7);
    world.server.serve("/blog.xml", Reply::feed(whole.clone()));
    world.once().await;
    let second = world.mails().remove(0).text;
    assert!(second.contains("Nurses in") && !second.contains("Bins under"), "{second}");
}

#[tokio::test]
async fn a_site_that_moves_sends_nothing_again() {
    for days in [Some(1), None] {
        let at = |place: &str| {
            let links = [1, 2, 3].map(|number| format!("https://{place}/{number}"));
            document(&[
                Item(&links[0], &links[0], "Bins under one budget", BINS, days),
                Item(&links[1], &links[1], "Nurses in the library", NURSES, days),
                Item(&links[2], &links[2], "Benches under one budget", BINS, days),
            ])
        };
        for place in ["new.example.test/p", "old.example.org/blog/2026"] {
            let world = World::new().await;
            assert_eq!(read(&world, &[&at("old.example.org/p"), &at(place)]).await, [3, 0], "{place} {days:?}");
        }
    }
}

#[tokio::test]
async fn a_counter_in_a_text_without_id_and_link_makes_no_new_post() {
    let counted = |text, days| Item("", "", "Most read this week", text, days);
    let (one, two) = (format!("{BINS}. Read 8 times."), format!("{BINS}. Read 4,711 times."));
    scene(&[&[counted(&one, Some(1))], &[counted(&two, Some(1))]], &[1, 0], 1).await;
    scene(&[&[counted(&one, None)], &[counted(&two, None)]], &[1, 0], 0).await;
    scene(&[&[counted(&one, Some(2))], &[counted(NURSES, Some(1))]], &[1, 1], 2).await;
}

#[tokio::test]
async fn undated_posts_below_the_known_ones_are_old_and_above_them_are_news() {
    let number =
        |n: usize| (format!("n{n}"), format!("https://town.example.org/{n}"), format!("Collaborative governance, {n}"));
    let names: Vec<_> = (1..=12).map(number).collect();
    let of = |numbers: &[usize]| {
        let items: Vec<Item<'_>> =
            numbers.iter().map(|n| Item(&names[n - 1].0, &names[n - 1].1, &names[n - 1].2, BINS, None)).collect();
        document(&items)
    };
    let world = World::new().await;
    read(&world, &[&of(&[9, 8, 7, 6]), &of(&[9, 8, 7, 6, 5, 4, 3, 2, 1])]).await;
    assert_eq!(stories(&world), 0, "the list has grown at its end");
    read(&world, &[&of(&[10, 9, 8, 7])]).await;
    assert_eq!(stories(&world), 1);
    // The oldest first: what is added stands below.
    let world = World::new().await;
    read(&world, &[&of(&[1, 2, 3, 4]), &of(&[1, 2, 3, 4, 5]), &of(&[2, 3, 4, 5, 6])]).await;
    assert_eq!(stories(&world), 2);
}

#[tokio::test]
async fn ids_that_differ_in_trifles_are_one_post_though_its_title_is_edited() {
    for (one, other) in [
        ("http://town.example.org/?p=1", "https://town.example.org/?p=1"),
        ("https://town.example.org/x", "https://town.example.org/x/"),
        ("https://town.example.org/x#2026-11-20T09:00:00Z", "https://town.example.org/x#2026-11-21T10:30:00Z"),
    ] {
        let of = |guid, title| Item(guid, "https://town.example.org/x", title, BINS, Some(1));
        scene(&[&[of(one, "Bins under one bugdet")], &[of(other, "Bins under one budget")]], &[1, 0], 1).await;
    }
    let slug = |link| Item(link, link, "Build your own joint board", BINS, Some(1));
    let (one, other) =
        ("https://town.example.org/build-a-your-own-board", "https://town.example.org/build-your-own-board");
    scene(&[&[slug(one)], &[slug(other)]], &[1, 0], 1).await;
}

#[tokio::test]
async fn one_post_in_two_feeds_is_one_story_whatever_its_query_says_and_a_claimed_guid_proves_nothing() {
    let world = World::of_feeds(&["one", "two", "three"]).await;
    let of = |link: &str, text| {
        document(&[Item("https://town.example.org/p/1", link, "Bins under one budget", text, Some(1))])
    };
    world.server.serve("/one.xml", Reply::feed(of("https://town.example.org/bins?from=feed-one", BINS)));
    world
        .server
        .serve("/two.xml", Reply::feed(of("https://town.example.org/bins?from=feed-two", "Collaborative governance")));
    world
        .server
        .serve("/three.xml", Reply::feed(of("https://eve.example.org/bins", "Collaborative governance, says Eve")));
    poll(&world.app, &Which::All, &silent).await.unwrap();
    assert_eq!(stories(&world), 2);
}

#[tokio::test]
async fn a_server_that_says_not_modified_for_weeks_is_asked_for_all_of_it_now_and_then() {
    let world = World::new().await;
    let first = document(&[Item("1", "https://town.example.org/1", "Bins", BINS, Some(1))]);
    let second = document(&[Item("2", "https://town.example.org/2", "Nurses", NURSES, Some(0))]);
    world.server.serve("/blog.xml", Reply::feed(first).with("etag", "\"stuck\""));
    let mut new = Vec::new();
    for day in 0..10 {
        new.push(poll(&world.app, &Which::All, &silent).await.unwrap().saved().new);
        world.days(1);
        if day == 0 {
            world.server.serve("/blog.xml", Reply::feed(second.clone()).with("etag", "\"stuck\""));
        }
    }
    assert_eq!(new, [1, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
}

#[tokio::test]
async fn a_post_without_a_link_leads_to_the_feeds_page_and_never_to_its_document() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(document(&[Item("1", "", "Bins", BINS, Some(1))])));
    world.once().await;
    let mail = world.mails().remove(0).text;
    assert!(mail.contains("https://town.example.org/news") && !mail.contains("blog.xml"), "{mail}");
}

#[tokio::test]
async fn a_refusal_that_says_when_to_come_back_holds_for_the_host() {
    let world = World::of_feeds(&["one", "two"]).await;
    let busy = Reply { status: 429, headers: Vec::new(), body: Vec::new() }.with("retry-after", "7200");
    world.server.serve("/one.xml", busy);
    poll(&world.app, &Which::Named(vec!["one".into()]), &silent).await.unwrap();
    let world = world.restarted().await;
    world.clock.advance(TimeDelta::hours(1));
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    assert!(report.feeds.iter().all(|feed| matches!(feed.result, FeedResult::Waiting(_))), "{report:?}");
    assert_eq!(world.server.requests().len(), 1);
    world.clock.advance(TimeDelta::hours(2));
    // Asked to wait again, the other feed of the host would wait as well, if the answer came first.
    world.server.serve("/one.xml", Reply::feed(document(&[])));
    poll(&world.app, &Which::All, &silent).await.unwrap();
    assert!(world.server.requests().iter().any(|request| request.contains("/two.xml")));
}

#[tokio::test]
async fn an_untitled_post_is_headed_by_its_first_words() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.server.serve(
        "/blog.xml",
        Reply::feed(document(&[Item("1", "https://town.example.org/1", "", &format!("{BINS}."), Some(1))])),
    );
    world.once().await;
    let mail = world.mails().remove(0);
    assert!(mail.text.contains("Bins and benches come under"), "{}", mail.text);
    assert!(!mail.text.contains("Untitled"), "{}", mail.text);
}
