//! One returned mail as bytes, and what it reports: a delivery that failed (RFC 3464, or in words), a complaint (RFC
//! 5965), the wish to leave, or an answer from a machine (RFC 3834), which is nobody's wish. Anybody can write such a
//! mail: what is read here is believed only with a token of ours, which `app::outbox::bounces` checks. Structure goes before
//! codes, and codes before words, which `domain::outbox::bounce` knows.

mod delivery;
mod entity;
mod letter;
mod sender;

use crate::domain::outbox::bounce;
use crate::domain::outbox::bounce::{Cause, Fault};
use delivery::delivery;
use entity::{Entity, Fields, blocks};
use letter::Letter;
use sender::{Author, author, has_null_path, is_automatic};

/// The most that is read of one mail: a report with the longest mail of ours in it is below a fifth of that.
pub const MAX_BYTES: usize = 1024 * 1024;

/// How deep parts are looked into; gateways wrap a report once or twice to add their notices.
const MAX_DEPTH: usize = 4;

/// The most addresses and links that are kept of one mail to find a token in.
const MAX_CANDIDATES: usize = 64;

/// What a mail reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A delivery failed for good.
    Failed {
        /// Whose fault it is.
        fault: Fault,
        /// The cause.
        cause: Cause,
        /// As `550 5.1.1`; empty for an old form that says only that it came back.
        code: String,
    },
    /// It is late, or arrived after all.
    Passing,
    /// A person calls it spam.
    Complaint,
    /// A person asks to leave, by a mail with one of these in its subject, which may be a token.
    Unsubscribe(Vec<String>),
    /// A machine answered: out of office, a receipt, a thank-you.
    AutoReply,
    /// None of these.
    Other,
}

/// A returned mail. Has addresses in it, so it does not show itself.
#[derive(Clone)]
pub struct Returned {
    /// What it reports.
    pub notice: Notice,
    /// Addresses that it came to, or that the mail in it had gone out from: one carries our token.
    pub addresses: Vec<String>,
    /// Links of the returned mail's List-Unsubscribe: their last part is a token.
    pub links: Vec<String>,
    /// The returned mail's Message-ID.
    pub message_id: Option<String>,
}

/// Reads one mail. Takes whatever bytes there are.
#[must_use]
pub fn read(bytes: &[u8]) -> Returned {
    let mail = Entity::read(&bytes[..bytes.len().min(MAX_BYTES)]);
    let mut found = Found::default();
    found.look_into(&mail, 0);
    found.part_letter();
    let mut addresses = Vec::new();
    for name in ["x-original-to", "delivered-to", "envelope-to", "x-envelope-to", "to", "cc"] {
        mail.fields.all(name).for_each(|value| add_addresses(&mut addresses, value));
    }
    for field in found.original.all("return-path").chain(found.feedback.all("original-mail-from")) {
        add_addresses(&mut addresses, field);
    }
    let links = found.original.all("list-unsubscribe").flat_map(words).map(str::to_owned);
    Returned {
        notice: notice(&mail, &found),
        addresses,
        links: links.take(MAX_CANDIDATES).collect(),
        message_id: found.original.first("message-id").map(str::to_owned),
    }
}

/// The parts that matter.
#[derive(Default)]
struct Found {
    statuses: Vec<Fields>,
    feedback: Fields,
    is_feedback: bool,
    original: Fields,
    is_receipt: bool,
    /// What is written in plain words, and what only in HTML.
    plain: String,
    html: String,
    letter: Letter,
}

impl Found {
    fn look_into(&mut self, entity: &Entity<'_>, depth: usize) {
        self.is_receipt |= entity.report_type.as_deref() == Some("disposition-notification");
        match entity.kind.as_str() {
            // RFC 3464 §2.1; RFC 6533 §4 for its form with addresses beyond ASCII.
            "message/delivery-status" | "message/global-delivery-status" => {
                self.statuses.extend(blocks(&entity.content()));
            }
            "message/feedback-report" => {
                self.is_feedback = true;
                self.feedback = Fields::read(&entity.content());
            }
            "message/rfc822" | "message/global" | "text/rfc822-headers" | "message/global-headers"
                if self.original.is_empty() =>
            {
                self.original = Fields::read(entity.content().trim_ascii_start());
            }
            // A second one says nothing that is not known.
            "text/rfc822-headers" => {}
            "text/html" => self.html.push_str(&entity.plain_text()),
            kind if kind.starts_with("text/") => {
                self.plain.push_str(&entity.text());
                self.plain.push_str("\n\n");
            }
            _ if depth < MAX_DEPTH => {
                for part in entity.parts() {
                    self.look_into(&Entity::read(part), depth + 1);
                }
            }
            _ => {}
        }
    }

    /// Separates the words from a copy of our email that is quoted among them.
    fn part_letter(&mut self) {
        self.letter = Letter::read(if self.plain.trim().is_empty() { &self.html } else { &self.plain });
        if self.original.is_empty() {
            self.original = self.letter.original.clone();
        }
    }
}

fn notice(mail: &Entity<'_>, found: &Found) -> Notice {
    if found.is_feedback {
        return feedback(&found.feedback);
    }
    if let Some(notice) = delivery(&found.statuses) {
        return notice;
    }
    if is_complaint_in_words(mail, found) {
        return Notice::Complaint;
    }
    if let Some(tokens) = unsubscribe(&mail.fields) {
        return Notice::Unsubscribe(tokens);
    }
    if found.is_receipt {
        return Notice::AutoReply;
    }
    in_words(mail, found)
}

