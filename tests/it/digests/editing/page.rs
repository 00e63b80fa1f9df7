//! The page of a draft: what it shows, what it refuses, and how two editors meet on it.

use std::time::Instant;

use super::{EDITORS, LEAD, Scene, far_miss, near_miss, write};
use crate::support::pages::get;
use crate::support::site::status_of;
use crate::support::{Entry, aloud, everything};

fn shown(body: &str) -> String {
    body.replace("&#x27;", "'").replace("&#39;", "'").replace("&quot;", "\"").replace("&#x2f;", "/")
}

#[tokio::test]
async fn the_page_shows_every_story_with_its_score_and_reasons_and_the_near_misses() {
    let scene = Scene::with_a_draft().await;
    let page = scene.page("ada@example.org").await;
    let body = shown(&page.body);
    assert_eq!(page.status, 200);
    for words in [
        "If you do nothing, this goes out at 8:00 on 30 November 2026.",
        "Collaborative governance, part 3",
        "Near misses",
        "Notes on budgets, part 6",
        "Approve and send at 8:00",
        "You are ada@example.org.",
        "Add a post by its address",
    ] {
        assert!(body.contains(words), "no {words} in {body}");
    }
    assert!(!body.contains("<script"), "no script");
    assert_eq!(page.header("cache-control").as_deref(), Some("no-store"));
    assert!(page.header("x-robots-tag").is_some());
}

#[tokio::test]
async fn posts_far_from_the_topic_are_no_near_misses_and_may_be_in_the_blind_sample() {
    let scene = Scene::new().await;
    let on_topic = (1..=5).map(|id| Entry::on_topic(&id.to_string()));
    let far = (10..30).map(|id| far_miss(&id.to_string()));
    write(&scene.world, &on_topic.chain([near_miss("6")]).chain(far).collect::<Vec<_>>());
    scene.wake(LEAD).await;
    let draft = scene.draft().await;
    let titles: Vec<&str> = draft.near_misses().iter().map(|piece| piece.story.title.as_str()).collect();
    assert_eq!(titles, ["Notes on budgets, part 6"]);
    let is_drawn = |seq: &i64| draft.base().sample.contains(seq);
    let sample: Vec<i64> = draft.sample().iter().map(|piece| piece.story.seq).collect();
    assert!(draft.base().sample.len() == 5 && sample.len() >= 4 && sample.iter().all(is_drawn), "{sample:?}");
    scene.does(&format!("act=include&seq={}", sample[0])).await;
    assert_eq!(scene.draft().await.extras(), [sample[0]], "it can be included");
}

#[tokio::test]
async fn a_week_with_nothing_near_the_topic_still_has_its_blind_sample() {
    let scene = Scene::configured(EDITORS).await;
    write(&scene.world, &(10..15).map(|id| far_miss(&id.to_string())).collect::<Vec<_>>());
    scene.wake(LEAD).await;
    let draft = scene.draft().await;
    assert_eq!((draft.stories().len(), draft.near_misses().len(), draft.sample().len()), (0, 0, 5));
}

#[tokio::test]
async fn after_a_decision_the_editor_reads_on_at_the_story_below() {
    let scene = Scene::with_a_draft().await;
    let mut shown: Vec<String> = Vec::new();
    for part in scene.page("ada@example.org").await.body.split("<h3 id=\"s").skip(1) {
        shown.push(part.split('"').next().unwrap().to_owned());
    }
    assert_eq!(shown.len(), 6, "{shown:?}");
    for (act, at, next) in [
        ("leave_out", 1, 2),
        ("off_topic", 2, 3),
        ("comment", 3, 3),
        ("lead", 3, 4),
        ("postpone", 4, 1),
        ("include", 5, 5),
    ] {
        let place = scene.act(&format!("act={act}&seq={}&comment=x", shown[at])).await.header("location").unwrap();
        assert!(place.ends_with(&format!("?done={act}#s{}", shown[next])), "{act}: {place} of {shown:?}");
    }
}

#[tokio::test]
async fn looking_changes_nothing() {
    let scene = Scene::with_a_draft().await;
    let database = scene.world.folder().join("data/policy-digest.db");
    let path = scene.path("ada@example.org").await;
    let before = everything(&database);
    for path in [
        format!("{path}?done=approve&act=approve&version=0"),
        format!("{path}/preview"),
        format!("{path}/act?act=hold&version=0"),
    ] {
        assert!(["200", "303"].contains(&status_of(&get(scene.at, &path).await)), "{path}");
    }
    scene.act("act=note_preview&markdown=*Hello*").await;
    scene.act("act=send").await;
    assert_eq!(everything(&database), before);
}

