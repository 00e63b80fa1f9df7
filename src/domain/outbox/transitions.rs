//! The life of a message, drawn as a table: what may happen to it, in which states, and where that leads. The store
//! changes `messages.state` for these events only, and only from these states; anything else leaves the message alone.
//!
//! | event            | from                             | to        |
//! |------------------|----------------------------------|-----------|
//! | attempt_began    | queued, retry, unknown           | sending   |
//! | accepted         | sending                          | sent      |
//! | deferred         | sending                          | retry     |
//! | in_doubt         | sending                          | unknown   |
//! | gave_up          | sending                          | failed    |
//! | not_tried        | sending                          | queued    |
//! | expired          | queued, retry, unknown           | failed    |
//! | unwanted         | queued, retry, unknown           | cancelled |
//! | paused           | queued, retry                    | cancelled |
//! | link_revoked     | queued, sending, retry, unknown  | cancelled |
//! | run_cancelled    | queued, retry, unknown           | cancelled |
//! | dropped          | unknown                          | cancelled |
//! | superseded       | queued, retry                    | replaced  |
//! | failure_rejected | failed, sent                     | queued    |
//!
//! Cancelled and replaced messages never change again. Sent and failed ones change only when a person decides that the
//! refusals or bounces of a held run were wrong.

use super::State::{self, Cancelled, Failed, Queued, Replaced, Retry, Sending, Sent, Unknown};
use super::{Next, Outcome};
use crate::domain::word::words;

/// What happens to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// An attempt is recorded, and made next.
    AttemptBegan,
    /// The next hop took it.
    Accepted,
    /// Surely not delivered; a later attempt follows.
    Deferred,
    /// This attempt, or an earlier one, may have delivered it.
    InDoubt,
    /// Refused for good, or there is no later attempt that would be of use.
    GaveUp,
    /// The first attempt came to nothing before any of it was sent.
    NotTried,
    /// It was not sent before its deadline.
    Expired,
    /// Its subscriber left, was suppressed or was erased.
    Unwanted,
    /// Its subscriber paused their digests.
    Paused,
    /// The key that signed the link in its text was revoked.
    LinkRevoked,
    /// A person cancelled its run.
    RunCancelled,
    /// A person decided not to send it again.
    Dropped,
    /// A newer run's message takes its place.
    Superseded,
    /// A person decided that the refusals and bounces of its run were wrong.
    FailureRejected,
}

words!(Event {
    AttemptBegan = "attempt_began",
    Accepted = "accepted",
    Deferred = "deferred",
    InDoubt = "in_doubt",
    GaveUp = "gave_up",
    NotTried = "not_tried",
    Expired = "expired",
    Unwanted = "unwanted",
    Paused = "paused",
    LinkRevoked = "link_revoked",
    RunCancelled = "run_cancelled",
    Dropped = "dropped",
    Superseded = "superseded",
    FailureRejected = "failure_rejected",
});

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// What happens.
    pub event: Event,
    /// The states in which it may happen, at least one.
    pub from: &'static [State],
    /// The state that follows.
    pub to: State,
}

/// The state of a new message.
pub const FIRST: State = Queued;

/// The table, one row for each event, in the order of [`Event::ALL`].
pub const TRANSITIONS: [Transition; 14] = [
    row(Event::AttemptBegan, &[Queued, Retry, Unknown], Sending),
    row(Event::Accepted, &[Sending], Sent),
    row(Event::Deferred, &[Sending], Retry),
    row(Event::InDoubt, &[Sending], Unknown),
    row(Event::GaveUp, &[Sending], Failed),
    row(Event::NotTried, &[Sending], Queued),
    row(Event::Expired, &[Queued, Retry, Unknown], Failed),
    row(Event::Unwanted, &[Queued, Retry, Unknown], Cancelled),
    row(Event::Paused, &[Queued, Retry], Cancelled),
    row(Event::LinkRevoked, &[Queued, Sending, Retry, Unknown], Cancelled),
    row(Event::RunCancelled, &[Queued, Retry, Unknown], Cancelled),
    row(Event::Dropped, &[Unknown], Cancelled),
    row(Event::Superseded, &[Queued, Retry], Replaced),
    row(Event::FailureRejected, &[Failed, Sent], Queued),
];

const fn row(event: Event, from: &'static [State], to: State) -> Transition {
    Transition { event, from, to }
}

impl Event {
    /// The event's row in the table.
    #[must_use]
    pub fn transition(self) -> Transition {
        TRANSITIONS[self as usize]
    }

