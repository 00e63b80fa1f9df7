//! What editors do to a draft is what subscribers, the archive and the feeds get, and nothing else.

use policy_digest::app::operations::reload::Live;
use policy_digest::app::operations::status::{StatusReport, status};
use policy_digest::domain::digests::draft::Status;
use policy_digest::domain::subscribers::subscriber::Cadence;
use policy_digest::web;
use tokio::net::TcpListener;

use super::{SLOT, Scene, posts, to_editor, to_subscribers, write};
use crate::support::pages::{get, request};
use crate::support::{Entry, Reply};

const PAGE: &str = "<html><head><title>One purse | A blog</title></head><body><article><h1>One purse for two towns</h1>\
    <p>Two towns put their budgets together and wrote down how collaborative governance worked for them.</p></article></body></html>";

#[tokio::test]
async fn subscribers_the_archive_and_the_feeds_get_exactly_what_the_editor_left() {
    let scene = Scene::with_a_draft().await;
    let html = Reply { status: 200, headers: vec![("content-type".into(), "text/html".into())], body: PAGE.into() };
    scene.world.server.serve("/purse", html);
    let part = |id: &str| format!("Collaborative governance, part {id}");
    let mut seqs = Vec::new();
    for id in ["1", "2", "3", "4", "5"] {
        seqs.push(scene.seq(&part(id)).await);
    }
    let near = scene.seq("Notes on budgets, part 6").await;
    scene.does(&format!("act=leave_out&seq={}", seqs[0])).await;
    scene.does(&format!("act=off_topic&seq={}", seqs[1])).await;
    scene.does(&format!("act=include&seq={near}")).await;
    scene.does(&format!("act=lead&seq={}", seqs[4])).await;
    scene.does(&format!("act=edit&seq={}&title=A+better+title&excerpt=Shorter+words.", seqs[2])).await;
    scene.does(&format!("act=comment&seq={}&comment=Read+this+%3Cfirst%3E.", seqs[2])).await;
    scene.does("act=note&markdown=Dear+*readers*.").await;
    let address = scene.world.server.url("/purse").replace(':', "%3A").replace('/', "%2F");
    let shown = scene.act(&format!("act=read&address={address}")).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert!(shown.body.contains("One purse for two towns"), "{}", shown.body);
    let seen = crate::support::site::field(&shown.body, "seen");
    scene.does(&format!("act=add&address={address}&seen={seen}")).await;
    scene.does("act=approve").await;
    assert_eq!(scene.draft().await.status(), Status::Approved);
    assert_eq!(scene.wake("2026-11-30T07:59:50Z").await.delivery.sent, 0);
    scene.wake(SLOT).await;
    let mails = to_subscribers(scene.world.mails());
    assert_eq!(mails.len(), 2);
    let html = mails[0].html().replace("&#x2f;", "/");
    let archive = get(scene.at, "/archive/2026-11-30").await.replace("&#x2f;", "/");
    let feed = get(scene.at, "/feed.xml").await;
    for (what, text) in [("email", &html), ("archive", &archive), ("feed", &feed)] {
        for gone in [&part("1"), &part("2"), &part("3")] {
            assert!(!text.contains(gone.as_str()), "{gone} in the {what}: {text}");
        }
        for there in [&part("4"), &part("5"), "A better title", "Notes on budgets, part 6", "One purse for two towns"] {
            assert!(text.contains(there), "no {there} in the {what}: {text}");
        }
    }
    for text in [&html, &archive] {
        assert!(text.contains("Read this &lt;first&gt;."), "{text}");
        assert!(text.contains("<em>readers</em>") && text.contains("Shorter words."), "{text}");
        let at = |id: &str| text.find(&format!("href=\"https://blog.example.org/{id}\"")).expect("a link");
        assert!(at("5") < at("4") && at("5") < at("3"), "the lead comes first");
    }
    assert!(mails[0].header("Subject").starts_with(&part("5")), "{}", mails[0].header("Subject"));
    let stories = scene.world.rows::<i64>("SELECT count(*) FROM archive_stories");
    assert_eq!(stories, [5]);
    let verdicts = policy_digest::domain::digests::draft::labels_of(&scene.draft().await);
    assert_eq!(verdicts.len(), 6, "all but the one that was left out without a reason");
}

