//! The built message, read back with a small reader of our own.

use chrono::TimeZone;

use super::*;

fn envelope() -> Envelope {
    Envelope {
        from: Mailbox::new("Réform Digest, Weekly", "digest@example.org"),
        to: "reader@example.net".into(),
        reply_to: Some(Mailbox::new("", "editor@example.org")),
        language: Some("cy".into()),
        message_id: "<r1.s1@digest.example.org>".into(),
        date: Utc.with_ymd_and_hms(2026, 11, 23, 7, 0, 0).single().expect("a time"),
        list_id: Some(("Public Service Reform Digest".into(), "digest.example.org".into())),
        unsubscribe_url: Some("https://digest.example.org/u/token".into()),
        unsubscribe_mail: Some("mailto:leave@example.org?subject=unsubscribe%20token".into()),
        archive_url: None,
        feedback_id: Some("3:weekly:digest:exampleorg".into()),
    }
}

/// The unfolded header lines.
fn headers(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).expect("ASCII");
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    head.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
}

fn built(subject: &str, text: &str, html: &str) -> Vec<u8> {
    build(&envelope(), subject, text, html).expect("a message")
}

#[test]
fn the_headers_are_those_that_mailbox_providers_ask_for() {
    let headers = headers(&built("Hello", "text", "<p>html</p>"));
    for line in [
        "To: reader@example.net",
        "Reply-To: editor@example.org",
        "Subject: Hello",
        "Message-ID: <r1.s1@digest.example.org>",
        "Date: Mon, 23 Nov 2026 07:00:00 +0000",
        "List-Id: Public Service Reform Digest <digest.example.org>",
        "List-Unsubscribe: <https://digest.example.org/u/token>, <mailto:leave@example.org?subject=unsubscribe%20token>",
        "Feedback-ID: 3:weekly:digest:exampleorg",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Content-Language: cy",
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "MIME-Version: 1.0",
    ] {
        assert!(headers.iter().any(|header| header == line), "{line} in {headers:#?}");
    }
    assert!(headers.iter().any(|header| header.starts_with("From: ") && header.ends_with("<digest@example.org>")));
}

#[test]
fn the_same_envelope_and_parts_are_the_same_bytes() {
    assert_eq!(built("Hello", "é", "<p>é"), built("Hello", "é", "<p>é"));
}

#[test]
fn lines_end_in_crlf_are_short_and_ascii() {
    let long = "é reform ".repeat(4000);
    for (text, html) in [(long.as_str(), long.as_str()), (&"x".repeat(5000), "a\rb\nc\r\nd\0"), ("", "")] {
        let bytes = built(&long[..3000], text, html);
        assert!(bytes.is_ascii() && !bytes.contains(&0));
        let text = String::from_utf8(bytes).expect("ASCII");
        assert!(text.split("\r\n").all(|line| line.len() < 998 && !line.contains(['\r', '\n'])));
    }
}

#[test]
fn text_comes_first_and_both_parts_are_utf_8() {
    let text = String::from_utf8(built("Hello", "T", "<p>H")).expect("ASCII");
    let boundary = "--=_r1s1digestexampleorg";
    let parts: Vec<&str> = text.split(boundary).collect();
    assert_eq!(parts.len(), 4);
    assert!(parts[1].contains("text/plain; charset=utf-8") && parts[1].ends_with("\r\n\r\nT\r\n"), "{}", parts[1]);
    assert!(parts[2].contains("text/html; charset=utf-8") && parts[2].ends_with("\r\n\r\n<p>H\r\n"));
    assert!(text.contains("Content-Type: multipart/alternative"));
}

#[test]
fn no_name_and_no_subject_makes_a_header() {
    let evil = "x\r\nBcc: all@example.org\r\n\r\nbody";
    let envelope = Envelope {
        from: Mailbox::new(evil, "digest@example.org"),
        list_id: Some((evil.into(), "digest.example.org".into())),
        ..envelope()
    };
    let bytes = build(&envelope, evil, "text", "html").expect("a message");
    assert!(headers(&bytes).iter().all(|header| !header.starts_with("Bcc")));
    assert_eq!(headers(&bytes).len(), headers(&built("x", "text", "html")).len());
}

