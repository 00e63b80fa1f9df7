//! The editor's note and the footer as readers get them.

use policy_digest::app::digests::note::NoteUse;
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::outbox::deliver::deliver;
use policy_digest::app::{digests, silent};
use policy_digest::config::NoteError;
use policy_digest::domain::subscribers::subscriber::Cadence;

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, Mail, Reply, World, rss, write_config};

fn write_note(world: &World, note: &str) {
    std::fs::write(world.folder().join("config/note.md"), note).unwrap();
}

/// The next week: one more post, a digest for everybody.
async fn next_week(world: &World, post: u32) -> String {
    world.days(7);
    let now = Some(world.clock.now());
    let entry = |number: u32| Entry { published: now, ..Entry::on_topic(&number.to_string()) };
    world.server.serve("/blog.xml", Reply::feed(rss(&(1..=post).map(entry).collect::<Vec<_>>())));
    let report = world.once().await;
    assert_eq!(report.digests[0].run.unwrap().messages, 1);
    world.mails().remove(0).text
}

#[tokio::test]
async fn a_note_is_shown_once_and_again_when_it_is_edited() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    write_note(&world, "We have *moved*: see [the new page](https://example.org/new).\n");
    let first = next_week(&world, 1).await;
    assert!(first.contains("FROM THE EDITOR") && first.contains("We have moved: see the new page."), "{first}");
    assert!(first.contains("\nhttps://example.org/new\r\n") && first.contains("<em>moved</em>"), "{first}");
    assert!(!next_week(&world, 2).await.contains("We have moved"), "the same text is shown once");
    write_note(&world, "");
    assert!(!next_week(&world, 3).await.contains("FROM THE EDITOR"), "an empty file is no note");
    write_note(&world, "We have moved back.");
    assert!(next_week(&world, 4).await.contains("We have moved back."), "an edited note is shown again");
}

#[tokio::test]
async fn a_note_waits_for_a_digest_that_goes_out() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    write_note(&world, "Dear readers.");
    assert!(world.once().await.digests[0].run.is_none(), "a note alone makes no digest");
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    poll(&world.app, &Which::All, &silent).await.unwrap();
    assert_eq!(digests::make(&world.app).await.unwrap().note, NoteUse::Shown);
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1"), Entry::on_topic("2")])));
    poll(&world.app, &Which::All, &silent).await.unwrap();
    assert_eq!(digests::make(&world.app).await.unwrap().note, NoteUse::Shown, "the first digest was replaced, unsent");
    deliver(&world.app, &silent).await.unwrap();
    let mails = world.mails();
    assert!(mails.len() == 1 && mails[0].text.contains("Dear readers."));
}

#[tokio::test]
async fn each_cadence_is_shown_the_note() {
    let world = World::new().await;
    world.subscribe_with("ada@example.org", Cadence::Daily, None).await;
    world.subscribe_with("ben@example.org", Cadence::Weekly, None).await;
    write_note(&world, "Dear readers.");
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    poll(&world.app, &Which::All, &silent).await.unwrap();
    world.clock.advance(chrono::TimeDelta::hours(23));
    let mut seen = Vec::new();
    for _ in 0..7 {
        for report in digests::make_due(&world.app).await.unwrap() {
            seen.extend(report.run.filter(|run| run.messages > 0).map(|_| (report.cadence.unwrap(), report.note)));
        }
        deliver(&world.app, &silent).await.unwrap();
        world.days(1);
    }
    seen.sort_unstable_by_key(|(cadence, _)| *cadence);
    assert_eq!(seen, [(Cadence::Daily, NoteUse::Shown), (Cadence::Weekly, NoteUse::Shown)]);
    assert!(world.mails().iter().all(|mail| mail.text.contains("Dear readers.")));
}

#[tokio::test]
async fn a_hostile_note_is_harmless_in_the_mail() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    let note = "<script>alert(1)</script>\n\n[one](javascript:alert(1)) [two](data:text/html,x)\n\n\
        ![pixel](https://example.org/pixel.gif) <img src=x onerror=alert(1)> {{ sender.contact }}\n";
    write_note(&world, note);
    let mail = next_week(&world, 1).await;
    for forbidden in ["<script", "javascript:", "data:text", "pixel.gif", "<img src=x on"] {
        let html = mail.split_once("<!DOCTYPE").unwrap().1;
        assert!(!html.contains(forbidden), "{forbidden} in {html}");
    }
    assert!(mail.contains("&lt;script&gt;") && mail.contains("{{ sender.contact }}"), "{mail}");
}

#[tokio::test]
async fn a_note_that_is_too_long_makes_no_digest_and_says_why() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    poll(&world.app, &Which::All, &silent).await.unwrap();
    write_note(&world, &"All is well. ".repeat(1000));
    let error = digests::make(&world.app).await.unwrap_err();
    assert!(error.is::<NoteError>() && error.to_string().contains("note.md` has 12999 bytes"), "{error}");
    write_note(&world, "All is well.");
    assert_eq!(digests::make(&world.app).await.unwrap().stories, 1, "nothing was lost");
}

