//! A report in words, as mail systems without delivery statuses write it: where it ends and the returned mail begins, and
//! the server's reply that it quotes. What the words mean is `domain::bounce`'s.

use super::Notice;
use super::entity::Fields;
use crate::domain::outbox::bounce::{Cause, Enhanced, Fault, Finding, Said, Step, weigh};
use crate::mail::reply;

/// The most bytes of a letter that are read.
const MAX_BYTES: usize = 32 * 1024;

/// Bytes before and behind a reply's code that may be its words.
const BEFORE: usize = 120;
const BEHIND: usize = 320;

/// A letter: what was written, and the head of the mail that is returned in it, if there is one.
#[derive(Default)]
pub(super) struct Letter {
    pub(super) text: String,
    pub(super) original: Fields,
}

/// Headers with which only a copy of a mail begins.
const STRONG: &[&str] = &["return-path", "received", "dkim-signature", "mime-version", "list-unsubscribe", "x-"];

/// Headers that a notice may name as well: three in a row are a copy.
const WEAK: &[&str] = &["from", "to", "subject", "date", "message-id", "reply-to", "content-type", "cc"];

impl Letter {
    /// Parts what was written from what is returned.
    pub(super) fn read(text: &str) -> Self {
        let mut end = text.len().min(MAX_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = &text[..end];
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut at = 0;
        for (number, line) in lines.iter().enumerate() {
            if begins_a_copy(&lines[number..]) {
                let copy: String = lines[number..].iter().map(|line| unquoted(line)).collect();
                let original = Fields::read(copy.as_bytes());
                return Self { text: text[..at].to_owned(), original };
            }
            if is_a_rule(line) {
                let copy: String = lines[number + 1..].iter().map(|line| unquoted(line)).collect();
                return Self { text: text[..at].to_owned(), original: Fields::read(copy.trim_start().as_bytes()) };
            }
            at += line.len();
        }
        Self { text: text.to_owned(), original: Fields::default() }
    }

    /// The fields of a delivery status that stand among the words.
    pub(super) fn fields(&self) -> Vec<Fields> {
        let names = ["final-recipient", "action", "status", "diagnostic-code"];
        let is_field = |line: &&str| header(line).is_some_and(|name| names.contains(&name.as_str()));
        let lines: Vec<&str> = self.text.lines().collect();
        let Some(start) = lines.iter().position(is_field) else { return Vec::new() };
        let block: Vec<&str> = lines[start..].iter().take_while(|line| !line.trim().is_empty()).copied().collect();
        if block.iter().filter(|line| is_field(line)).count() < 2 {
            return Vec::new();
        }
        vec![Fields::read(block.join("\n").as_bytes())]
    }

    /// The reply that is quoted.
    pub(super) fn reply(&self) -> Option<Quoted<'_>> {
        let all: Vec<Quoted<'_>> = quoted(&self.text).collect();
        let rank = |quoted: &&Quoted<'_>| match (quoted.code, quoted.enhanced) {
            (Some(500..), Some(_)) => 4,
            (Some(500..), None) => 3,
            (None, Some((5, ..))) => 2,
            _ => 1,
        };
        // Of equals the first.
        all.iter().rev().max_by_key(rank).copied()
    }

    /// What the letter comes to. Words alone suppress nobody at once; `names_recipients` says that the system has put the
    /// recipient into a header of its own.
    pub(super) fn failure(&self, names_recipients: bool) -> Notice {
        let reply = self.reply();
        let said = |words| {
            let (code, enhanced) = reply.map_or((None, None), |reply| (reply.code, reply.enhanced));
            let class = enhanced.map_or(500, |(class, ..)| class * 100);
            weigh(&Said { step: Step::Report, code: code.unwrap_or(class), enhanced, status: None, words })
        };
        let near = reply.map(|reply| said(reply.words));
        let mut found = match near {
            Some(found) if found.cause != Cause::Unclear => found,
            _ => {
                let whole = said(&self.text);
                // Advice of a letter, such as to look for spam in what was sent, is not what happened.
                let is_advice = near.is_none() && whole.fault == Fault::Ours && whole.cause == Cause::Ours;
                if is_advice { Finding { cause: Cause::Unclear, fault: Fault::Soft } } else { whole }
            }
        };
        let is_sure = names_recipients && reply.is_some_and(|reply| reply.enhanced.is_some());
        if found.fault == Fault::Person && !is_sure {
            found.fault = Fault::Soft;
        }
        let code = reply.map_or(String::new(), |reply| reply.shown());
        Notice::Failed { fault: found.fault, cause: found.cause, code }
    }
}

/// A server's reply in a letter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quoted<'a> {
    code: Option<u16>,
    enhanced: Option<Enhanced>,
    words: &'a str,
}

