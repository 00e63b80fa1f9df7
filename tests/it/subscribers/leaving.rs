//! Leaving over a real connection, however a mail program posts it (RFC 8058); taking it back; and being erased, by hand
//! and in time.

use chrono::TimeDelta;
use policy_digest::app::App;
use policy_digest::app::operations::cleanup::{cleanup, cleanup_due};
use policy_digest::app::outbox::bounces;
use policy_digest::app::subscribers::preferences::{Return, UNDO_FOR, forget};
use policy_digest::app::subscribers::sign_up::{SignUp, sign_up};
use policy_digest::domain::outbox::bounce::Fault;
use policy_digest::domain::outbox::{Next, Outcome};
use policy_digest::domain::subscribers::subscriber::{Cadence, EmailAddress, Preferences, Status};
use policy_digest::store::{Erased, NewReport, Settlement, Source};

use crate::support::pages::{FORM, ask, get, request, serve, status, unsubscribe_path};
use crate::support::program::{policy_digest, text};
use crate::support::{Entry, Reply, World, rss, write_config};

const MULTIPART: &str = "multipart/form-data; boundary=b";

#[tokio::test]
async fn one_click_is_taken_in_any_form_and_from_whoever_was_erased() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for name in ["ada", "bob", "cat"] {
        ids.push(world.subscribe(&format!("{name}@example.org")).await);
    }
    let (app, address) = serve(world.app).await;
    app.store.subscribers().erase(ids[1].clone(), app.clock.now()).await.unwrap();
    assert!(forget(&app, &EmailAddress::parse("cat@example.org").unwrap()).await.unwrap());
    let part = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    for id in &ids {
        for (kind, body) in [
            (FORM, "List-Unsubscribe=One-Click"),
            (MULTIPART, part),
            (MULTIPART, "List-Unsubscribe=One-Click"),
            (MULTIPART, "--b\r\nContent-Disp"),
            ("multipart/form-data", part),
            (FORM, part),
            (FORM, ""),
            ("", ""),
            ("application/json", "{\"List-Unsubscribe\": \"No\"}"),
            ("text/plain; charset=x-nonsense", "%%%\u{fffd}&=&"),
            ("", "List-Unsubscribe=One-Click"),
        ] {
            let answer = request(address, "POST", &unsubscribe_path(&app, id), kind, body).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{kind} {body}: {answer}");
            let head = answer.split("\r\n\r\n").next().unwrap().to_lowercase();
            assert!(!head.contains("\nlocation:") && !head.contains("\nset-cookie:"), "{head}");
        }
        for method in ["GET", "HEAD"] {
            let answer = request(address, method, &unsubscribe_path(&app, id), "", "").await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{method}: {answer}");
        }
    }
    assert_eq!(status(&app, &ids[0]).await, Status::Left);
    assert_eq!(app.store.subscribers().list().await.unwrap().len(), 1, "nobody comes back by it");
}

#[tokio::test]
async fn leaving_can_be_undone_for_28_days_and_brings_back_what_was_chosen() {
    let world = World::new().await;
    let clock = world.clock.clone();
    let id = world.subscribe("ada@example.org").await;
    let (app, address) = serve(world.app).await;
    let path = unsubscribe_path(&app, &id);
    let undo = format!("{path}?undo");
    let before = app.store.subscribers().subscriber(id.clone()).await.unwrap().unwrap();
    let page = request(address, "POST", &path, FORM, "List-Unsubscribe=One-Click").await;
    assert!(page.contains("action=\"?undo\""), "{page}");
    clock.advance(UNDO_FOR);
    let page = get(address, &undo).await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("action=\"?undo\""), "{page}");
    assert_eq!(status(&app, &id).await, Status::Left, "a GET brings nobody back");
    for _ in 0..2 {
        let page = request(address, "POST", &undo, FORM, "").await;
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("You are subscribed again"), "{page}");
    }
    let after = app.store.subscribers().subscriber(id.clone()).await.unwrap().unwrap();
    assert_eq!(format!("{before:?}"), format!("{after:?}"));
    request(address, "POST", &path, FORM, "").await;
    clock.advance(UNDO_FOR + TimeDelta::seconds(1));
    assert!(!get(address, &path).await.contains("?undo"));
    let page = request(address, "POST", &undo, FORM, "").await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("can no longer be undone"), "{page}");
    assert_eq!(status(&app, &id).await, Status::Left);
}

