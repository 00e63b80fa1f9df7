//! The rules of incidents: each starts once and ends once, however the trouble comes and goes.

use proptest::prelude::*;

use super::*;

fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn trouble(kind: Kind, is_ripe: bool) -> Trouble {
    Trouble { kind, subject: "blog".to_owned(), since: noon(), what: "it is so".to_owned(), is_ripe }
}

fn alarm(kind: Kind) -> Alarm {
    Alarm {
        id: 1,
        kind,
        subject: "blog".to_owned(),
        what: "it is so".to_owned(),
        since: noon(),
        raised: noon(),
        well: None,
        ended: None,
        announced: None,
        end_announced: None,
    }
}

/// An in-memory stand-in for the store, which counts the reports of each incident.
#[derive(Default)]
struct Table {
    alarms: Vec<Alarm>,
    begun: Vec<usize>,
    over: Vec<usize>,
}

impl Table {
    fn keep(&mut self, changes: Vec<Change>, now: DateTime<Utc>) {
        for change in changes {
            match change {
                Change::Raise(Trouble { kind, subject, what, since, .. }) => {
                    let id = self.alarms.len() as i64;
                    self.alarms.push(Alarm { id, subject, what, since, raised: now, ..alarm(kind) });
                    self.begun.push(0);
                    self.over.push(0);
                }
                Change::Calm(id, at) => self.alarms[id as usize].well = Some(at),
                Change::Recurred(id) => self.alarms[id as usize].well = None,
                Change::End { id, well, is_quiet } => {
                    let alarm = &mut self.alarms[id as usize];
                    assert_eq!(alarm.ended, None, "ended twice");
                    (alarm.well, alarm.ended) = (Some(well), Some(now));
                    if is_quiet {
                        (alarm.announced, alarm.end_announced) = (Some(now), Some(now));
                    }
                }
            }
        }
    }

    fn open(&self) -> Vec<Alarm> {
        self.alarms.iter().filter(|alarm| alarm.ended.is_none()).cloned().collect()
    }

    /// True if an email was written.
    fn tell(&mut self, now: DateTime<Utc>) -> bool {
        let unannounced: Vec<Alarm> =
            self.alarms.iter().filter(|alarm| alarm.end_announced.is_none()).cloned().collect();
        let feed_emails =
            self.alarms.iter().filter(|it| it.kind.is_of_a_feed()).flat_map(|it| [it.announced, it.end_announced]);
        let Some(news) = news(&unannounced, feed_emails.flatten().max(), now) else { return false };
        for alarm in news.raised {
            self.begun[alarm.id as usize] += 1;
            self.alarms[alarm.id as usize].announced = Some(now);
        }
        for alarm in news.over {
            self.over[alarm.id as usize] += 1;
            self.alarms[alarm.id as usize].announced.get_or_insert(now);
            self.alarms[alarm.id as usize].end_announced = Some(now);
        }
        true
    }
}

#[test]
fn a_ripe_trouble_raises_an_alarm_unless_one_is_open() {
    assert_eq!(changes(&[], &[trouble(Kind::FeedFailing, false)], noon()), []);
    let ripe = trouble(Kind::FeedFailing, true);
    assert_eq!(changes(&[], std::slice::from_ref(&ripe), noon()), [Change::Raise(ripe.clone())]);
    assert_eq!(changes(&[alarm(Kind::FeedFailing)], std::slice::from_ref(&ripe), noon()), []);
    let of_another = Trouble { subject: "other".to_owned(), ..ripe };
    let made = changes(&[alarm(Kind::FeedFailing)], std::slice::from_ref(&of_another), noon());
    assert!(made.contains(&Change::Raise(of_another)), "{made:?}");
}

#[test]
fn a_feed_is_well_for_a_day_before_its_incident_is_over() {
    let open = alarm(Kind::FeedFailing);
    assert_eq!(changes(std::slice::from_ref(&open), &[], noon()), [Change::Calm(1, noon())]);
    let well = Alarm { well: Some(noon()), ..open };
    let unripe = trouble(Kind::FeedFailing, false);
    let soon = noon() + TimeDelta::hours(23);
    assert_eq!(changes(std::slice::from_ref(&well), &[unripe], soon), [Change::Recurred(1)]);
    assert_eq!(changes(std::slice::from_ref(&well), &[], soon), []);
    let end = Change::End { id: 1, well: noon(), is_quiet: false };
    assert_eq!(changes(&[well], &[], noon() + TimeDelta::days(1)), [end]);
}

#[test]
fn a_feed_that_cannot_be_read_is_one_incident_whatever_the_cause() {
    for kind in [Kind::FeedPage, Kind::FeedGone, Kind::FeedEmpty] {
        assert_eq!(changes(&[alarm(Kind::FeedFailing)], &[trouble(kind, true)], noon()), [], "{kind}");
    }
    assert_eq!(changes(&[alarm(Kind::FeedFailing)], &[trouble(Kind::FeedGap, true)], noon()).len(), 2);
}

#[test]
fn a_clock_that_was_ahead_does_not_keep_an_incident_open() {
    let ahead = Alarm { well: Some(noon() + TimeDelta::days(300)), ..alarm(Kind::FeedFailing) };
    assert_eq!(changes(&[ahead], &[], noon()), [Change::Calm(1, noon())]);
}

