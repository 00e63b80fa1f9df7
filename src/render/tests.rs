//! The rendered digest, with all optional values present and absent, and errors in templates.

use std::sync::LazyLock;

use chrono::{TimeZone, Utc};

use super::view::{Frame, LinksView, NoteView, SenderView};
use super::*;
use crate::config::built_in_languages;
use crate::domain::digests::digest::{Digest, Entry, Section, Title};
use crate::domain::selection::sample::ShownQuality;
use crate::domain::subscribers::subscriber::Cadence;

fn entry(seq: i64, title: &str) -> Entry {
    Entry {
        seq,
        title: title.into(),
        link: url::Url::parse(&format!("https://example.org/post-{seq}?a=1&b=2")).expect("a URL"),
        source: "Reform Blog".into(),
        also_on: vec!["Another Blog".into()],
        author: Some("Jane Smith".into()),
        published: Utc.with_ymd_and_hms(2026, 3, 11, 23, 30, 0).single(),
        excerpt: "Health and care partners in Fife have shared one plan, one budget and one front door since April. \
            People tell their story once, and the team around them stays the same."
            .into(),
        sample: String::new(),
        reading_minutes: 4,
        reason: "joined-up working; Christie Commission".into(),
        theme: None,
        tags: vec![Title { text: "Leadership".into(), lang: String::new() }],
        comment: String::new(),
    }
}

fn digest() -> Digest {
    let bare = Entry {
        also_on: Vec::new(),
        author: None,
        published: None,
        excerpt: String::new(),
        reading_minutes: 0,
        reason: String::new(),
        tags: Vec::new(),
        ..entry(2, "What we learned from two years of one budget for prevention across three councils")
    };
    let section = |title: &str, description: &str, stories| Section {
        name: title.to_lowercase(),
        titles: vec![Title { text: title.into(), lang: String::new() }],
        description: description.into(),
        stories,
    };
    Digest {
        subject: "Joined-up care in Fife, and 3 more on public service reform".into(),
        preheader: "Also: What we learned".into(),
        lead: None,
        contents: vec![(2, "What we learned".into())],
        minutes: 12,
        sections: vec![
            section("Integration", "Services made one.", vec![entry(1, "Joined-up care in Fife"), bare]),
            section("Leadership", "", vec![entry(3, "Leading across <boundaries> & \"borders\"")]),
        ],
        more: vec![entry(4, "Weeknotes"), entry(5, "One front door for families")],
        count: 5,
        listed: vec![entry(6, "A school for <all>, by bus"), entry(7, "Who runs the swimming pool?")],
        left_out: 0,
    }
}

fn view() -> DigestView {
    DigestView::new(&digest(), &frame())
}

static LANGUAGES: LazyLock<Languages> = LazyLock::new(built_in_languages);

fn english() -> &'static Catalogue {
    LANGUAGES.first()
}

fn frame() -> Frame<'static> {
    Frame {
        corrections: &[],
        name: "Public Service Reform Digest",
        words: english(),
        cadence: Some(Cadence::Weekly),
        now: Utc.with_ymd_and_hms(2026, 11, 23, 7, 0, 0).single().expect("a time"),
        zone: chrono_tz::Europe::Paris,
        note: NoteView::new("Dear *readers*, [this](https://example.org/survey) is a note."),
        missed: "",
        topic: "public service reform",
        quality: None,
        why: "You get this because you asked for posts about public service reform.",
        since: SINCE_PLACEHOLDER,
        sample: false,
        sender: SenderView {
            organisation: "Example Institute".into(),
            postal_address: "1 High Street, Anytown".into(),
            contact: "hello@example.org".into(),
            privacy_url: "https://example.org/privacy".into(),
        },
        links: LinksView {
            preferences: PREFERENCES_PLACEHOLDER.into(),
            unsubscribe: UNSUBSCRIBE_PLACEHOLDER.into(),
            vote: String::new(),
            archive: "https://digest.example.org/archive/1".into(),
            reply_to: "editor@example.org".into(),
        },
    }
}

fn renderer() -> Renderer {
    Renderer::new(None, &LANGUAGES).expect("the built-in templates")
}

fn rendered() -> Rendered {
    renderer().email(english(), &view()).expect("a digest")
}

