//! Slots at every change of every zone's clock from 2000 to 2040: none is lost, none is doubled, each is at its
//! instant. What is right is told by a second, slower rule: the first instant at which a clock there shows so much.

use chrono::{DateTime, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _, Timelike as _, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use policy_digest::domain::digests::schedule::Schedule;

/// From `at` on, a clock is so far ahead of UTC.
#[derive(Clone, Copy)]
struct Stretch {
    at: DateTime<Utc>,
    offset: TimeDelta,
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn offset(zone: Tz, at: DateTime<Utc>) -> TimeDelta {
    TimeDelta::seconds(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc().into())
}

/// All of a zone, found by looking twice a day; a change is found to the second by halving.
fn stretches(zone: Tz) -> Vec<Stretch> {
    let (mut at, end) = (utc("1999-12-20T00:00:00Z"), utc("2041-01-10T00:00:00Z"));
    let mut stretches = vec![Stretch { at, offset: offset(zone, at) }];
    while at < end {
        let (mut low, mut high) = (at, at + TimeDelta::hours(12));
        (at, low) = (high, low);
        let (before, after) = (offset(zone, low), offset(zone, high));
        if before == after {
            continue;
        }
        while high - low > TimeDelta::seconds(1) {
            let middle = low + TimeDelta::seconds((high - low).num_seconds() / 2);
            if offset(zone, middle) == before { low = middle } else { high = middle }
        }
        stretches.push(Stretch { at: high, offset: after });
    }
    stretches
}

/// The first instant at which a clock shows `local` or more.
fn first_shown(stretches: &[Stretch], local: NaiveDateTime) -> DateTime<Utc> {
    let local = local.and_utc();
    let ends = stretches[1..].iter().map(|next| Some(next.at)).chain([None]);
    let reached = stretches.iter().zip(ends).find(|(stretch, end)| end.is_none_or(|end| end + stretch.offset > local));
    let (stretch, _) = reached.unwrap();
    stretch.at.max(local - stretch.offset)
}

/// Compares the slots of a daily line around a change with what they should be; gives how many there were.
fn look(zone: Tz, near: &[Stretch], change: DateTime<Utc>, (time, minutes): (NaiveDateTime, i64)) -> usize {
    let schedule = Schedule::new(&format!("{} {} * * *", time.minute(), time.hour()), zone).unwrap();
    let right: Vec<(NaiveDateTime, DateTime<Utc>)> =
        (-4..=4).map(|days| time + TimeDelta::days(days)).map(|local| (local, first_shown(near, local))).collect();
    let mut looked = 0;
    // As a daemon asks: from long before the change, and near it.
    for after in [-36 * 60, minutes].map(|minutes| change + TimeDelta::minutes(minutes)) {
        let end = right.last().unwrap().1;
        let slots: Vec<_> =
            schedule.slots_after(after).map(|slot| (slot.local, slot.utc)).take_while(|(_, utc)| *utc <= end).collect();
        let right: Vec<_> = right.iter().copied().filter(|(_, utc)| *utc > after).collect();
        assert_eq!(slots, right, "{zone} at {change}, asked after {after}");
        assert!(slots.windows(2).all(|pair| pair[0].0 < pair[1].0), "{zone} at {change}");
        looked += slots.len();
    }
    looked
}

#[test]
fn no_slot_is_lost_or_doubled_at_any_change_of_any_zones_clock() {
    let (first, last) = (utc("2000-01-01T00:00:00Z"), utc("2041-01-01T00:00:00Z"));
    let (mut changes, mut slots) = (0, 0);
    for &zone in &TZ_VARIANTS {
        let stretches = stretches(zone);
        for (place, pair) in stretches.windows(2).enumerate().filter(|(_, pair)| (first..last).contains(&pair[1].at)) {
            let (before, at, after) = (pair[0].offset, pair[1].at, pair[1].offset);
            // Enough of them that the days looked at lie within.
            let near = &stretches[place.saturating_sub(2)..(place + 4).min(stretches.len())];
            let (low, high) = (at + before.min(after), at + before.max(after));
            let minute = TimeDelta::minutes(1);
            let times = [low - minute, low, low + (high - low) / 2, high - minute, high].map(|at| at.naive_utc());
            // The edges always; of the others each change has its own.
            let chosen = [times[1], times[4], times[[0, 2, 3][changes % 3]]];
            // In the hour before, at it, and in the hour that comes twice.
            let minutes = [-31, 0, 29, 61][changes % 4];
            slots += chosen.map(|time| look(zone, near, at, (time, minutes))).iter().sum::<usize>();
            changes += 1;
        }
    }
    assert!(changes > 18_000 && slots > changes * 30, "{changes} changes, {slots} slots");
}

#[test]
fn known_oddities_are_among_them() {
    let changes = |zone: Tz, from: &str, minutes: i64| {
        let stretches = stretches(zone);
        stretches
            .windows(2)
            .any(|pair| pair[1].at == utc(from) && pair[1].offset - pair[0].offset == TimeDelta::minutes(minutes))
    };
    assert!(changes(Tz::Pacific__Apia, "2011-12-30T10:00:00Z", 24 * 60), "a day that never was");
    assert!(changes(Tz::Australia__Lord_Howe, "2026-04-04T15:00:00Z", -30), "half an hour");
    assert!(changes(Tz::Asia__Beirut, "2026-03-28T22:00:00Z", 60), "a gap at midnight");
    assert!(changes(Tz::Europe__Dublin, "2026-10-25T01:00:00Z", -60), "winter time that is the odd one");
}

#[test]
fn kwajaleins_lost_day_and_apias_lose_no_slot() {
    for (zone, day, slots) in [
        (
            Tz::Pacific__Kwajalein,
            "1993-08-20",
            ["1993-08-20T20:00:00Z", "1993-08-21T12:00:00Z", "1993-08-21T20:00:00Z"],
        ),
        (Tz::Pacific__Apia, "2011-12-29", ["2011-12-29T18:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T18:00:00Z"]),
    ] {
        let daily = Schedule::new("0 8 * * *", zone).unwrap();
        let start = utc(&format!("{day}T11:00:00Z"));
        let found: Vec<_> = daily.slots_after(start).take(3).map(|slot| slot.utc).collect();
        assert_eq!(found, slots.map(utc), "{zone}");
    }
}