#[test]
fn a_hundred_feeds_that_fail_one_after_another_cause_few_emails() {
    let mut table = Table::default();
    let mut mails = 0;
    for minutes in 0..3 * 24 * 60 {
        let now = noon() + TimeDelta::minutes(minutes);
        let failing = (0..100.min(minutes))
            .map(|number| Trouble { subject: number.to_string(), ..trouble(Kind::FeedFailing, true) });
        table.keep(changes(&table.open(), &failing.collect::<Vec<_>>(), now), now);
        mails += usize::from(table.tell(now));
    }
    assert_eq!((mails, table.begun), (2, vec![1; 100]));
}

#[test]
fn urgent_news_goes_at_once_and_takes_waiting_news_with_it() {
    let feed = alarm(Kind::FeedFailing);
    let last_feed_email = Some(noon() - TimeDelta::hours(1));
    assert_eq!(news(std::slice::from_ref(&feed), last_feed_email, noon()), None);
    let both = [feed, alarm(Kind::Disk)];
    assert_eq!(news(&both, last_feed_email, noon()).unwrap().raised.len(), 2);
    assert!(news(&both[..1], Some(noon() + TimeDelta::days(300)), noon()).is_some(), "a clock that was ahead");
}

#[test]
fn an_outage_of_the_relay_is_announced_with_its_end_and_a_short_one_only_in_the_log() {
    let open = alarm(Kind::Relay);
    assert_eq!(news(std::slice::from_ref(&open), None, noon()), None);
    let of = |minutes| {
        let well = noon() + TimeDelta::minutes(minutes);
        changes(std::slice::from_ref(&open), &[], well)
    };
    let [Change::End { is_quiet: true, .. }] = of(14)[..] else { panic!("{:?}", of(14)) };
    let [Change::End { is_quiet: false, .. }] = of(15)[..] else { panic!("{:?}", of(15)) };
    let ended = Alarm { ended: Some(noon()), ..open };
    assert_eq!(news(&[ended], None, noon()).unwrap().over.len(), 1);
}

#[test]
fn many_of_a_kind_are_one_notice() {
    let of = |count: i64| {
        let alarms: Vec<_> = (0..count)
            .map(|id| Alarm { id, subject: format!("f{id}"), ..alarm(Kind::FeedFailing) })
            .chain([alarm(Kind::Disk)])
            .collect();
        notices(&alarms)
    };
    assert_eq!(of(5).len(), 6);
    let notices = of(3000);
    let titles: Vec<_> = notices.iter().map(|notice| notice.title.as_str()).collect();
    assert_eq!(titles, ["the disk is nearly full", "3000 feeds cannot be read"]);
    assert_eq!(notices[1].what, "`f0`, `f1`, `f2`, `f3`, `f4` and 2995 more.");
}

#[test]
fn every_kind_of_alarm_says_what_the_program_does_and_has_a_next_step() {
    for &kind in Kind::ALL {
        for count in [1, 6] {
            let alarms: Vec<_> = (0..count).map(|id| Alarm { id, ..alarm(kind) }).collect();
            let notice = notices(&alarms).remove(0);
            assert!(!notice.title.is_empty() && notice.does.ends_with('.'), "{notice:?}");
            assert!(notice.next.ends_with('.') && !notice.next.contains("``"), "{notice:?}");
        }
    }
}

proptest! {
    /// However troubles come and go, whenever the look runs, however the clock jumps and wherever a process dies: no
    /// two open incidents have the same trouble, and the start and end of each are reported at most once and,
    /// eventually, once.
    #[test]
    fn each_incident_is_announced_once_and_its_end_once(
        looks in prop::collection::vec((prop::collection::vec((0..Kind::ALL.len(), 0..2u8, any::<bool>()), 0..4),
            -400i64..4000, any::<bool>()), 0..120)
    ) {
        let mut table = Table::default();
        let mut now = noon();
        for (troubles, minutes, dies) in looks {
            now += TimeDelta::minutes(minutes);
            let mut found: Vec<Trouble> = Vec::new();
            for (kind, subject, is_ripe) in troubles {
                let new = Trouble { subject: subject.to_string(), since: now, ..trouble(Kind::ALL[kind], is_ripe) };
                // `look` finds at most one reading trouble for each feed.
                let is_known = |it: &Trouble| it.subject == new.subject
                    && (it.kind == new.kind || it.kind.is_unreadable() && new.kind.is_unreadable());
                if !found.iter().any(is_known) {
                    found.push(new);
                }
            }
            table.keep(changes(&table.open(), &found, now), now);
            if !dies {
                table.tell(now);
            }
            let mut open: Vec<_> = table.open().iter().map(|alarm| (alarm.kind, alarm.subject.clone())).collect();
            open.sort();
            prop_assert!(open.windows(2).all(|pair| pair[0] != pair[1]), "{open:?}");
            prop_assert!(table.begun.iter().chain(&table.over).all(|count| *count <= 1));
        }
        // Two calm days and another one for the email end every incident.
        for day in 1..=4 {
            now += TimeDelta::days(day);
            table.keep(changes(&table.open(), &[], now), now);
            table.tell(now);
        }
        prop_assert!(table.open().is_empty());
        for (alarm, count) in table.alarms.iter().zip(&table.over) {
            let is_short = alarm.kind == Kind::Relay && *count == 0;
            prop_assert!(*count == 1 || is_short, "{alarm:?} was announced {count} times");
        }
    }
}
