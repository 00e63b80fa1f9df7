//! Finds the current troubles: what counts as failing, silent, empty or full, and after how long. If nearly all feeds
//! fail at once, the network is the likely cause and no feed is blamed.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{Kind, Trouble};
use crate::domain::subscribers::subscriber::Cadence;

/// The state of a polled feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedFacts {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Since when every poll of it has failed.
    pub failing: Option<DateTime<Utc>>,
    /// Failed polls in a row.
    pub failures: u32,
    /// What the last failure was.
    pub error: Option<String>,
    /// Since when its server says that it is gone permanently.
    pub gone: Option<DateTime<Utc>>,
    /// Whether its address answered with something that is not a feed.
    pub is_no_feed: bool,
    /// Since when its document has had no entries, if it had some before.
    pub empty: Option<DateTime<Utc>>,
    /// When it was last read successfully.
    pub read: Option<DateTime<Utc>>,
    /// The days of its posts, newest first, one for each post; empty if they do not matter.
    pub days: Vec<NaiveDate>,
    /// When a poll last found no known entry.
    pub gap: Option<DateTime<Utc>>,
    /// When all of its ids last changed at once.
    pub renumbered: Option<DateTime<Utc>>,
}

/// How long a feed may fail before an alarm is raised.
const FAILING_FOR: TimeDelta = TimeDelta::days(3);
/// The same for a feed that answers without entries: a site that is being rebuilt takes less time than this.
const ODD_FOR: TimeDelta = TimeDelta::days(1);
/// How long a momentary event (a gap, new ids) keeps its incident open: a week and a day, so that an event that recurs
/// every week is one incident.
const MOMENT: TimeDelta = TimeDelta::days(8);
/// The shortest time after which a feed can count as silent.
pub const SHORTEST_SILENCE: TimeDelta = TimeDelta::days(7);
/// A feed is silent after this many of its usual intervals.
const SILENT_FOR: i32 = 4;
/// With fewer pauses than this between its posting days, a feed has no usual interval.
const LEAST_PAUSES: usize = 4;
/// With fewer feeds than this, failures are never put down to the network.
const SOME_FEEDS: usize = 3;
/// How long most feeds must fail before the network is blamed: the first where polls are rare, the second where two
/// polls in a row failed.
const NETWORK_FOR: TimeDelta = TimeDelta::hours(2);
const NETWORK_FOR_TWO_POLLS: TimeDelta = TimeDelta::minutes(10);

/// The troubles of feeds. No trouble is raised for a failing feed while the network is to blame, or while
/// `is_network_open`: the network alarm stays open for a day after the outage.
#[must_use]
pub fn feeds(feeds: &[FeedFacts], is_network_open: bool, now: DateTime<Utc>) -> Vec<Trouble> {
    let network = network(feeds, now);
    let is_blamed = network.is_none() && !is_network_open;
    let of_each = feeds.iter().flat_map(|feed| {
        let moments = [
            (Kind::FeedGap, feed.gap, "showed no known entry: some may have come and gone between two polls"),
            (Kind::FeedRenumbered, feed.renumbered, "changed the ids of nearly all its entries at once"),
        ];
        let moments = moments.into_iter().filter_map(|(kind, at, what)| {
            let at = at.filter(|at| *at <= now && now - *at < MOMENT)?;
            Some(of(feed, kind, at, true, what))
        });
        unreadable(feed, is_blamed, now).into_iter().chain(silent(feed)).chain(moments).collect::<Vec<_>>()
    });
    network.clone().into_iter().chain(of_each).collect()
}

/// The network's trouble: at least four in five of the polled feeds fail.
fn network(feeds: &[FeedFacts], now: DateTime<Utc>) -> Option<Trouble> {
    let asked = feeds.iter().filter(|feed| feed.gone.is_none() && (feed.read.is_some() || feed.failing.is_some()));
    let (asked, mut since): (Vec<_>, Vec<_>) = asked.map(|feed| (feed, feed.failing)).unzip();
    since.retain(Option::is_some);
    let enough = (asked.len() * 4).div_ceil(5);
    if asked.len() < SOME_FEEDS || since.len() < enough {
        return None;
    }
    since.sort_unstable();
    let (failing, all) = (since.len(), asked.len());
    let since = since[enough - 1]?.min(now);
    let twice = asked.iter().filter(|feed| feed.failures >= 2).count();
    let limit = if twice >= enough { NETWORK_FOR_TWO_POLLS } else { NETWORK_FOR };
    let one =
        asked.iter().find_map(|feed| Some(format!("`{}`: {}", feed.id, feed.error.as_ref()?))).unwrap_or_default();
    Some(Trouble {
        kind: Kind::Network,
        subject: String::new(),
        since,
        what: format!(
            "{failing} of {all} feeds cannot be read, so it is probably the network of this machine; for example {one}"
        ),
        is_ripe: now - since >= limit,
    })
}