#[test]
fn html_and_text_say_the_same_stories_in_the_same_order() {
    let mail = rendered();
    let order = |part: &str| {
        let mut places: Vec<(usize, i64)> =
            (1..=7).filter_map(|seq| Some((part.find(&format!("example.org/post-{seq}?"))?, seq))).collect();
        places.sort_unstable();
        places.into_iter().map(|(_, seq)| seq).collect::<Vec<_>>()
    };
    assert_eq!(order(&mail.html), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(order(&mail.text), [1, 2, 3, 4, 5, 6, 7]);
    let plain = |text: &str| text.replace("&nbsp;", " ").replace('\u{a0}', " ");
    for words in ["23 November 2026 · 5 posts", "Reform Blog · Jane Smith · 12 March · 4 min"] {
        assert!(plain(&mail.html).contains(words) && plain(&mail.text).contains(words), "{words}");
    }
    assert!(mail.text.contains("Reform Blog · undated"));
}

#[test]
fn borderline_posts_have_title_and_source_under_their_own_heading() {
    let mail = rendered();
    let (_, html) = mail.html.split_once("You may also like</h2>").expect("the heading");
    assert!(html.contains("A school for &lt;all&gt;, by bus</a> · Reform Blog</p>"), "{html}");
    let (before, text) = mail.text.split_once("YOU MAY ALSO LIKE\n").expect("the heading");
    assert!(before.contains("ALSO THIS WEEK"));
    assert!(text.contains("Who runs the swimming pool? · Reform Blog\nhttps://example.org/post-7"), "{text}");
    assert!(!text.contains("min\u{a0}read") && !text.contains("Picked for"));
    let none = renderer().email(english(), &DigestView { listed: Vec::new(), ..view() }).expect("a digest");
    assert!(!none.html.contains("may also") && !none.text.contains("ALSO LIKE"));
}

#[test]
fn a_link_that_could_fill_an_email_is_left_out() {
    let mut digest = digest();
    for (story, length) in digest.more.iter_mut().zip([1_900, 2_001]) {
        story.link = url::Url::parse(&format!("https://example.org/{}", "x".repeat(length))).expect("a URL");
    }
    let view = DigestView { more: DigestView::new(&digest, &frame()).more, ..view() };
    assert_eq!(view.more.iter().map(|story| story.link.is_empty()).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn an_email_says_how_many_posts_it_leaves_out_and_where_they_are() {
    let cut = DigestView { left_out: "388 more".into(), ..view() };
    let mail = renderer().email(english(), &cut).expect("a digest");
    assert!(mail.html.contains(">and 388 more on the web</a>"), "{}", mail.html);
    assert!(mail.text.contains("and 388 more on the web:\nhttps://digest.example.org/archive/1\n"), "{}", mail.text);
    let nowhere = DigestView { links: LinksView::default(), ..cut };
    let mail = renderer().email(english(), &nowhere).expect("a digest");
    assert!(mail.html.contains(">and 388 more</p>") && mail.text.contains("\nand 388 more\n"), "{}", mail.html);
}

#[test]
fn the_public_page_has_the_stories_and_no_personal_links() {
    let page = renderer().page(english(), &ArchivePage(&view())).expect("a page");
    assert!((1..=7).all(|seq| page.contains(&format!("example.org/post-{seq}?"))), "{page}");
    assert!(page.contains("href=\"../archive\"") && !page.contains(".invalid") && !page.contains("You signed up"));
}

#[test]
fn markup_in_a_title_is_shown_as_text() {
    let mail = rendered();
    assert!(mail.html.contains("across &lt;boundaries&gt; &amp;") && !mail.html.contains("<boundaries>"));
    assert!(mail.text.contains("<boundaries> & \"borders\""));
}

#[test]
fn the_html_loads_nothing_and_keeps_its_dark_mode() {
    let html = rendered().html;
    for forbidden in [
        "<img",
        "<script",
        "@import",
        "url(",
        "<link",
        "@font-face",
        "display: flex",
        "grid",
        "margin: -",
        "margin-top: -",
    ] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert!(html.contains("prefers-color-scheme: dark") && html.contains("<h1 class=\"mast\" style="), "{html}");
}

#[test]
fn the_text_is_wrapped_and_its_urls_are_whole() {
    let text = rendered().text;
    for line in text.lines() {
        let is_url = line.starts_with("https://") && !line.contains(' ');
        assert!(is_url || unicode_width::UnicodeWidthStr::width(line) <= 72, "{line}");
    }
}

#[test]
fn personal_links_go_into_both_parts() {
    let mail = rendered();
    for part in [&mail.html, &mail.text] {
        let mine = personalise(
            part,
            &Personal {
                unsubscribe: "https://d.example/u/t\"1",
                preferences: "https://d.example/p/t1",
                vote: "https://d.example/v/t1",
                since: "3 March 2026",
            },
        );
        assert!(mine.contains("https://d.example/u/t%221") && mine.contains("https://d.example/p/t1"));
        assert!(mine.contains("You subscribed on 3 March 2026.") && !mine.contains(".invalid"));
    }
}

#[test]
fn a_story_has_a_link_to_say_that_it_is_not_on_topic_where_votes_are_taken() {
    let mut frame = frame();
    frame.links.vote = VOTE_PLACEHOLDER.into();
    frame.quality = Some(ShownQuality { kept: 94, sampled: 60, missed: 1 });
    let mail = renderer().email(english(), &DigestView::new(&digest(), &frame)).expect("a digest");
    let own = Personal { unsubscribe: "u", preferences: "p", vote: "https://d.example/off-topic/t", since: "s" };
    for part in [&mail.html, &mail.text] {
        let mine = personalise(part, &own);
        assert!(mine.contains("https://d.example/off-topic/t?story=") && !mine.contains("vote.invalid"), "{mine}");
        assert!(mine.contains("Not about public service reform?"), "{mine}");
        let mine = mine.replace('\n', " ");
        assert!(mine.contains(
            "Editors kept 94 % of what was selected in the last 12 weeks. 1 of 60 sampled posts was missed."
        ));
    }
    let without = rendered();
    assert!(!without.html.contains("vote.invalid") && !without.text.contains("Editors kept"));
}

#[test]
fn the_same_view_gives_the_same_bytes() {
    assert_eq!(rendered(), rendered());
}

#[test]
fn everything_optional_may_be_absent() {
    let empty = DigestView {
        preheader: String::new(),
        note: NoteView::default(),
        why: String::new(),
        since: String::new(),
        sender: SenderView::default(),
        links: LinksView::default(),
        more: Vec::new(),
        listed: Vec::new(),
        sample: true,
        ..view()
    };
    let mail = renderer().email(english(), &empty).expect("a digest");
    assert!(mail.text.contains("made up") && !mail.html.contains("Unsubscribe") && !mail.text.contains("Sent by"));
}

#[test]
fn a_missing_variable_is_named_with_file_and_line() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("digest")).expect("a folder");
    std::fs::write(folder.path().join("digest/subject.txt.j2"), "\n{{ colour }}").expect("a file");
    let error = Renderer::new(Some(folder.path()), &LANGUAGES)
        .expect("templates")
        .email(english(), &view())
        .expect_err("a refusal");
    assert_eq!(error.to_string(), "template `digest/subject.txt.j2`, line 2, column 4: unknown variable `colour`");
}

#[test]
fn a_template_that_does_not_parse_is_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("base.txt.j2"), "{% block %}").expect("a file");
    let error = Renderer::new(Some(folder.path()), &LANGUAGES).expect_err("a refusal");
    assert!(error.to_string().starts_with("template `base.txt.j2`, line 1, column "), "{error}");
}