#[tokio::test]
async fn a_post_added_by_hand_comes_once_even_if_a_feed_brings_it_later() {
    let scene = Scene::with_a_draft().await;
    let html = Reply { status: 200, headers: vec![("content-type".into(), "text/html".into())], body: PAGE.into() };
    scene.world.server.serve("/purse", html);
    let link = scene.world.server.url("/purse");
    let address = link.replace(':', "%3A").replace('/', "%2F");
    let shown = scene.act(&format!("act=read&address={address}")).await;
    let seen = crate::support::site::field(&shown.body, "seen").to_owned();
    let other = scene.act(&format!("act=add&address={address}&seen=other")).await;
    assert!(other.body.contains("The page has changed since you saw it."), "{}", other.body);
    scene.does(&format!("act=add&address={address}&seen={seen}")).await;
    let again = scene.act(&format!("act=read&address={address}")).await;
    assert_eq!(again.status, 422);
    assert!(again.body.contains("is in the draft"), "{}", again.body);
    let row = scene.row().await;
    assert_eq!(scene.world.rows::<String>("SELECT feed FROM items ORDER BY seq DESC LIMIT 1"), ["by-hand"]);
    scene.wake(SLOT).await;
    assert!(to_subscribers(scene.world.mails())[0].text.contains("One purse for two towns"));
    let copy = format!(
        "<rss version=\"2.0\"><channel><title>B</title><item><guid>x</guid><title>One purse for two towns</title><link>{link}</link>\
         <description>How collaborative governance and integrated care worked.</description></item></channel></rss>"
    );
    scene.world.server.serve("/blog.xml", Reply::feed(copy));
    scene.wake("2026-12-01T08:00:00Z").await;
    write(&scene.world, &[Entry { published: None, ..Entry::on_topic("9") }]);
    scene.wake("2026-12-07T05:00:00Z").await;
    let next = to_editor(scene.world.mails());
    assert_eq!(posts(&next), ["9"], "{}", next.text);
    assert!(scene.row().await.after_seq == row.through_seq && !next.text.contains("One purse"), "{}", next.text);
}

#[tokio::test]
async fn what_cannot_be_added_is_refused_with_the_reason() {
    let scene = Scene::with_a_draft().await;
    scene.world.server.serve("/feed", Reply::feed(crate::support::rss(&[])));
    for (address, why) in [
        ("nothing", "This is not a web address"),
        ("ftp%3A%2F%2Fexample.org%2F", "This is not a web address"),
        (&scene.world.server.url("/gone").replace(':', "%3A"), "This page can&#x27;t be read"),
        (&scene.world.server.url("/feed").replace(':', "%3A"), "it is a feed"),
        ("http%3A%2F%2F169.254.169.254%2F", "This page can&#x27;t be read"),
        ("https%3A%2F%2Fblog.example.org%2F1", "is in the draft"),
    ] {
        let answer = scene.act(&format!("act=read&address={address}")).await;
        assert_eq!(answer.status, 422, "{address}");
        assert!(answer.body.replace("&#39;", "&#x27;").contains(why), "{address}: {}", answer.body);
    }
    assert_eq!(scene.draft().await.version(), 0);
}

#[tokio::test]
async fn a_story_moves_up_and_down_and_into_another_section() {
    let scene = Scene::with_a_draft().await;
    let order = || async {
        let digest = policy_digest::app::digests::editing::page::composed(&scene.world.app, &scene.row().await).await;
        let digest = digest.unwrap().unwrap();
        digest
            .sections
            .iter()
            .map(|section| section.stories.iter().map(|entry| entry.seq).collect())
            .collect::<Vec<Vec<i64>>>()
    };
    let before = order().await[0].clone();
    scene.does(&format!("act=up&seq={}", before[2])).await;
    assert_eq!(order().await[0][..3], [before[0], before[2], before[1]]);
    scene.does(&format!("act=down&seq={}", before[0])).await;
    assert_eq!(order().await[0][..3], [before[2], before[0], before[1]]);
    let first = scene.act(&format!("act=up&seq={}", before[2])).await;
    assert!(first.status == 422 && first.body.contains("is the first of its section already."), "{}", first.body);
    scene.does(&format!("act=section&seq={}&theme=integration", before[0])).await;
    assert_eq!(order().await[1], [before[0]]);
    assert_eq!(scene.act(&format!("act=section&seq={}&theme=nowhere", before[0])).await.status, 422);
    scene.does("act=approve").await;
    scene.wake(SLOT).await;
    let mails = to_subscribers(scene.world.mails());
    let links = posts(&mails[0]);
    assert_eq!(links.len(), 5);
    assert!(mails[0].text.contains("INTEGRATION"), "{}", mails[0].text);
}

