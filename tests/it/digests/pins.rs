//! Pins: the story that leads the digest, and what is said when a pin has no effect.

use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::{digests, silent};
use policy_digest::domain::subscribers::subscriber::Cadence;

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, Reply, World, rss};

/// Three posts, of which the third is not on the topic, and these pins.
async fn pinning(pins: &str) -> World {
    let world = World::configured(&format!("[digest]\npin = [{pins}]\n")).await;
    let off = Entry { title: "A walk".into(), text: "We walked along the river.".into(), ..Entry::on_topic("3") };
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1"), Entry::on_topic("2"), off])));
    world.subscribe("ada@example.org").await;
    poll(&world.app, &Which::All, &silent).await.unwrap();
    world
}

async fn unused(world: &World) -> Vec<(String, String)> {
    let preview = digests::preview(&world.app, Cadence::Weekly).await.unwrap();
    preview.unused_pins.into_iter().map(|pin| (pin.link.to_string(), pin.why)).collect()
}

fn link(number: &str) -> String {
    format!("\"{}\"", Entry::on_topic(number).link())
}

#[tokio::test]
async fn a_pinned_story_leads_the_digest_and_names_its_subject() {
    let world = pinning(&link("2")).await;
    assert_eq!(unused(&world).await, []);
    let preview = digests::preview(&world.app, Cadence::Weekly).await.unwrap().rendered.unwrap();
    assert!(preview.subject.starts_with(&Entry::on_topic("2").title), "{}", preview.subject);
}

#[tokio::test]
async fn a_pin_without_effect_is_told_with_the_reason() {
    let world = pinning(&format!("{}, {}, \"https://blog.example.org/elsewhere\"", link("1"), link("3"))).await;
    let found = unused(&world).await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].1.starts_with("the post is not selected (0.0, threshold 3.0"), "{found:?}");
    assert_eq!(found[1], ("https://blog.example.org/elsewhere".into(), "no stored post has this link".into()));
    world.once().await;
    assert_eq!(unused(&world).await[0].1, "the post was in an earlier digest");
}

#[tokio::test]
async fn check_and_preview_name_the_pin() {
    let world = pinning("\"https://blog.example.org/elsewhere\"").await;
    let (_world, folder) = world.apart();
    let run = |arguments: &[&str]| text(&policy_digest(folder.path()).args(arguments).output().unwrap());
    let shown = run(&["check", "--offline"]).split_whitespace().collect::<Vec<_>>().join(" ");
    let finding = "the pin `https://blog.example.org/elsewhere` has no effect: no stored post has this link";
    assert!(shown.contains("0 of 1 pin in the next digest") && shown.contains(finding), "{shown}");
    assert!(run(&["preview"]).contains(finding));
    let answer: serde_json::Value = serde_json::from_str(&run(&["preview", "--json"])).unwrap();
    assert_eq!(answer["unused_pins"][0]["why"], "no stored post has this link");
}
