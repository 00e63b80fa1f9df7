//! `draft` on the command line does what the page does.

use serde_json::Value;

use super::Scene;
use crate::support::program::{policy_digest, text};

async fn run(scene: &Scene, arguments: &[&str]) -> (Option<i32>, String) {
    let folder = scene.world.folder().to_owned();
    let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let output =
        tokio::task::spawn_blocking(move || policy_digest(&folder).arg("draft").args(arguments).output().unwrap());
    let output = output.await.unwrap();
    (output.status.code(), text(&output))
}

/// The program's clock is the real one, so the slot must be in its future.
async fn with_a_draft() -> Scene {
    let scene = Scene::with_a_draft().await;
    let due = (chrono::Utc::now() + chrono::TimeDelta::hours(2)).timestamp();
    scene.world.execute(&format!("UPDATE drafts SET due = {due}"));
    scene
}

#[tokio::test]
async fn each_act_has_a_command_and_the_ledger_says_who() {
    let scene = with_a_draft().await;
    let (_, shown) = run(&scene, &[]).await;
    assert!(shown.contains("the weekly digest of 2026-11-30T08:00, version 0"), "{shown}");
    let json: Value = serde_json::from_str(&run(&scene, &["show", "--json"]).await.1).unwrap();
    let story = |at: usize| json["sections"][0]["stories"][at]["seq"].to_string();
    let near = json["near_misses"][0]["seq"].to_string();
    let note = scene.world.folder().join("my-note.md");
    std::fs::write(&note, "Dear readers.").unwrap();
    let (first, second, third) = (story(0), story(1), story(2));
    for arguments in [
        vec!["drop", &first, "--off-topic"],
        vec!["restore", &first],
        vec!["drop", &first],
        vec!["postpone", &second],
        vec!["include", &near],
        vec!["lead", &third],
        vec!["move", &near, "--section", "integration"],
        vec!["edit", &third, "--title", "A better title"],
        vec!["comment", &third, "Read this."],
        vec!["note", note.to_str().unwrap()],
        vec!["hold"],
        vec!["reopen"],
        vec!["approve", "--by", "Ada"],
    ] {
        let (code, said) = run(&scene, &arguments).await;
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
    }
    let (code, said) = run(&scene, &["drop", &third]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("the draft is approved: reopen it to change it"), "{said}");
    let (code, said) = run(&scene, &["reopen", "--seen", "3"]).await;
    assert!(code == Some(2) && said.contains("the draft is at version 13, and not 3 any more"), "{said}");
    let json: Value = serde_json::from_str(&run(&scene, &["--json"]).await.1).unwrap();
    assert_eq!((&json["status"], &json["version"]), (&"approved".into(), &13.into()));
    assert_eq!(json["ledger"][12]["by"], "Ada");
    assert_eq!(json["ledger"][0]["by"], "the command line");
    assert_eq!(json["ledger"][7]["what"], "edited \u{201c}A better title\u{201d}");
}

#[tokio::test]
async fn send_says_what_it_would_send_until_it_is_told_to() {
    let scene = with_a_draft().await;
    let (code, said) = run(&scene, &["send"]).await;
    assert!(code == Some(2) && said.contains("(5 stories) is not sent yet: add `--yes`"), "{said}");
    assert_eq!(run(&scene, &["send", "--yes"]).await.0, Some(0));
    assert_eq!(scene.wake("2026-11-30T06:00:00Z").await.delivery.sent, 2);
    let (_, said) = run(&scene, &[]).await;
    assert!(said.contains("sent, as run 1"), "{said}");
    let output = policy_digest(scene.world.folder()).args(["runs", "show", "1"]).output().unwrap();
    assert!(text(&output).contains("the command line approved it and sent it"), "{}", text(&output));
}
