//! When a draft is made, and when it goes out: at its slot once it is approved, and without a word from an editor as the
//! settings say. A draft that is not sent within half a period of its slot is stale: its stories go into the next digest.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::act::{Act, Refusal};
use crate::domain::word::words;

/// The longest time before its slot at which a draft is made.
pub const MAX_LEAD: TimeDelta = TimeDelta::days(3);

/// What happens at the slot if no editor has approved the draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenSilent {
    /// It goes out as it is.
    #[default]
    Send,
    /// It waits for an editor.
    Hold,
}

words!(WhenSilent { Send = "send", Hold = "hold" });

/// The state of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Editors may change it; at its slot, the settings decide.
    Open,
    /// It goes out at its slot.
    Approved,
    /// It goes out now.
    Releasing,
    /// It waits for an editor.
    Held,
    /// Its run was made.
    Sent,
    /// It was held for too long.
    RolledOn,
}

words!(Status {
    Open = "open",
    Approved = "approved",
    Releasing = "releasing",
    Held = "held",
    Sent = "sent",
    RolledOn = "rolled_on",
});

impl Status {
    /// Whether anything may still happen to it.
    #[must_use]
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Sent | Self::RolledOn)
    }

    /// Whether editors may change what it says.
    #[must_use]
    pub fn is_editable(self) -> bool {
        self.must_be_editable().is_ok()
    }

    /// # Errors
    /// Why it may not be changed.
    pub(super) fn must_be_editable(self) -> Result<(), Refusal> {
        match self {
            Self::Open | Self::Held => Ok(()),
            Self::Approved | Self::Releasing => Err(Refusal::IsApproved),
            Self::Sent => Err(Refusal::IsSent),
            Self::RolledOn => Err(Refusal::HasRolledOn),
        }
    }

    /// The status after an act that is about when the draft goes out.
    pub(super) fn after(self, act: &Act) -> Result<Self, Refusal> {
        match (self, act) {
            (Self::Sent, _) => Err(Refusal::IsSent),
            (Self::RolledOn, _) => Err(Refusal::HasRolledOn),
            (_, Act::Sent { .. }) => Ok(Self::Sent),
            (_, Act::RollOn) => Ok(Self::RolledOn),
            (Self::Open | Self::Held, Act::Approve) => Ok(Self::Approved),
            (Self::Approved | Self::Releasing, Act::Approve) | (Self::Releasing, Act::Send) => Err(Refusal::IsApproved),
            (Self::Open | Self::Held | Self::Approved, Act::Send) => Ok(Self::Releasing),
            (Self::Held, Act::Hold | Act::Wait) => Err(Refusal::IsHeld),
            (_, Act::Hold | Act::Wait) => Ok(Self::Held),
            (Self::Open, _) => Err(Refusal::IsOpen),
            (Self::Approved | Self::Releasing | Self::Held, _) => Ok(Self::Open),
        }
    }
}

/// What the program does with a draft now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Nothing,
    /// Make its run.
    Send,
    /// Hold it, because no editor has approved it.
    Wait,
    /// Give its stories to the next digest.
    RollOn,
}

/// Decides what happens to a draft at `now`.
#[must_use]
pub fn next(
    status: Status,
    when_silent: WhenSilent,
    slot: DateTime<Utc>,
    period: TimeDelta,
    now: DateTime<Utc>,
) -> Next {
    let is_due = now >= slot;
    match status {
        Status::Sent | Status::RolledOn => Next::Nothing,
        _ if now > limit(slot, period) => Next::RollOn,
        Status::Releasing => Next::Send,
        Status::Approved if is_due => Next::Send,
        Status::Open if is_due && when_silent == WhenSilent::Send => Next::Send,
        Status::Open if is_due => Next::Wait,
        Status::Open | Status::Approved | Status::Held => Next::Nothing,
    }
}

/// The last moment at which a draft may be sent: half a period after its slot, as for every digest.
#[must_use]
pub fn limit(slot: DateTime<Utc>, period: TimeDelta) -> DateTime<Utc> {
    slot + period / 2
}

/// Whether half of the time between the slot and the limit has passed.
#[must_use]
pub fn is_near_limit(slot: DateTime<Utc>, period: TimeDelta, now: DateTime<Utc>) -> bool {
    now >= slot + period / 4
}

/// How long before its slot a draft is made: as configured, and at most half a period.
#[must_use]
pub fn lead(configured: Duration, period: TimeDelta) -> TimeDelta {
    TimeDelta::from_std(configured).unwrap_or(MAX_LEAD).min(MAX_LEAD).min(period / 2)
}
