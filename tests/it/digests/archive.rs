//! A digest too large for an email, and the page that has all of it; and how the archive leads on, to the digests before and
//! after, and from the list.

use policy_digest::app::digests::runs::correct;
use policy_digest::app::digests::{make, make_due, preview};
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::outbox::deliver::deliver;
use policy_digest::app::silent;
use policy_digest::domain::digests::correction::Kind;
use policy_digest::domain::subscribers::subscriber::Cadence;

use crate::support::pages::{get, serve};
use crate::support::{Entry, Mail, Reply, World, rss};

/// A blog of so many posts on the topic.
fn blog(world: &World, posts: std::ops::RangeInclusive<usize>) -> Vec<Entry> {
    let entries: Vec<Entry> = posts.map(|number| Entry::on_topic(&number.to_string())).collect();
    world.server.serve("/blog.xml", Reply::feed(rss(&entries)));
    entries
}

/// The plain-text part and the HTML part as they travelled, with their headers.
fn parts(mail: &Mail) -> (&str, &str) {
    let (_, rest) = mail.raw.split_once("boundary=\"").unwrap();
    let (boundary, _) = rest.split_once('"').unwrap();
    let marks: Vec<&str> = mail.raw.split(&format!("--{boundary}")).collect();
    (marks[1], marks[2])
}

/// Where the mail says that the digest is to be read, on this server.
fn archive_path(mail: &Mail) -> String {
    let (_, link) = mail.text.split_once("Read this digest on the web:\r\nhttp://localhost:8080").unwrap();
    link.lines().next().unwrap().to_owned()
}

fn has(page: &str, entry: &Entry) -> bool {
    page.contains(&format!("href=\"{}\"", entry.link()))
}

#[tokio::test]
async fn of_500_stories_a_mail_has_what_fits_and_the_page_has_all() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    let entries = blog(&world, 1..=500);
    assert_eq!(world.once().await.digests[0].stories, 500);
    let mail = world.mails().remove(0);
    let (text, html) = parts(&mail);
    assert!(text.len() < 50_000 && (80_000..90_000).contains(&html.len()), "{} {}", text.len(), html.len());
    let shown = entries.iter().filter(|entry| mail.text.contains(&format!("\n{}\r\n", entry.link()))).count();
    let path = archive_path(&mail);
    let more = format!("and {} more on the web:\r\nhttp://localhost:8080{path}\r\n", 500 - shown);
    assert!(shown > 12 && mail.text.contains(&more), "{shown} shown\n{}", mail.text);
    let (_, address) = serve(world.app).await;
    let page = get(address, &path).await;
    assert!(page.starts_with("HTTP/1.1 200") && entries.iter().all(|entry| has(&page, entry)));
    assert!(!page.contains("on the web") && !page.contains("nsubscribe"), "it is whole, and nobody's own");
}

#[tokio::test]
async fn the_limits_hold_for_letters_that_grow_when_they_are_encoded() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    let title = |number| format!("Collaborative governance: реформа державних послуг 改革, part {number}");
    let entries: Vec<Entry> =
        (1..=500).map(|number| Entry { title: title(number), ..Entry::on_topic(&number.to_string()) }).collect();
    world.server.serve("/blog.xml", Reply::feed(rss(&entries)));
    assert_eq!(world.once().await.digests[0].stories, 500);
    let mail = world.mails().remove(0);
    let (text, html) = parts(&mail);
    assert!(text.len() < 50_000 && (80_000..90_000).contains(&html.len()), "{} {}", text.len(), html.len());
}

#[tokio::test]
async fn stories_in_full_that_are_too_long_by_themselves_are_left_out_from_the_end() {
    let world = World::configured("[digest]\nmax_stories = 500\nexcerpt_chars = 10000\n").await;
    world.subscribe("ada@example.org").await;
    let long = "What councils learned from collaborative governance was written down at last. ".repeat(100);
    let entries: Vec<Entry> =
        (1..=40).map(|id| Entry { text: format!("Part {id}. {long}"), ..Entry::on_topic(&id.to_string()) }).collect();
    world.server.serve("/blog.xml", Reply::feed(rss(&entries)));
    world.once().await;
    let mail = world.mails().remove(0);
    let (text, html) = parts(&mail);
    assert!(text.len() < 50_000 && html.len() < 90_000, "{} {}", text.len(), html.len());
    assert!(mail.text.contains("blog.example.org") && mail.text.contains("more on the web:"));
    let (_, address) = serve(world.app).await;
    let page = get(address, &archive_path(&mail)).await;
    assert!(entries.iter().all(|entry| has(&page, entry)));
}

#[tokio::test]
async fn a_preview_says_how_many_are_left_out_and_has_no_page_to_lead_to() {
    let world = World::new().await;
    blog(&world, 1..=500);
    world.once().await;
    let text = preview(&world.app, Cadence::Weekly).await.unwrap().rendered.unwrap().text;
    let is_count = |line: &&str| line.starts_with("and ") && line.ends_with(" more");
    assert_eq!(text.lines().filter(is_count).count(), 1, "{text}");
    assert!(!text.contains("on the web"));
}

