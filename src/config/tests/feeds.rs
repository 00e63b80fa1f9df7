//! Findings and values of `feeds.toml`.

use super::*;

#[test]
fn a_second_feed_of_one_name_or_one_address_is_refused_with_the_line_of_the_first() {
    let one = "[[feed]]\nid = \"a\"\nurl = \"https://example.org/feed\"\n";
    let findings = read(&[("feeds.toml", &format!("{one}{one}"))], &[]).unwrap_err();
    let found: Vec<_> = findings.iter().map(|f| (f.line, f.message.as_str(), f.hint.as_deref())).collect();
    let id = (Some(5), "there is already a feed called `a`", Some("the first is on line 2"));
    assert_eq!(found, [id, (Some(6), "this feed is already in the list", Some("the first is on line 3"))]);
}

#[test]
fn a_feed_from_a_file_needs_allow_files_and_starts_from_the_folder() {
    let feeds = "[[feed]]\nid = \"a\"\nurl = \"file:saved/a b.xml\"\ntopic = { prior = 1 }\n";
    assert_eq!(found(&[("feeds.toml", feeds)], &[]), ["feeds.toml:3:7: feeds from files are disabled"]);
    let folder = folder(&[("feeds.toml", feeds), ("digest.toml", "[polling]\nallow_files = true")]);
    let feed = &load(folder.path(), None, &[]).unwrap().feeds[0];
    assert_eq!(feed.url.to_file_path().unwrap(), folder.path().join("saved/a b.xml"));
    assert_eq!((feed.title.as_str(), feed.prior, feed.enabled), ("a", 1.0, true));
}

#[test]
fn what_is_missing_in_a_feed_is_found_at_its_header() {
    let feeds = "\n[[feed]]\nid = \"a\"\n[[feed]]\nurl = \"https://example.org\"\nurrl = 1\n";
    let expected = ["feeds.toml:2:1: `url` is missing", "feeds.toml:4:1: `id` is missing"];
    assert_eq!(found(&[("feeds.toml", feeds)], &[])[..2], expected);
}