#[test]
fn what_cannot_stand_in_a_header_is_refused() {
    let evil = "https://x.example/\r\nBcc: all@example.org";
    let bad = [
        Envelope { unsubscribe_url: Some(evil.into()), ..envelope() },
        Envelope { archive_url: Some(evil.into()), ..envelope() },
        Envelope { unsubscribe_mail: Some(evil.into()), ..envelope() },
        Envelope { feedback_id: Some(evil.into()), ..envelope() },
        Envelope { list_id: Some(("n".into(), "a b".into())), ..envelope() },
        Envelope { message_id: "r1@x".into(), ..envelope() },
        Envelope { message_id: "<r1@x>\r\nBcc: y>".into(), ..envelope() },
        Envelope { to: "reader@example.net\r\nBcc: all@example.org".into(), ..envelope() },
        Envelope { from: Mailbox::new("", "nobody"), ..envelope() },
    ];
    for envelope in bad {
        assert!(build(&envelope, "s", "t", "h").is_err(), "{envelope:?}");
    }
}

#[test]
fn a_confirmation_is_no_list_mail() {
    let envelope = Envelope { list_id: None, unsubscribe_url: None, ..envelope() };
    let headers = headers(&build(&envelope, "s", "t", "h").expect("a message"));
    assert!(headers.iter().all(|header| !header.starts_with("List-") && !header.starts_with("Precedence")));
}

#[test]
fn parts_are_counted_as_they_travel() {
    let (text, html) = ("Zwölf Köche – und ein Topf\n".repeat(40), "<p>改革, one line</p>".repeat(100));
    let mail = String::from_utf8(built("Hello", &text, &html)).expect("ASCII");
    let mark = mail.lines().find(|line| line.starts_with("--=_")).expect("a boundary");
    let parts: Vec<&str> = mail.split(mark).collect();
    let bytes = encoded_bytes(&text, &html);
    let travelled = |part: &str| part.strip_prefix("\r\n").expect("a line end").len();
    assert_eq!((bytes.text, bytes.html), (travelled(parts[1]), travelled(parts[2])));
    assert!(bytes.html > html.len());
}

#[test]
fn a_subject_that_looks_encoded_arrives_as_written() {
    let subject = format!("Care =?utf-8?q?two_words?= {}", "för alle ".repeat(12).trim());
    let lines = headers(&built(&subject, "text", "<p>"));
    let line = lines.iter().find_map(|line| line.strip_prefix("Subject: ")).expect("a subject");
    let words = line.split(' ').map(|word| {
        let inner = word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?=")).expect("an encoded-word");
        assert!(word.len() <= 75, "RFC 2047 §2");
        String::from_utf8(BASE64.decode(inner).expect("base64")).expect("whole characters")
    });
    assert_eq!(words.collect::<String>(), subject);
}

#[test]
fn a_picture_becomes_a_part_beside_the_html_and_does_not_count_as_html() {
    let html = format!("<img src=\"data:image/gif;base64,{}\" alt=\"A\">", "R0lG".repeat(500));
    let message = String::from_utf8(built("Hello", "text", &html)).expect("ASCII");
    assert!(message.contains("src=3D\"cid:picture1."), "{message}");
    assert!(
        message.contains("Content-Type: multipart/related;") && message.contains("type=\"text/html\""),
        "{message}"
    );
    assert!(message.contains("Content-ID: <picture1.r1s1digestexampleorg@digest.example.org>\r\n"), "{message}");
    assert!(
        message.contains("Content-Type: image/gif\r\n") && message.contains("Content-Disposition: inline"),
        "{message}"
    );
    let boundaries: Vec<&str> =
        message.split("boundary=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(boundaries.len() == 2 && !boundaries[1].starts_with(boundaries[0]), "{boundaries:?}");
    assert!(encoded_bytes("text", &html).html < 300, "an email program hides long HTML, not pictures");
}
