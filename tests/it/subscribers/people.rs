//! The list of people as an administrator reads and changes it.

use std::path::Path;

use crate::support::program::{policy_digest, text};
use crate::support::write_config;

const PEOPLE: &str = "email,name,cadence,themes\nada@example.org,Ada,daily,integration\nben@example.org,=Ben,weekly,\n\
                      cy@example.org,,monthly,collaboration; integration\n";

fn office() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[], "");
    std::fs::write(folder.path().join("people.csv"), PEOPLE).unwrap();
    done(folder.path(), &["import", "people.csv", "--consent", "paper, 3 May"]);
    done(folder.path(), &["remove", "cy@example.org"]);
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = policy_digest(folder)
        .env("POLICY_DIGEST__TIMEZONE", "UTC")
        .arg("subscribers")
        .args(arguments)
        .output()
        .unwrap();
    (output.status.code(), text(&output))
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let (code, told) = run(folder, arguments);
    assert_eq!(code, Some(0), "{told}");
    told
}

fn json(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    serde_json::from_str(&done(folder, &[arguments, &["--json"]].concat())).unwrap()
}

/// Today, as commands print it, is no day that a snapshot could hold; nor is what its length does to a table.
fn timeless(told: &str) -> String {
    let today = chrono::Utc::now().format("%-d %b %Y").to_string();
    let lines = told.replace(&format!("\n{:13}", ""), " ");
    let lines =
        lines.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ").replace(&today, "TODAY"));
    lines.map(|line| line + "\n").collect()
}

#[test]
fn the_list_can_be_asked_for_some() {
    let folder = office();
    let addresses = |arguments: &[&str]| {
        let list = json(folder.path(), &[&["list"], arguments].concat());
        let addresses = list.as_array().unwrap().iter().map(|person| person["address"].as_str().unwrap().to_owned());
        addresses.map(|address| address.replace("@example.org", "")).collect::<Vec<_>>()
    };
    assert_eq!(addresses(&[]), ["ada", "ben", "cy"]);
    assert_eq!(addresses(&["--status", "active"]), ["ada", "ben"]);
    assert_eq!(addresses(&["--status", "left,pending"]), ["cy"]);
    assert_eq!(addresses(&["--cadence", "daily", "--cadence", "weekly"]), ["ada", "ben"]);
    assert_eq!(addresses(&["--theme", "collaboration"]), ["ben", "cy"], "who wants all wants this one");
    let shown = done(folder.path(), &["list", "--cadence", "daily"]);
    assert!(shown.contains("ada@example.org") && shown.contains("1 subscriber\n"), "{shown}");
}

