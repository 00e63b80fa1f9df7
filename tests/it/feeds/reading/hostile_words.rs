//! What a feed may write into a title, a name or a text: whatever it is, it is shown as words. No markup, no link, no
//! header and no template comes of it, and the mail around it stays as it is.

use policy_digest::domain::digests::digest::{SUBJECT_CHARS, Story};
use policy_digest::domain::items::text::excerpt;
use policy_digest::render::Rendered;
use unicode_width::UnicodeWidthStr as _;
use url::Url;

use crate::support::mails::{mail, story};
use crate::support::{Entry, Reply, World, rss};

/// The mail of a story with these words wherever a feed can put any.
fn carrying(words: &str) -> Rendered {
    let whole = story(1, "A title", &["integration"]);
    let hostile = Story {
        title: words.to_owned(),
        source: words.to_owned(),
        also_on: vec![words.to_owned(), "Civic Weekly".to_owned()],
        author: Some(format!("By {words}")),
        excerpt: excerpt("", &format!("{} It is called {words} by those who made it.", whole.excerpt), "", 320),
        phrases: vec![words.to_owned()],
        ..whole
    };
    let other = Story { seq: 2, link: Url::parse("https://blog.example.org/2").unwrap(), ..hostile.clone() };
    let listed = Story { seq: 3, link: Url::parse("https://blog.example.org/3").unwrap(), ..hostile.clone() };
    mail(vec![hostile, other, Story { is_listed: true, ..listed }], 1, "en-GB")
}

/// The HTML without what stands between its tags.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).map(|piece| piece.split('>').next().unwrap()).collect()
}

/// Whether a character turns the text around it (UAX 9), or controls a terminal.
fn turns(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The mail is a harmless mail with other words, and all of its parts show `shown`.
fn is_shown_harmlessly(words: &str, shown: &str) {
    let (mail, harmless) = (carrying(words), carrying("harmless words"));
    assert_eq!(tags(&mail.html), tags(&harmless.html), "{words:?} changes the markup");
    for part in [&mail.subject, &mail.text, &mail.html] {
        assert!(!part.chars().any(|c| turns(c) && c != '\n'), "{words:?} brings characters that turn or control");
    }
    let escaped = shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // A quote may or may not be escaped between tags: either way it is shown.
    let html = mail.html.replace("&#x27;", "'").replace("&quot;", "\"").replace("&#x2f;", "/");
    assert!(html.contains(&escaped), "{escaped} is not in\n{html}");
    let text = mail.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(shown), "{shown} is not in\n{}", mail.text);
    assert!(mail.subject.contains(shown.split(' ').next().unwrap()), "{}", mail.subject);
    assert!(!mail.subject.contains('\n') && mail.subject.chars().count() <= SUBJECT_CHARS, "{}", mail.subject);
    let wide = |line: &&str| !line.contains("://") && line.width() > 72;
    assert_eq!(mail.text.lines().find(wide), None, "{words:?} makes a wide line");
}

#[test]
fn markup_is_shown_as_words() {
    for words in [
        "<script>alert(1)</script>",
        "</h3></div></body><img src=x onerror=alert(1)>",
        "<!-- --> <![endif]--> <![CDATA[x]]>",
        "\"><svg/onload=alert(1)>",
        "&lt;b&gt; &amp;amp; &#60;script&#62;",
        "<style>p { background: url(https://evil.test/x) }</style>",
    ] {
        is_shown_harmlessly(words, words);
    }
}

#[test]
fn addresses_and_styles_that_run_are_shown_as_words() {
    for words in [
        "javascript:alert(1)",
        "data:text/html;base64,PHNjcmlwdD4=",
        "x;background:url(//evil.test/pixel)",
        "\" style=\"background:url(//evil.test/pixel)",
        "' onmouseover='alert(1)",
    ] {
        is_shown_harmlessly(words, words);
    }
}

#[test]
fn quotes_in_quotes_are_shown_as_written() {
    let words = "“He said ‘it's \"one 'door'\"’” and “nobody asked”";
    is_shown_harmlessly(words, words);
}

#[test]
fn template_syntax_is_not_run() {
    for words in
        ["{{ 7 * 7 }}", "{% include 'base.html.j2' %}", "{# gone #}", "{{ name }} {{ sender }}", "${7*7} <%= 7 %>"]
    {
        is_shown_harmlessly(words, words);
    }
}

