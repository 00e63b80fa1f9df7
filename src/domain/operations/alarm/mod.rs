//! Alarms: incidents that need a person, each raised once and ended once. `look` finds the current troubles. This file
//! decides how they change the incidents, `news` decides what to report and when, and `words` writes the text. An
//! incident ends only after a calm period, so a trouble that comes and goes is one incident and is reported once.

mod look;
mod news;
mod words;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::word::words;
pub use look::{
    EmptyDigests, FeedFacts, Refusals, SHORTEST_SILENCE, configuration, digest_held, digests, draft_held,
    draft_rolled_on, feeds, held, refused, relay, restored, room,
};
pub use news::{News, news};
pub use words::{Notice, notices};

/// The kinds of trouble, in the order in which they are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The disk is nearly full.
    Disk,
    /// The database is a restored copy that waits for `resume`.
    Restored,
    /// An edit of the configuration has mistakes; the daemon continues with the previous one.
    Configuration,
    /// The mail server is out of reach, or refuses us.
    Relay,
    /// A run is held.
    RunHeld,
    /// Receivers refuse our emails for reasons that do not depend on the subscriber.
    Refused,
    /// Nearly all feeds fail at once, so the network is the likely cause.
    Network,
    /// A digest waits because most feeds cannot be read.
    DigestHeld,
    /// A draft waits for an editor after its slot, and half of its time is over.
    DraftHeld,
    /// A draft was held for too long, and its stories are in the next one.
    DraftRolledOn,
    /// Two digests in a row had no content for any subscriber.
    DigestEmpty,
    /// A feed's server says that the feed is gone permanently.
    FeedGone,
    /// A feed's address answers with something that is not a feed.
    FeedPage,
    /// A feed has failed for days.
    FeedFailing,
    /// A feed that had entries has none.
    FeedEmpty,
    /// A feed has posted nothing for four times its usual interval.
    FeedSilent,
    /// All of a feed's ids changed at once.
    FeedRenumbered,
    /// A feed may have dropped entries between two polls.
    FeedGap,
}

words!(Kind {
    Disk = "disk",
    Restored = "restored",
    Configuration = "configuration",
    Relay = "relay",
    RunHeld = "run_held",
    Refused = "refused",
    Network = "network",
    DigestHeld = "digest_held",
    DraftHeld = "draft_held",
    DraftRolledOn = "draft_rolled_on",
    DigestEmpty = "digest_empty",
    FeedGone = "feed_gone",
    FeedPage = "feed_page",
    FeedFailing = "feed_failing",
    FeedEmpty = "feed_empty",
    FeedSilent = "feed_silent",
    FeedRenumbered = "feed_renumbered",
    FeedGap = "feed_gap",
});

impl Kind {
    /// Whether its subject is a feed.
    #[must_use]
    pub fn is_of_a_feed(self) -> bool {
        use Kind::{FeedEmpty, FeedFailing, FeedGap, FeedGone, FeedPage, FeedRenumbered, FeedSilent};
        matches!(self, FeedGone | FeedPage | FeedFailing | FeedEmpty | FeedSilent | FeedRenumbered | FeedGap)
    }

    /// Whether its start and end are logged where they are detected, so that they are not logged here again.
    #[must_use]
    pub fn is_logged_where_found(self) -> bool {
        matches!(self, Self::Configuration | Self::Relay | Self::RunHeld | Self::Restored)
    }

    /// Whether no email can be sent while it lasts, so that its start is reported together with its end.
    fn stops_mail(self) -> bool {
        self == Self::Relay
    }

    /// Whether it means that a feed cannot be read. All such kinds are one incident, even if the cause changes.
    fn is_unreadable(self) -> bool {
        matches!(self, Self::FeedGone | Self::FeedPage | Self::FeedFailing | Self::FeedEmpty)
    }

