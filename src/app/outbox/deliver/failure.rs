//! What a failed attempt says: of its message, and of the way. Which answer means what is `mail::reply`'s.

use crate::domain::outbox::Outcome;
use crate::domain::outbox::pace::Trouble;
use crate::mail::reply::Command;
use crate::mail::{self, Verdict};

/// Why an attempt did not succeed.
pub(super) enum Failure {
    Mail(mail::Error),
    /// Within the program; how far it had come is not known.
    Panic,
}

impl Failure {
    pub(super) fn outcome(&self) -> Outcome {
        let Self::Mail(error) = self else { return Outcome::Lost };
        if error.is_of_the_way() && !is_after_the_recipient(error) {
            return Outcome::Unsent;
        }
        match error.verdict() {
            Verdict::Permanent => Outcome::Refused,
            Verdict::Unknown => Outcome::Lost,
            Verdict::Transient | Verdict::Ours => Outcome::Deferred,
        }
    }

    /// What it says of the way; `None` if it is an answer to the message.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Mail(mail::Error::Refused { reply, .. }) if reply.code == 421 => Some(Trouble::Busy),
            Self::Mail(error) if error.is_of_the_way() => Some(Trouble::Way),
            Self::Mail(mail::Error::Lost { .. }) => Some(Trouble::Broken),
            Self::Mail(_) | Self::Panic => None,
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Mail(error) => causes(error),
            Self::Panic => "the attempt ended in a panic".to_owned(),
        }
    }
}

/// From here on an answer is this message's own: one that is told off each time must climb the ladder, or it would
/// stand before all others for ever.
fn is_after_the_recipient(error: &mail::Error) -> bool {
    use Command::{Data, Message, Rcpt};
    matches!(error, mail::Error::Refused { command: Rcpt | Data | Message, .. })
}

/// An error and its causes, on one line.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