impl Quoted<'_> {
    fn shown(&self) -> String {
        let parts = [self.code.map(|code| code.to_string()), self.enhanced.map(|(a, b, c)| format!("{a}.{b}.{c}"))];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// Every `550 …`, `550-5.1.1 …`, `(#5.1.1)`, with the words around it in the same paragraph.
fn quoted(text: &str) -> impl Iterator<Item = Quoted<'_>> {
    let starts = text.char_indices().filter(|(at, c)| {
        matches!(c, '4' | '5') && !text[..*at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
    });
    starts.take(200).filter_map(|(at, _)| {
        let rest = &text[at..];
        let (code, behind) = match rest.get(..3).and_then(|code| code.parse::<u16>().ok()) {
            Some(code) if rest[3..].starts_with([' ', '-', ':', '\t', '\n', '\r']) && code % 100 < 80 => {
                (Some(code), &rest[4..])
            }
            _ => (None, rest),
        };
        let behind = behind.trim_start_matches([' ', '(', '#', '-', '[', '<']);
        let word = behind.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
        let enhanced = reply::enhanced(word.trim_end_matches('.')).filter(|(class, ..)| *class >= 4);
        let is_reply = enhanced.is_some()
            || code.is_some_and(|_| behind.starts_with(|c: char| c.is_alphabetic() || "<[\"'*".contains(c)));
        is_reply.then(|| Quoted { code, enhanced, words: around(text, at) })
    })
}

/// The words around a place: of its paragraph, and not too many.
fn around(text: &str, at: usize) -> &str {
    let (before, behind) = text.split_at(at);
    let start = ["\n\n", "\r\n\r\n"].iter().filter_map(|gap| before.rfind(gap).map(|at| at + gap.len())).max();
    let end = ["\n\n", "\r\n\r\n"].iter().filter_map(|gap| behind.find(gap)).min();
    let mut start = start.unwrap_or(0).max(at.saturating_sub(BEFORE));
    let mut end = at + end.unwrap_or(behind.len()).min(BEHIND);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[start..end]
}

fn unquoted(line: &str) -> &str {
    line.trim_start_matches(['>', ' ', '|'])
}

fn begins_a_copy(lines: &[&str]) -> bool {
    let is_strong = lines.first().and_then(|line| header(line)).is_some_and(|name| is_one(&name, STRONG));
    // A diagnostic field in a letter is none.
    let is_named = |line: &&str| header(line).is_some_and(|name| is_one(&name, WEAK) || is_one(&name, STRONG));
    is_strong || (lines.len() >= 3 && lines[..3].iter().all(is_named))
}

fn is_one(name: &str, names: &[&str]) -> bool {
    names
        .iter()
        .any(|known| if known.ends_with('-') { name.starts_with(known) && name != "x-unix" } else { name == *known })
}

/// The name of a field that the line begins with, in lower case.
fn header(line: &str) -> Option<String> {
    let line = line.trim_start_matches(['>', ' ', '|']);
    let (name, _) = line.split_once(':')?;
    let is_name =
        !name.is_empty() && name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_name.then(|| name.to_ascii_lowercase())
}

/// `----- Original message -----`, `--- Below this line is a copy of the message.`
fn is_a_rule(line: &str) -> bool {
    let line = line.trim();
    let bare = line.trim_matches(['-', '=', '*', '_', ' ', '#']).to_lowercase();
    let is_ruled = line.len() > bare.len() + 2;
    let words = [
        "original message",
        "copy of the message",
        "copy of your message",
        "your message",
        "message header",
        "headers of",
        "header of",
        "unsent message",
        "returned message",
        "message follows",
        "originalnachricht",
        "message d'origine",
    ];
    (is_ruled && words.iter().any(|word| bare.contains(word)))
        || bare.starts_with("original message headers")
        || bare.starts_with("original message follows")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_ends_where_the_returned_mail_begins() {
        let letter = Letter::read(
            "It failed:\n550 5.1.1 no\n\n--- Your message, with all its headers, follows. ---\n\nReturn-Path: <a+b@c.test>\nTo: x\n\nfull",
        );
        assert_eq!(letter.text, "It failed:\n550 5.1.1 no\n\n");
        assert_eq!(letter.original.first("return-path"), Some("<a+b@c.test>"));
        let letter = Letter::read("Your message\n  To: x\n  Subject: y\n\ndid not reach anybody\n");
        assert!(letter.text.ends_with("anybody\n"));
    }

    #[test]
    fn a_reply_is_found_in_a_letter() {
        let found =
            |text: &str| Letter { text: text.to_owned(), ..Letter::default() }.reply().map(|reply| reply.shown());
        assert_eq!(found("said: 550-5.1.1 no\n").as_deref(), Some("550 5.1.1"));
        assert_eq!(found("Sorry, no mailbox here by that name. (#5.1.1)\n").as_deref(), Some("5.1.1"));
        assert_eq!(found("after RCPT: 554 refused\n").as_deref(), Some("554"));
        assert_eq!(found("451 try later, then 550 5.7.1 no").as_deref(), Some("550 5.7.1"));
        for none in ["host 5.1.1.1 said", "4 hours", "in 550 days of 2026", "room 4.5", "+44 550 123"] {
            assert!(none.contains("550 days") || found(none).is_none(), "{none}: {:?}", found(none));
        }
    }
}
