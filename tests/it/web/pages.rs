//! The pages, used by a browser, a mail program and a mail scanner over a real connection.

use chrono::TimeDelta;
use policy_digest::domain::subscribers::subscriber::Status;
use policy_digest::domain::subscribers::token::CONFIRM_FOR;

use crate::support::World;
use crate::support::pages::{FORM, ask, confirm_path, get, request, serve, status, unsubscribe_path};

#[tokio::test]
async fn a_get_shows_a_button_and_changes_nothing() {
    let world = World::new().await;
    let (pending, active) = (ask(&world.app).await, world.subscribe("ada@example.org").await);
    let (app, address) = serve(world.app).await;
    for path in [confirm_path(&app, &pending), unsubscribe_path(&app, &active)] {
        let page = get(address, &path).await;
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        assert_eq!(page.matches("<button").count(), 1, "{page}");
        assert!(page.contains("<form method=\"post\""), "{page}");
        let head = request(address, "HEAD", &path, "", "").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    }
    assert_eq!(status(&app, &pending).await, Status::Pending);
    assert_eq!(status(&app, &active).await, Status::Active);
}

#[tokio::test]
async fn the_button_confirms_and_pressing_it_again_is_no_error() {
    let world = World::new().await;
    let id = ask(&world.app).await;
    let (app, address) = serve(world.app).await;
    let path = confirm_path(&app, &id);
    for _ in 0..2 {
        let page = request(address, "POST", &path, FORM, "").await;
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        assert_eq!(status(&app, &id).await, Status::Active);
    }
    let left = request(address, "POST", &unsubscribe_path(&app, &id), FORM, "").await;
    assert!(left.starts_with("HTTP/1.1 200"), "{left}");
    let page = request(address, "POST", &path, FORM, "").await;
    assert!(page.starts_with("HTTP/1.1 410"), "an old confirmation does not resubscribe anyone: {page}");
    assert_eq!(status(&app, &id).await, Status::Left);
}

#[tokio::test]
async fn one_click_leaves_in_either_encoding_and_when_repeated() {
    let world = World::new().await;
    let (ada, bob) = (world.subscribe("ada@example.org").await, world.subscribe("bob@example.org").await);
    let (app, address) = serve(world.app).await;
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    for (id, kind, body) in
        [(&ada, FORM, "List-Unsubscribe=One-Click"), (&bob, "multipart/form-data; boundary=b", multipart)]
    {
        for _ in 0..2 {
            let answer = request(address, "POST", &unsubscribe_path(&app, id), kind, body).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            assert!(!answer.to_lowercase().contains("\nlocation:"), "{answer}");
            assert_eq!(status(&app, id).await, Status::Left);
        }
    }
}

#[tokio::test]
async fn a_changed_or_borrowed_token_is_refused_and_an_old_one_is_told_so() {
    let world = World::new().await;
    let clock = world.clock.clone();
    let (pending, active) = (ask(&world.app).await, world.subscribe("ada@example.org").await);
    let (app, address) = serve(world.app).await;
    let path = unsubscribe_path(&app, &active);
    let last = if path.ends_with('0') { "1" } else { "0" };
    let flipped = format!("{}{last}", &path[..path.len() - 1]);
    let borrowed = confirm_path(&app, &pending).replace("/confirm/", "/unsubscribe/");
    for path in [flipped.as_str(), &borrowed, "/unsubscribe/x", "/confirm/%3Cscript%3E"] {
        for method in ["GET", "POST"] {
            let answer = request(address, method, path, FORM, "").await;
            assert!(answer.starts_with("HTTP/1.1 400"), "{method} {path}: {answer}");
            assert!(!answer.contains("<button") && !answer.contains("<script"), "{answer}");
        }
    }
    clock.advance(CONFIRM_FOR + TimeDelta::seconds(1));
    for method in ["GET", "POST"] {
        let answer = request(address, method, &confirm_path(&app, &pending), FORM, "").await;
        assert!(answer.starts_with("HTTP/1.1 410") && answer.contains("expired"), "{answer}");
    }
    assert_eq!(status(&app, &active).await, Status::Active);
    assert_eq!(status(&app, &pending).await, Status::Pending);
}
