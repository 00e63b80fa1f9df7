//! Checks what the sender must say: the footer that most countries' law requires, an accessibility statement, and a real
//! address.

use super::finding::{CheckFinding, Part};
use crate::config::{Settings, TransportKind};

/// What is missing before emails can leave this machine.
pub(super) fn look(settings: &Settings) -> Part {
    let sender = &settings.sender;
    if settings.mail.transport == TransportKind::Directory {
        return Part::new("sender", "needed once emails leave this machine", Vec::new());
    }
    let mut findings = Vec::new();
    let keys = [
        ("organisation", &sender.organisation),
        ("postal_address", &sender.postal_address),
        ("contact", &sender.contact),
    ];
    let empty: Vec<_> = keys.iter().filter(|(_, value)| value.is_empty()).map(|(key, _)| format!("`{key}`")).collect();
    if !empty.is_empty() {
        findings.push(CheckFinding::advice(
            format!("the footer of each email lacks {}", empty.join(", ")),
            "fill in `[sender]` in digest.toml: the law of most countries requires the sender's name",
        ));
    }
    if !settings.accessibility.has_statement() {
        findings.push(CheckFinding::advice(
            "there is no accessibility statement: `contact` in `[accessibility]` is empty",
            "name there whom to contact; public bodies in the UK and the EU must publish a statement",
        ));
    } else if settings.accessibility.prepared.is_none() {
        findings.push(CheckFinding::advice(
            "the accessibility statement does not say when it was prepared",
            "write the day into `prepared` in `[accessibility]`: `prepared = \"2026-11-30\"`",
        ));
    }
    let domain = settings.mail.from.domain();
    if is_nobodys(&domain) {
        findings.push(CheckFinding::advice(
            format!("emails are sent from `{domain}`, an example domain that belongs to nobody"),
            "write an address of your own into `from` in `[mail]`",
        ));
    }
    Part::new("sender", sender.organisation.clone(), findings)
}

/// RFC 2606: names that are kept for examples, and never anybody's.
pub(super) fn is_nobodys(domain: &str) -> bool {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let is_at = |kept: &str| domain == kept || domain.strip_suffix(kept).is_some_and(|rest| rest.ends_with('.'));
    ["example.org", "example.com", "example.net", "example", "invalid"].into_iter().any(is_at)
}