#[test]
fn what_makes_no_sense_is_refused_with_what_there_is() {
    let folder = office();
    for (arguments, words) in [
        (&["list", "--status", "gone"][..], "[possible values: pending, active, left, suppressed]"),
        (&["list", "--theme", "astrology"], "there is no theme `astrology`; the themes are collaboration, integration"),
        (&["add", "dee@example.org", "--themes", "astrology"], "there is no theme `astrology`"),
        (&["add", "dee@example.org", "--cadence", "hourly"], "[possible values: daily, weekly, monthly]"),
        (&["add", "dee"], "not an email address"),
        (&["show", "dee@example.org"], "nothing is kept of dee@example.org"),
        (&["remove", "dee@example.org"], "nobody is subscribed as dee@example.org"),
        (&["forget", "dee@example.org", "--yes"], "nothing is kept of dee@example.org"),
        (&["set", "dee@example.org", "--cadence", "daily"], "nobody is subscribed as dee@example.org"),
        (&["set", "ada@example.org"], "required arguments were not provided"),
        (&["set", "ada@example.org", "--themes", "astrology"], "there is no theme `astrology`"),
        (&["add", "dee@example.org", "--again"], "--confirmed-by <NOTE>"),
        (&["export", "people.csv"], "the file `people.csv` already exists"),
    ] {
        let (code, told) = run(folder.path(), arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {told}");
        assert!(told.contains(words), "{words}\nis not in\n{told}");
    }
}

#[test]
fn all_that_is_known_of_a_person_is_shown() {
    let folder = office();
    done(folder.path(), &["add", "dee@example.org", "--name", "Dee", "--cadence", "monthly"]);
    let mut told = String::new();
    for name in ["ada", "cy", "dee"] {
        let shown = done(folder.path(), &["show", &format!("{name}@example.org")]);
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
        told.push_str(&format!("$ subscribers show {name}@example.org\n{}\n", timeless(&shown)));
    }
    insta::assert_snapshot!("people_show", told);
    let ada = json(folder.path(), &["show", "ada@example.org"]);
    assert_eq!((&ada["person"]["consent"], &ada["suppressed"]), (&"paper, 3 May".into(), &serde_json::Value::Null));
}

#[test]
fn what_came_back_and_why_an_address_is_suppressed_is_shown_also_when_its_person_is_erased() {
    let folder = office();
    let database = rusqlite::Connection::open(folder.path().join("data/policy-digest.db")).unwrap();
    let key: Vec<u8> =
        database.query_row("SELECT value FROM keys WHERE name = 'suppression'", [], |row| row.get(0)).unwrap();
    let hash = policy_digest::domain::subscribers::token::address_hash(&key, "ada@example.org");
    database
        .execute_batch(&format!(
            "INSERT INTO bodies (id, subject, text, html) VALUES (9, 'A subject', '', '');
             INSERT INTO messages (id, kind, subscriber, address, message_id, body, state, next_attempt, made, settled)
             SELECT 9, 'digest', id, address, '<9@x>', 9, 'failed', 0, 1764000000, 1764000000 FROM subscribers
             WHERE address = 'ada@example.org';
             INSERT INTO reports (message, at, source, fault, code) VALUES (9, 1764003600, 'dsn', 'person', '5.1.1');
             INSERT INTO suppressions (hash, reason, made) VALUES ('{hash}', 'person', 1764003600);"
        ))
        .unwrap();
    let shown = timeless(&done(folder.path(), &["show", "ada@example.org"]));
    done(folder.path(), &["forget", "ada@example.org", "--yes"]);
    let erased = done(folder.path(), &["show", "ada@example.org"]);
    insta::assert_snapshot!("people_show_suppressed", format!("{shown}\n$ after `forget`\n{erased}"));
}

#[test]
fn what_is_exported_can_be_imported_elsewhere_and_is_nobody_elses() {
    let (folder, there) = (office(), tempfile::tempdir().unwrap());
    write_config(there.path(), &[], "");
    let file = there.path().join("all.csv");
    assert!(done(folder.path(), &["export", file.to_str().unwrap()]).contains("3 subscribers written to"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let csv = std::fs::read_to_string(&file).unwrap();
    assert!(csv.contains("ben@example.org,'=Ben,active,weekly,"), "{csv}");
    let told = done(there.path(), &["import", "all.csv", "--consent", "our own list"]);
    assert!(told.contains("2 added") && told.contains("not subscribed there: 1 left"), "{told}");
    let people = json(there.path(), &["export", "--status", "active"]);
    assert_eq!((&people[0]["cadence"], &people[0]["themes"][0]), (&"daily".into(), &"integration".into()));
    assert_eq!((&people[1]["name"], people.as_array().unwrap().len()), (&"=Ben".into(), 2));
}

#[test]
fn who_goes_is_told_to_machines_too() {
    let folder = office();
    assert_eq!(json(folder.path(), &["remove", "ada@example.org"])["result"], "ada@example.org is unsubscribed");
    assert_eq!(json(folder.path(), &["forget", "ada@example.org", "--yes"])["result"], "ada@example.org is erased");
}

/// What an administrator sees of a person: status, cadence, themes and consent.
fn person(folder: &Path, name: &str) -> [serde_json::Value; 5] {
    let shown = json(folder, &["show", &format!("{name}@example.org")]);
    ["status", "name", "cadence", "themes", "consent"].map(|key| shown["person"][key].clone())
}

#[test]
fn an_option_that_would_not_be_applied_is_refused_with_the_command_that_does() {
    let folder = office();
    done(folder.path(), &["add", "dee@example.org", "--name", "Dee"]);
    for (name, options) in [
        ("ada", &["--cadence", "monthly"][..]),
        ("ada", &["--themes", "integration"]),
        ("ada", &["--name", "Augusta"]),
        ("ada", &["--cadence", "daily", "--confirmed-by", "a form"]),
        ("dee", &["--cadence", "daily"]),
    ] {
        let (address, before) = (format!("{name}@example.org"), person(folder.path(), name));
        let (code, told) = run(folder.path(), &[&["add", &address][..], options].concat());
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(&format!("`policy-digest subscribers set {address}`")), "{told}");
        assert_eq!(person(folder.path(), name), before);
    }
    let (code, told) = run(folder.path(), &["add", "ada@example.org", "--confirmed-by", "a form"]);
    assert!(code == Some(2) && told.contains("is subscribed already") && told.contains("subscribers show"), "{told}");
    assert!(done(folder.path(), &["add", "ada@example.org"]).contains("is subscribed already"));
}

#[test]
fn set_changes_what_is_named_and_nothing_else() {
    let folder = office();
    let set = |options: &[&str]| done(folder.path(), &[&["set", "ada@example.org"][..], options].concat());
    assert_eq!(set(&["--cadence", "monthly"]), "ada@example.org (Ada): monthly; integration\n");
    assert_eq!(
        set(&["--themes", "integration,collaboration"]).trim_end(),
        "ada@example.org (Ada): monthly; collaboration, integration"
    );
    assert_eq!(set(&["--themes", "all", "--name", "Augusta"]), "ada@example.org (Augusta): monthly; all themes\n");
    let [status, name, cadence, themes, consent] = person(folder.path(), "ada");
    assert_eq!((status, name, cadence), ("active".into(), "Augusta".into(), "monthly".into()));
    assert_eq!((themes, consent), (serde_json::Value::Null, "paper, 3 May".into()));
    done(folder.path(), &["add", "dee@example.org"]);
    let pending = json(folder.path(), &["set", "dee@example.org", "--cadence", "daily"]);
    assert_eq!((&pending["status"], &pending["cadence"]), (&"pending".into(), &"daily".into()));
    let (code, told) = run(folder.path(), &["set", "cy@example.org", "--cadence", "daily"]);
    assert!(code == Some(2) && told.contains("cy@example.org has unsubscribed"), "{told}");
}

#[test]
fn whoever_left_is_subscribed_again_only_if_it_is_said_and_as_they_chose_before() {
    let folder = office();
    let (code, told) = run(folder.path(), &["add", "cy@example.org", "--confirmed-by", "an old list"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("cy@example.org has unsubscribed") && told.contains("--again"), "{told}");
    assert_eq!(person(folder.path(), "cy")[0], "left");
    let again = ["add", "cy@example.org", "--again", "--confirmed-by", "by phone, 4 May"];
    assert!(done(folder.path(), &again).contains("cy@example.org is subscribed"));
    let [status, _, cadence, themes, consent] = person(folder.path(), "cy");
    assert_eq!((status, cadence, consent), ("active".into(), "monthly".into(), "by phone, 4 May".into()));
    assert_eq!(themes.as_array().unwrap().len(), 2);
}

#[test]
fn recorded_consent_confirms_a_pending_person_and_keeps_what_they_chose() {
    let folder = office();
    done(folder.path(), &["add", "dee@example.org", "--cadence", "daily", "--themes", "integration"]);
    done(folder.path(), &["add", "dee@example.org", "--confirmed-by", "a form", "--name", "Dee"]);
    let [status, name, cadence, themes, _] = person(folder.path(), "dee");
    assert_eq!((status, name, cadence), ("active".into(), "Dee".into(), "daily".into()));
    assert_eq!(themes[0], "integration");
}

#[test]
fn nothing_is_erased_without_a_terminal_to_ask_on_or_a_yes() {
    let folder = office();
    let (code, told) = run(folder.path(), &["forget", "ada@example.org"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("Erase all that is kept of ada@example.org for good?") && told.contains("hint: add `--yes`"),
        "{told}"
    );
    assert_eq!(person(folder.path(), "ada")[0], "active");
}