fn unreadable(feed: &FeedFacts, is_blamed: bool, now: DateTime<Utc>) -> Option<Trouble> {
    let lasts = |since: DateTime<Utc>, at_least| now - since >= at_least;
    let error = feed.error.as_deref().unwrap_or("no reason is known");
    if let Some(since) = feed.gone {
        return Some(of(feed, Kind::FeedGone, since, true, "is gone permanently, according to its server (410)"));
    }
    if let Some(since) = feed.failing {
        let (kind, limit) = if feed.is_no_feed { (Kind::FeedPage, ODD_FOR) } else { (Kind::FeedFailing, FAILING_FOR) };
        let is_ripe = is_blamed && feed.failures >= 2 && lasts(since, limit);
        let what = format!("has failed {} times in a row, last with: {error}", feed.failures);
        return Some(of(feed, kind, since, is_ripe, &what));
    }
    let since = feed.empty?;
    Some(of(
        feed,
        Kind::FeedEmpty,
        since,
        lasts(since, ODD_FOR),
        "answers, but has no entries, although it had some before",
    ))
}

/// Measured up to the last successful read, because a feed that could not be read is not silent.
fn silent(feed: &FeedFacts) -> Option<Trouble> {
    let rhythm = rhythm(&feed.days)?;
    let latest = feed.days.first()?.and_hms_opt(0, 0, 0)?.and_utc();
    let silence = feed.read? - latest;
    if silence < (rhythm * SILENT_FOR).max(SHORTEST_SILENCE) {
        return None;
    }
    let days = |count: i64| if count == 1 { "day".to_owned() } else { format!("{count} days") };
    let (silence, rhythm) = (days(silence.num_days()), days(rhythm.num_days()));
    let what = format!("has posted nothing for {silence}, and used to post every {rhythm} or more often");
    Some(of(feed, Kind::FeedSilent, latest, true, &what))
}

/// The feed's usual interval: nine in ten of the pauses between its posting days are not longer.
fn rhythm(days: &[NaiveDate]) -> Option<TimeDelta> {
    let mut days = days.to_vec();
    days.sort_unstable();
    days.dedup();
    let mut pauses: Vec<TimeDelta> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
    pauses.sort_unstable();
    if pauses.len() < LEAST_PAUSES {
        return None;
    }
    pauses.get((pauses.len() * 9).div_ceil(10) - 1).copied()
}

fn of(feed: &FeedFacts, kind: Kind, since: DateTime<Utc>, is_ripe: bool, what: &str) -> Trouble {
    let what = format!("\u{201c}{}\u{201d} {what}", feed.title);
    Trouble { kind, subject: feed.id.clone(), since, what, is_ripe }
}

/// The latest digests of a cadence that had no content for any subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmptyDigests {
    /// Their cadence.
    pub cadence: Cadence,
    /// How many in a row.
    pub count: u64,
    /// The slot of the first one.
    pub since: DateTime<Utc>,
}

/// The minimum time since the first empty digest. Daily digests are empty every weekend, so two in a row are not
/// enough.
const EMPTY_FOR: TimeDelta = TimeDelta::days(3);

/// Troubles for digests that stay empty.
pub fn digests(empty: &[EmptyDigests], now: DateTime<Utc>) -> impl Iterator<Item = Trouble> {
    empty.iter().map(move |empty| Trouble {
        kind: Kind::DigestEmpty,
        subject: empty.cadence.to_string(),
        since: empty.since,
        what: format!("the last {} {} digests had nothing for any subscriber", empty.count, empty.cadence),
        is_ripe: empty.count >= 2 && now - empty.since >= EMPTY_FOR,
    })
}

