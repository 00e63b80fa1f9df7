//! People from other programs' files: as Mailchimp and listmonk export them, and as a spreadsheet does. Bad lines are
//! named, and nobody who does not want the digest gets it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use policy_digest::app::silent;
use policy_digest::app::subscribers::import::{ImportReport, import};
use policy_digest::app::subscribers::{preferences, subscribe};
use policy_digest::domain::subscribers::subscriber::{EmailAddress, Status};

use crate::support::program::{policy_digest, text};
use crate::support::{World, write_config};

async fn imported(world: &World, content: impl AsRef<[u8]>) -> ImportReport {
    let csv = world.folder().join("people.csv");
    std::fs::write(&csv, content).unwrap();
    import(&world.app, &csv, "the old newsletter", &silent).await.unwrap()
}

async fn active(world: &World) -> Vec<String> {
    let people = world.app.store.subscribers().list().await.unwrap();
    let active = people.into_iter().filter(|person| person.status == Status::Active);
    let mut told: Vec<_> =
        active.map(|person| format!("{} {}", person.address.reveal(), person.name).trim().to_owned()).collect();
    told.sort();
    told
}

fn words(words: &[(&str, usize)]) -> BTreeMap<String, usize> {
    words.iter().map(|(word, number)| ((*word).to_owned(), *number)).collect()
}

#[tokio::test]
async fn a_mailchimp_export_is_taken_in_and_its_statuses_hold() {
    let world = World::new().await;
    let subscribed = "\"Email Address\",\"First Name\",\"Last Name\",\"Address\",OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,NOTES,TAGS\n\
        ada@example.org,Ada,Byron,\"1 High St\nLondon\",\"2021-03-04 10:11:12\",192.0.2.1,\"2021-03-04 10:12:00\",,\"\"\"a\"\",\"\"b\"\"\"\n\
        ben@example.org,,,,,,,,\n";
    let report = imported(&world, subscribed).await;
    assert_eq!((report.added, report.rejected.len()), (2, 0), "{report:?}");
    assert_eq!(active(&world).await, ["ada@example.org Ada Byron", "ben@example.org"]);
    let ada = world
        .app
        .store
        .subscribers()
        .subscriber_at(&EmailAddress::parse("ada@example.org").unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ada.consent, "the old newsletter (given 2021-03-04 10:12:00)");
    let cleaned =
        "Email Address,UNSUB_TIME,CLEAN_TIME\nc@example.org,,2024-01-01 00:00:00\nd@example.org,2024-01-01 00:00:00,\n";
    let report = imported(&world, cleaned).await;
    assert_eq!((report.added, report.not_subscribed), (0, words(&[("cleaned", 1), ("unsubscribed", 1)])));
}

#[tokio::test]
async fn a_listmonk_export_is_taken_in_and_its_statuses_hold() {
    let world = World::new().await;
    let text = "uuid,email,name,attributes,status,created_at,updated_at\n\
        1,ada@example.org,Ada,\"{\"\"city\"\":\"\"York\"\"}\",enabled,2023-01-02T03:04:05Z,\n2,ben@example.org,Ben,{},blocklisted,,\n\
        3,cy@example.org,Cy,{},disabled,,\n4,dee@example.org,Dee,{},half,,\n";
    let report = imported(&world, text).await;
    assert_eq!(report.rejected, [(5, "`half` is not a status; write subscribed or unsubscribed".to_owned())]);
    assert_eq!((report.added, report.not_subscribed), (1, words(&[("blocklisted", 1), ("disabled", 1)])));
    assert_eq!(active(&world).await, ["ada@example.org Ada"]);
}

#[tokio::test]
async fn a_spreadsheets_file_is_read_whatever_its_encoding_and_separator() {
    let world = World::new().await;
    let lines =
        ["E-MAIL;Name;Cadence", "zoe@example.org;Zo\u{eb} M\u{fc}ller;DAILY", "ren\u{e9} x@example.org;Ren\u{e9};"];
    let latin: Vec<u8> = lines.join("\r\n").chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let report = imported(&world, latin).await;
    assert_eq!((report.added, report.rejected.len(), report.rejected[0].0), (1, 1, 3), "{report:?}");
    let wide: Vec<u8> =
        "\u{feff}email\tname\nyan@example.org\t\u{141}ucja\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(imported(&world, wide).await.added, 1);
    assert_eq!(imported(&world, "\u{feff}email,name\nbom@example.org,B\n").await.added, 1);
    let expected = ["bom@example.org B", "yan@example.org Łucja", "zoe@example.org Zoë Müller"];
    assert_eq!(active(&world).await, expected);
}

#[tokio::test]
async fn lines_of_one_person_are_one_and_one_no_is_enough() {
    let world = World::new().await;
    let text = "email,name,status\nAda@example.org,,active\nada@EXAMPLE.org,Ada,\nben@example.org,Ben,active\n\
                cy@example.org,Cy,\nBEN@example.org,,unsubscribed\n";
    let report = imported(&world, text).await;
    assert_eq!((report.added, report.duplicates, report.not_subscribed), (2, 2, words(&[("unsubscribed", 1)])));
    assert_eq!(active(&world).await, ["Ada@example.org Ada", "cy@example.org Cy"]);
    assert_eq!(imported(&world, text).await.known, 2, "a second time nothing is added");
}

