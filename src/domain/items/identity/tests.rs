//! Each rule with the posts that it keeps apart and those that it knows again.

use super::*;
use crate::domain::items::identity::keys::{Entry, keys};
use crate::domain::items::item::Item;
use crate::domain::items::story::Fingerprint;

/// A post: id, link, title, text, and the hour of its date.
fn post(id: &str, link: &str, title: &str, text: &str, hour: Option<i64>) -> Traits {
    let item = Item {
        identity: Identity::Id(id.into()),
        link: None,
        title: title.into(),
        summary: text.into(),
        content: String::new(),
        author: None,
        categories: Vec::new(),
        published: None,
        updated: None,
    };
    let fingerprint = Fingerprint::of(&item);
    Traits {
        has_id: !id.is_empty(),
        link: Url::parse(link).ok(),
        title_key: fingerprint.title.clone(),
        title: title.into(),
        published: hour.map(|hour| DateTime::from_timestamp(1_795_000_000 + hour * 3_600, 0).unwrap()),
        updated: None,
        text: text.into(),
        shingles: fingerprint.shingles,
        words: fingerprint.words,
    }
}

const TEXT: &str = "The parish council has put its bins and its benches under one budget for the coming spring";
const OTHER: &str = "Nurses, carers and housing officers meet each Tuesday in the old library to share their lists";

#[test]
fn one_guid_is_one_post_unless_nothing_of_it_is_left() {
    let known = post("g1", "https://a.example.org/bins", "One budget for bins", TEXT, Some(1));
    for same in [
        post("g1", "https://a.example.org/bins", "A single budget for bins", TEXT, Some(1)),
        post("g1", "https://a.example.org/new", "One budget for bins", OTHER, Some(9)),
        post("g1", "https://a.example.org/bins", "Benches, too", TEXT, Some(9)),
        post("g1", "https://a.example.org/bins", "Benches, too", OTHER, None),
    ] {
        assert_eq!(judge(&known, &same, Found::Key), Verdict::Same, "{same:?}");
    }
    let reused = post("g1", "https://a.example.org/library", "Tuesdays in the library", OTHER, Some(9));
    assert_eq!(judge(&known, &reused, Found::Key), Verdict::Different);
    let first = post("p", "https://a.example.org/p", "Weeknotes 12", "What we did in week 12", Some(1));
    let next = post("p", "https://a.example.org/p", "Weeknotes 13", "What we did in week 13", Some(9));
    assert_eq!(judge(&first, &next, Found::Key), Verdict::Different, "a series under one guid");
}

#[test]
fn a_guid_that_several_posts_have_says_nothing() {
    let shared = Found::Base { is_shared: true };
    let known = post("x", "https://a.example.org/all", "Bins", TEXT, Some(1));
    assert_eq!(judge(&known, &post("x", "https://a.example.org/all", "Bins", OTHER, Some(1)), shared), Verdict::Same);
    assert_eq!(
        judge(&known, &post("x", "https://a.example.org/all", "Library", OTHER, Some(1)), shared),
        Verdict::Different
    );
}

#[test]
fn one_link_is_one_post_but_for_bulletins_and_pages_that_hold_several() {
    let bulletin = |id: &str, text: &str, hour| post(id, "https://a.example.org/news", "Bulletin", text, Some(hour));
    assert_eq!(judge(&bulletin("1", TEXT, 1), &bulletin("2", OTHER, 9), Found::Link), Verdict::Different);
    assert_eq!(judge(&bulletin("1", TEXT, 1), &bulletin("2", OTHER, 1), Found::Link), Verdict::Same, "renumbered");
    assert_eq!(judge(&bulletin("1", TEXT, 1), &bulletin("2", TEXT, 9), Found::Link), Verdict::Same);
    let board = |place: &str, title: &str, text: &str, hour| {
        post("", &format!("https://a.example.org/board{place}"), title, text, hour)
    };
    let known = board("#n1", "Road closed", TEXT, Some(1));
    assert_eq!(judge(&known, &board("#n2", "Road open", OTHER, Some(2)), Found::Link), Verdict::Different);
    assert_eq!(judge(&known, &board("#n9", "Road closed", TEXT, Some(1)), Found::Link), Verdict::Same);
    assert_eq!(judge(&known, &board("#n1", "Road closed today", TEXT, Some(1)), Found::Link), Verdict::Same);
    let undated = board("", "Road closed", TEXT, None);
    assert_eq!(judge(&undated, &board("", "Library open", OTHER, None), Found::Link), Verdict::Different);
}

