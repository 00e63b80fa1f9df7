//! Decides which slot of a cadence is due, and which missed slots roll into it. A slot is named by its local time, such
//! as `2026-11-23T08:00`, so that the repeated hour in autumn cannot produce it twice; its instant is the first at
//! which clocks in the zone reach that time. Cron expressions are evaluated in naive local time: during the repeated
//! hour, the cron library would return past times for a zone.

use std::str::FromStr as _;

use chrono::{DateTime, LocalResult, NaiveDateTime, SubsecRound as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::{GapInfo, Tz};
use croner::Cron;

/// One date at which a digest is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// Local time from the cron expression; also the slot's name.
    pub local: NaiveDateTime,
    /// The instant: the earlier one in a repeated hour, the first one after a gap.
    pub utc: DateTime<Utc>,
}

impl Slot {
    /// The key under which a run is stored.
    #[must_use]
    pub fn key(&self) -> String {
        self.local.format("%Y-%m-%dT%H:%M").to_string()
    }
}

/// A cron expression in a time zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    zone: Tz,
}

/// A cron expression that is invalid, or that never occurs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{line}` is not a cron line: {reason}")]
pub struct ScheduleError {
    line: String,
    reason: String,
}

impl Schedule {
    /// Parses a cron expression of five fields.
    ///
    /// # Errors
    /// The expression is invalid.
    pub fn new(line: &str, zone: Tz) -> Result<Self, ScheduleError> {
        let cron =
            Cron::from_str(line).map_err(|error| ScheduleError { line: line.to_owned(), reason: error.to_string() })?;
        Ok(Self { cron, zone })
    }

    /// The slots after `after`, in order.
    pub fn slots_after(&self, after: DateTime<Utc>) -> impl Iterator<Item = Slot> + '_ {
        // A local time that clocks first reach after `after` is later than the local time at `after`.
        let mut local = after.with_timezone(&self.zone).naive_local().trunc_subsecs(0);
        std::iter::from_fn(move || {
            local = self.cron.find_next_occurrence(&local.and_utc(), false).ok()?.naive_utc();
            Some(Slot { local, utc: instant(self.zone, local)? })
        })
        .skip_while(move |slot| slot.utc <= after)
    }

    /// The slot whose digest should be made now: the newest one, if it is at most half a period late and the last run
    /// was not made within half a period.
    #[must_use]
    pub fn due(&self, past: &Past, period: TimeDelta, now: DateTime<Utc>) -> Option<Due> {
        let half = period / 2;
        let in_time = past.since.max(now - half - TimeDelta::seconds(1));
        let slot = self.slots_after(in_time).take_while(|slot| slot.utc <= now).last()?;
        if past.made.is_some_and(|made| made <= now && now - made < half) {
            return None;
        }
        // A slot so close to the last run that it was rolled into that run was not missed.
        let is_missed = |slot: &Slot| past.made.is_none_or(|made| slot.utc - made >= half);
        let earlier =
            self.slots_after(past.since.max(slot.utc - LONGEST_LOOK)).take_while(|other| other.utc < slot.utc);
        Some(Due { slot, missed: earlier.filter(is_missed).collect() })
    }
}

/// The first instant at which clocks in `zone` reach `local`: the earlier one in a repeated hour, and the end of the
/// gap for a time that clocks skip. `None` only beyond the end of the zone's rules.
#[must_use]
pub fn instant(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
        LocalResult::None => Some(GapInfo::new(&local, &zone)?.end?.to_utc()),
    }
}

/// How far back missed slots are counted.
const LONGEST_LOOK: TimeDelta = TimeDelta::days(400);

/// The history of a cadence, needed to find its next slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// Slots up to here are done: the last run's own, or the creation of the database.
    pub since: DateTime<Utc>,
    /// When the last run was made, if there is one.
    pub made: Option<DateTime<Utc>>,
}

