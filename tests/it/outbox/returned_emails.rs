//! What a returned mail is read as: reports in the shapes that mail servers write them, answers of machines and of
//! people, and whatever else may be piped in.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use policy_digest::domain::outbox::bounce::{Cause, Fault};
use policy_digest::mail::report::{MAX_BYTES, Notice, Returned, read};
use proptest::prelude::*;

/// The token in the return path of every fixture.
pub const TOKEN: &str = "2a-5f0c1d9e8b7a6f5e4d3c";

/// The unsubscribe token in the fixtures of complaints and wishes.
pub const LINK_TOKEN: &str = "u.0123456789abcdef01234567.0.00112233445566778899aabbccddeeff00112233";

pub fn fixture(name: &str) -> String {
    std::fs::read_to_string(folder().join(format!("{name}.eml"))).unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/bounces")
}

fn failed(fault: Fault, cause: Cause, code: &str) -> Notice {
    Notice::Failed { fault, cause, code: code.to_owned() }
}

fn has_token(returned: &Returned) -> bool {
    returned.addresses.iter().any(|address| address.to_lowercase().contains(TOKEN))
}

#[test]
fn every_fixture_is_read_as_what_it_is() {
    let table = [
        ("postfix_unknown_user", failed(Fault::Person, Cause::Dead, "5.1.1")),
        ("exim_status_in_diagnostic", failed(Fault::Person, Cause::Dead, "550 5.1.1")),
        ("exchange_not_found", failed(Fault::Person, Cause::Dead, "550 5.1.10")),
        ("gmail_mailbox_full", failed(Fault::Soft, Cause::Full, "552 5.2.2")),
        ("postfix_given_up", failed(Fault::Soft, Cause::Temporary, "4.4.1")),
        ("postfix_policy", failed(Fault::Ours, Cause::Filtered, "550 5.7.1")),
        ("postfix_bare_code", failed(Fault::Soft, Cause::Unclear, "554 5.0.0")),
        ("beyond_ascii", failed(Fault::Person, Cause::Dead, "550 5.1.1")),
        ("wrapped_by_a_gateway", failed(Fault::Person, Cause::Dead, "5.1.2")),
        ("qmail_in_words", failed(Fault::Soft, Cause::Dead, "5.1.1")),
        ("postfix_delayed", Notice::Passing),
        ("sendmail_delivered", Notice::Passing),
        ("relay_complaint", Notice::Complaint),
        ("redacted_complaint", Notice::Complaint),
        ("not_spam_after_all", Notice::Other),
        ("exchange_out_of_office", Notice::AutoReply),
        ("old_vacation", Notice::AutoReply),
        ("read_receipt", Notice::AutoReply),
        ("vacation_without_a_sign", Notice::Other),
        ("a_person_answers", Notice::Other),
        ("unsubscribe_by_mail", Notice::Unsubscribe(vec![LINK_TOKEN.to_owned()])),
    ];
    for (name, expected) in &table {
        // As a mail server's file has it, as it comes over the wire, and with the line that Postfix puts before it in a pipe.
        let text = fixture(name);
        let piped = format!("From MAILER-DAEMON  Wed Nov 25 09:00:03 2026\n{text}");
        for text in [text.replace('\n', "\r\n"), text, piped] {
            let returned = read(text.as_bytes());
            assert_eq!(&returned.notice, expected, "{name}");
            let expects_token = !matches!(*name, "redacted_complaint" | "unsubscribe_by_mail");
            assert_eq!(has_token(&returned), expects_token, "{name}");
        }
    }
    assert_eq!(std::fs::read_dir(folder()).unwrap().count(), table.len(), "every fixture is in the table");
}

#[test]
fn the_returned_mail_tells_its_message_id_and_its_link() {
    let returned = read(fixture("redacted_complaint").as_bytes());
    assert_eq!(returned.message_id.as_deref(), Some("<12.0123456789abcdef01234567@digest.example.org>"));
    assert!(returned.links.iter().any(|link| link.ends_with(LINK_TOKEN)), "{:?}", returned.links);
}

#[test]
fn the_token_is_found_in_the_returned_mail_when_the_report_went_elsewhere() {
    let text = fixture("postfix_policy");
    let (head, body) = text.split_once("\n\n").unwrap();
    let head = head.replace(TOKEN, "gone").replace("bounces+gone", "postmaster");
    assert!(has_token(&read(format!("{head}\n\n{body}").as_bytes())));
}