#[test]
fn one_title_is_one_post_where_date_and_text_agree_and_links_differ_in_tokens_or_host() {
    let known = |hour| post("u1", "https://a.example.org/news/8?sid=A1", "One budget for bins", TEXT, hour);
    for (same, hour) in [
        (post("u2", "https://a.example.org/news/8?sid=B2", "One budget for bins", TEXT, Some(1)), Some(1)),
        (post("u2", "https://a.example.org/news/8?sid=B2", "One budget for bins", TEXT, None), None),
        (post("u2", "https://b.example.test/news/8?sid=A1", "One budget for bins", TEXT, Some(1)), Some(1)),
        (post("u2", "https://b.example.test/news/8?sid=A1", "One budget for bins", TEXT, None), None),
        (post("u2", "https://a.example.org/news/8?sid=B2", "One budget for bins", TEXT, Some(9)), Some(1)),
    ] {
        assert_eq!(judge(&known(hour), &same, Found::Title), Verdict::Same, "{same:?}");
    }
    let edited = post("u2", "https://b.example.test/news/8?sid=A1", "A budget for bins", TEXT, Some(1));
    assert_eq!(judge(&known(Some(1)), &edited, Found::Date), Verdict::Same);
    let another = post("u2", "https://a.example.org/news/9", "A budget for bins", TEXT, Some(1));
    assert_eq!(judge(&known(Some(1)), &another, Found::Date), Verdict::Different);
    let own_page = post("u2", "https://a.example.org/news/9", "One budget for bins", OTHER, Some(1));
    assert_eq!(judge(&known(Some(1)), &own_page, Found::Title), Verdict::Different);
    let reposted = post("u2", "https://a.example.org/old/77", "One budget for bins", TEXT, None);
    assert_eq!(judge(&known(None), &reposted, Found::Title), Verdict::IfAllMoved);
    let counter = |n| post("", "", "Most read", &format!("{TEXT}. Read {n} times."), Some(1));
    assert_eq!(judge(&counter(103), &counter(204), Found::Title), Verdict::Same);
    let undated = |n| post("", "", "Most read", &format!("{TEXT}. Read {n} times."), None);
    assert_eq!(judge(&undated(103), &undated(204), Found::Title), Verdict::Same);
    assert_eq!(judge(&undated(103), &post("", "", "Most read", OTHER, None), Found::Title), Verdict::Different);
}

#[test]
fn ids_that_differ_in_trifles_have_one_base() {
    let same = |one: &str, other: &str| assert_eq!(base(one), base(other), "{one} {other}");
    same("http://a.example.org/?p=1", "https://a.example.org/?p=1");
    same("https://www.a.example.org/x/", "https://a.example.org/x");
    same("https://a.example.org/x#2026-11-28T09:20:00.000+00:00", "https://a.example.org/x#2026-11-29T10:00:00Z");
    same("https://a.example.org/x;jsessionid=1", "https://a.example.org/x;jsessionid=2");
    same("urn:uuid:3f25", "3f25");
    for (one, other) in [
        ("https://a.example.org/#/news/1", "https://a.example.org/#/news/2"),
        ("https://a.example.org/?p=1", "https://a.example.org/?p=2"),
        ("tag:a.example.org,2026:1", "tag:a.example.org,2026:2"),
        ("yt:video:aB", "yt:video:ab"),
    ] {
        assert_ne!(base(one), base(other), "{one} {other}");
    }
}

