//! Alarms: what needs a person, raised once for each incident and ended once. A look finds the troubles of the moment
//! (`look`); what changes by them is decided here, what is told of it and when in `news`, in which words in `words`.
//! An incident ends when it has been well for a while, so that what comes and goes is one incident, told of once.

mod look;
mod news;
mod words;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::word::words;
pub use look::{
    EmptyDigests, FeedFacts, Refusals, SHORTEST_SILENCE, configuration, digest_held, digests, feeds, held, refused,
    relay, restored, room,
};
pub use news::{News, news};
pub use words::{Notice, notices};

/// What may be wrong; in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The disk has little room left.
    Disk,
    /// The database is a copy that waits for `resume`.
    Restored,
    /// An edit of the configuration has mistakes, and the daemon goes on without it.
    Configuration,
    /// The mail server is out of reach, or refuses us.
    Relay,
    /// A run is held.
    RunHeld,
    /// Receivers refuse us, whoever the reader is.
    Refused,
    /// Nearly all feeds fail at once: it is the network, and not they.
    Network,
    /// A digest waits, because most feeds cannot be read.
    DigestHeld,
    /// The digest had nothing for anybody, two slots running.
    DigestEmpty,
    /// A feed's server says that it is gone for good.
    FeedGone,
    /// A feed's address answers, with something that is no feed.
    FeedPage,
    /// A feed has failed for days.
    FeedFailing,
    /// A feed that had entries has none.
    FeedEmpty,
    /// A feed has been silent for four times its rhythm.
    FeedSilent,
    /// All of a feed's ids changed at once.
    FeedRenumbered,
    /// Entries may have come and gone between two polls of a feed.
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

    /// Whether its beginning and its end stand in the log by themselves: whoever finds it says so.
    #[must_use]
    pub fn is_logged_where_found(self) -> bool {
        matches!(self, Self::Configuration | Self::Relay | Self::RunHeld | Self::Restored)
    }

    /// Whether no mail can leave while it lasts: its beginning is then told with its end.
    fn stops_mail(self) -> bool {
        self == Self::Relay
    }

    /// Whether a feed cannot be read: that is one incident, whatever keeps it from being read at the moment.
    fn is_unreadable(self) -> bool {
        matches!(self, Self::FeedGone | Self::FeedPage | Self::FeedFailing | Self::FeedEmpty)
    }

    /// For how long it must have been well before the incident is over. A feed in trouble is asked at least once a
    /// day, so that after a day each has been asked again; a disk may be full again within the hour. What a person, the
    /// next digest or an open way ends is over at once.
    fn calm(self) -> TimeDelta {
        match self {
            Self::Disk => TimeDelta::hours(1),
            // The next slot of a daily one is a day later.
            Self::Network | Self::DigestHeld => TimeDelta::days(1),
            kind if kind.is_of_a_feed() => TimeDelta::days(1),
            _ => TimeDelta::zero(),
        }
    }
}

/// An outage of the way out that was over so soon is not worth a mail: nothing was lost, and it is in the log.
const SHORT_OUTAGE: TimeDelta = TimeDelta::minutes(15);

/// What is wrong at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What it is.
    pub kind: Kind,
    /// Whose: a feed's id, a run's number, a cadence; may be empty.
    pub subject: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// What happened, in a sentence without its full stop.
    pub what: String,
    /// Whether it is enough to raise an alarm; if not, it only keeps one from being over.
    pub is_ripe: bool,
}

/// One incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its number.
    pub id: i64,
    /// What it is about.
    pub kind: Kind,
    /// Whose: a feed's id, a run's number, a cadence; may be empty.
    pub subject: String,
    /// What happened, as it was when it was raised.
    pub what: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it was raised.
    pub raised: DateTime<Utc>,
    /// Since when it has been well; none while it is not.
    pub well: Option<DateTime<Utc>>,
    /// When it was over; none while it is open.
    pub ended: Option<DateTime<Utc>>,
    /// When the mail that it was raised was queued.
    pub told: Option<DateTime<Utc>>,
    /// When the mail that it was over was queued.
    pub told_end: Option<DateTime<Utc>>,
}

/// What becomes of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new one.
    Raise(Trouble),
    /// It looks well since then.
    Well(i64, DateTime<Utc>),
    /// It does not any more.
    IllAgain(i64),
    /// It is over.
    End {
        /// Which one.
        id: i64,
        /// Since when it has been well.
        well: DateTime<Utc>,
        /// No mail is written of it.
        is_quiet: bool,
    },
}

/// What changes by a look at `now` that found these troubles, while these incidents are `open`.
#[must_use]
pub fn changes(open: &[Alarm], troubles: &[Trouble], now: DateTime<Utc>) -> Vec<Change> {
    let ended = open.iter().filter_map(|alarm| match troubles.iter().any(|trouble| is_about(alarm, trouble)) {
        true => alarm.well.map(|_| Change::IllAgain(alarm.id)),
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

/// It is well at `now`. A clock that was ahead when that began counts for nothing.
fn after_calm(alarm: &Alarm, now: DateTime<Utc>) -> Option<Change> {
    let well = alarm.well.filter(|well| *well <= now).unwrap_or(now);
    if now - well >= alarm.kind.calm() {
        let is_short = alarm.kind == Kind::Relay && well - alarm.since < SHORT_OUTAGE;
        return Some(Change::End { id: alarm.id, well, is_quiet: is_short });
    }
    (alarm.well != Some(well)).then_some(Change::Well(alarm.id, well))
}

#[cfg(test)]
mod tests;
