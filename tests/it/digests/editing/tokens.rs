//! The links to a draft: each editor's own, for this purpose only, until a day after the slot.

use chrono::TimeDelta;
use policy_digest::domain::subscribers::token::{Purpose, sign};

use super::{SLOT, Scene};
use crate::support::pages::{FORM, get, request};
use crate::support::site::status_of;

#[tokio::test]
async fn a_link_of_any_other_purpose_opens_no_draft_and_a_draft_link_opens_nothing_else() {
    let scene = Scene::with_a_draft().await;
    let path = scene.path("ada@example.org").await;
    let own = path.trim_start_matches("/edit/");
    let subject = own.split('.').nth(2).unwrap();
    let expires = Some(scene.world.clock.now() + TimeDelta::hours(5));
    for purpose in Purpose::ALL.into_iter().filter(|purpose| *purpose != Purpose::Edit) {
        let token = sign(&scene.world.app.keys.token, purpose, subject, expires);
        for (method, path) in [("GET", "/edit/{}"), ("GET", "/edit/{}/preview"), ("POST", "/edit/{}/act")] {
            let answer = request(scene.at, method, &path.replace("{}", &token), FORM, "version=0&act=hold").await;
            assert_eq!(status_of(&answer), "400", "{method} {path}");
        }
    }
    for path in ["/p/{}", "/confirm/{}", "/unsubscribe/{}", "/address/{}"] {
        assert_eq!(status_of(&get(scene.at, &path.replace("{}", own)).await), "400", "{path}");
    }
    assert_eq!(scene.draft().await.version(), 0);
}

#[tokio::test]
async fn a_link_ends_a_day_after_the_slot_with_its_editor_and_with_its_key() {
    let scene = Scene::with_a_draft().await;
    let path = scene.path("ben@example.org").await;
    let at = scene.at;
    let status = |path: String| async move { status_of(&get(at, &path).await).to_owned() };
    assert_eq!(status(path.clone()).await, "200");
    let changed = if path.ends_with('0') { "1" } else { "0" };
    assert_eq!(status(format!("{}{changed}", &path[..path.len() - 1])).await, "400");
    let clock = scene.world.clock.clone();
    clock.advance(SLOT.parse::<chrono::DateTime<chrono::Utc>>().unwrap() + TimeDelta::days(1) - clock.now());
    assert_eq!(status(path.clone()).await, "410");
    clock.advance(-TimeDelta::days(1));
    assert_eq!(status(path.clone()).await, "200");
    // Somebody else is the editor now.
    let file = scene.world.folder().join("config/digest.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, settings.replace(", \"ben@example.org\"", "")).unwrap();
    let scene = scene.restarted().await;
    assert_eq!(status_of(&get(scene.at, &path).await), "400");
    let own = scene.path("ada@example.org").await;
    assert_eq!(status_of(&get(scene.at, &own).await), "200");
    policy_digest::app::operations::keys::rotate(&scene.world.app, true).await.unwrap();
    let scene = scene.restarted().await;
    assert_eq!(status_of(&get(scene.at, &own).await), "400", "its key was revoked");
}