#[test]
fn a_token_is_what_alone_differs() {
    let varying = |one: &str, other: &str| varying(&Url::parse(one).unwrap(), &Url::parse(other).unwrap());
    assert_eq!(varying("https://a.example.org/n?id=8&k=1", "https://a.example.org/n?id=8&k=2"), ["k"]);
    assert_eq!(varying("https://a.example.org/n;k=1?id=8", "https://a.example.org/n;k=2?id=8"), ["k"]);
    assert_eq!(varying("https://a.example.org/n?1732881600", "https://a.example.org/n?1732881700"), [""]);
    assert_eq!(varying("https://a.example.org/n", "https://a.example.org/n?token=abc"), ["token"]);
    assert!(varying("https://a.example.org/n?k=1", "https://a.example.org/m?k=2").is_empty());
    assert!(varying("https://a.example.org/n", "https://a.example.org/n?page=two").is_empty());
    let url = Url::parse("https://a.example.org/n;k=1?id=8&k=2").unwrap();
    assert_eq!(stripped(&url, &["k".to_owned()]).as_str(), "https://a.example.org/n?id=8");
}

/// The keys of entries of (id, link, title, day).
fn keys_of(entries: &[(&str, &str, u64, i64)], varying: &[&str]) -> Vec<Option<Identity>> {
    let links: Vec<Option<Url>> = entries.iter().map(|(_, link, ..)| Url::parse(link).ok()).collect();
    let entries: Vec<Entry<'_>> = entries
        .iter()
        .zip(&links)
        .enumerate()
        .map(|(place, ((id, _, title, day), link))| Entry {
            id,
            link: link.as_ref(),
            title: *title,
            published: (*day > 0).then(|| DateTime::from_timestamp(day * 86_400, 0).unwrap()),
            // An entry given twice says the same twice.
            digest: if *title == 99 { 99 } else { place as u64 },
        })
        .collect();
    keys(&entries, &varying.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn distinct(keys: &[Option<Identity>]) -> usize {
    keys.iter().collect::<std::collections::HashSet<_>>().len()
}

#[test]
fn no_entry_of_a_document_is_lost_and_none_is_kept_twice() {
    let page = "https://a.example.org/board";
    for (entries, want) in [
        // One link and no id, or links that differ in their fragment.
        (&[("", page, 1, 1), ("", page, 2, 2), ("", page, 3, 0)][..], 3),
        (&[("", "https://a.example.org/#/n/1", 1, 0), ("", "https://a.example.org/#/n/2", 2, 0)], 2),
        // One title as well.
        (&[("", page, 1, 1), ("", page, 1, 2)], 2),
        (&[("", page, 1, 0), ("", page, 1, 0)], 2),
        // One guid for several.
        (&[("dup", "", 1, 0), ("dup", "", 2, 0)], 2),
        (&[("dup", page, 1, 0), ("dup", "https://a.example.org/b", 2, 0), ("dup", page, 3, 0)], 3),
        (&[("N/A", page, 1, 0), ("N/A", page, 2, 0)], 2),
        (&[("dup", page, 1, 1), ("dup", page, 1, 2)], 2),
        // Given twice.
        (&[("a", page, 99, 1), ("a", page, 99, 1)], 1),
        (&[("", page, 99, 1), ("", page, 99, 1)], 1),
    ] {
        assert_eq!(distinct(&keys_of(entries, &[])), want, "{entries:?}");
    }
    assert_eq!(keys_of(&[("N/A", "", 1, 0), (" ", "", 2, 0)], &[]), [None, None]);
}

#[test]
fn known_tokens_are_no_part_of_a_key_unless_they_tell_entries_apart() {
    let first = [("", "https://a.example.org/n?id=1&k=7", 1, 0), ("", "https://a.example.org/n?id=2&k=7", 2, 0)];
    let second = [("", "https://a.example.org/n?id=1&k=8", 1, 0), ("", "https://a.example.org/n?id=2&k=8", 2, 0)];
    assert_eq!(keys_of(&first, &["k"]), keys_of(&second, &["k"]));
    assert_ne!(keys_of(&first, &[]), keys_of(&second, &[]));
    assert_eq!(keys_of(&first, &["id", "k"]), keys_of(&first, &[]));
}

#[test]
fn two_issues_differ_in_date_and_text() {
    assert!(is_another_issue((Some(1), 7), (Some(2), 8)));
    assert!(is_another_issue((None, 7), (None, 8)));
    assert!(!is_another_issue((Some(1), 7), (Some(1), 8)));
    assert!(!is_another_issue((Some(1), 7), (Some(2), 7)));
}