#[test]
fn preview_shows_the_note_and_refuses_a_bad_one_before_anything_else() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    let entry = Entry { published: Some(chrono::Utc::now()), ..Entry::on_topic("1") };
    std::fs::write(folder.path().join("config/blog.xml"), rss(&[entry])).unwrap();
    std::fs::write(folder.path().join("config/note.md"), "From the file.").unwrap();
    std::fs::write(folder.path().join("other.md"), "From elsewhere.").unwrap();
    std::fs::write(folder.path().join("long.md"), "long ".repeat(5000)).unwrap();
    let run = |arguments: &[&str]| policy_digest(folder.path()).args(arguments).output().unwrap();
    assert!(run(&["poll"]).status.success());
    assert!(text(&run(&["preview"])).contains("FROM THE EDITOR\n---------------\n\nFrom the file.\n"));
    let other = text(&run(&["preview", "--note", "other.md"]));
    assert!(other.contains("From elsewhere.") && !other.contains("From the file."), "{other}");
    for (command, file, expected) in [
        ("preview", "long.md", "hint: shorten it"),
        ("once", "long.md", "the note `long.md` has 24999 bytes; the limit is 10240"),
        ("once", "none.md", "the note `none.md` does not exist"),
    ] {
        let output = run(&[command, "--note", file]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output).contains(expected), "{}", text(&output));
    }
}

#[test]
fn a_preview_without_news_shows_a_made_up_digest_or_the_last_one_again() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], "");
    let entry = Entry { published: Some(chrono::Utc::now()), ..Entry::on_topic("1") };
    std::fs::write(folder.path().join("config/blog.xml"), rss(&[entry])).unwrap();
    std::fs::write(folder.path().join("config/note.md"), "From the editor's file.").unwrap();
    let run = |arguments: &[&str]| policy_digest(folder.path()).args(arguments).output().unwrap();
    let sample = text(&run(&["preview", "--sample"]));
    assert!(sample.starts_with("Subject: A made-up post about four councils"), "{sample}");
    for words in ["COLLABORATION", "INTEGRATION", "A made-up near miss", "From the editor's file."] {
        assert!(sample.contains(words), "{words} is not in\n{sample}");
    }
    assert!(run(&["poll"]).status.success());
    let none = run(&["preview", "--last"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(text(&none).contains("hint: `preview` shows the next one"), "{}", text(&none));
    assert!(run(&["subscribers", "add", "ada@example.org", "--confirmed-by", "a test"]).status.success());
    assert!(run(&["once"]).status.success());
    let empty = text(&run(&["preview"]));
    assert!(empty.contains("nothing is new") && empty.contains("`preview --last`"), "{empty}");
    let last = run(&["preview", "--last", "--out", "again"]);
    assert!(text(&last).contains("part 1") && text(&last).contains(" (run 1, made "), "{}", text(&last));
    let html = std::fs::read_to_string(folder.path().join("again/digest.html")).unwrap();
    assert!(html.contains("part 1") && html.contains("From the editor") && !html.contains("since.invalid"), "{html}");
    let json: serde_json::Value = serde_json::from_slice(&run(&["preview", "--last", "--json"]).stdout).unwrap();
    assert_eq!((&json["run"], &json["cadence"]), (&1.into(), &"once".into()));
    assert_eq!(run(&["preview", "--last", "--sample"]).status.code(), Some(2));
    assert_eq!(run(&["preview", "--last", "--cadence", "weekly"]).status.code(), Some(1), "it was of no cadence");
}

#[tokio::test]
async fn the_footers_of_both_parts_say_the_same() {
    let more = "[mail]\nreply_to = \"The Editor <editor@example.org>\"\n[sender]\norganisation = \"Example Institute\"\n\
        postal_address = \"1 High Street\"\ncontact = \"hello@example.org\"\nprivacy_url = \"https://example.org/privacy\"\n";
    let world = World::configured(more).await;
    world.subscribe("ada@example.org").await;
    let mail = next_week(&world, 1).await;
    let (plain, html) = mail.split_once("<!DOCTYPE").unwrap();
    let (plain, html) = (plain.split_once("\r\n--").unwrap().1.replace("\r\n", " "), html.replace("\r\n", " "));
    for words in [
        "You get this because you asked for posts about public service reform.",
        "You subscribed on 23 November 2026.",
        "Unsubscribe",
        "Off topic? Tell us",
        "mailto:editor@example.org?subject=Off%20topic",
        "Suggest a source",
        "mailto:editor@example.org?subject=Suggest%20a%20source",
        "Sent by Example Institute, 1 High Street.",
        "Contact: hello@example.org",
        "How we use your data",
        "https://example.org/privacy",
        "We don't track you: no tracking pixel, and links go straight to the source.",
    ] {
        assert!(plain.contains(words), "{words} is not in the text:\n{plain}");
        assert!(html.replace("&#x27;", "'").contains(words), "{words} is not in the HTML:\n{html}");
    }
    assert!(!mail.contains("<img") && !mail.contains("since.invalid"));
}

#[tokio::test]
async fn readers_of_one_rendering_have_each_their_own_date() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.days(10);
    world.subscribe("ben@example.org").await;
    let entry = Entry { published: Some(world.clock.now()), ..Entry::on_topic("1") };
    world.server.serve("/blog.xml", Reply::feed(rss(&[entry])));
    assert_eq!(world.once().await.delivery.sent, 2);
    let since = |mail: &Mail| {
        let dates: Vec<&str> = mail.text.split("You subscribed on ").skip(1).collect();
        dates.iter().map(|rest| rest.split('.').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for mail in world.mails() {
        let expected = if mail.header("To").contains("ada") { "23 November 2026" } else { "3 December 2026" };
        assert_eq!(since(&mail), [expected; 2], "in the text and in the HTML");
    }
}
