//! What counts as trouble, and after how long.

use super::*;

fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// A healthy feed that was read an hour ago.
fn feed(id: &str) -> FeedFacts {
    let read = Some(noon() - TimeDelta::hours(1));
    FeedFacts { id: id.to_owned(), title: id.to_uppercase(), read, ..FeedFacts::default() }
}

fn failing(id: &str, hours: i64, failures: u32) -> FeedFacts {
    let since = Some(noon() - TimeDelta::hours(hours));
    FeedFacts { failing: since, failures, error: Some("503".to_owned()), ..feed(id) }
}

/// The troubles found in these feeds, and whether each is ripe.
#[track_caller]
fn found(these: &[FeedFacts]) -> Vec<(Kind, bool)> {
    feeds(these, false, noon()).iter().map(|trouble| (trouble.kind, trouble.is_ripe)).collect()
}

#[test]
fn a_feed_may_fail_for_three_days_and_answer_oddly_for_one() {
    assert_eq!(found(&[failing("a", 71, 20)]), [(Kind::FeedFailing, false)]);
    assert_eq!(found(&[failing("a", 72, 20)]), [(Kind::FeedFailing, true)]);
    assert_eq!(found(&[failing("a", 72, 1)]), [(Kind::FeedFailing, false)], "one failed poll is not a row of failures");
    let page = |hours| FeedFacts { is_no_feed: true, ..failing("a", hours, 5) };
    assert_eq!(found(&[page(23)]), [(Kind::FeedPage, false)]);
    assert_eq!(found(&[page(24)]), [(Kind::FeedPage, true)]);
    let empty = |hours| FeedFacts { empty: Some(noon() - TimeDelta::hours(hours)), ..feed("a") };
    assert_eq!(found(&[empty(23)]), [(Kind::FeedEmpty, false)]);
    assert_eq!(found(&[empty(24)]), [(Kind::FeedEmpty, true)]);
    assert_eq!(found(&[FeedFacts { gone: Some(noon()), ..failing("a", 0, 1) }]), [(Kind::FeedGone, true)]);
}

#[test]
fn a_momentary_event_counts_for_a_week_and_a_day() {
    let gap = |days| FeedFacts { gap: Some(noon() - TimeDelta::days(days)), ..feed("a") };
    assert_eq!(found(&[gap(0)]), [(Kind::FeedGap, true)]);
    assert_eq!(found(&[gap(7)]), [(Kind::FeedGap, true)]);
    assert_eq!(found(&[gap(8)]), []);
    assert_eq!(found(&[gap(-300)]), [], "a clock that was ahead");
    let renumbered = FeedFacts { renumbered: Some(noon()), ..feed("a") };
    assert_eq!(found(&[renumbered]), [(Kind::FeedRenumbered, true)]);
}

#[test]
fn where_four_in_five_feeds_fail_it_is_the_network_and_no_feed_is_blamed() {
    let of = |failed: usize, all: usize, hours, failures| {
        let feeds = (0..all).map(|number| match number < failed {
            true => failing(&number.to_string(), hours, failures),
            false => feed(&number.to_string()),
        });
        let mut found = found(&feeds.collect::<Vec<_>>());
        found.dedup();
        found
    };
    assert_eq!(of(8, 10, 100, 20), [(Kind::Network, true), (Kind::FeedFailing, false)]);
    assert_eq!(of(7, 10, 100, 20), [(Kind::FeedFailing, true)]);
    assert_eq!(of(10, 10, 1, 1), [(Kind::Network, false), (Kind::FeedFailing, false)], "a hiccup");
    assert_eq!(of(10, 10, 1, 2)[0], (Kind::Network, true), "two polls in a row");
    assert_eq!(of(10, 10, 0, 2)[0], (Kind::Network, false), "two polls by hand");
    assert_eq!(of(10, 10, 2, 1)[0], (Kind::Network, true), "polled rarely");
    assert_eq!(of(2, 2, 100, 20), [(Kind::FeedFailing, true)], "two failing feeds raise an alarm each");
    let after = feeds(&[failing("a", 100, 20), feed("b"), feed("c")], true, noon());
    assert!(!after[0].is_ripe, "until the network has been well for a day");
}

/// A feed that posted this many days ago, and was read an hour ago.
fn posting(days_ago: &[i64]) -> FeedFacts {
    let days = days_ago.iter().map(|days| (noon() - TimeDelta::days(*days)).date_naive()).collect();
    FeedFacts { days, ..feed("a") }
}

#[test]
fn a_feed_is_silent_after_four_times_the_pause_that_nine_in_ten_of_its_pauses_keep_to() {
    let silent = [(Kind::FeedSilent, true)];
    assert_eq!(found(&[posting(&[11, 13, 15, 17, 19])]), silent);
    assert_eq!(found(&[posting(&[7, 9, 11, 13, 15])]), []);
    // A feed with a post each working day: a weekend is three days, and Christmas twelve.
    let weekdays = [3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 17].map(|days| days + 8);
    assert_eq!(found(&[posting(&weekdays)]), []);
    assert_eq!(found(&[posting(&weekdays.map(|days| days + 2))]), silent);
    assert_eq!(found(&[posting(&[6, 7, 8, 9, 10])]), [], "no feed counts as silent within a week");
    assert_eq!(found(&[posting(&[90, 90, 90, 90, 90, 90])]), [], "one day with many posts has no usual interval");
    let unread = FeedFacts { read: Some(noon() - TimeDelta::days(11)), ..posting(&[11, 13, 15, 17, 19]) };
    assert_eq!(found(&[unread]), [], "a feed that was not read is not silent");
}

#[test]
fn a_digest_stays_empty_after_two_slots_and_a_weekend() {
    let is_ripe = |cadence, count, days| {
        let empty = EmptyDigests { cadence, count, since: noon() - TimeDelta::days(days) };
        digests(&[empty], noon()).next().unwrap().is_ripe
    };
    assert!(!is_ripe(Cadence::Weekly, 1, 6) && is_ripe(Cadence::Weekly, 2, 7));
    assert!(!is_ripe(Cadence::Daily, 3, 2) && is_ripe(Cadence::Daily, 4, 3));
}

#[test]
fn a_few_refusals_are_chance_and_a_disk_is_full_until_there_is_twice_the_room() {
    let refused_today = |today| {
        let refusals = Refusals { since: Some(noon()), count: 9, today, code: "550 5.7.1".to_owned() };
        refused(&refusals).unwrap().is_ripe
    };
    assert!(!refused_today(2) && refused_today(3));
    assert_eq!(refused(&Refusals::default()), None);
    let left = |megabytes: u64| room(megabytes << 20, noon()).map(|trouble| trouble.is_ripe);
    assert_eq!([left(255), left(256), left(511), left(512)], [Some(true), Some(false), Some(false), None]);
}