/// A notice without a delivery status: whose it is by its structure and its author; only then by its words.
fn in_words(mail: &Entity<'_>, found: &Found) -> Notice {
    let fields = &mail.fields;
    let subject = fields.first("subject").unwrap_or_default();
    let letter = bounce::letter(subject, &found.letter.text);
    let has_failed = letter == bounce::Letter::Failed;
    let (is_automatic, has_null_path) = (is_automatic(fields), has_null_path(fields));
    let author = author(fields);
    let names_recipients = fields.first("x-failed-recipients").is_some();
    let is_report =
        mail.kind == "multipart/report" && mail.report_type.as_deref().is_none_or(|kind| kind == "delivery-status");
    let has_reply = found.letter.reply().is_some();
    let has_original = !found.original.is_empty();
    // Our email as a part of its own: no program that answers for a person sends it back so.
    let has_our_part = has_original && found.letter.original.is_empty();
    let may_be_null = has_null_path || fields.first("return-path").is_none();
    let is_by_a_system = names_recipients || is_report || author != Author::Other;
    if letter == bounce::Letter::Passing && (is_by_a_system || (has_null_path && has_original)) {
        return Notice::Passing;
    }
    let is_failure = match author {
        _ if names_recipients => true,
        // Some vacation programs write in the daemon's name.
        _ if letter == bounce::Letter::AutoReply && !has_reply => false,
        Author::Daemon => true,
        _ if is_report => true,
        Author::Postmaster => has_failed || has_reply || !is_automatic,
        // Other names of systems, and gateways that have lost the null path: more must speak for it, and most where the
        // mail says that it is an answer.
        Author::Other if is_automatic => has_null_path && has_failed && (has_reply || has_our_part),
        Author::Other if has_null_path => has_failed && (has_original || has_reply),
        Author::Other if may_be_null => has_failed && (has_our_part || (has_original && has_reply)),
        Author::Other => has_failed && has_original && has_reply,
    };
    if is_failure {
        let reported = delivery(&found.letter.fields()).unwrap_or_else(|| found.letter.failure(names_recipients));
        return match reported {
            // Any other sender may merely quote a status.
            Notice::Failed { fault: Fault::Person, cause, code } if !is_by_a_system => {
                Notice::Failed { fault: Fault::Soft, cause, code }
            }
            reported => reported,
        };
    }
    if is_automatic { Notice::AutoReply } else { Notice::Other }
}

/// RFC 5965 §7.3; `opt-out` is older than the registry. `not-spam` takes a complaint back, `virus` and `auth-failure`
/// (RFC 6591) are about what others do in our name, `other` is not said to be a wish.
fn feedback(report: &Fields) -> Notice {
    match report.first("feedback-type").map(str::to_ascii_lowercase).as_deref() {
        Some("abuse" | "fraud" | "opt-out" | "opt-out-list" | "complaint") => Notice::Complaint,
        _ => Notice::Other,
    }
}

/// Complaints of the time before RFC 5965: Microsoft's JMRP sends our mail within its own, with a header of its making
/// or this subject; others have lost the feedback report's type on the way.
fn is_complaint_in_words(mail: &Entity<'_>, found: &Found) -> bool {
    let subject = mail.fields.first("subject").unwrap_or_default().to_ascii_lowercase();
    let is_jmrp = ["x-hmxmroriginalrecipient", "x-hmxmr-originalrecipient"]
        .iter()
        .any(|name| found.original.first(name).is_some() || mail.fields.first(name).is_some())
        || subject.starts_with("complaint about message from");
    let report = Fields::read(found.letter.text.trim_start().as_bytes());
    let is_report = mail.report_type.as_deref() == Some("feedback-report") && feedback(&report) == Notice::Complaint;
    (is_jmrp && !found.original.is_empty()) || is_report
}

/// What may be the token of `unsubscribe TOKEN`, as the mail link of List-Unsubscribe writes it. Mail programs and
/// gateways put words before it and leave its blank encoded; the token alone proves the wish.
fn unsubscribe(fields: &Fields) -> Option<Vec<String>> {
    let subject = fields.first("subject")?;
    let lower = subject.to_ascii_lowercase();
    let wish = lower.find("unsubscribe")?;
    let behind = subject[wish + "unsubscribe".len()..].replace("%20", " ").replace("=20", " ").replace("%2E", ".");
    let pieces = behind.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').map(|piece| piece.trim_matches('.'));
    let tokens: Vec<String> = pieces
        .filter(|piece| piece.contains('.') && (20..=200).contains(&piece.len()))
        .map(str::to_owned)
        .take(8)
        .collect();
    (!tokens.is_empty()).then_some(tokens)
}

fn add_addresses(addresses: &mut Vec<String>, value: &str) {
    let found = words(value).filter(|word| word.contains('@')).map(str::to_owned);
    addresses.extend(found);
    addresses.truncate(MAX_CANDIDATES);
}

/// The text between characters that no address and no link of ours contains.
fn words(value: &str) -> impl Iterator<Item = &str> {
    value.split([' ', ',', ';', '<', '>', '(', ')', '"', '\'']).filter(|word| !word.is_empty())
}
