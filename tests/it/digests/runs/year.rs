//! A year in Europe/London, by a hand-set clock: restarts, outages of hours to days and, in one of the two tests, a
//! clock that is set forward and back. On a server, a process that stood by takes over. What should be made when is told by a rule of its own, slot by slot. The seeds
//! are fixed; `YEAR_SEEDS=20` tries twenty more.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, TimeZone as _, Utc, Weekday};
use chrono_tz::Europe::London;
use policy_digest::app::digests::once::{gather, once};
use policy_digest::app::outbox::deliver::deliver;
use policy_digest::app::silent;
use policy_digest::domain::subscribers::subscriber::Cadence;

use crate::support::{Entry, Reply, World, rss, start};

/// A cadence's slots of the year, each by its name and instant.
type Slots = Vec<(String, DateTime<Utc>)>;

fn slots(cadence: Cadence) -> Slots {
    let first = start().date_naive();
    let days = (0..400).map(|day| first + TimeDelta::days(day));
    let is_wanted = |day: &NaiveDate| match cadence {
        Cadence::Daily => true,
        Cadence::Weekly => day.weekday() == Weekday::Mon,
        Cadence::Monthly => day.day() == 1,
    };
    let hour = if cadence == Cadence::Daily { 7 } else { 8 };
    days.filter(is_wanted)
        .map(|day| day.and_hms_opt(hour, 0, 0).unwrap())
        .map(|local| (local.format("%Y-%m-%dT%H:%M").to_string(), London.from_local_datetime(&local).unwrap().to_utc()))
        .filter(|(_, at)| *at > start())
        .collect()
}

/// A xorshift generator.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as i64
    }

    fn one_in(&mut self, number: i64) -> bool {
        self.below(number) == 0
    }
}

/// A run, as it was found.
#[derive(Clone, Copy)]
struct Run {
    due: DateTime<Utc>,
    /// By the clock.
    made: DateTime<Utc>,
    /// In truth.
    found: DateTime<Utc>,
}

struct Year {
    world: World,
    dice: Dice,
    /// The true time; the clock is off by `skew`.
    now: DateTime<Utc>,
    skew: TimeDelta,
    /// Since when the clock has been right.
    right_since: DateTime<Utc>,
    slots: BTreeMap<Cadence, Slots>,
    /// By slot.
    runs: BTreeMap<Cadence, BTreeMap<String, Run>>,
    entries: Vec<Entry>,
    people: Vec<String>,
    /// Who got which story, and how often.
    got: BTreeMap<(String, String), usize>,
}

impl Year {
    async fn new(seed: u64) -> Self {
        let world = World::configured("interval = \"5h\"\n").await;
        let mut people = Vec::new();
        for &cadence in Cadence::ALL {
            for number in 0..2 {
                let address = format!("{cadence}{number}@example.org");
                world.subscribe_with(&address, cadence, None).await;
                people.push(address);
            }
        }
        let all = |of: fn(Cadence) -> Slots| Cadence::ALL.iter().map(|cadence| (*cadence, of(*cadence))).collect();
        Self {
            world,
            dice: Dice(seed * 0x9E37_79B9 + 1),
            now: start(),
            skew: TimeDelta::zero(),
            right_since: start() - TimeDelta::days(60),
            slots: all(slots),
            runs: Cadence::ALL.iter().map(|cadence| (*cadence, BTreeMap::new())).collect(),
            entries: Vec::new(),
            people,
            got: BTreeMap::new(),
        }
    }

    /// Time goes on to this moment; the blog has written about a post a day.
    fn go_on(&mut self, to: DateTime<Utc>) {
        let days = (to - start()).num_hours() / 24;
        while i64::try_from(self.entries.len()).unwrap() < days {
            let id = self.entries.len();
            let words: Vec<_> = (0..12).map(|_| format!("word{}", self.dice.below(100_000))).collect();
            self.entries.push(Entry {
                title: format!("Collaborative governance {}", words[..4].join(" ")),
                text: format!("On collaborative governance: {}.", words.join(" ")),
                published: Some(self.now),
                ..Entry::on_topic(&format!("story-{id}"))
            });
        }
        let shown = &self.entries[self.entries.len().saturating_sub(20)..];
        self.world.server.serve("/blog.xml", Reply::feed(rss(shown)));
        self.now = to;
        self.set_clock();
    }

    fn set_clock(&self) {
        self.world.clock.advance(self.now + self.skew - self.world.clock.now());
    }