#[test]
fn line_ends_and_control_characters_become_spaces() {
    is_shown_harmlessly("Reform\r\nBcc: eve@evil.test\r\n\r\nHello", "Reform Bcc: eve@evil.test Hello");
    is_shown_harmlessly("Re\0form \u{1b}[31mred\u{7}", "Re form [31mred");
    is_shown_harmlessly("one\u{2028}two\u{85}three\u{b}four", "one two three four");
}

#[test]
fn direction_overrides_go() {
    is_shown_harmlessly("Read \u{202E}gpj.exe\u{202C} \u{2066}now\u{2069}\u{200F}", "Read gpj.exe now");
}

#[test]
fn emoji_of_many_parts_stay_whole() {
    is_shown_harmlessly("Families 👩‍👩‍👧‍👦 and 🧑🏽‍💻", "Families 👩‍👩‍👧‍👦 and 🧑🏽‍💻");
    let mail = carrying(&"👩‍👩‍👧‍👦".repeat(200));
    // A subject is never cut inside a title: a title that does not fit is not in it.
    assert!(!mail.subject.contains('\u{200D}') && mail.subject.contains("posts on"), "{}", mail.subject);
}

#[test]
fn a_title_of_100_kilobytes_is_cut() {
    for words in ["reform ".repeat(15_000), "x".repeat(100_000), "改革".repeat(34_000), "<script>".repeat(13_000)] {
        let mail = carrying(&words);
        assert_eq!(tags(&mail.html), tags(&carrying("harmless words").html));
        assert!(mail.subject.chars().count() <= SUBJECT_CHARS && !mail.subject.is_empty(), "{}", mail.subject);
        assert!(mail.html.len() < 40_000 && mail.text.len() < 10_000, "{} {}", mail.html.len(), mail.text.len());
        let wide = |line: &&str| !line.contains("://") && line.width() > 72;
        assert_eq!(mail.text.lines().find(wide), None);
    }
}

#[test]
fn a_link_that_is_no_web_address_is_no_link() {
    for link in [
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "mailto:eve@evil.test",
        "https://unsubscribe.invalid/",
        "https://PREFERENCES.invalid./",
    ] {
        let mail =
            mail(vec![Story { link: Url::parse(link).unwrap(), ..story(1, "A title", &["place"]) }], 12, "en-GB");
        let hrefs: Vec<_> = tags(&mail.html).into_iter().filter(|tag| tag.starts_with("a ")).collect();
        assert_eq!(hrefs.len(), 4, "only the footer's links: {hrefs:?}");
        assert!(!mail.text.contains("\nA title\nh") && !mail.text.contains("javascript:"), "{}", mail.text);
    }
    let quoted = Url::parse("https://blog.example.org/?q=\"><script>alert(1)</script>&r='{{ 7 }}'").unwrap();
    let mail = mail(vec![Story { link: quoted, ..story(1, "A title", &["place"]) }], 12, "en-GB");
    assert!(!mail.html.contains("<script") && mail.html.contains("?q=%22%3E%3Cscript%3E"), "{}", mail.html);
}

#[tokio::test]
async fn no_feed_and_no_name_puts_a_header_or_a_script_into_a_real_message() {
    let from = "[mail]\nfrom = \"Digest\\r\\nBcc: eve@evil.test\\r\\n <digest@example.org>\"\n";
    let world = World::configured(from).await;
    world.subscribe("ada@example.org").await;
    let title =
        "Collaborative governance&#13;&#10;Bcc: eve@evil.test&#13;&#10;&#13;&#10;&lt;script&gt;x&lt;/script&gt;";
    let entry = Entry { title: title.to_owned(), ..Entry::on_topic("1") };
    world.server.serve("/blog.xml", Reply::feed(rss(&[entry])));
    world.once().await;
    let mail = world.mails().remove(0);
    let names: Vec<_> = mail.headers.split("\r\n").filter_map(|line| Some(line.split_once(':')?.0)).collect();
    let expected = [
        "From",
        "To",
        "Subject",
        "Message-ID",
        "Date",
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Content-Language",
        "List-Archive",
        "Precedence",
        "Feedback-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    ];
    assert_eq!(names, expected, "{}", mail.headers);
    assert!(mail.header("Subject").starts_with("Collaborative governance"), "{}", mail.headers);
    assert!(mail.header("From").ends_with("<digest@example.org>") && mail.header("To") == "ada@example.org");
    assert!(!mail.text.contains("<script") && mail.raw.matches("\r\nContent-Type: ").count() == 3, "{}", mail.raw);
}
