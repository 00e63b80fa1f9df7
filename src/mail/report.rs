//! One returned mail as bytes, and what it reports: a delivery that failed (RFC 3464), a complaint (RFC 5965), the wish
//! to leave, or an answer from a machine (RFC 3834), which is nobody's wish. Anybody can write such a mail: what is
//! read here is believed only with a token of ours, which `app::outbox::bounces` checks. Words are never read, only fields.

mod entity;

use crate::domain::outbox::bounce;
use crate::domain::outbox::bounce::{Enhanced, Fault, Step};
use entity::{Entity, Fields, blocks};

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
        /// As `550 5.1.1`; empty for an old form that says only that it came back.
        code: String,
    },
    /// It is late, or arrived after all.
    Passing,
    /// A person calls it spam.
    Complaint,
    /// A person asks to leave, by a mail with this token in its subject.
    Unsubscribe(String),
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
            _ if depth < MAX_DEPTH => {
                for part in entity.parts() {
                    self.look_into(&Entity::read(part), depth + 1);
                }
            }
            _ => {}
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
    if let Some(token) = unsubscribe(&mail.fields) {
        return Notice::Unsubscribe(token);
    }
    if found.is_receipt || is_automatic(&mail.fields) {
        return Notice::AutoReply;
    }
    if is_from_a_mail_system(&mail.fields) {
        // A report of the old kind, in words only. That it came back is what it says, and no more: it counts as soft,
        // so that it takes weeks of them to suppress a person.
        return Notice::Failed { fault: Fault::Soft, code: String::new() };
    }
    Notice::Other
}

/// RFC 5965 §7.3; `opt-out` is older than the registry. `not-spam` takes a complaint back, `virus` and `auth-failure`
/// (RFC 6591) are about what others do in our name, `other` is not said to be a wish.
fn feedback(report: &Fields) -> Notice {
    match report.first("feedback-type").map(str::to_ascii_lowercase).as_deref() {
        Some("abuse" | "fraud" | "opt-out") => Notice::Complaint,
        _ => Notice::Other,
    }
}

/// The worst that a delivery status says; `None` when there is none. We write to one person at a time, so several
/// recipients are that person's forwarding.
fn delivery(statuses: &[Fields]) -> Option<Notice> {
    let recipients = statuses
        .iter()
        .filter(|block| ["action", "status", "final-recipient"].iter().any(|name| block.first(name).is_some()));
    let mut notices = Vec::new();
    for block in recipients {
        let status = block.first("status").and_then(super::reply::enhanced);
        let action = block.first("action").map(str::to_ascii_lowercase);
        // RFC 3464 §2.3.3: failed, delayed, delivered, relayed, expanded; one that is missing is told by the class.
        let has_failed = match action.as_deref() {
            Some(action) => action.starts_with("failed"),
            None => status.is_some_and(|status| status.0 == 5),
        };
        notices.push(if has_failed { failure(status, block.first("diagnostic-code")) } else { Notice::Passing });
    }
    let rank = |notice: &Notice| match notice {
        Notice::Failed { fault: Fault::Person, .. } => 3,
        Notice::Failed { fault: Fault::Soft, .. } => 2,
        Notice::Failed { .. } => 1,
        _ => 0,
    };
    notices.into_iter().max_by_key(rank)
}

/// The fault by status, or by the remote server's own code where the reporter gives `5.0.0`, as some always do.
fn failure(status: Option<Enhanced>, diagnostic: Option<&str>) -> Notice {
    let said = diagnostic.and_then(remote_reply);
    let remote = said.and_then(|(_, enhanced)| enhanced);
    let enhanced = match status {
        Some((_, 0, 0)) | None => remote.or(status),
        told => told,
    };
    // RFC 3464 §2.3.4: the status is what counts; the reply code beside it is only shown.
    let code = enhanced.map_or(said.map_or(500, |(code, _)| code), |(class, _, _)| class * 100);
    let shown = [said.map(|(code, _)| code.to_string()), enhanced.map(|(a, b, c)| format!("{a}.{b}.{c}"))];
    Notice::Failed {
        fault: bounce::fault(Step::Report, code, enhanced),
        code: shown.into_iter().flatten().collect::<Vec<_>>().join(" "),
    }
}

/// The code and the enhanced code of `smtp; 550 5.1.1 …` or `smtp; 550-5.1.1 …` (RFC 3464 §2.3.6).
fn remote_reply(diagnostic: &str) -> Option<(u16, Option<Enhanced>)> {
    let (kind, reply) = diagnostic.split_once(';')?;
    let reply = reply.trim_start();
    let is_reply =
        kind.trim().eq_ignore_ascii_case("smtp") && reply.as_bytes().get(3).is_none_or(|c| !c.is_ascii_digit());
    let code: u16 = reply.get(..3)?.parse().ok()?;
    let words = reply.get(3..)?.trim_start_matches(['-', ' ', '#']);
    (is_reply && (400..600).contains(&code)).then(|| (code, super::reply::enhanced(words)))
}

/// The token of `unsubscribe TOKEN`, as the mail link of List-Unsubscribe writes it.
fn unsubscribe(fields: &Fields) -> Option<String> {
    let subject = fields.first("subject")?;
    let mut words = subject.split(' ');
    let is_wish = words.next().is_some_and(|word| word.eq_ignore_ascii_case("unsubscribe"));
    let token = words.next().filter(|token| token.contains('.') && token.len() <= 200)?;
    (is_wish && words.next().is_none()).then(|| token.to_owned())
}

/// RFC 3834 §5, and what programs wrote before it.
fn is_automatic(fields: &Fields) -> bool {
    let is =
        |name: &str, words: &[&str]| fields.all(name).any(|value| words.contains(&value.to_ascii_lowercase().as_str()));
    fields.all("auto-submitted").any(|value| !value.to_ascii_lowercase().starts_with("no"))
        || ["x-autoreply", "x-autorespond", "x-auto-response-suppress", "x-vacation"]
            .iter()
            .any(|name| fields.first(name).is_some())
        || is("precedence", &["auto_reply", "auto-reply", "bulk", "junk", "list"])
}

/// RFC 5321 §4.5.5: reports have the null reverse-path, and their authors are called so by all. The name alone would do
/// for a joke, the path alone for any vacation program.
fn is_from_a_mail_system(fields: &Fields) -> bool {
    let is_null = fields.first("return-path").is_none_or(|path| path.replace(' ', "") == "<>");
    let mut from = Vec::new();
    fields.all("from").for_each(|value| add_addresses(&mut from, value));
    let is_system = |address: &String| {
        let local = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
        matches!(local.as_str(), "mailer-daemon" | "postmaster")
    };
    is_null && from.iter().any(is_system)
}

fn add_addresses(addresses: &mut Vec<String>, value: &str) {
    let found = words(value).filter(|word| word.contains('@')).map(str::to_owned);
    addresses.extend(found);
    addresses.truncate(MAX_CANDIDATES);
}

/// What stands between the signs that no address and no link of ours has.
fn words(value: &str) -> impl Iterator<Item = &str> {
    value.split([' ', ',', ';', '<', '>', '(', ')', '"', '\'']).filter(|word| !word.is_empty())
}