#[tokio::test]
async fn who_left_or_was_erased_after_complaining_is_not_brought_back_by_a_file() {
    let world = World::new().await;
    for name in ["ada", "ben"] {
        world.subscribe(&format!("{name}@example.org")).await;
    }
    let [ada, ben] = ["ada@example.org", "ben@example.org"].map(|address| EmailAddress::parse(address).unwrap());
    subscribe::remove(&world.app, &ada).await.unwrap();
    preferences::forget(&world.app, &ben).await.unwrap();
    let hash = world.app.keys.address_hash(&ben);
    let database = rusqlite::Connection::open(world.folder().join("data/policy-digest.db")).unwrap();
    database.execute("INSERT INTO suppressions (hash, reason, made) VALUES (?1, 'complaint', 0)", [hash]).unwrap();
    let report = imported(&world, "email\nada@example.org\nben@example.org\ncy@example.org\n").await;
    assert_eq!((report.added, report.left, report.suppressed), (1, 1, 1));
    assert_eq!(active(&world).await, ["cy@example.org"]);
}

fn office(content: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[], "");
    std::fs::write(folder.path().join("people.csv"), content).unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = policy_digest(folder).arg("subscribers").args(arguments).output().unwrap();
    (output.status.code(), text(&output))
}

#[test]
fn bad_lines_are_named_and_written_to_a_file_that_can_be_mended_and_imported() {
    let folder = office(
        "email;name;cadence;status;themes\nada@example.org;Ada;;active;\nno address;Nobody;;;\nben@example.org;\"Ben;;;\n\
         cy@example.org;Cy;hourly;;\ndee@example.org;Dee;daily;cleaned;\neve@example.org;Eve;;;astrology\nfay@example.org;Fay;;;\n\
         FAY@example.org;;;;\n",
    );
    policy_digest(folder.path()).arg("poll").output().unwrap();
    let import = ["import", "people.csv", "--consent", "a form"];
    let (code, told) = run(folder.path(), &import);
    let rejects = folder.path().join("people.rejected.csv");
    let kept = std::fs::read_to_string(&rejects).unwrap();
    insta::assert_snapshot!("people_import", format!("{told}\n$ cat people.rejected.csv\n{kept}"));
    assert_eq!(code, Some(0));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&rejects).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let mended = kept.replace("no address", "no@example.org").replace("hourly", "daily").replace("\"\"\"Ben\"", "Ben");
    std::fs::write(&rejects, mended).unwrap();
    let (_, told) =
        run(folder.path(), &["import", "people.rejected.csv", "--consent", "a form", "--rejects", "rest.csv"]);
    assert!(told.contains("3 added") && told.contains("1 rejected"), "{told}");
    let rest = std::fs::read_to_string(folder.path().join("rest.csv")).unwrap();
    assert_eq!(rest.matches("rejected because").count(), 1, "{rest}");
}

#[test]
fn consent_is_demanded_and_what_is_no_list_of_people_fails() {
    let folder = office("email\nnobody\n");
    for (arguments, code, words) in [
        (&["import", "people.csv"][..], 2, "--consent <NOTE>"),
        (&["import", "people.csv", "--consent", " "], 2, "`--consent` must say where their consent is recorded"),
        (&["import", "people.csv", "--consent", "x", "--rejects", "people.csv"], 2, "must be another file"),
        (&["import", "gone.csv", "--consent", "x"], 1, "cannot read `gone.csv`"),
        (&["import", "config/feeds.toml", "--consent", "x"], 1, "there is no `email` column"),
        (&["import", "people.csv", "--consent", "x"], 1, "people.csv:2: not an email address"),
    ] {
        let (found, told) = run(folder.path(), arguments);
        assert_eq!(found, Some(code), "{arguments:?}: {told}");
        assert!(told.contains(words), "{words}\nis not in\n{told}");
    }
}

/// The release build is measured by a run of its own; this one only sees that nothing is quadratic or synced line by
/// line, which takes minutes.
#[tokio::test]
async fn many_people_are_a_matter_of_seconds() {
    let world = World::new().await;
    let lines: String = (0..20_000).map(|n| format!("person{n}@example.org,\"Person, {n}\",active\n")).collect();
    let begun = Instant::now();
    let report = imported(&world, format!("email,name,status\n{lines}")).await;
    assert_eq!(report.added, 20_000);
    assert!(begun.elapsed() < Duration::from_secs(60), "it took {:?}", begun.elapsed());
}

#[tokio::test]
async fn an_address_that_a_spreadsheet_would_calculate_is_rejected_with_its_line() {
    let world = World::new().await;
    let report =
        imported(&world, "email,name\n=cmd|calc@example.org,\"=1+1\"\n'+2@example.org,B\ncy@example.org,C\n").await;
    assert_eq!(active(&world).await, ["cy@example.org C"]);
    let lines: Vec<u64> = report.rejected.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3], "{:?}", report.rejected);
    assert!(report.rejected[0].1.contains("as a formula in a spreadsheet does"), "{:?}", report.rejected);
    assert!(report.rejects.contains("\n'=cmd|calc@example.org,'=1+1,2,"), "{}", report.rejects);
}