    /// What the end of an attempt means for its message: attempt number `attempt`, which ended with `outcome`, so that
    /// `next` follows. Once an attempt may have delivered the message (`was_unknown`), a later refusal for now does not
    /// make it surely undelivered.
    #[must_use]
    pub fn of_settlement(attempt: u32, outcome: Outcome, next: Next, was_unknown: bool) -> Self {
        match next {
            Next::Sent => Self::Accepted,
            Next::Failed | Next::Late => Self::GaveUp,
            Next::RetryAt(_) if was_unknown || outcome == Outcome::Lost => Self::InDoubt,
            Next::AsBefore if was_unknown => Self::InDoubt,
            Next::AsBefore if attempt <= 1 => Self::NotTried,
            Next::RetryAt(_) | Next::AsBefore => Self::Deferred,
        }
    }
}

/// Which messages go first: the words of the column `turn`, which open messages have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Being sent: waits for no turn.
    Sending,
    /// May have been delivered: resent first.
    Unknown,
    /// Somebody waits for it: confirmations, links, proofs, alarms.
    Personal,
    /// Digests.
    Digest,
}

words!(Turn { Sending = "sending", Unknown = "unknown", Personal = "personal", Digest = "digest" });

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::DateTime;

    use super::*;

    /// The table as the documentation above shows it.
    fn drawn() -> String {
        let line = |event: &str, from: &str, to: &str| format!("//! | {event:<16} | {from:<32} | {to:<9} |\n");
        let rule = format!("//! |{:-<18}|{:-<34}|{:-<11}|\n", "", "", "");
        let rows = TRANSITIONS.iter().map(|Transition { event, from, to }| {
            let from: Vec<_> = from.iter().map(|state| state.as_str()).collect();
            line(event.as_str(), &from.join(", "), to.as_str())
        });
        line("event", "from", "to") + &rule + &rows.collect::<String>()
    }

    #[test]
    fn the_documentation_shows_the_table() {
        assert!(include_str!("transitions.rs").contains(&drawn()), "replace the table above with:\n{}", drawn());
    }

    #[test]
    fn each_event_has_one_row_and_changes_the_state() {
        for (event, transition) in Event::ALL.iter().zip(TRANSITIONS) {
            assert_eq!((*event, *event), (transition.event, event.transition().event));
            assert!(!transition.from.is_empty() && !transition.from.contains(&transition.to), "{event}");
        }
        assert_eq!(Event::ALL.len(), TRANSITIONS.len());
    }

    #[test]
    fn every_state_is_reached_and_every_open_one_can_be_sent() {
        let closure = |start: State| {
            let mut reached = BTreeSet::from([start.as_str()]);
            while let Some(more) = TRANSITIONS.iter().find(|transition| {
                !reached.contains(transition.to.as_str())
                    && transition.from.iter().any(|from| reached.contains(from.as_str()))
            }) {
                reached.insert(more.to.as_str());
            }
            reached
        };
        assert_eq!(closure(FIRST).len(), State::ALL.len(), "{:?}", closure(FIRST));
        for state in State::ALL.iter().filter(|state| state.is_open()) {
            assert!(closure(*state).contains(Sent.as_str()), "{state}");
        }
    }

    #[test]
    fn final_states_have_no_exit_but_a_persons_decision() {
        for state in State::ALL.iter().filter(|state| !state.is_open()) {
            let exits: Vec<Event> =
                TRANSITIONS.iter().filter(|row| row.from.contains(state)).map(|row| row.event).collect();
            let expected: &[Event] = if matches!(state, Sent | Failed) { &[Event::FailureRejected] } else { &[] };
            assert_eq!(exits, expected, "{state}");
        }
    }

    #[test]
    fn what_may_have_arrived_never_becomes_surely_undelivered() {
        let later = Next::RetryAt(DateTime::UNIX_EPOCH);
        let of = |attempt, outcome, next, was_unknown| Event::of_settlement(attempt, outcome, next, was_unknown);
        assert_eq!(of(1, Outcome::Deferred, later, false), Event::Deferred);
        assert_eq!(of(2, Outcome::Deferred, later, true), Event::InDoubt);
        assert_eq!(of(1, Outcome::Lost, later, false), Event::InDoubt);
        assert_eq!(of(1, Outcome::Unsent, Next::AsBefore, false), Event::NotTried);
        assert_eq!(of(2, Outcome::Unsent, Next::AsBefore, false), Event::Deferred);
        assert_eq!(of(2, Outcome::Unsent, Next::AsBefore, true), Event::InDoubt);
        assert_eq!(of(3, Outcome::Accepted, Next::Sent, true), Event::Accepted);
        assert_eq!(of(3, Outcome::Lost, Next::Late, true), Event::GaveUp);
    }
}