    /// What the daemon does at a wake; now and then it is killed between making and sending.
    async fn wake(mut self) -> Self {
        let expected = self.expected();
        if self.dice.one_in(20) {
            gather(&self.world.app, true, &silent).await.unwrap();
            self.world = self.world.taken_over().await;
            deliver(&self.world.app, &silent).await.unwrap();
        } else {
            once(&self.world.app, true, &silent).await.unwrap();
        }
        self.take_in(expected);
        self
    }

    /// By the rule: the newest slot since the last, at most half a period late, and not within half a period of the
    /// last run; with the number of those that are rolled into it.
    fn expected(&self) -> BTreeMap<Cadence, Option<(String, usize)>> {
        let clock = self.world.clock.now();
        let due = |(cadence, slots): (&Cadence, &Slots)| {
            let half = cadence.period() / 2;
            let last = self.runs[cadence].values().filter(|run| run.due <= clock).max_by_key(|run| run.due);
            let passed = last.map_or(start(), |last| last.due);
            let open: Vec<_> = slots.iter().filter(|(_, at)| *at > passed && *at <= clock).collect();
            let is_recent = last.is_some_and(|last| last.made <= clock && clock - last.made < half);
            let newest = open.last().filter(|(_, at)| clock - *at <= half && !is_recent);
            let is_missed = |at: DateTime<Utc>| last.is_none_or(|last| at - last.made >= half);
            let missed = open.iter().rev().skip(1).filter(|(_, at)| is_missed(*at)).count();
            (*cadence, newest.map(|(name, _)| (name.clone(), missed)))
        };
        self.slots.iter().map(due).collect()
    }

    /// Looks at what was made and mailed.
    fn take_in(&mut self, expected: BTreeMap<Cadence, Option<(String, usize)>>) {
        let mut new = self.new_runs();
        let is_right = self.skew.is_zero() && self.now - self.right_since >= TimeDelta::days(45);
        for (cadence, expected) in expected {
            let found = new.remove(&cadence);
            let (name, missed) = expected.map_or((None, 0), |(name, missed)| (Some(name), missed));
            if is_right {
                let (found, says) = found.clone().map_or((None, None), |(slot, _, says)| (Some(slot), says));
                assert_eq!(found, name, "{cadence} at {}", self.now);
                assert!(says.is_none_or(|says| says == (missed > 0)), "{cadence} {name:?}: {missed} missed");
            }
            if let Some((slot, run, _)) = found {
                self.runs.get_mut(&cadence).unwrap().insert(slot, run);
            }
        }
        for mail in self.world.mails() {
            let to = mail.header("To").to_owned();
            let links = mail.text.split("https://blog.example.org/story-").skip(1);
            let stories = links.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
            for story in stories.collect::<BTreeSet<_>>() {
                *self.got.entry((to.clone(), format!("story-{story}"))).or_default() += 1;
            }
        }
    }

    /// Runs that were not there before, one a cadence at most; each with whether its mails say that a slot was missed.
    fn new_runs(&self) -> BTreeMap<Cadence, (String, Run, Option<bool>)> {
        let known = self.runs.values().map(BTreeMap::len).sum::<usize>();
        let question = "SELECT cadence || ' ' || slot || ' ' || due || ' ' || made || ' ' || id FROM runs ORDER BY id";
        let all: Vec<String> = self.world.rows(&format!("{question} LIMIT 10000 OFFSET {known}"));
        let mut new = BTreeMap::new();
        for row in all {
            let [cadence, slot, due, made, id] = row.split(' ').collect::<Vec<_>>().try_into().unwrap();
            let time = |seconds: &str| DateTime::from_timestamp(seconds.parse().unwrap(), 0).unwrap();
            let (cadence, due, made): (Cadence, _, _) = (cadence.parse().unwrap(), time(due), time(made));
            assert!(due <= made && made - due <= cadence.period() / 2, "{cadence} {slot} was made at {made}");
            let texts: Vec<String> = self.world.rows(&format!("SELECT text FROM bodies WHERE run = {id}"));
            let says = texts.iter().any(|text| text.contains("No digest came out on"));
            let run = Run { due, made, found: self.now };
            let before = new.insert(cadence, (slot.to_owned(), run, (!texts.is_empty()).then_some(says)));
            assert!(before.is_none(), "two at once");
        }
        new
    }

    /// The next moment at which something is done: a slot, found within ten seconds, or some hours later.
    fn next(&mut self) -> DateTime<Utc> {
        let slot = self.slots.values().flatten().map(|(_, at)| *at).filter(|at| *at > self.now).min();
        let hours = self.now + TimeDelta::minutes(600 + self.dice.below(600));
        let slot = slot.map(|slot| slot + TimeDelta::seconds(self.dice.below(10)));
        slot.map_or(hours, |slot| slot.min(hours))
    }

