//! Text in another language than its page or email says so: a screen reader would read English by the rules of Welsh.

use policy_digest::app::digests::once::once;
use policy_digest::app::silent;

use super::shown::quickstart_digest;
use crate::support::pages::{FORM, get, request, serve};
use crate::support::site::{Site, link};
use crate::support::{Entry, Reply, World, rss};

const WELSH: &str = "[in.cy]\ntopic = \"ddiwygio\"\n[in.cy.themes]\nintegration = \"Integreiddio\"\n";

#[tokio::test]
async fn themes_and_reasons_that_nobody_translated_are_marked_in_a_digest() {
    let html = quickstart_digest("cy").await.html;
    assert!(html.starts_with("<!DOCTYPE html><html lang=\"cy\""), "{}", &html[..200]);
    let headings: Vec<&str> =
        html.split("<h2 class=\"part\"").skip(1).filter_map(|it| it.split("</h2>").next()).collect();
    let is_marked = |heading: &&&str| heading.contains("<span dir=\"auto\" lang=\"en\">");
    assert!(headings.iter().filter(is_marked).count() >= 5, "{headings:#?}");
    let reasons = html.matches("Dewiswyd am <span dir=\"auto\" lang=\"").count();
    assert!(reasons >= 15, "{reasons} in {html}");
    let english = quickstart_digest("en").await.html;
    assert!(!english.contains("<span dir=\"auto\" lang=\"en"), "nothing is marked as English in English");
}

#[tokio::test]
async fn the_choice_of_themes_marks_those_that_nobody_translated() {
    let site = Site::of(World::configured(WELSH).await).await;
    site.join("ada@example.org").await;
    let preferences = link(&site.mails().await.remove(0), "/p/");
    for path in ["/cy/", &format!("/cy{preferences}")] {
        let page = get(site.at, path).await;
        assert!(page.contains("<span dir=\"auto\" lang=\"en-GB\">Collaboration<span"), "{path}: {page}");
        assert!(page.contains("<span>Integreiddio</span>"), "{path}: {page}");
    }
    assert!(!get(site.at, "/").await.contains("lang=\"en-GB\">Collaboration"));
}

#[tokio::test]
async fn what_the_digest_is_about_is_said_in_the_subscribers_language_where_they_vote_too() {
    let world = World::configured(&format!("[digest]\nreader_votes = true\n{WELSH}")).await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    let site = Site::of(world).await;
    let fields = "address=mair%40example.org&cadence=weekly&language=cy&theme=collaboration&theme=integration";
    let form = site.form(fields).await;
    request(site.at, "POST", "/cy/", FORM, &form).await;
    let confirm = link(&site.mails().await.remove(0), "/confirm/");
    let confirmed = request(site.at, "POST", &confirm, FORM, "").await;
    assert!(confirmed.starts_with("HTTP/1.1 200"), "{confirmed}");
    site.mails().await;
    let report = once(&site.app, false, &silent).await.unwrap();
    let digest = site.mails().await.pop().unwrap_or_else(|| panic!("{report:?}"));
    assert!(digest.html().contains(">Ddim ar ddiwygio?</a>"), "{}", digest.html());
    let page = get(site.at, &link(&digest, "/off-topic/")).await;
    assert!(page.contains("<h1>Pa erthygl nad yw ar ddiwygio?</h1>"), "{page}");
}

#[tokio::test]
async fn the_list_of_digests_marks_titles_in_another_language() {
    let world = World::configured(WELSH).await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    let (_app, at) = serve(world.app).await;
    let title = Entry::on_topic("1").title;
    assert!(get(at, "/cy/archive").await.contains(&format!("<li dir=\"auto\" lang=\"en-GB\">{title}</li>")));
    assert!(get(at, "/archive").await.contains(&format!("<li dir=\"auto\">{title}</li>")));
}
