//! The list of feeds as an administrator keeps it: taken out, put out of use, checked, from and for other programs.

use std::path::Path;
use std::process::{Output, Stdio};

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, FeedServer, Reply, rss, write_config};

const LIST: &str = "\
# Ours.

# == One ==

# Alpha, from Ada.
[[feed]]
id = \"alpha\"
title = \"Alpha & co.\"
url = \"https://alpha.example.org/feed\"
tags = [\"uk\", \"local government\"]

# Beta: see the minutes.
[[feed]]
id = \"beta\"
url = \"https://ada:secret@beta.example.org/feed\"

# Gamma.
[[feed]]
id = \"gamma\"
url = \"https://gamma.example.org/feed\"
enabled = false
";

fn office() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[], "");
    std::fs::write(folder.path().join("config/feeds.toml"), LIST).unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    policy_digest(folder).arg("feeds").args(arguments).output().unwrap()
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{}", text(&output));
    text(&output)
}

fn list(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("config/feeds.toml")).unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let output = run(folder, &[arguments, &["--json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)))
}

#[test]
fn a_feed_is_taken_out_and_its_neighbours_comments_stay() {
    let folder = office();
    assert_eq!(done(folder.path(), &["remove", "beta"]), "`beta` is removed: beta\n");
    let (above, rest) = LIST.split_once("# Beta").unwrap();
    let (_, below) = rest.split_once("# Gamma").unwrap();
    assert_eq!(list(folder.path()), format!("{above}# Gamma{below}"));
}

#[test]
fn a_feed_is_put_out_of_use_and_taken_into_use_again() {
    let folder = office();
    assert_eq!(json(folder.path(), &["disable", "alpha", "gamma"])["changed"][0], "alpha");
    assert!(list(folder.path()).contains("tags = [\"uk\", \"local government\"]\nenabled = false\n"));
    assert!(done(folder.path(), &["disable", "alpha"]).contains("`alpha` was disabled already"));
    done(folder.path(), &["enable", "alpha"]);
    assert_eq!(list(folder.path()), LIST);
}

#[test]
fn nothing_is_changed_when_one_of_the_names_is_wrong() {
    let folder = office();
    for (name, hint) in [("gama", "did you mean `gamma`?"), ("zzzzzzzz", "`policy-digest feeds list` names them all")] {
        let output = run(folder.path(), &["remove", "alpha", name]);
        assert_eq!(output.status.code(), Some(2));
        let told = format!("error: there is no feed `{name}` in feeds.toml\n\nhint: {hint}\n");
        assert_eq!(text(&output), told);
    }
    assert_eq!(run(folder.path(), &["remove"]).status.code(), Some(2));
    assert_eq!(list(folder.path()), LIST);
}

/// As three programs write it: folders in folders with a declared Latin-1; everything in one line with odd names of
/// attributes and some missing; UTF-16 with bare ampersands and an end that was cut off.
fn exports() -> [(&'static str, Vec<u8>); 3] {
    let nested = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<opml version=\"1.0\"><head><title>x</title></head><body>\n\
        <outline text=\"UK\" title=\"UK\">\n <outline text=\"Conseil g\u{e9}n\u{e9}ral\">\n  <outline type=\"rss\" text=\"Caf\u{e9} \
        public\" xmlUrl=\"https://cafe.example.org/feed\" htmlUrl=\"https://cafe.example.org/\"/>\n </outline>\n\
        <outline type=\"rss\" text=\"Alpha\" xmlUrl=\"http://www.alpha.example.org/feed/\"/>\n</outline>\n</body></opml>\n";
    let odd = "<opml><body><outline text='Untitled folder'><outline xmlurl='https://one.example.org/feed'/>\n<outline title='No \
        address' type='rss'/><outline title='Two' xmlURL='htp://two.example.org/'/>\n<outline title='Two' \
        xmlURL='https://two.example.org/' category='audit,/uk/north'/></outline></body></opml>";
    let cut = "<opml version=\"2.0\"><body>\n<outline text=\"R&D today\" xmlUrl=\"https://rd.example.org/?a=1&b=2\"/>\n\
        <outline text=\"R&D today\" xmlUrl=\"https://rd.example.org/two\" isComment=\"true\"/>\n<outline text=\"lost";
    let latin = nested.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let wide = std::iter::once(0xfeff).chain(cut.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    [("nested.opml", latin), ("odd.opml", odd.into()), ("cut.opml", wide)]
}

#[test]
fn three_programs_lists_are_taken_in_and_every_bad_line_is_named() {
    let folder = office();
    let mut told = String::new();
    for (name, bytes) in exports() {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        told.push_str(&format!("$ feeds import {name}\n{}", done(folder.path(), &["import", name])));
    }
    let added = list(folder.path());
    assert!(added.starts_with(LIST.trim_end()), "what was there stays:\n{added}");
    insta::assert_snapshot!("feeds_import", format!("{told}\n{}", &added[LIST.len()..]));
}

#[test]
fn a_plain_list_is_taken_in_and_a_trial_writes_nothing() {
    let folder = office();
    let addresses = "\u{feff}# Councils\r\nhttps://one.example.org/feed  Council One\r\nnot an address\r\none.example.org/feed/\r\n\
                     https://gamma.example.org/feed\r\n";
    std::fs::write(folder.path().join("list.txt"), addresses).unwrap();
    let answer = json(folder.path(), &["import", "list.txt", "--tag", "council", "--dry-run"]);
    assert_eq!((&answer["known"], &answer["bad"][0]["line"]), (&2.into(), &3.into()));
    assert_eq!((&answer["added"][0]["id"], &answer["added"][0]["tags"][0]), (&"council-one".into(), &"council".into()));
    assert_eq!(list(folder.path()), LIST);
    done(folder.path(), &["import", "list.txt", "--tag", "council"]);
    assert!(list(folder.path()).ends_with("\nurl = \"https://one.example.org/feed\"\ntags = [\"council\"]\n"));
}

#[test]
fn who_edits_at_the_same_time_loses_nothing() {
    let folder = office();
    let names: Vec<String> = (0..6).map(|n| format!("site{n}.example.org")).collect();
    let running: Vec<_> = names
        .iter()
        .map(|name| {
            std::fs::write(folder.path().join(name), format!("https://{name}/feed\n")).unwrap();
            policy_digest(folder.path()).args(["feeds", "import", name]).stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut one in running {
        assert!(one.wait().unwrap().success());
    }
    let listed = list(folder.path());
    assert!(names.iter().all(|name| listed.contains(&format!("url = \"https://{name}/feed\""))), "{listed}");
}

#[test]
fn a_file_without_a_feed_is_refused_and_one_of_bad_lines_fails() {
    let folder = office();
    for (content, code, words) in [
        ("<opml><body></body></opml>", 2, "`list` names no feed\n\nhint: it must be OPML"),
        ("", 2, "`list` names no feed"),
        ("what is this\n", 1, "list:1: `what` is not an address that can be read"),
    ] {
        std::fs::write(folder.path().join("list"), content).unwrap();
        let output = run(folder.path(), &["import", "list"]);
        assert_eq!(output.status.code(), Some(code), "{}", text(&output));
        assert!(text(&output).contains(words), "{}", text(&output));
    }
    assert_eq!(run(folder.path(), &["import", "gone"]).status.code(), Some(1));
    assert_eq!(list(folder.path()), LIST);
}

#[test]
fn what_is_exported_can_be_imported_elsewhere() {
    let (here, there) = (office(), office());
    let opml = String::from_utf8(run(here.path(), &["export", "--all"]).stdout).unwrap();
    assert!(!opml.contains("secret"), "{opml}");
    insta::assert_snapshot!("feeds_export", opml);
    let file = there.path().join("ours.opml");
    let path = file.to_str().unwrap();
    assert!(done(here.path(), &["export", path]).contains("2 feeds written to"));
    let again = run(here.path(), &["export", path]);
    assert_eq!((again.status.code(), text(&again).contains("already")), (Some(2), true));
    std::fs::write(there.path().join("config/feeds.toml"), "").unwrap();
    done(there.path(), &["import", path]);
    let tags = json(there.path(), &["list"])[0]["tags"].clone();
    assert_eq!(tags, serde_json::json!(["uk", "local government"]));
    assert!(done(there.path(), &["import", path]).contains("0 feeds added to config/feeds.toml, 2 there already"));
}

#[tokio::test]
async fn a_check_tells_of_each_feed_in_eighty_columns() {
    let (folder, server) = (tempfile::tempdir().unwrap(), FeedServer::start().await);
    let names = ["good", "moved", "broken", "page", "gone", "a-feed-with-a-rather-long-name-of-its-own"];
    let urls: Vec<String> = names.iter().map(|name| server.url(&format!("/{name}"))).collect();
    let feeds: Vec<_> = names.iter().zip(&urls).map(|(name, url)| (*name, url.as_str())).collect();
    write_config(folder.path(), &feeds, "");
    // None is older than the visit, whatever the second in which it begins.
    let published = Some(chrono::Utc::now() + chrono::TimeDelta::minutes(5));
    let entries: Vec<Entry> = (1..4).map(|n| Entry { published, ..Entry::on_topic(&n.to_string()) }).collect();
    let feed = || Reply::feed(rss(&entries));
    server.serve("/good", feed());
    server.serve("/moved", Reply { status: 301, ..feed() }.with("location", "/good"));
    server.serve("/broken", Reply::feed(rss(&entries).replace("Part 1", "& part 1")));
    server.serve("/page", Reply::feed("<!DOCTYPE html><link rel=alternate type=text/xml href=/good>".to_owned()));
    server.serve("/a-feed-with-a-rather-long-name-of-its-own", Reply::feed(rss(&[])));
    let path = folder.path().to_owned();
    let output = tokio::task::spawn_blocking(move || run(&path, &["check"])).await.unwrap();
    let shown = text(&output).replace(&server.url(""), "http://blog.test");
    assert!(output.status.success(), "a failing feed among others is no failure: {shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    insta::assert_snapshot!("feeds_check", shown);
}
