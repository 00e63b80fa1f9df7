//! A change of keys: what went out before still works, what goes out after is signed anew.

use policy_digest::app::{keys, subscribe};
use policy_digest::domain::subscriber::Status;
use policy_digest::domain::token::{Purpose, return_path, sign, verify_return_path};

use crate::command::{policy_digest, text};
use crate::support::World;

#[tokio::test]
async fn links_and_return_paths_from_before_a_change_of_keys_still_work() {
    let world = World::new().await;
    let (ada, bob) = (world.subscribe("ada@example.org").await, world.subscribe("bob@example.org").await);
    let old = sign(&world.app.keys.token, Purpose::Unsubscribe, &ada, None);
    let path = return_path(&world.app.keys.token, 20);
    world.days(1);
    assert_eq!(keys::rotate(&world.app).await.unwrap().former, 1);
    world.days(1);
    assert_eq!(keys::rotate(&world.app).await.unwrap().former, 2);
    let World { app, .. } = &world.restarted().await;
    let new = sign(&app.keys.token, Purpose::Unsubscribe, &bob, None);
    assert_ne!(sign(&app.keys.token, Purpose::Unsubscribe, &ada, None), old, "the new key signs");
    assert_eq!(verify_return_path(&app.keys.token, &path), Some(20));
    for (token, id) in [(old, ada), (new, bob)] {
        assert_eq!(subscribe::unsubscribe(app, &token).await.unwrap(), Ok(()));
        assert_eq!(app.store.subscriber(id).await.unwrap().unwrap().status, Status::Left);
    }
}

#[test]
fn the_command_changes_the_key_and_says_what_becomes_of_older_links() {
    let folder = tempfile::tempdir().unwrap();
    crate::support::write_config(folder.path(), &[], "");
    let run = || policy_digest(folder.path()).args(["keys", "rotate"]).output().unwrap();
    assert!(text(&run()).contains("1 former key is accepted"));
    assert!(text(&run()).contains("2 former keys are accepted"));
}
