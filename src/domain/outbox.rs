//! What may happen to a message: its states, what an attempt's outcome leads to, and the back-off ladder.
//! The store keeps the states; `app::deliver` asks here what comes next.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// Where a message stands. `Queued`, `Retry`, `Sending` and `Unknown` are open; the others are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Made, not yet tried.
    Queued,
    /// An attempt is recorded and under way.
    Sending,
    /// The process died, or the connection broke, between the message and its answer: it may have arrived.
    Unknown,
    /// Surely not delivered; tried again later.
    Retry,
    /// Accepted by the next hop.
    Sent,
    /// Given up.
    Failed,
    /// The subscriber left or was suppressed before it was sent.
    Cancelled,
    /// A newer run's message took its place before it was delivered.
    Replaced,
}

impl State {
    /// All of them, in the order of a message's life.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sending,
        Self::Unknown,
        Self::Retry,
        Self::Sent,
        Self::Failed,
        Self::Cancelled,
        Self::Replaced,
    ];

    /// The word in tables and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Retry => "retry",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Replaced => "replaced",
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The next hop took it.
    Accepted,
    /// Refused for now, or the next hop was out of reach; surely not delivered.
    Deferred,
    /// Refused for good.
    Refused,
    /// The answer never came: it may have been delivered.
    Lost,
}

/// What becomes of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Final: delivered.
    Sent,
    /// Open: try again at this time.
    RetryAt(DateTime<Utc>),
    /// Final: not delivered.
    Failed,
}

/// The pauses after the first, second, … failed attempt: 5 min, 15 min, 1 h, 4 h, 12 h, 24 h. The seventh
/// failure ends it (about 42 hours; RFC 5321 §4.5.4.1 asks for growing pauses, and for giving up in days).
pub const LADDER: [Duration; 6] = [
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(4 * 60 * 60),
    Duration::from_secs(12 * 60 * 60),
    Duration::from_secs(24 * 60 * 60),
];

/// Decides after attempt number `attempts` (1 for the first) ended with `outcome` at `now`.
#[must_use]
pub fn after_attempt(attempts: u32, outcome: Outcome, now: DateTime<Utc>) -> Next {
    match outcome {
        Outcome::Accepted => Next::Sent,
        Outcome::Refused => Next::Failed,
        Outcome::Deferred | Outcome::Lost => {
            let step = usize::try_from(attempts.max(1) - 1).unwrap_or(usize::MAX);
            LADDER.get(step).map_or(Next::Failed, |pause| Next::RetryAt(now + *pause))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_deferred_message_climbs_the_ladder_and_is_then_given_up() {
        let now = DateTime::UNIX_EPOCH;
        for (step, pause) in (1..).zip(LADDER) {
            assert_eq!(after_attempt(step, Outcome::Deferred, now), Next::RetryAt(now + pause));
        }
        assert_eq!(after_attempt(7, Outcome::Deferred, now), Next::Failed);
        assert_eq!(after_attempt(u32::MAX, Outcome::Lost, now), Next::Failed);
    }

    proptest! {
        #[test]
        fn any_sequence_of_outcomes_comes_to_one_end(outcomes in prop::collection::vec(0usize..4, 7..20)) {
            let outcome = |which: &usize| [Outcome::Accepted, Outcome::Deferred, Outcome::Refused, Outcome::Lost][*which];
            let mut now = DateTime::UNIX_EPOCH;
            let mut ends = 0;
            for (attempt, which) in (1..).zip(&outcomes) {
                match after_attempt(attempt, outcome(which), now) {
                    Next::Sent | Next::Failed => {
                        ends += 1;
                        break;
                    }
                    Next::RetryAt(at) => {
                        prop_assert!(at > now, "time goes on");
                        now = at;
                    }
                }
            }
            prop_assert_eq!(ends, 1);
        }
    }

    #[test]
    fn a_refusal_is_final_at_once_and_an_acceptance_always() {
        assert_eq!(after_attempt(1, Outcome::Refused, DateTime::UNIX_EPOCH), Next::Failed);
        assert_eq!(after_attempt(9, Outcome::Accepted, DateTime::UNIX_EPOCH), Next::Sent);
    }
}