    /// How long the trouble must be absent before the incident is over. A feed in trouble is polled at least once a
    /// day, so after a day each has been tried again; a disk may fill up again within the hour. An incident that is
    /// ended by a person, by the next digest or by a working connection is over at once.
    fn calm(self) -> TimeDelta {
        match self {
            Self::Disk => TimeDelta::hours(1),
            // The next slot of a daily digest is a day later.
            Self::Network | Self::DigestHeld => TimeDelta::days(1),
            kind if kind.is_of_a_feed() => TimeDelta::days(1),
            _ => TimeDelta::zero(),
        }
    }
}

/// A relay outage that ends within this time is not worth an email: nothing was lost, and the log has it.
const SHORT_OUTAGE: TimeDelta = TimeDelta::minutes(15);

/// A current trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Its kind.
    pub kind: Kind,
    /// What it affects: a feed's id, a run's number, a cadence; may be empty.
    pub subject: String,
    /// When it began.
    pub since: DateTime<Utc>,
    /// What happened, in a sentence without a full stop.
    pub what: String,
    /// Whether it is serious enough to raise an alarm; if not, it only keeps an open one from ending.
    pub is_ripe: bool,
}

/// One incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its number.
    pub id: i64,
    /// Its kind.
    pub kind: Kind,
    /// What it affects: a feed's id, a run's number, a cadence; may be empty.
    pub subject: String,
    /// What happened, as worded when it was raised.
    pub what: String,
    /// When the trouble began.
    pub since: DateTime<Utc>,
    /// When it was raised.
    pub raised: DateTime<Utc>,
    /// Since when the trouble has been absent; `None` while it lasts.
    pub well: Option<DateTime<Utc>>,
    /// When the incident ended; `None` while it is open.
    pub ended: Option<DateTime<Utc>>,
    /// When the email about its start was queued.
    pub announced: Option<DateTime<Utc>>,
    /// When the email about its end was queued.
    pub end_announced: Option<DateTime<Utc>>,
}

/// A change to an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new incident.
    Raise(Trouble),
    /// The trouble has been absent since this time.
    Calm(i64, DateTime<Utc>),
    /// The trouble is back.
    Recurred(i64),
    /// The incident is over.
    End {
        /// Its number.
        id: i64,
        /// Since when the trouble has been absent.
        well: DateTime<Utc>,
        /// Whether no email is sent about it.
        is_quiet: bool,
    },
}

/// The changes to the `open` incidents when these troubles are found at `now`.
#[must_use]
pub fn changes(open: &[Alarm], troubles: &[Trouble], now: DateTime<Utc>) -> Vec<Change> {
    let ended = open.iter().filter_map(|alarm| match troubles.iter().any(|trouble| is_about(alarm, trouble)) {
        true => alarm.well.map(|_| Change::Recurred(alarm.id)),
        false => after_calm(alarm, now),
    });
    let raised =
        troubles.iter().filter(|trouble| trouble.is_ripe && !open.iter().any(|alarm| is_about(alarm, trouble)));
    ended.chain(raised.map(|trouble| Change::Raise(trouble.clone()))).collect()
}

fn is_about(alarm: &Alarm, trouble: &Trouble) -> bool {
    let is_one = alarm.kind == trouble.kind || (alarm.kind.is_unreadable() && trouble.kind.is_unreadable());
    is_one && alarm.subject == trouble.subject
}

/// The change to an incident whose trouble is absent at `now`. A start of the calm that is in the future, from a clock
/// that was ahead, is ignored.
fn after_calm(alarm: &Alarm, now: DateTime<Utc>) -> Option<Change> {
    let well = alarm.well.filter(|well| *well <= now).unwrap_or(now);
    if now - well >= alarm.kind.calm() {
        let is_short = alarm.kind == Kind::Relay && well - alarm.since < SHORT_OUTAGE;
        return Some(Change::End { id: alarm.id, well, is_quiet: is_short });
    }
    (alarm.well != Some(well)).then_some(Change::Calm(alarm.id, well))
}

#[cfg(test)]
mod tests;