/// A slot whose digest should be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The slot.
    pub slot: Slot,
    /// Earlier slots without a digest, which roll into this one, in order.
    pub missed: Vec<Slot>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn eight_on_monday_stays_eight_on_both_sides_of_the_clock_change() {
        let weekly = Schedule::new("0 8 * * 1", Tz::Europe__London).unwrap();
        let slots: Vec<_> = weekly.slots_after(utc("2026-10-13T00:00:00Z")).take(2).collect();
        assert_eq!(slots[0].utc, utc("2026-10-19T07:00:00Z"));
        assert_eq!(slots[1].utc, utc("2026-10-26T08:00:00Z"));
        assert_eq!(slots[1].key(), "2026-10-26T08:00");
    }

    #[test]
    fn a_local_time_that_a_clock_skips_is_the_moment_after_the_gap() {
        let at = |zone: Tz, local: &str| instant(zone, local.parse().unwrap());
        assert_eq!(at(Tz::Europe__London, "2026-03-29T01:30:00"), Some(utc("2026-03-29T01:00:00Z")));
        assert_eq!(at(Tz::Europe__London, "2026-10-25T01:30:00"), Some(utc("2026-10-25T00:30:00Z")), "the earlier one");
        // Samoa skipped a whole day.
        assert_eq!(at(Tz::Pacific__Apia, "2011-12-30T00:00:00"), Some(utc("2011-12-30T10:00:00Z")));
    }

    #[test]
    fn a_slot_in_the_gap_comes_after_it_and_one_in_the_overlap_once() {
        let nightly = Schedule::new("30 1 * * *", Tz::Europe__London).unwrap();
        let spring: Vec<_> = nightly.slots_after(utc("2026-03-28T12:00:00Z")).take(1).collect();
        assert_eq!(spring[0].utc, utc("2026-03-29T01:00:00Z"));
        let autumn: Vec<_> = nightly.slots_after(utc("2026-10-24T12:00:00Z")).take(2).map(|slot| slot.utc).collect();
        assert_eq!(autumn, [utc("2026-10-25T00:30:00Z"), utc("2026-10-26T01:30:00Z")]);
    }

    /// The slot's name and the number of missed slots.
    fn due(line: &str, period: i64, (since, made): (&str, Option<&str>), now: &str) -> Option<(String, usize)> {
        let schedule = Schedule::new(line, Tz::Europe__London).unwrap();
        let past = Past { since: utc(since), made: made.map(utc) };
        let due = schedule.due(&past, TimeDelta::days(period), utc(now))?;
        Some((due.slot.key(), due.missed.len()))
    }

    const WEEKLY: &str = "0 8 * * 1";
    const MADE: (&str, Option<&str>) = ("2026-01-05T08:00:00Z", Some("2026-01-05T08:00:10Z"));

    #[test]
    fn a_slot_is_due_for_half_a_period_and_then_rolled_into_the_next() {
        let due = |now| due(WEEKLY, 7, MADE, now);
        assert_eq!(due("2026-01-12T07:59:59Z"), None);
        let (second, third) = ("2026-01-12T08:00".to_owned(), "2026-01-19T08:00".to_owned());
        assert_eq!(due("2026-01-12T08:00:00Z"), Some((second.clone(), 0)));
        assert_eq!(due("2026-01-15T20:00:00Z"), Some((second, 0)), "at the last moment");
        assert_eq!(due("2026-01-15T20:00:01Z"), None);
        assert_eq!(due("2026-01-19T08:00:00Z"), Some((third, 1)));
    }

    #[test]
    fn only_the_newest_of_several_missed_slots_is_due() {
        let past = ("2026-01-01T08:00:00Z", None);
        let newest = Some(("2026-01-04T07:00".to_owned(), 2));
        assert_eq!(due("0 7 * * *", 1, past, "2026-01-04T09:00:00Z"), newest);
        assert_eq!(due("0 7 * * *", 1, ("2026-01-04T07:00:00Z", None), "2026-01-05T06:59:00Z"), None);
    }

    #[test]
    fn a_slot_soon_after_a_late_run_is_rolled_into_it_and_not_missed() {
        let twice = "0 8 * * 1,4";
        assert_eq!(due(twice, 7, MADE, "2026-01-08T08:00:00Z"), None);
        assert_eq!(due(twice, 7, MADE, "2026-01-12T08:00:00Z"), Some(("2026-01-12T08:00".to_owned(), 0)));
    }

    #[test]
    fn a_run_from_a_clock_that_was_ahead_blocks_no_slot() {
        let past = ("2026-01-05T08:00:00Z", Some("2027-01-05T08:00:10Z"));
        assert_eq!(due(WEEKLY, 7, past, "2026-01-12T08:00:00Z"), Some(("2026-01-12T08:00".to_owned(), 0)));
    }
}