#[tokio::test]
async fn the_page_has_every_window_and_theme_of_its_run() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    blog(&world, 1..=2);
    world.once().await;
    let themes = |theme: &str| Some(vec![theme.to_owned()]);
    world.subscribe_with("bea@example.org", Cadence::Weekly, themes("integration")).await;
    let entries = [Entry::on_topic("3"), Entry { title: "Integrated care".into(), ..Entry::on_topic("4") }];
    world.server.serve("/blog.xml", Reply::feed(rss(&entries)));
    world.days(1);
    world.once().await;
    let mails = world.mails();
    let bea = mails.iter().find(|mail| mail.header("To").contains("bea")).unwrap();
    assert!(!bea.text.contains("example.org/3") && bea.text.contains("example.org/4"));
    let (_, address) = serve(world.app).await;
    let page = get(address, &archive_path(bea)).await;
    assert!(has(&page, &entries[0]) && has(&page, &entries[1]) && !has(&page, &Entry::on_topic("1")));
}

#[tokio::test]
async fn a_page_stays_as_it_was_frozen_and_an_unknown_one_is_not_found() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    blog(&world, 1..=1);
    world.once().await;
    let path = archive_path(&world.mails().remove(0));
    assert_eq!(path, "/archive/2026-11-23");
    let edited = Entry { title: "Collaborative governance, edited".into(), ..Entry::on_topic("1") };
    world.server.serve("/blog.xml", Reply::feed(rss(&[edited])));
    world.days(1);
    world.once().await;
    let (_, address) = serve(world.app).await;
    let pages = (get(address, &path).await, get(address, &path).await);
    let body = |page: &str| page.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert!(pages.0.contains("part 1") && !pages.0.contains("edited"), "{}", pages.0);
    assert_eq!(body(&pages.0), body(&pages.1));
    assert!(pages.0.to_lowercase().contains("content-security-policy: default-src 'none'"));
    for path in ["/archive/2026-11-24", "/archive/x", "/archive/2026-11-23-2", "/archive/%27", "/archive/"] {
        let answer = get(address, path).await;
        assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("Page not found"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn runs_of_one_day_have_pages_of_their_own_and_the_list_has_them_newest_first() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.subscribe_with("bea@example.org", Cadence::Daily, None).await;
    let mut paths = Vec::new();
    for number in 1..=2 {
        blog(&world, 1..=number);
        world.once().await;
        paths.extend(world.mails().iter().map(archive_path));
    }
    blog(&world, 1..=3);
    world.days(1);
    poll(&world.app, &Which::All, &silent).await.unwrap();
    assert_eq!(make_due(&world.app).await.unwrap().len(), 1);
    deliver(&world.app, &silent).await.unwrap();
    paths.dedup();
    assert_eq!(paths, ["/archive/2026-11-23", "/archive/2026-11-23-2"]);
    let (_, address) = serve(world.app).await;
    let list = get(address, "/archive").await;
    let places = ["2026-11-24-daily\"", "2026-11-23-2\"", "2026-11-23\""].map(|name| list.find(name).unwrap());
    assert!(places.is_sorted() && !list.contains("?page="), "{list}");
}

#[tokio::test]
async fn the_list_goes_on_after_twenty_and_a_page_that_is_none_is_empty() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    for number in 1..=21 {
        blog(&world, number..=number);
        world.once().await;
        world.days(1);
    }
    let (_, address) = serve(world.app).await;
    let first = get(address, "/archive").await;
    // A slash is escaped in HTML.
    assert_eq!(first.matches("href=\"archive&#x2f;2026-").count(), 20);
    assert!(first.contains("href=\"archive?page=2\"") && !first.contains("2026-11-23"), "{first}");
    let second = get(address, "/archive?page=2").await;
    assert!(
        second.contains("href=\"archive&#x2f;2026-11-23\"") && second.contains("rel=\"prev\" href=\"archive\""),
        "{second}"
    );
    assert!(!second.contains("?page=3"));
    for query in ["?page=99999", "?page=18446744073709551615", "?page=x", "?page=0"] {
        let answer = get(address, &format!("/archive{query}")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{query}: {answer}");
    }
}

#[tokio::test]
async fn once_with_nobody_to_serve_leaves_no_page() {
    let world = World::new().await;
    blog(&world, 1..=1);
    world.once().await;
    assert!(make(&world.app).await.unwrap().run.is_none());
    assert!(world.app.store.archive().pages(String::new(), 0, 20).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_subject_is_not_that_of_the_run_before() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    let notes = |id: &str| Entry {
        title: "Weeknotes".into(),
        text: format!("Number {id} has other words than the last, and is about collaborative governance {id}{id}."),
        ..Entry::on_topic(id)
    };
    let mut subjects = Vec::new();
    for id in ["1", "2", "3"] {
        world.server.serve("/blog.xml", Reply::feed(rss(&[notes(id)])));
        world.once().await;
        subjects.push(world.mails().remove(0).header("Subject").to_owned());
        world.days(70);
    }
    assert_ne!(subjects[0], subjects[1]);
    assert_ne!(subjects[1], subjects[2]);
}

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
