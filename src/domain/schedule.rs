//! Which slot of a cadence is due. A slot is named by its local time, as `2026-11-23T08:00`, so that the
//! repeated hour in autumn cannot make it twice; zone rules map it to an instant. Cron lines are read on
//! naive local time: asked in a zone, the cron library answers with the past during the repeated hour.

use std::str::FromStr as _;

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use croner::Cron;

/// One date at which a digest is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// Local time as the cron line says it; the slot's name.
    pub local: NaiveDateTime,
    /// The instant: the earlier one in a repeated hour, the first one after a gap.
    pub utc: DateTime<Utc>,
}

impl Slot {
    /// The name under which a run is kept.
    #[must_use]
    pub fn key(&self) -> String {
        self.local.format("%Y-%m-%dT%H:%M").to_string()
    }
}

/// A cron line in a time zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    zone: Tz,
}

/// A cron line that cannot be read, or that never comes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{line}` is not a cron line: {reason}")]
pub struct ScheduleError {
    line: String,
    reason: String,
}

impl Schedule {
    /// Reads a cron line of five fields.
    ///
    /// # Errors
    /// A line that the cron grammar refuses.
    pub fn new(line: &str, zone: Tz) -> Result<Self, ScheduleError> {
        let cron =
            Cron::from_str(line).map_err(|error| ScheduleError { line: line.to_owned(), reason: error.to_string() })?;
        Ok(Self { cron, zone })
    }

    /// The slots after `after`, in order.
    pub fn slots_after(&self, after: DateTime<Utc>) -> impl Iterator<Item = Slot> + '_ {
        // Three hours back: a gap or an overlap moves a slot's instant by no more than that.
        let mut local = after.with_timezone(&self.zone).naive_local() - TimeDelta::hours(3);
        std::iter::from_fn(move || {
            local = self.cron.find_next_occurrence(&local.and_utc(), false).ok()?.naive_utc();
            Some(Slot { local, utc: self.instant(local)? })
        })
        .skip_while(move |slot| slot.utc <= after)
    }

    /// The newest slot in (`after`, `now`], if there is one.
    #[must_use]
    pub fn newest_due(&self, after: DateTime<Utc>, now: DateTime<Utc>) -> Option<Slot> {
        self.slots_after(after).take_while(|slot| slot.utc <= now).last()
    }

    fn instant(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        (0..=24 * 60).find_map(|minutes| match self.zone.from_local_datetime(&(local + TimeDelta::minutes(minutes))) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.with_timezone(&Utc)),
            LocalResult::None => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
    fn a_slot_in_the_gap_comes_after_it_and_one_in_the_overlap_once() {
        let nightly = Schedule::new("30 1 * * *", Tz::Europe__London).unwrap();
        let spring: Vec<_> = nightly.slots_after(utc("2026-03-28T12:00:00Z")).take(1).collect();
        assert_eq!(spring[0].utc, utc("2026-03-29T01:00:00Z"));
        let autumn: Vec<_> = nightly.slots_after(utc("2026-10-24T12:00:00Z")).take(2).map(|slot| slot.utc).collect();
        assert_eq!(autumn, [utc("2026-10-25T00:30:00Z"), utc("2026-10-26T01:30:00Z")]);
    }

    #[test]
    fn only_the_newest_of_several_missed_slots_is_due() {
        let daily = Schedule::new("0 7 * * *", Tz::UTC).unwrap();
        let due = daily.newest_due(utc("2026-01-01T08:00:00Z"), utc("2026-01-05T06:00:00Z")).unwrap();
        assert_eq!(due.utc, utc("2026-01-04T07:00:00Z"));
        assert_eq!(daily.newest_due(due.utc, utc("2026-01-05T06:59:00Z")), None);
    }

    proptest! {
        #[test]
        fn slots_only_go_forward_in_every_zone(zone in 0..chrono_tz::TZ_VARIANTS.len(), day in 0i64..7300, hour in 0u32..24) {
            let schedule = Schedule::new(&format!("15 {hour} * * *"), chrono_tz::TZ_VARIANTS[zone]).unwrap();
            let start = utc("2010-01-01T00:00:00Z") + TimeDelta::days(day);
            let slots: Vec<_> = schedule.slots_after(start).take(4).collect();
            prop_assert!(slots[0].utc > start);
            prop_assert!(slots.windows(2).all(|pair| pair[0].utc < pair[1].utc && pair[0].local < pair[1].local));
        }
    }
}
