//! What a failed attempt says about its message and about the relay. `mail::reply` interprets the replies.

use crate::domain::outbox::Outcome;
use crate::domain::outbox::flow::Trouble;
use crate::mail::reply::Command;
use crate::mail::{self, Verdict};

/// Why an attempt did not succeed.
pub(super) enum Failure {
    Mail(mail::Error),
    /// The program panicked; how far the attempt had come is unknown.
    Panic,
}

impl Failure {
    pub(super) fn outcome(&self) -> Outcome {
        let Self::Mail(error) = self else { return Outcome::Lost };
        if error.concerns_the_relay() && !is_after_the_recipient(error) {
            return Outcome::Unsent;
        }
        match error.verdict() {
            Verdict::Permanent => Outcome::Refused,
            Verdict::Unknown => Outcome::Lost,
            Verdict::Transient | Verdict::Ours => Outcome::Deferred,
        }
    }

    /// The trouble with the relay; `None` if the reply concerns the message.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Mail(mail::Error::Refused { reply, .. }) if reply.code == 421 => Some(Trouble::Busy),
            Self::Mail(error) if error.concerns_the_relay() => Some(Trouble::Relay),
            Self::Mail(mail::Error::Lost { .. }) => Some(Trouble::Broken),
            Self::Mail(_) | Self::Panic => None,
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Mail(error) => mail::with_causes(error),
            Self::Panic => "the attempt ended in a panic".to_owned(),
        }
    }
}

/// Whether the reply came late enough in the session to concern this message. A message that is refused every time must
/// back off, or it would always be first in the queue.
fn is_after_the_recipient(error: &mail::Error) -> bool {
    use Command::{Data, Message, Rcpt};
    matches!(error, mail::Error::Refused { command: Rcpt | Data | Message, .. })
}