#[tokio::test]
async fn a_stale_form_is_refused_and_shows_both_versions() {
    let scene = Scene::with_a_draft().await;
    let seq = scene.seq("Collaborative governance, part 1").await;
    let by = |editor: &'static str, version, fields: String| {
        let scene = &scene;
        async move { scene.act_as(editor, version, &fields).await }
    };
    let edit = |title: &str| format!("act=edit&seq={seq}&title={title}&excerpt=Words.");
    assert_eq!(by("ada@example.org", 0, edit("From+Ada")).await.status, 303);
    let refused = by("ben@example.org", 0, edit("From+Ben")).await;
    assert_eq!(refused.status, 409);
    let body = shown(&refused.body);
    for words in ["From Ben", "From Ada", "ada@example.org edited", "version 0", "version 1"] {
        assert!(body.contains(words), "no {words} in {body}");
    }
    assert_eq!(scene.draft().await.title(seq), "From Ada");
    // The page offers it again, on the version that it shows.
    let fields = ["act", "seq", "title", "excerpt", "version"].map(|name| {
        let value = crate::support::site::field(&refused.body, name);
        format!("{name}={}", value.replace(' ', "+"))
    });
    let (path, form) = (format!("{}/act", scene.path("ben@example.org").await), fields.join("&"));
    let again = crate::support::pages::request(scene.at, "POST", &path, crate::support::pages::FORM, &form).await;
    assert_eq!(status_of(&again), "303");
    assert_eq!(scene.draft().await.title(seq), "From Ben");
    let page = shown(&scene.page("ada@example.org").await.body);
    assert!(page.contains("ben@example.org edited"), "each sees what the other did: {page}");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_done_once() {
    let scene = Scene::with_a_draft().await;
    let seq = scene.seq("Collaborative governance, part 1").await;
    for _ in 0..2 {
        assert_eq!(scene.act_as("ada@example.org", 0, &format!("act=leave_out&seq={seq}")).await.status, 303);
    }
    assert_eq!(scene.draft().await.version(), 1);
    for _ in 0..2 {
        let seq = scene.seq("Collaborative governance, part 3").await;
        assert_eq!(scene.act_as("ada@example.org", 1, &format!("act=up&seq={seq}")).await.status, 303);
    }
    assert_eq!(scene.draft().await.version(), 2);
}

#[tokio::test]
async fn what_an_editor_types_wrongly_is_refused_with_the_reason_and_hostile_words_are_harmless() {
    let scene = Scene::with_a_draft().await;
    let seq = scene.seq("Collaborative governance, part 1").await;
    let empty = scene.act(&format!("act=edit&seq={seq}&title=+&excerpt=")).await;
    assert!(empty.status == 422 && empty.body.contains("The title must not be empty."), "{}", empty.body);
    let long = scene.act(&format!("act=comment&seq={seq}&comment={}", "a".repeat(601))).await;
    assert!(long.status == 422 && long.body.contains("at most 600 characters"), "{}", long.body);
    let note = scene.act(&format!("act=note&markdown={}", "%C5%B5".repeat(5_000))).await;
    assert_eq!(note.status, 303, "5,000 letters with accents are 10 KB");
    assert_eq!(scene.act("act=nothing").await.status, 400);
    assert_eq!(scene.act("act=lead&seq=4711").await.status, 422);
    scene.does(&format!("act=comment&seq={seq}&comment=%3Cscript%3Ealert(1)%3C%2Fscript%3E")).await;
    scene.does("act=note&markdown=%3Cscript%3Ealert(1)%3C%2Fscript%3E").await;
    assert!(!scene.page("ada@example.org").await.body.contains("<script"));
}

/// A measurement, not a test of time: a slow machine does not fail it.
#[tokio::test]
async fn a_draft_of_a_thousand_items_is_shown() {
    let scene = Scene::configured(EDITORS).await;
    let on_topic = (0..60).map(|id| Entry {
        text: format!("Town {id} writes about collaborative governance."),
        ..Entry::on_topic(&format!("a{id}"))
    });
    let off_topic = (0..940).map(|id| near_miss(&format!("b{id}")));
    write(&scene.world, &on_topic.chain(off_topic).collect::<Vec<_>>());
    scene.wake(LEAD).await;
    let draft = scene.draft().await;
    assert_eq!((draft.stories().len(), draft.near_misses().len(), draft.base().sample.len()), (60, 30, 5));
    let mut times = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        assert_eq!(scene.page("ada@example.org").await.status, 200);
        times.push(began.elapsed());
    }
    times.sort();
    aloud(&format!(
        "a draft of 1,000 items (60 stories, 30 near misses): {:?} (of 5: {:?} to {:?})",
        times[2], times[0], times[4]
    ));
}
