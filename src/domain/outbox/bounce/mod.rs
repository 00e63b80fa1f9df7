//! What did not arrive, and whose fault that is; when soft failures have lasted long enough; when a run fails so often
//! that nothing it teaches is believed. What servers say is in `table`, line by line with its source; how code,
//! status and words are weighed against each other in `weigh`. What is kept of it is the store's.

mod shapes;
mod table;
mod weigh;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::word::words;
use shapes::Words;
pub use weigh::{Said, weigh};

/// An enhanced status code, class, subject and detail: `5.1.1`.
pub type Enhanced = (u16, u16, u16);

/// Whose fault it is that a mail did not arrive, or was not wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The mailbox is not there and will not be: the person is suppressed.
    Person,
    /// It may pass: the person is suppressed when it lasts, see [`has_lasted`].
    Soft,
    /// Sender, content, policy, set-up: no address is suppressed, and the operator gets an alarm.
    Ours,
    /// The person calls it spam: they are suppressed for good.
    Complaint,
}

words!(Fault { Person = "person", Soft = "soft", Ours = "ours", Complaint = "complaint" });

/// Where in the conversation a code was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Greeting, EHLO, STARTTLS, log-in: no recipient has been named yet.
    Opening,
    /// RCPT TO.
    Recipient,
    /// MAIL FROM, DATA, the message.
    Other,
    /// In a report by mail (RFC 3464), which does not say at which command it was.
    Report,
}

/// The cause of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// No such mailbox, or no such domain.
    Dead,
    /// The mailbox is there and switched off.
    Disabled,
    /// No room in it.
    Full,
    /// Reputation, content, policy: somebody does not want what we send.
    Filtered,
    /// Set-up, size, protocol.
    Ours,
    /// It may pass.
    Temporary,
    /// It failed, and nothing says why.
    Unclear,
}

words!(Cause {
    Dead = "dead",
    Disabled = "disabled",
    Full = "full",
    Filtered = "filtered",
    Ours = "ours",
    Temporary = "temporary",
    Unclear = "unclear",
});

/// What a refusal or a report comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The cause.
    pub cause: Cause,
    /// Whose fault it is, and so what follows.
    pub fault: Fault,
}

/// A text of more bytes is a letter, not a server's line: general words in it mean little.
const LONG_WORDS: usize = 400;

/// What a notice in words, by a mail system, says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letter {
    /// It failed for good.
    Failed,
    /// It is late and still being tried, or arrived after all.
    Passing,
    /// A machine answers for a person.
    AutoReply,
    /// Unknown.
    Unknown,
}

/// What a notice in words is, by its subject and its text. Nothing of the returned mail may stand in the text.
#[must_use]
pub fn letter(subject: &str, text: &str) -> Letter {
    // The sender of an answer, or of a forwarded notice, did not write it.
    let first = subject.split([':', ' ']).next().unwrap_or_default().to_ascii_lowercase();
    let is_answer = ["re", "aw", "fw", "fwd", "wg", "tr", "sv", "antw"].contains(&first.as_str());
    let (subject, text) = (Words::read(subject), Words::read(text));
    let has_failed = !is_answer && subject.have_any(table::FAILED_SUBJECTS);
    let is_over = text.have_any(table::GIVEN_UP);
    let is_late_subject = subject.have_any(table::LATE) && !subject.have_any(table::OVER_SUBJECTS);
    let has_arrived = !is_over && (subject.have_any(table::DELIVERED) || text.have_any(table::DELIVERED));
    if is_late_subject || has_arrived || subject.have_any(table::DELAY) || text.have_any(table::DELAY) {
        Letter::Passing
    } else if has_failed {
        Letter::Failed
    } else if subject.have_any(table::AUTO_REPLY_SUBJECTS) {
        Letter::AutoReply
    } else if is_over {
        Letter::Failed
    } else if text.have_any(table::LATE) {
        Letter::Passing
    } else {
        Letter::Unknown
    }
}

/// So many messages in a row must have failed softly, the newest one among them.
pub const SOFT_MESSAGES: usize = 3;

/// The first of that row must be so much older than the newest.
pub const SOFT_FOR: TimeDelta = TimeDelta::days(7);

/// Whether soft failures have lasted long enough to suppress a person. `messages` are theirs, newest first: when each
/// was made, and whether it failed softly. A row of failures ends at the first one that did not; for a daily
/// digest it is longer than [`SOFT_MESSAGES`] before it spans [`SOFT_FOR`].
#[must_use]
pub fn has_lasted(messages: impl IntoIterator<Item = (DateTime<Utc>, bool)>) -> bool {
    let row: Vec<DateTime<Utc>> =
        messages.into_iter().take_while(|(_, failed)| *failed).map(|(made, _)| made).collect();
    match (row.first(), row.last()) {
        (Some(newest), Some(oldest)) => row.len() >= SOFT_MESSAGES && *newest - *oldest >= SOFT_FOR,
        _ => false,
    }
}

/// A run is judged by so many of its messages: the first that were attempted.
pub const SAMPLE: usize = 100;

/// Fewer failures than this do not hold a run, unless nothing else was seen: in a list of ten, three dead addresses
/// are three dead addresses.
const FEW: usize = 5;

/// Of fewer messages than this nothing is concluded.
const HARDLY_ANY: usize = 3;

/// What the sample of a run says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Not enough was attempted.
    Open,
    /// What failed is believed.
    Good,
    /// It fails too often to be the subscribers' doing: it is held.
    Bad,
}