#[test]
fn prose_that_speaks_of_errors_is_no_report() {
    for text in [
        "From: ada@example.com\nReturn-Path: <>\n\nFinal-Recipient: rfc822; x@y.example\nAction: failed\nStatus: 5.1.1\n",
        "From: MAILER-DAEMON@example.com\nReturn-Path: <ada@example.com>\n\n550 5.1.1 unknown\n",
        "From: a@b.example\nSubject: unsubscribe me please\n\nthanks\n",
        "From: a@b.example\nSubject: unsubscribe\n\n",
    ] {
        assert_eq!(read(text.as_bytes()).notice, Notice::Other, "{text}");
    }
}

#[test]
fn an_error_in_the_mail_that_is_returned_is_not_taken_for_the_report() {
    let text = fixture("postfix_delayed");
    let inner = fixture("postfix_policy");
    let nested =
        text.replace("text/rfc822-headers", "message/rfc822").replace("\n\n--AB12.1764061203/mx.example.org--", "");
    let nested = format!("{nested}\n\n{}", inner.replace("AB12", "CD34"));
    assert_eq!(read(nested.as_bytes()).notice, Notice::Passing);
}

#[test]
fn what_is_truncated_anywhere_does_no_harm() {
    for name in ["postfix_unknown_user", "exchange_not_found", "relay_complaint", "wrapped_by_a_gateway"] {
        let bytes = fixture(name).into_bytes();
        let whole = read(&bytes).notice;
        for end in 0..bytes.len() {
            let notice = read(&bytes[..end]).notice;
            let accuses = matches!(notice, Notice::Failed { fault: Fault::Person, .. } | Notice::Complaint);
            assert!(!accuses || std::mem::discriminant(&notice) == std::mem::discriminant(&whole), "{name} {end}");
        }
    }
}

#[test]
fn what_is_nested_without_end_is_read_quickly() {
    let mut hostile = vec![
        "Content-Type: message/rfc822\n\n".repeat(30_000),
        "Content-Type: multipart/mixed; boundary=a\n\n--a\n".repeat(20_000),
        format!("Content-Type: multipart/report; boundary=a\n\n{}", "--a\n\n".repeat(150_000)),
        format!(
            "Content-Type: multipart/report; boundary=a\n\n--a\nContent-Type: message/delivery-status\n\n{}",
            "a: b\n\n".repeat(150_000)
        ),
        format!("To: {}\n\n", "a@b.example, ".repeat(80_000)),
        format!("Subject: {}\n\n", "(".repeat(1_000_000)),
        "To: <a@b.example>\n".repeat(60_000),
        format!("Content-Type: {}\n\n", "a/b; c=\"d\"; ".repeat(80_000)),
    ];
    hostile.push("\0\u{ff}=?utf-8?q?".repeat(100_000));
    for text in hostile {
        let started = Instant::now();
        let _ = read(text.as_bytes());
        assert!(started.elapsed() < Duration::from_secs(20), "{:.60}", text);
    }
}

#[test]
fn no_more_than_a_megabyte_is_read() {
    let text = fixture("postfix_unknown_user");
    let filled = |bytes: usize| text.replace("This is the mail system", &"a b\n".repeat(bytes / 4));
    assert_eq!(read(filled(MAX_BYTES / 2).as_bytes()).notice, failed(Fault::Person, Cause::Dead, "5.1.1"));
    let beyond = read(filled(MAX_BYTES).as_bytes()).notice;
    assert_eq!(beyond, failed(Fault::Soft, Cause::Unclear, ""), "its status is beyond");
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = read(&bytes);
    }

    #[test]
    fn any_damage_to_a_report_is_read(
        which in 0usize..5,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..30),
        cut in any::<prop::sample::Index>(),
        moved in any::<prop::sample::Index>(),
    ) {
        let names =
            ["postfix_unknown_user", "exchange_not_found", "relay_complaint", "unsubscribe_by_mail", "gmail_mailbox_full"];
        let mut bytes = fixture(names[which]).into_bytes();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let middle = moved.index(bytes.len());
        bytes.rotate_left(middle);
        let _ = read(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        let _ = read(&bytes);
    }

    #[test]
    fn any_headers_are_read(text in "([A-Za-z-]{1,12}: [ -~]{0,40}\r?\n[ \t]?){0,12}\n?(\\PC|\n){0,200}") {
        let _ = read(text.as_bytes());
    }
}