#[test]
fn a_subject_is_one_line() {
    let mail = renderer().email(english(), &DigestView { subject: "a\r\nBcc: b".into(), ..view() }).expect("a digest");
    assert_eq!(mail.subject, "a Bcc: b");
}

#[test]
fn a_sign_up_is_confirmed_by_mail_and_page() {
    let view = ConfirmView {
        name: "Reform Digest".into(),
        what: "the weekly digest".into(),
        confirm_url: "https://d.example/confirm/t1".into(),
        valid_for: "7 days".into(),
        sender: SenderView::default(),
    };
    let mail = renderer().email(english(), &view).expect("an email");
    assert_eq!(mail.subject, "Confirm your subscription to Reform Digest");
    assert!(mail.html.contains("href=\"https://d.example/confirm/t1\"") && mail.text.contains("\nhttps://d.example"));
    let form = PageForm { action: "/confirm".into(), button: "Yes".into() };
    let message = MessageView::new("Confirm <b>", &["One click.".into()]);
    let page = renderer().page(english(), &MessageView { form: Some(form), ..message }).expect("a page");
    assert!(page.contains("Confirm &lt;b&gt;") && page.contains("method=\"post\""), "{page}");
}

/// `SAMPLE_DIR=… cargo test --lib sample` writes the email there.
#[test]
fn a_sample_can_be_written_to_a_folder() {
    let mail = rendered();
    if let Some(folder) = option_env!("SAMPLE_DIR").map(Path::new) {
        std::fs::write(folder.join("digest.html"), &mail.html).expect("a file");
        std::fs::write(folder.join("digest.txt"), &mail.text).expect("a file");
    }
    assert!(mail.html.len() < 90_000);
}

#[test]
fn a_feed_cannot_have_a_subscribers_links_put_into_its_text() {
    let theft = "https://evil.test/?to=https://unsubscribe.invalid/&since=since.invalid";
    let story = Entry {
        link: theft.parse().expect("a URL"),
        excerpt: format!("See {PREFERENCES_PLACEHOLDER} and {SINCE_PLACEHOLDER}. {VOTE_PLACEHOLDER}"),
        source: SINCE_PLACEHOLDER.into(),
        ..entry(1, UNSUBSCRIBE_PLACEHOLDER)
    };
    let sections = vec![Section { stories: vec![story], ..digest().sections.remove(0) }];
    let made = Digest { sections, preheader: UNSUBSCRIBE_PLACEHOLDER.into(), ..digest() };
    let mail = renderer().email(english(), &DigestView::new(&made, &frame())).expect("a digest");
    for part in [&mail.html, &mail.text] {
        assert!(!part.contains("evil.test") && part.contains("https://unsubscribe\u{2024}invalid/"), "{part}");
        let mine = personalise(
            part,
            &Personal {
                unsubscribe: "MY-UNSUBSCRIBE",
                preferences: "MY-PREFERENCES",
                vote: "MY-VOTE",
                since: "MY-DATE",
            },
        );
        assert!(!mine.contains("MY-VOTE"));
        for own in ["MY-UNSUBSCRIBE", "MY-PREFERENCES", "MY-DATE"] {
            assert_eq!(mine.matches(own).count(), 1, "{own} in {mine}");
        }
    }
}