#[tokio::test]
async fn whoever_comes_back_is_served_from_the_last_run() {
    let world = World::new().await;
    let (ada, _bob) = (world.subscribe("ada@example.org").await, world.subscribe("bob@example.org").await);
    let app = &world.app;
    app.store.subscribers().leave(ada.clone(), app.clock.now()).await.unwrap();
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    assert_eq!(world.mails().len(), 1);
    let token = unsubscribe_path(app, &ada).replace("/unsubscribe/", "");
    assert_eq!(policy_digest::app::subscribers::preferences::come_back(app, &token).await.unwrap(), Return::Back);
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("2")])));
    world.clock.advance(TimeDelta::hours(1));
    world.once().await;
    let mails = world.mails();
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().all(|mail| mail.text.contains("part 2") && !mail.text.contains("part 1")));
}

#[tokio::test]
async fn whoever_left_and_signs_up_is_asked_for_the_mail_and_erased_in_time_without_it() {
    let world = World::new().await;
    let clock = world.clock.clone();
    let id = world.subscribe("ada@example.org").await;
    let (app, address) = serve(world.app).await;
    let path = unsubscribe_path(&app, &id);
    request(address, "POST", &path, FORM, "").await;
    clock.advance(TimeDelta::days(1));
    let wanted = SignUp {
        address: EmailAddress::parse("ada@example.org").unwrap(),
        preferences: Preferences { cadence: Cadence::Daily, ..Preferences::default() },
    };
    sign_up(&app, wanted).await.unwrap();
    assert_eq!(status(&app, &id).await, Status::Pending);
    let page = request(address, "POST", &format!("{path}?undo"), FORM, "").await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("You have not confirmed"), "{page}");
    assert_eq!(status(&app, &id).await, Status::Pending, "only the link of the mail confirms");
    let pending = TimeDelta::from_std(app.config.settings.retention.pending).unwrap();
    clock.advance(pending);
    assert_eq!(cleanup(&app).await.unwrap().people, Erased::default());
    clock.advance(TimeDelta::seconds(1));
    assert_eq!(cleanup(&app).await.unwrap().people, Erased { pending: 1, left: 0 });
    assert!(app.store.subscribers().subscriber(id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_complaint_cannot_be_undone() {
    let world = World::new().await;
    let id = world.subscribe("ada@example.org").await;
    sent(&world, "1").await;
    complain(&world.app, &id).await;
    let (app, address) = serve(world.app).await;
    let path = unsubscribe_path(&app, &id);
    request(address, "POST", &path, FORM, "").await;
    let page = request(address, "POST", &format!("{path}?undo"), FORM, "").await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("can no longer be undone"), "{page}");
    assert_eq!(status(&app, &id).await, Status::Left);
}

#[tokio::test]
async fn what_comes_back_from_an_address_that_was_asked_for_says_nothing_of_the_one_they_have() {
    let world = World::new().await;
    let id = world.subscribe("ada@example.org").await;
    let token = policy_digest::domain::subscribers::token::sign(
        &world.app.keys.token,
        policy_digest::domain::subscribers::token::Purpose::Preferences,
        &id,
        None,
    );
    let _ = policy_digest::app::subscribers::preferences::ask_address(&world.app, &token, "typo@example.org")
        .await
        .unwrap();
    policy_digest::app::outbox::deliver::deliver(&world.app, &policy_digest::app::silent).await.unwrap();
    let message = world.app.store.outbox().reported_of(id.clone(), None).await.unwrap().unwrap();
    let report = NewReport {
        source: Source::Dsn,
        fault: Fault::Person,
        code: "550 5.1.1".to_owned(),
        hash: world.app.keys.address_hash(&message.address.unwrap()),
    };
    world.app.store.outbox().report(message.message, report, world.clock.now()).await.unwrap();
    assert_eq!(status(&world.app, &id).await, Status::Active);
}

#[tokio::test]
async fn a_forgotten_address_stands_nowhere_and_what_was_counted_stays() {
    let world = World::new().await;
    let id = world.subscribe("ada@example.org").await;
    sent(&world, "1").await;
    complain(&world.app, &id).await;
    let address = EmailAddress::parse("ADA@example.org").unwrap();
    assert!(forget(&world.app, &address).await.unwrap());
    assert!(!forget(&world.app, &address).await.unwrap(), "it is nowhere any more");
    let database = rusqlite::Connection::open(world.folder().join("data/policy-digest.db")).unwrap();
    assert_eq!(everything(&database).matches("ada@").count(), 0);
    let count = |what: &str| -> i64 { database.query_row(what, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT count(*) FROM messages WHERE state = 'sent' AND address = ''"), 1);
    assert_eq!(count("SELECT count(*) FROM attempts"), 1);
    assert_eq!(count("SELECT count(*) FROM reports WHERE hash = ''"), 1);
    assert_eq!(count("SELECT count(*) FROM suppressions"), 1, "what remains is that they complained");
    assert_eq!(count("SELECT count(*) FROM subscribers"), 0);
}

#[tokio::test]
async fn an_attempt_that_was_under_way_when_its_person_was_erased_stops_nobody() {
    let world = World::new().await;
    let id = ask(&world.app).await;
    let keys = world.app.keys.clone();
    let claimed = world
        .app
        .store
        .outbox()
        .claim_due(world.clock.now(), 1, move |address| keys.address_hash(address))
        .await
        .unwrap();
    world.app.store.subscribers().erase(id, world.clock.now()).await.unwrap();
    let settlement = Settlement {
        id: claimed[0].id,
        attempt: 1,
        outcome: Outcome::Deferred,
        next: Next::RetryAt(world.clock.now()),
        was_unknown: false,
        error: None,
        report: None,
    };
    world.app.store.outbox().settle(vec![settlement], world.clock.now()).await.unwrap();
    world.subscribe("bob@example.org").await;
    sent(&world, "1").await;
    cleanup(&world.app).await.unwrap();
    let counts = world.app.store.outbox().message_counts().await.unwrap();
    assert_eq!((counts["sent"], counts["cancelled"], counts.len()), (1, 1, 2));
}

#[tokio::test]
async fn sign_ups_that_were_never_confirmed_and_people_who_left_are_erased_in_time() {
    let world = World::configured("[retention]\npending = \"14d\"\nleft = \"28d\"\n").await;
    let app = &world.app;
    let (pending, left, stays) =
        (ask(app).await, world.subscribe("ada@example.org").await, world.subscribe("bob@example.org").await);
    app.store.subscribers().leave(left.clone(), app.clock.now()).await.unwrap();
    world.days(14);
    assert_eq!(cleanup(app).await.unwrap().people, Erased::default());
    world.clock.advance(TimeDelta::seconds(1));
    assert_eq!(cleanup_due(app).await.unwrap().people, Erased::default(), "it was done within a day");
    assert!(app.store.subscribers().subscriber(pending.clone()).await.unwrap().is_some());
    world.once().await;
    assert!(app.store.subscribers().subscriber(pending).await.unwrap().is_none());
    world.days(13);
    world.clock.advance(TimeDelta::hours(23));
    assert_eq!(cleanup_due(app).await.unwrap().people, Erased::default());
    world.days(1);
    assert_eq!(cleanup_due(app).await.unwrap().people, Erased { pending: 0, left: 1 });
    assert!(app.store.subscribers().subscriber(left).await.unwrap().is_none());
    assert_eq!(status(app, &stays).await, Status::Active);
}

#[tokio::test]
async fn a_sign_up_that_was_asked_again_is_kept_from_then_on() {
    let world = World::new().await;
    let id = ask(&world.app).await;
    world.once().await;
    world.days(10);
    ask(&world.app).await;
    world.days(10);
    assert_eq!(cleanup(&world.app).await.unwrap().people, Erased::default());
    world.days(5);
    assert_eq!(cleanup(&world.app).await.unwrap().people.pending, 1);
    assert!(world.app.store.subscribers().subscriber(id).await.unwrap().is_none());
}

#[test]
fn the_command_erases_an_address_and_says_when_it_is_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[], "");
    let run = |arguments: &[&str]| policy_digest(folder.path()).arg("subscribers").args(arguments).output().unwrap();
    assert!(run(&["add", "ada@example.org", "--confirmed-by", "a form"]).status.success());
    let forgotten = run(&["forget", "Ada@example.org", "--yes"]);
    assert!(forgotten.status.success() && text(&forgotten).contains("Ada@example.org is erased"));
    let again = run(&["forget", "ada@example.org", "--yes"]);
    assert_eq!(again.status.code(), Some(2), "{}", text(&again));
    assert!(!text(&run(&["list"])).contains("ada@"));
}

async fn sent(world: &World, id: &str) {
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic(id)])));
    world.once().await;
}

pub async fn complain(app: &App, id: &str) {
    let mail = format!(
        "From: fbl@example.net\r\nTo: bounces@example.org\r\nContent-Type: multipart/report; report-type=feedback-report; \
         boundary=b\r\n\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n--b\r\n\
         Content-Type: message/rfc822\r\n\r\nList-Unsubscribe: <https://digest.example.org{}>\r\nSubject: x\r\n\r\nx\r\n--b--\r\n",
        unsubscribe_path(app, id)
    );
    let taken = bounces::take_in(app, mail.as_bytes(), None).await.unwrap();
    assert!(matches!(taken, bounces::BounceReport::Complaint { .. }), "{taken:?}");
}

/// Every value of every table, as text.
fn everything(database: &rusqlite::Connection) -> String {
    let mut tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut all = String::new();
    for name in names {
        let mut rows = database.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                all.push_str(&format!("{:?}\n", row.get_ref(column).unwrap()));
                if let Ok(value) = row.get::<_, String>(column) {
                    all.push_str(&value.to_lowercase());
                }
            }
        }
    }
    all
}
