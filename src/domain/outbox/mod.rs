//! The life of a message: its states, what follows from the outcome of an attempt, the back-off ladder, and the
//! deadline for sending. The store keeps the states; `app::outbox::deliver` calls this for each attempt.
//! `flow` decides how many messages are sent concurrently, and the table of `transitions` which state follows which.

pub mod bounce;
pub mod flow;
pub mod transitions;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::subscribers::subscriber::Cadence;
use super::subscribers::token::CONFIRM_FOR;
use super::word::words;

/// The state of a message; [`transitions`] has the way from one to the next. `Queued`, `Retry`, `Sending` and `Unknown` are open; the others are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Created, but not yet tried.
    Queued,
    /// An attempt is recorded and running.
    Sending,
    /// The process died, or the connection broke, between the message and its answer: it may have arrived.
    Unknown,
    /// Certainly not delivered; will be retried later.
    Retry,
    /// Accepted by the next hop.
    Sent,
    /// Given up.
    Failed,
    /// The subscriber unsubscribed or was suppressed before it was sent.
    Cancelled,
    /// A message of a newer run replaced it before it was delivered.
    Replaced,
}

words!(State {
    Queued = "queued",
    Sending = "sending",
    Unknown = "unknown",
    Retry = "retry",
    Sent = "sent",
    Failed = "failed",
    Cancelled = "cancelled",
    Replaced = "replaced",
});

impl State {
    /// Whether the message may still be sent.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Retry | Self::Sending | Self::Unknown)
    }
}

/// The outcome of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The next hop accepted the message.
    Accepted,
    /// Temporarily refused; certainly not delivered.
    Deferred,
    /// Permanently refused.
    Refused,
    /// No answer arrived: it may have been delivered.
    Lost,
    /// The next hop could not be used, so nothing of the message was sent and the attempt does not count.
    Unsent,
}

words!(Outcome {
    Accepted = "accepted",
    Deferred = "deferred",
    Refused = "refused",
    Lost = "lost",
    Unsent = "unsent",
});

/// What happens next to the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Final: delivered.
    Sent,
    /// Open: try again at this time.
    RetryAt(DateTime<Utc>),
    /// Final: not delivered, because the next attempt would be too late.
    Failed,
    /// Final: not delivered, and the next attempt would come too late.
    Late,
    /// Open: in the same state as before the attempt.
    AsBefore,
}

/// The pauses after the first, second, … failed attempt: 1 min, 5 min, 15 min, 1 h, 4 h, 12 h, 24 h. The eighth
/// failure ends it (about 41 hours; RFC 5321 §4.5.4.1 asks for growing pauses, and for giving up in days). Greylisting
/// ends after one to five minutes as a rule, so the second or third attempt gets through while `once` still waits.
pub const LADDER: [Duration; 7] = [
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(4 * 60 * 60),
    Duration::from_secs(12 * 60 * 60),
    Duration::from_secs(24 * 60 * 60),
];

/// The longest pause of a message: the last step of the ladder with the largest jitter.
pub const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(27);

/// The jitter of a pause, as a share of it in either direction: messages that failed together are retried at different
/// times.
pub const JITTER: f64 = 0.1;

/// Decides what follows when attempt number `attempts` (1 for the first) ends with `outcome` at `now`. `chance` is a
/// random number in 0..1; after `deadline` the message is not worth sending.
#[must_use]
pub fn after_attempt(
    attempts: u32,
    outcome: Outcome,
    now: DateTime<Utc>,
    chance: f64,
    deadline: Option<DateTime<Utc>>,
) -> Next {
    match outcome {
        Outcome::Accepted => Next::Sent,
        Outcome::Refused => Next::Failed,
        Outcome::Unsent => Next::AsBefore,
        Outcome::Deferred | Outcome::Lost => {
            let step = usize::try_from(attempts.max(1) - 1).unwrap_or(usize::MAX);
            let Some(pause) = LADDER.get(step) else { return Next::Failed };
            let at = now + pause.mul_f64(1.0 + JITTER * (2.0 * chance.clamp(0.0, 1.0) - 1.0));
            if deadline.is_some_and(|deadline| at > deadline) { Next::Late } else { Next::RetryAt(at) }
        }
    }
}

/// The deadline for a digest: half its cadence's period after its slot. After that the next digest is nearer, and
/// contains the same stories.
#[must_use]
pub fn digest_deadline(slot: DateTime<Utc>, cadence: Cadence) -> DateTime<Utc> {
    slot + cadence.period() / 2
}

/// The deadline for a confirmation email: as long as its link is valid.
#[must_use]
pub fn confirmation_deadline(made: DateTime<Utc>) -> DateTime<Utc> {
    made + CONFIRM_FOR
}

