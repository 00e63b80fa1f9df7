//! What a refusal or a report comes to: the code, the status beside it, and the words, weighed against each other. The
//! remote server's own code goes before the reporter's status; a blocklist's name goes before both; and a
//! person is suppressed by one report only where nothing speaks against it.

use super::shapes::Words;
use super::table::{self, BLOCKLISTS, CODES, SHAPES, Trust};
use super::{Cause, Enhanced, Fault, Finding, Step};

/// What was said.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Where in the conversation.
    pub step: Step,
    /// The reply code; 500 where only a report says that it failed.
    pub code: u16,
    /// The enhanced code that goes with it.
    pub enhanced: Option<Enhanced>,
    /// In a report, the reporter's status.
    pub status: Option<Enhanced>,
    /// The server's words.
    pub words: &'a str,
}

/// Whose fault a refusal is, and its cause.
#[must_use]
pub fn weigh(said: &Said<'_>) -> Finding {
    let words = Words::read(said.words);
    let shape = shape(&words);
    if said.code / 100 == 4 {
        return passing(said.step, shape);
    }
    if said.step == Step::Opening {
        return Finding { cause: Cause::Ours, fault: Fault::Ours };
    }
    // A status beside a bare code counts where the words say the same.
    let status = said.status.filter(|_| matches!(shape, Some((Cause::Dead, _))));
    let told = said.enhanced.or(status).filter(|enhanced| enhanced.0 == said.code / 100).and_then(line);
    let by_code = told.map_or((Cause::Unclear, None), |(cause, fault)| (cause, Some(fault)));
    let (cause, fault) = match shape {
        Some((cause @ (Cause::Filtered | Cause::Ours), Trust::Sure)) => (cause, Fault::Ours),
        Some((cause @ (Cause::Full | Cause::Disabled), _)) => (cause, Fault::Soft),
        // The words name an address, and the code says that it is ours.
        Some((Cause::Dead, _)) if by_code == (Cause::Ours, Some(Fault::Ours)) && is_of_the_sender(said.enhanced) => {
            (Cause::Ours, Fault::Ours)
        }
        Some((Cause::Dead, trust)) => (Cause::Dead, dead(said, by_code.1, trust, &words)),
        Some((cause @ Cause::Temporary, _)) => (cause, Fault::Soft),
        Some((cause, _)) => general(said, by_code, cause),
        None => by_codes(said, by_code, &words),
    };
    Finding { cause, fault }
}

/// What the first line of the table says that matches.
fn shape(words: &Words) -> Option<(Cause, Trust)> {
    if BLOCKLISTS.iter().any(|name| words.name(name)) {
        return Some((Cause::Filtered, Trust::Sure));
    }
    SHAPES.iter().find(|shape| words.have_any(shape.2)).map(|shape| (shape.0, shape.1))
}

fn line((_, subject, detail): Enhanced) -> Option<(Cause, Fault)> {
    let line = CODES.iter().find(|line| line.0 == subject && (line.1.is_empty() || line.1.contains(&detail)))?;
    Some((line.2, line.3))
}

/// RFC 5321 §4.2.1: a transient negative completion. Said to us it is tried again; in a report it is what was said last
/// before the reporter gave up, and a dislike of us that lasted says nothing of the person.
fn passing(step: Step, shape: Option<(Cause, Trust)>) -> Finding {
    match shape {
        Some((cause @ (Cause::Filtered | Cause::Ours), Trust::Sure)) if step != Step::Opening => {
            Finding { cause, fault: if step == Step::Report { Fault::Ours } else { Fault::Soft } }
        }
        Some((cause @ (Cause::Full | Cause::Disabled | Cause::Dead), _)) => Finding { cause, fault: Fault::Soft },
        _ => Finding { cause: Cause::Temporary, fault: Fault::Soft },
    }
}

/// The words tell a mailbox that is not there: for good at once where the code says so too, or, at RCPT, does not
/// contradict.
fn dead(said: &Said<'_>, by_code: Option<Fault>, trust: Trust, words: &Words) -> Fault {
    let is_contradicted = words_against(words) || !is_supported(said.status);
    match (by_code, said.step, trust) {
        _ if is_contradicted => Fault::Soft,
        // A reporter's status beside words that may mean a policy: sendmail writes 5.1.1 for every bare 550.
        (_, _, Trust::Weak) if said.enhanced.is_none() => Fault::Soft,
        (Some(Fault::Person), ..) | (None, Step::Recipient, Trust::Sure) => Fault::Person,
        _ => Fault::Soft,
    }
}

/// Words of policy: of us where the code does not speak of the mailbox.
fn general(said: &Said<'_>, by_code: (Cause, Option<Fault>), cause: Cause) -> (Cause, Fault) {
    match by_code {
        (_, Some(Fault::Person)) => (Cause::Unclear, Fault::Soft),
        (by_code, Some(Fault::Soft)) => (by_code, Fault::Soft),
        (_, Some(fault)) => (cause, fault),
        (_, None) if said.step == Step::Report && said.words.len() > super::LONG_WORDS => (Cause::Unclear, Fault::Soft),
        (_, None) => (cause, Fault::Ours),
    }
}

/// No shape is known: the codes alone decide, and unknown words beside a bare code make them doubtful.
fn by_codes(said: &Said<'_>, by_code: (Cause, Option<Fault>), words: &Words) -> (Cause, Fault) {
    match (by_code, said.step) {
        ((cause, Some(Fault::Person)), _) if !is_supported(said.status) => (cause, Fault::Soft),
        ((cause, Some(Fault::Ours)), Step::Report) if said.status.and_then(line).is_some_and(is_of_a_person) => {
            (cause, Fault::Soft)
        }
        ((cause, Some(fault)), _) => (cause, fault),
        // RFC 5321 §4.3.2: 550 to 553 at RCPT are of the mailbox.
        (_, Step::Recipient) => (Cause::Dead, if words.is_empty() { Fault::Person } else { Fault::Soft }),
        // The command is not known: a dead mailbox at a server without enhanced codes looks like a dislike of the
        // content. What lasts for weeks is the mailbox; what meets many at once holds the run first.
        (_, Step::Report) => match said.status.filter(|status| status.0 == 5).and_then(line) {
            Some((cause, Fault::Person)) if words.is_empty() => (cause, Fault::Person),
            Some((cause, Fault::Person)) => (cause, Fault::Soft),
            Some(told) if said.enhanced.is_none() => told,
            _ => (Cause::Unclear, Fault::Soft),
        },
        (_, Step::Opening | Step::Other) => (Cause::Ours, Fault::Ours),
    }
}

/// RFC 3463 §3.2: 5.1.7 and 5.1.8.
fn is_of_the_sender(enhanced: Option<Enhanced>) -> bool {
    matches!(enhanced, Some((_, 1, 7 | 8)))
}

fn is_of_a_person((_, fault): (Cause, Fault)) -> bool {
    matches!(fault, Fault::Person | Fault::Soft)
}

/// Whether the reporter's status leaves it possible that the mailbox is dead: it says so, or says nothing.
fn is_supported(status: Option<Enhanced>) -> bool {
    status.is_none_or(|status| {
        matches!(status, (5, 0 | 1 | 5, 0))
            || (status.0 == 5 && line(status).is_some_and(|(_, fault)| fault == Fault::Person))
    })
}

/// The words also speak of a policy or of a passing state.
fn words_against(words: &Words) -> bool {
    let is_against = |shape: &&table::Shape| !matches!(shape.0, Cause::Dead | Cause::Unclear);
    SHAPES.iter().filter(is_against).any(|shape| words.have_any(shape.2))
}