/// Judges a run: `attempted` of its sample of `size` messages (the whole run, or [`SAMPLE`]), of which `failed` did
/// for good. It is bad when more than a fifth of the sample failed, and said so as soon as that is certain.
#[must_use]
pub fn judge(size: usize, attempted: usize, failed: usize) -> Judgement {
    let is_many = failed >= FEW || (failed == size && size >= HARDLY_ANY);
    if is_many && failed * 5 > size {
        Judgement::Bad
    } else if attempted >= size {
        Judgement::Good
    } else {
        Judgement::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every class: reply code, enhanced code, and what it is at RCPT, elsewhere, and in a report.
    #[test]
    fn every_class_of_code_has_its_fault() {
        use Fault::{Ours, Person, Soft};
        let table: &[(u16, Option<Enhanced>, [Fault; 3])] = &[
            (421, None, [Soft, Soft, Soft]),
            (450, Some((4, 2, 1)), [Soft, Soft, Soft]),
            (451, Some((4, 7, 1)), [Soft, Soft, Soft]),
            (451, Some((5, 1, 1)), [Soft, Soft, Soft]),
            (550, None, [Person, Ours, Soft]),
            (551, None, [Person, Ours, Soft]),
            (554, None, [Person, Ours, Soft]),
            (550, Some((4, 2, 2)), [Person, Ours, Soft]),
            (550, Some((5, 0, 0)), [Person, Ours, Soft]),
            (550, Some((5, 1, 0)), [Person, Ours, Soft]),
            (550, Some((5, 1, 1)), [Person, Person, Person]),
            (550, Some((5, 1, 2)), [Person, Person, Person]),
            (501, Some((5, 1, 3)), [Person, Person, Person]),
            (553, Some((5, 1, 4)), [Person, Ours, Soft]),
            (551, Some((5, 1, 6)), [Person, Person, Person]),
            (550, Some((5, 1, 7)), [Ours, Ours, Ours]),
            (550, Some((5, 1, 8)), [Ours, Ours, Ours]),
            (556, Some((5, 1, 10)), [Person, Person, Person]),
            (550, Some((5, 2, 0)), [Soft, Soft, Soft]),
            (550, Some((5, 2, 1)), [Soft, Soft, Soft]),
            (552, Some((5, 2, 2)), [Soft, Soft, Soft]),
            (552, Some((5, 2, 3)), [Ours, Ours, Ours]),
            (550, Some((5, 2, 4)), [Soft, Soft, Soft]),
            (550, Some((5, 3, 0)), [Ours, Ours, Ours]),
            (552, Some((5, 3, 4)), [Ours, Ours, Ours]),
            (550, Some((5, 4, 1)), [Ours, Ours, Ours]),
            (550, Some((5, 4, 4)), [Person, Person, Person]),
            (554, Some((5, 4, 6)), [Ours, Ours, Ours]),
            (503, Some((5, 5, 1)), [Ours, Ours, Ours]),
            (550, Some((5, 6, 0)), [Ours, Ours, Ours]),
            (550, Some((5, 7, 1)), [Ours, Ours, Ours]),
            (525, Some((5, 7, 13)), [Soft, Soft, Soft]),
            (550, Some((5, 7, 26)), [Ours, Ours, Ours]),
            (550, Some((5, 9, 1)), [Person, Ours, Soft]),
        ];
        for &(code, enhanced, expected) in table {
            let fault = |step| weigh(&Said { step, code, enhanced, status: None, words: "" }).fault;
            assert_eq!([Step::Recipient, Step::Other, Step::Report].map(fault), expected, "{code} {enhanced:?}");
            let opening = if code < 500 { Soft } else { Ours };
            assert_eq!(fault(Step::Opening), opening, "nobody is named yet: {code} {enhanced:?}");
        }
    }

    fn days(days: &[(i64, bool)]) -> Vec<(DateTime<Utc>, bool)> {
        days.iter().map(|(day, failed)| (DateTime::UNIX_EPOCH + TimeDelta::days(*day), *failed)).collect()
    }

    #[test]
    fn soft_failures_suppress_when_three_in_a_row_span_a_week() {
        assert!(has_lasted(days(&[(14, true), (7, true), (0, true)])));
        assert!(has_lasted(days(&[(7, true), (3, true), (0, true), (-7, false)])));
        assert!(!has_lasted(days(&[(7, true), (0, true)])), "two are not enough");
        assert!(!has_lasted(days(&[(6, true), (3, true), (0, true)])), "six days are not");
        assert!(!has_lasted(days(&[(21, false), (14, true), (7, true), (0, true)])), "the newest arrived");
        assert!(!has_lasted(days(&[(21, true), (14, false), (7, true), (0, true)])), "one between arrived");
        assert!(has_lasted((0..8).rev().map(|day| (DateTime::UNIX_EPOCH + TimeDelta::days(day), true))), "daily");
        assert!(!has_lasted((0..7).rev().map(|day| (DateTime::UNIX_EPOCH + TimeDelta::days(day), true))), "daily");
        assert!(!has_lasted([]));
    }

    #[test]
    fn a_run_is_bad_when_more_than_a_fifth_of_its_sample_failed() {
        assert_eq!(judge(100, 100, 20), Judgement::Good);
        assert_eq!(judge(100, 100, 21), Judgement::Bad);
        assert_eq!(judge(100, 21, 21), Judgement::Bad, "the rest of the sample cannot mend it");
        assert_eq!(judge(100, 99, 20), Judgement::Open);
        assert_eq!(judge(10, 10, 4), Judgement::Good, "few dead addresses in a small list");
        assert_eq!(judge(10, 10, 5), Judgement::Bad);
        assert_eq!(judge(4, 4, 4), Judgement::Bad, "nothing at all arrived");
        assert_eq!(judge(2, 2, 2), Judgement::Good, "two say nothing of the others");
        assert_eq!(judge(0, 0, 0), Judgement::Good);
    }
}