/// How long an open circuit waits after this many failed probes: 1 min, 2, 4, 8, then 15.
#[must_use]
pub fn probe_pause(failed_probes: u32) -> Duration {
    Duration::from_secs(60) * (1_u32 << failed_probes.min(4)).min(15)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
    const MIDDLE: f64 = 0.5;

    #[test]
    fn a_deferred_message_climbs_the_ladder_and_is_then_given_up() {
        let minutes: Vec<u64> = LADDER.iter().map(|pause| pause.as_secs() / 60).collect();
        assert_eq!(minutes, [1, 5, 15, 60, 240, 720, 1440]);
        for (step, pause) in (1..).zip(LADDER) {
            assert_eq!(after_attempt(step, Outcome::Deferred, NOW, MIDDLE, None), Next::RetryAt(NOW + pause));
        }
        assert_eq!(after_attempt(8, Outcome::Deferred, NOW, MIDDLE, None), Next::Failed);
        assert_eq!(after_attempt(u32::MAX, Outcome::Lost, NOW, MIDDLE, None), Next::Failed);
    }

    #[test]
    fn a_refusal_is_final_at_once_and_an_acceptance_always() {
        assert_eq!(after_attempt(1, Outcome::Refused, NOW, MIDDLE, None), Next::Failed);
        assert_eq!(after_attempt(9, Outcome::Accepted, NOW, MIDDLE, None), Next::Sent);
        assert_eq!(after_attempt(9, Outcome::Accepted, NOW, MIDDLE, Some(NOW)), Next::Sent);
    }

    #[test]
    fn an_attempt_of_which_nothing_left_costs_no_step() {
        for attempts in [1, 7, 99] {
            assert_eq!(after_attempt(attempts, Outcome::Unsent, NOW, MIDDLE, Some(NOW)), Next::AsBefore);
        }
    }

    #[test]
    fn a_message_that_would_arrive_too_late_is_given_up_now() {
        let after = |minutes| Some(NOW + TimeDelta::minutes(minutes));
        assert_eq!(after_attempt(2, Outcome::Lost, NOW, MIDDLE, after(4)), Next::Late);
        assert_eq!(after_attempt(2, Outcome::Lost, NOW, MIDDLE, after(5)), Next::RetryAt(NOW + LADDER[1]));
    }

    #[test]
    fn a_weekly_digest_is_worth_sending_for_half_a_week_and_a_question_as_long_as_its_link() {
        assert_eq!(digest_deadline(NOW, Cadence::Weekly) - NOW, TimeDelta::hours(84));
        assert_eq!(digest_deadline(NOW, Cadence::Daily) - NOW, TimeDelta::hours(12));
        assert_eq!(confirmation_deadline(NOW) - NOW, TimeDelta::days(7));
    }

    #[test]
    fn an_open_circuit_is_probed_at_growing_intervals() {
        let minutes = |probes| probe_pause(probes).as_secs() / 60;
        assert_eq!([0, 1, 2, 3, 4, 5, 99].map(minutes), [1, 2, 4, 8, 15, 15, 15]);
        assert_eq!(minutes(u32::MAX), 15);
    }

    proptest! {
        #[test]
        fn any_sequence_of_outcomes_comes_to_one_end(outcomes in prop::collection::vec(0usize..4, 8..20)) {
            let outcome = |which: &usize| [Outcome::Accepted, Outcome::Deferred, Outcome::Refused, Outcome::Lost][*which];
            let mut now = NOW;
            let mut ends = 0;
            for (attempt, which) in (1..).zip(&outcomes) {
                match after_attempt(attempt, outcome(which), now, MIDDLE, None) {
                    Next::Sent | Next::Failed | Next::Late => {
                        ends += 1;
                        break;
                    }
                    Next::RetryAt(at) => {
                        prop_assert!(at > now, "time goes on");
                        now = at;
                    }
                    Next::AsBefore => prop_assert!(false, "each of these attempts counts"),
                }
            }
            prop_assert_eq!(ends, 1);
        }

        #[test]
        fn pauses_have_a_jitter_of_a_tenth_and_keep_their_order(step in 1u32..=7, chance in 0.0f64..1.0) {
            let Next::RetryAt(at) = after_attempt(step, Outcome::Deferred, NOW, chance, None) else {
                return Err(TestCaseError::fail("still on the ladder"));
            };
            let pause = LADDER[step as usize - 1].as_secs_f64();
            let jittered = (at - NOW).as_seconds_f64();
            prop_assert!((0.9 * pause..=1.1 * pause).contains(&jittered), "{jittered} is not about {pause}");
            prop_assert!(at - NOW < LONGEST_PAUSE);
        }
    }
}