/// A digest waits because too many of the active feeds could not be read.
#[must_use]
pub fn digest_held(cadence: Cadence, slot: DateTime<Utc>, (unread, alive): (usize, usize)) -> Trouble {
    let what = format!("{unread} of {alive} feeds could not be read, so that the {cadence} digest would be thin");
    Trouble { kind: Kind::DigestHeld, subject: cadence.to_string(), since: slot, what, is_ripe: true }
}

/// A draft waits for an editor after its slot. An alarm is raised when half of the time to its limit is over.
#[must_use]
pub fn draft_held(cadence: Cadence, slot: DateTime<Utc>, limit: DateTime<Utc>, is_near_limit: bool) -> Trouble {
    let until = limit.format("%-d %B %Y, %H:%M UTC");
    let what = format!("the {cadence} digest waits for an editor; if nobody approves it by {until}, it is not sent");
    Trouble { kind: Kind::DraftHeld, subject: cadence.to_string(), since: slot, what, is_ripe: is_near_limit }
}

/// A draft was held for too long.
#[must_use]
pub fn draft_rolled_on(cadence: Cadence, slot: DateTime<Utc>) -> Trouble {
    let what = format!("no editor approved the {cadence} digest in time, so it was not sent");
    Trouble { kind: Kind::DraftRolledOn, subject: cadence.to_string(), since: slot, what, is_ripe: true }
}

/// Emails of the last days that were refused for our own fault, except those of held runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusals {
    /// When the first one was refused.
    pub since: Option<DateTime<Utc>>,
    /// Their number.
    pub count: u64,
    /// How many of them were refused on the last day.
    pub today: u64,
    /// The most frequent reply code.
    pub code: String,
}

/// This many refusals on one day are not a coincidence.
const REFUSED: u64 = 3;

/// Refusals that are our own fault: the sender, a policy, the content.
#[must_use]
pub fn refused(refusals: &Refusals) -> Option<Trouble> {
    let code = &refusals.code;
    Some(Trouble {
        kind: Kind::Refused,
        subject: String::new(),
        since: refusals.since?,
        what: format!("{} emails were refused for reasons on our side, most often with `{code}`", refusals.count),
        is_ripe: refusals.today >= REFUSED,
    })
}

/// A run that is held.
#[must_use]
pub fn held(run: i64, cadence: &str, since: DateTime<Utc>, because: &str) -> Trouble {
    let what = format!("the {cadence} run {run} is held: {because}");
    Trouble { kind: Kind::RunHeld, subject: run.to_string(), since, what, is_ripe: true }
}

/// Delivery to the mail server has stopped.
#[must_use]
pub fn relay(since: DateTime<Utc>, reason: &str) -> Trouble {
    Trouble { kind: Kind::Relay, subject: String::new(), since, what: reason.to_owned(), is_ripe: true }
}

/// The database is a restored copy that waits for `resume`.
#[must_use]
pub fn restored(since: DateTime<Utc>, reason: &str) -> Trouble {
    Trouble { kind: Kind::Restored, subject: String::new(), since, what: reason.to_owned(), is_ripe: true }
}

/// Somebody who is editing a file needs some time to get it right.
const EDITED_FOR: TimeDelta = TimeDelta::hours(1);

/// An edit of the configuration was refused with this diagnostic.
#[must_use]
pub fn configuration(since: DateTime<Utc>, diagnostic: &str, now: DateTime<Utc>) -> Trouble {
    let first = diagnostic.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let what = format!("an edit of the configuration was refused: {first}");
    Trouble { kind: Kind::Configuration, subject: String::new(), since, what, is_ripe: now - since >= EDITED_FOR }
}

const MEGABYTE: u64 = 1 << 20;
/// With less free space than this, the disk is nearly full. The database's log alone may grow by some tens of
/// megabytes.
const LITTLE_ROOM: u64 = 256 * MEGABYTE;
/// With this much free space, the trouble is over.
const ENOUGH_ROOM: u64 = 2 * LITTLE_ROOM;

/// The trouble of a disk with this many bytes free.
#[must_use]
pub fn room(free_bytes: u64, now: DateTime<Utc>) -> Option<Trouble> {
    (free_bytes < ENOUGH_ROOM).then(|| Trouble {
        kind: Kind::Disk,
        subject: String::new(),
        since: now,
        what: format!("the disk of the data folder has {} MB left", free_bytes / MEGABYTE),
        is_ripe: free_bytes < LITTLE_ROOM,
    })
}

#[cfg(test)]
mod tests;