#[tokio::test]
async fn send_now_asks_first_and_sends_before_the_slot_once() {
    let scene = Scene::with_a_draft().await;
    let asked = scene.act("act=send").await;
    assert!(asked.status == 200 && asked.body.contains("Yes, send it now"), "{}", asked.body);
    assert_eq!(scene.draft().await.version(), 0);
    scene.does("act=send&sure=yes").await;
    assert_eq!(scene.wake("2026-11-30T06:00:00Z").await.delivery.sent, 2);
    assert_eq!(to_subscribers(scene.world.mails()).len(), 2);
    for at in [SLOT, "2026-11-30T09:00:00Z", "2026-12-04T09:00:00Z"] {
        assert_eq!(scene.wake(at).await.delivery.sent, 0, "{at}");
    }
    write(&scene.world, &[Entry::on_topic("9")]);
    scene.wake("2026-12-07T05:00:00Z").await;
    assert_eq!(scene.world.mails().len(), 2, "the next draft");
}

#[tokio::test]
async fn a_draft_without_a_story_is_not_approved_and_nothing_is_sent() {
    let scene = Scene::with_a_draft().await;
    for story in scene.draft().await.stories() {
        scene.does(&format!("act=leave_out&seq={}", story.seq)).await;
    }
    let refused = scene.act("act=approve").await;
    assert!(refused.status == 422 && refused.body.contains("No story is left"), "{}", refused.body);
    scene.wake(SLOT).await;
    assert_eq!(to_subscribers(scene.world.mails()).len(), 0);
    assert_eq!(scene.draft().await.status(), Status::Sent, "it is over, and the cursors have moved");
    assert_eq!(scene.wake("2026-12-07T05:00:00Z").await.delivery.sent, 0, "nothing is left for the next one");
}

#[tokio::test]
async fn a_digest_that_was_sent_early_is_the_last_run_and_its_slot_is_not_the_next_one() {
    let scene = Scene::with_a_draft().await;
    let weekly = |report: &StatusReport| {
        let next = report.next.iter().find(|(cadence, _)| *cadence == Cadence::Weekly);
        next.map(|(_, slot)| slot.utc.to_rfc3339())
    };
    let before = status(&scene.world.app).await.unwrap();
    assert!(before.last_run.is_none() && weekly(&before).as_deref() == Some("2026-11-30T08:00:00+00:00"));
    scene.does("act=send&sure=yes").await;
    scene.wake("2026-11-30T05:00:10Z").await;
    let after = status(&scene.world.app).await.unwrap();
    let run = after.last_run.as_ref().expect("a run");
    assert!(run.is_early() && run.due.to_rfc3339() == "2026-11-30T08:00:00+00:00", "{run:?}");
    assert_eq!(weekly(&after).as_deref(), Some("2026-12-07T08:00:00+00:00"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(web::serve_admin(Live::new(scene.world.app.clone()), listener, std::future::pending()));
    let page = request(address, "GET", "/status", "", "").await;
    assert!(page.contains("sent early for the slot of Mon 30 Nov 2026 08:00 GMT"), "{page}");
}

#[tokio::test]
async fn direction_overrides_and_invisible_characters_are_taken_out_of_what_editors_write() {
    let scene = Scene::with_a_draft().await;
    let seq = scene.seq("Collaborative governance, part 1").await;
    // U+202E, U+2066, U+200B and U+202C.
    let odd = "a%E2%80%AEb%E2%81%A6c%E2%80%8Bd%E2%80%AC";
    scene.does(&format!("act=edit&seq={seq}&title={odd}+title&excerpt={odd}+excerpt")).await;
    scene.does(&format!("act=comment&seq={seq}&comment={odd}+comment")).await;
    scene.does(&format!("act=note&markdown=*{odd}*%0A%0A{odd}+note")).await;
    let draft = scene.draft().await;
    let story = &draft.piece(seq).expect("the story").story;
    let kept = [story.title.as_str(), &story.excerpt, &story.comment, draft.note()];
    assert_eq!(kept, ["abcd title", "abcd excerpt", "abcd comment", "*abcd*\n\nabcd note"]);
}