    /// A day in the life of a daemon: it may be killed, or be off for hours or days.
    async fn step(mut self, with_clock_steps: bool) -> Self {
        let mut to = self.next();
        if self.dice.one_in(40) {
            let hours = [1 + self.dice.below(12), 12 + self.dice.below(60), 72 + self.dice.below(84)];
            to = self.now
                + TimeDelta::hours(hours[[0, 0, 1, 1, 2][self.dice.below(5) as usize]])
                + TimeDelta::minutes(7);
            self.world = match self.dice.one_in(2) {
                true => self.world.restarted().await,
                false => self.world.taken_over().await,
            };
        }
        if with_clock_steps && self.dice.one_in(60) && self.now - self.right_since > TimeDelta::days(70) {
            self = self.wrong_clock().await;
            return self;
        }
        self.go_on(to);
        self.wake().await
    }

    /// For some wakes the clock is off by hours, days or years; then it is right again.
    async fn wrong_clock(mut self) -> Self {
        let hours = [3, 30, 24 * 9, 24 * 400, 24 * 2000][self.dice.below(5) as usize] + self.dice.below(40);
        let hours = if self.dice.one_in(2) { hours } else { -hours };
        self.skew = TimeDelta::hours(hours);
        for _ in 0..1 + self.dice.below(5) {
            let to = self.next();
            self.go_on(to);
            self = self.wake().await;
        }
        self.skew = TimeDelta::zero();
        self.right_since = self.now;
        self.set_clock();
        self.wake().await
    }

    /// Whatever was left comes with the next digest of each cadence.
    async fn end(mut self) -> Self {
        let until = self.now + TimeDelta::days(33);
        let last = self.entries.len();
        while self.now < until {
            let to = self.next();
            self.go_on(to);
            self.entries.truncate(last);
            self = self.wake().await;
        }
        for person in &self.people {
            for entry in &self.entries {
                let times = self.got.get(&(person.clone(), entry.id.clone())).copied().unwrap_or(0);
                assert_eq!(times, 1, "{person} got {} {times} times", entry.id);
            }
        }
        self
    }
}

/// As many as were asked for beside those that are fixed.
fn seeds(fixed: &[u64]) -> Vec<u64> {
    let more = std::env::var("YEAR_SEEDS").ok().and_then(|more| more.parse().ok()).unwrap_or(0);
    fixed.iter().copied().chain(1000..1000 + more).collect()
}

async fn year(seed: u64, with_clock_steps: bool) -> Year {
    let mut year = Year::new(seed).await;
    let end = start() + TimeDelta::days(365);
    while year.now < end {
        year = year.step(with_clock_steps).await;
    }
    year
}

/// Slots of the year, made on time, made late, and rolled on.
fn told(year: &Year, cadence: Cadence) -> [usize; 4] {
    let within = |at: &DateTime<Utc>| *at <= start() + TimeDelta::days(365);
    let of_year: Vec<_> = year.slots[&cadence].iter().filter(|(_, at)| within(at)).collect();
    let runs = &year.runs[&cadence];
    let made = of_year.iter().filter_map(|(name, at)| Some(runs.get(name)?.found - *at)).collect::<Vec<_>>();
    let on_time = made.iter().filter(|late| **late <= TimeDelta::seconds(10)).count();
    [of_year.len(), on_time, made.len() - on_time, of_year.len() - made.len()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_of_restarts_and_outages_makes_each_slot_once_or_rolls_it_on() {
    for seed in seeds(&[1]) {
        let year = year(seed, false).await;
        let all = Cadence::ALL.iter().map(|cadence| told(&year, *cadence)).collect::<Vec<_>>();
        crate::support::aloud(&format!("seed {seed}: slots, on time, late, rolled: {all:?}"));
        assert_eq!(all.iter().map(|cadence| cadence[0]).collect::<Vec<_>>(), [365, 52, 12]);
        assert!(all[0][1] > 250 && all[0][2] > 0 && all[0][3] > 3, "an outage now and then: {all:?}");
        year.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_with_a_clock_that_is_set_forward_and_back_loses_and_doubles_nothing() {
    for seed in seeds(&[3]) {
        let year = year(seed, true).await.end().await;
        let all = Cadence::ALL.iter().map(|cadence| told(&year, *cadence)).collect::<Vec<_>>();
        crate::support::aloud(&format!("seed {seed}, clock set: slots, on time, late, rolled: {all:?}"));
        assert!(all[0][1] > 200 && all[1][1] > 25, "{all:?}");
    }
}
