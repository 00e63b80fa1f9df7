//! A delivery status (RFC 3464): what it says of each recipient, and what that comes to. The remote server's reply is
//! in Diagnostic-Code; the status beside it is the reporter's, and counts less than that reply.

use super::Notice;
use super::entity::Fields;
use crate::domain::outbox::bounce::{Cause, Enhanced, Fault, Said, Step, weigh};
use crate::mail::reply;

/// The worst that a delivery status says; `None` when it speaks of nobody. We write to one person at a time, so several
/// recipients are that person's forwarding.
pub(super) fn delivery(statuses: &[Fields]) -> Option<Notice> {
    let is_of_a_recipient = |block: &&Fields| {
        ["action", "status", "final-recipient", "diagnostic-code"].iter().any(|name| block.first(name).is_some())
    };
    let notices = statuses.iter().filter(is_of_a_recipient).map(recipient);
    let rank = |notice: &Notice| match notice {
        Notice::Failed { fault: Fault::Person, .. } => 3,
        Notice::Failed { fault: Fault::Soft, .. } => 2,
        Notice::Failed { .. } => 1,
        _ => 0,
    };
    notices.max_by_key(rank)
}

fn recipient(block: &Fields) -> Notice {
    let status = block.first("status").and_then(first_enhanced);
    let diagnostic = block.first("diagnostic-code");
    let action = block.first("action").unwrap_or_default().to_ascii_lowercase();
    let is = |words: &[&str]| words.iter().any(|word| action.starts_with(word));
    // RFC 3464 §2.3.3. Some write other words for failed; where the word is missing or unknown, the class decides.
    let has_failed = if is(&["failed", "failure", "fail", "error", "bounce", "undeliver", "reject"]) {
        true
    } else if is(&["delayed", "delivered", "relayed", "expanded", "deferred", "delay", "success", "transferred"]) {
        false
    } else {
        match (status, diagnostic.and_then(remote_reply)) {
            (Some(status), _) => status.0 == 5,
            (None, said) => said.is_some_and(|(code, ..)| code >= 500),
        }
    };
    if has_failed { failure(status, diagnostic.unwrap_or_default()) } else { Notice::Passing }
}

/// The fault by the remote server's reply, with the status beside it.
fn failure(status: Option<Enhanced>, diagnostic: &str) -> Notice {
    let said = remote_reply(diagnostic);
    let (code, remote, words) = match said {
        Some((code, enhanced, words)) => (Some(code), enhanced, words),
        None => {
            let kind = diagnostic.split_once(';').filter(|(kind, _)| !kind.trim().contains([' ', '.']));
            (None, None, kind.map_or(diagnostic, |(_, words)| words).trim())
        }
    };
    // Words that are no reply may hold its code all the same: `x-unix; … (#5.1.1)`.
    let remote = remote.or_else(|| words.split([' ', '(', ')', '[', ']', '#', ';', ':']).find_map(reply::enhanced));
    let is_bare = words.is_empty() && remote.is_none();
    let enhanced = if is_bare && code.is_none() { status } else { remote };
    let class = |enhanced: Option<Enhanced>| enhanced.map(|(class, ..)| class * 100).filter(|class| *class >= 400);
    let weighed = Said {
        step: Step::Report,
        code: code.or(class(enhanced)).or(class(status)).unwrap_or(500),
        enhanced,
        status: status.filter(|status| *status != (5, 0, 0)),
        words,
    };
    let mut found = weigh(&weighed);
    if found.cause == Cause::Unclear && code.is_none() && status == Some((5, 1, 1)) {
        found.cause = Cause::Dead;
    }
    let shown = [code.map(|code| code.to_string()), enhanced.or(status).map(|(a, b, c)| format!("{a}.{b}.{c}"))];
    let code = shown.into_iter().flatten().collect::<Vec<_>>().join(" ");
    Notice::Failed { fault: found.fault, cause: found.cause, code }
}

/// `5.1.1`, or `5.1.1 (bad destination mailbox address)`.
fn first_enhanced(status: &str) -> Option<Enhanced> {
    status.split([' ', '(', ';']).find_map(reply::enhanced)
}

/// The code, the enhanced code and the words of `smtp; 550 5.1.1 …` or `smtp; 550-5.1.1 …` (RFC 3464 §2.3.6).
fn remote_reply(diagnostic: &str) -> Option<(u16, Option<Enhanced>, &str)> {
    // Some leave the kind out, and have a semicolon further on.
    let (kind, reply) = match diagnostic.split_once(';') {
        Some((kind, reply)) if !kind.trim().contains([' ', '.']) => (kind.trim(), reply),
        _ => ("smtp", diagnostic),
    };
    if !kind.to_ascii_lowercase().starts_with("smtp") {
        return None;
    }
    let reply = reply.trim_start();
    let code: u16 = reply.get(..3)?.parse().ok()?;
    let is_reply = reply.as_bytes().get(3).is_none_or(|c| !c.is_ascii_digit()) && (400..600).contains(&code);
    let words = reply.get(3..)?.trim_start_matches(['-', ' ', '#', '(', ':']);
    is_reply.then(|| (code, words.split([' ', ')', ';']).next().and_then(reply::enhanced), words))
}
