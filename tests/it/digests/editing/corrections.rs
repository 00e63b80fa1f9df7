//! `runs correct`: the page of the digest, the feeds and the next digest say that a story was withdrawn or corrected.

use policy_digest::app::digests::runs;
use policy_digest::domain::digests::correction::Kind;

use super::{SLOT, Scene, to_subscribers, write};
use crate::support::Entry;
use crate::support::pages::get;
use crate::support::program::{policy_digest, text};

#[tokio::test]
async fn a_withdrawn_and_a_corrected_story_are_said_on_the_page_in_the_feeds_and_once_in_the_next_digest() {
    let scene = Scene::with_a_draft().await;
    let [first, second] =
        [scene.seq("Collaborative governance, part 1").await, scene.seq("Collaborative governance, part 2").await];
    scene.wake(SLOT).await;
    let sent = to_subscribers(scene.world.mails()).remove(0);
    assert!(!sent.text.contains("CORRECTION"), "{}", sent.text);
    let page = get(scene.at, "/archive/2026-11-30").await;
    scene.world.clock.advance(chrono::TimeDelta::hours(3));
    let app = &scene.world.app;
    runs::correct(app, 1, first, Kind::Withdrawn, "Its author took it <down>.").await.unwrap();
    runs::correct(app, 1, second, Kind::Corrected, "It was twelve councils, not two.").await.unwrap();
    let error = runs::correct(app, 1, 4711, Kind::Corrected, "Words.").await.unwrap_err().to_string();
    assert!(error.contains("run 1 has no story 4711"), "{error}");
    let corrected = get(scene.at, "/archive/2026-11-30").await;
    assert_ne!(corrected, page);
    assert!(corrected.contains("Its author took it &lt;down&gt;."), "{corrected}");
    assert!(corrected.contains("It was twelve councils, not two."), "{corrected}");
    let feed = get(scene.at, "/feed.xml").await;
    assert!(feed.contains("Withdrawn: Collaborative governance, part 1"), "{feed}");
    assert!(feed.contains("Correction: It was twelve councils, not two."), "{feed}");
    assert!(feed.contains("<updated>2026-11-30T11:00:00Z</updated>"), "{feed}");
    write(&scene.world, &[Entry::on_topic("7")]);
    for (lead, slot, is_said) in [
        ("2026-12-07T05:00:00Z", "2026-12-07T08:00:00Z", true),
        ("2026-12-14T05:00:00Z", "2026-12-14T08:00:00Z", false),
    ] {
        scene.wake(lead).await;
        scene.wake(slot).await;
        let next = to_subscribers(scene.world.mails()).remove(0);
        let words = next.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words.contains("It was twelve councils, not two."), is_said, "{}", next.text);
        assert_eq!(words.contains("Its author took it <down>."), is_said, "{}", next.text);
        write(&scene.world, &[Entry::on_topic("7"), Entry::on_topic("8")]);
    }
}

#[tokio::test]
async fn the_command_says_what_it_did_and_refuses_what_it_cannot_do() {
    let scene = Scene::with_a_draft().await;
    let first = scene.seq("Collaborative governance, part 1").await.to_string();
    scene.wake(SLOT).await;
    let run = |arguments: &[&str]| {
        let output = policy_digest(scene.world.folder()).args(["runs", "correct"]).args(arguments).output().unwrap();
        (output.status.code(), text(&output))
    };
    let (code, said) = run(&["1", &first, "--withdrawn", "Its author took it down."]);
    assert!(code == Some(0) && said.contains("is withdrawn"), "{said}");
    let (code, said) = run(&["1", "4711", "Words."]);
    assert!(code == Some(2) && said.contains("run 1 has no story 4711"), "{said}");
    assert_eq!(run(&["9", &first, "Words."]).0, Some(2));
    assert_eq!(run(&["1", &first, " "]).0, Some(2));
}
