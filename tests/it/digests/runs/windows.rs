//! A model of windows: whatever the order of arrivals, slots, failures, kills, changes of mind and clock steps,
//! each person gets each story of their themes exactly once, whether in full or listed at the end of a digest, and
//! no digest is made of what is only listed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use policy_digest::app::{digests, silent};
use policy_digest::domain::feeds::{Because, Cut, FeedId, Hints, NextCheck, Ownership};
use policy_digest::domain::items::item::{Identity, Item};
use policy_digest::domain::items::story::Fingerprint;
use policy_digest::domain::outbox::{Outcome, after_attempt};
use policy_digest::domain::selection::relevance::Score;
use policy_digest::domain::subscribers::subscriber::{Cadence, Preferences};
use policy_digest::store::{Claimed, Poll, PollOutcome, ScoredItem, Settlement, Visited};
use proptest::prelude::*;

use crate::support::{World, start};

/// The first arrival may come weeks after the start, and nothing of it is to be too old.
const EVER: std::time::Duration = std::time::Duration::from_secs(36_500 * 24 * 3600);

const THEMES: [&str; 2] = ["collaboration", "integration"];

/// One thing that happens.
#[derive(Debug, Clone)]
enum Event {
    /// So many items arrive, each under one of the themes.
    Arrive(Vec<(Kind, usize)>),
    /// The clock moves, mostly forward, sometimes back.
    Clock(i64),
    /// Digests that are due are made.
    Due,
    /// The digest of all that is new is made.
    Once,
    /// Messages are attempted, with these outcomes in turn; then perhaps the process dies.
    Deliver(Vec<Fate>),
    /// Somebody joins.
    Join(usize, Option<usize>),
    /// Somebody changes cadence and themes.
    Change(usize, usize, Option<usize>),
}

/// How an item was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Picked,
    Listed,
    Out,
}

/// What becomes of one attempt.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Accepted,
    Deferred,
    /// No answer came; it was delivered, or not.
    Lost(bool),
    /// The process died in mid-attempt; it was delivered, or not.
    Killed(bool),
}

fn event() -> impl Strategy<Value = Event> {
    let fate = prop_oneof![
        6 => Just(Fate::Accepted),
        2 => Just(Fate::Deferred),
        1 => any::<bool>().prop_map(Fate::Lost),
        1 => any::<bool>().prop_map(Fate::Killed),
    ];
    let kind = prop_oneof![5 => Just(Kind::Picked), 3 => Just(Kind::Listed), 2 => Just(Kind::Out)];
    let themes = || prop::option::weighted(0.3, 0..THEMES.len());
    prop_oneof![
        4 => prop::collection::vec((kind, 0..THEMES.len()), 1..4).prop_map(Event::Arrive),
        4 => prop_oneof![9 => 1i64..240, 1 => -400i64..0].prop_map(Event::Clock),
        3 => Just(Event::Due),
        1 => Just(Event::Once),
        4 => prop::collection::vec(fate, 1..8).prop_map(Event::Deliver),
        1 => (0..Cadence::ALL.len(), themes()).prop_map(|(cadence, theme)| Event::Join(cadence, theme)),
        1 => (0usize..8, 0..Cadence::ALL.len(), themes()).prop_map(|(who, cadence, theme)| Event::Change(who, cadence, theme)),
    ]
}

fn preferences(cadence: usize, theme: Option<usize>) -> Preferences {
    Preferences {
        cadence: Cadence::ALL[cadence],
        themes: theme.map(|theme| vec![THEMES[theme].to_owned()]),
        ..Preferences::default()
    }
}

/// What the model knows of a person.
#[derive(Debug, Default)]
struct Person {
    /// Nothing up to this number is theirs.
    start: i64,
    /// Every choice of themes that they ever made.
    choices: Vec<Option<usize>>,
    /// Stories in mails that reached them: by Message-ID, so that a copy of one mail counts once.
    mails: BTreeMap<String, BTreeSet<usize>>,
}

struct Model {
    world: World,
    /// Number and theme of each story that is picked or listed, by its number in the feed.
    standing: BTreeMap<usize, (i64, usize)>,
    /// Those of them that are only listed.
    listed: BTreeSet<usize>,
    items: usize,
    people: BTreeMap<String, Person>,
}

impl Model {
    async fn new(is_quiet_told: bool) -> Self {
        let (standing, listed, people) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        let world = World::configured(&format!("[digest]\nquiet_week = {is_quiet_told}\n")).await;
        Self { world, standing, listed, items: 0, people }
    }

    fn now(&self) -> DateTime<Utc> {
        self.world.clock.now()
    }

    async fn happen(&mut self, event: Event) {
        match event {
            Event::Arrive(items) => self.arrive(items).await,
            Event::Clock(hours) => self.world.clock.advance(TimeDelta::hours(hours)),
            Event::Due => drop(digests::make_due(&self.world.app).await.unwrap()),
            Event::Once => drop(digests::make(&self.world.app).await.unwrap()),
            Event::Deliver(fates) => self.deliver(&fates).await,
            Event::Join(cadence, theme) => {
                let address = format!("person{}@example.org", self.people.len());
                let Preferences { cadence, themes, .. } = preferences(cadence, theme);
                let id = self.world.subscribe_with(&address, cadence, themes).await;
                let start = self.world.app.store.subscribers().subscriber(id.clone()).await.unwrap().unwrap().cursor;
                self.people.insert(id, Person { start, choices: vec![theme], mails: BTreeMap::new() });
            }
            Event::Change(who, cadence, theme) => {
                let Some((id, person)) = self.people.iter_mut().nth(who) else { return };
                person.choices.push(theme);
                let changed =
                    self.world.app.store.subscribers().change_preferences(id.clone(), preferences(cadence, theme));
                assert!(changed.await.unwrap());
            }
        }
    }

    async fn arrive(&mut self, items: Vec<(Kind, usize)>) {
        let now = self.now();
        let first = self.items;
        let mut scored = Vec::new();
        for (offset, (kind, theme)) in items.iter().enumerate() {
            let number = first + offset;
            if *kind != Kind::Out {
                self.standing.insert(number, (0, *theme));
            }
            if *kind == Kind::Listed {
                self.listed.insert(number);
            }
            scored.push(item(number, *kind, *theme));
        }
        self.items += items.len();
        let outcome = PollOutcome::Read {
            etag: None,
            last_modified: None,
            body_hash: first.to_string(),
            reader: "",
            hints: Hints::default(),
            fingerprint: self.world.app.config.topic.fingerprint.clone(),
            items: scored,
            unchanged: Vec::new(),
            site: None,
            cut: Cut::default(),
        };
        let next = NextCheck { at: now, because: Because::Interval };
        let feed = FeedId::parse("blog").unwrap();
        let poll =
            Poll { feed, now, next, not_before: None, first_poll_window: EVER, visit: Visited::default(), outcome };
        assert_eq!(self.world.app.store.feeds().save_poll(poll).await.unwrap().new, items.len());
        let highest = self.world.app.store.digests().highest_seq().await.unwrap();
        for (offset, _) in items.iter().enumerate() {
            if let Some(story) = self.standing.get_mut(&(first + offset)) {
                story.0 = highest - (items.len() - 1 - offset) as i64;
            }
        }
    }

    async fn deliver(&mut self, fates: &[Fate]) {
        let now = self.now();
        let claimed = self.world.app.store.outbox().claim_due(now, fates.len(), |_| String::new()).await.unwrap();
        let mut settlements = Vec::new();
        let mut is_dead = false;
        for (message, fate) in claimed.into_iter().zip(fates) {
            let (outcome, arrived) = match fate {
                Fate::Accepted => (Outcome::Accepted, true),
                Fate::Deferred => (Outcome::Deferred, false),
                Fate::Lost(arrived) => (Outcome::Lost, *arrived),
                Fate::Killed(arrived) => {
                    is_dead = true;
                    (Outcome::Lost, *arrived)
                }
            };
            if arrived {
                self.receive(&message).await;
            }
            if !is_dead {
                // The ladder's end is for another test; what comes too late is given up here too.
                let next = after_attempt(message.attempt.min(6), outcome, now, 0.5, message.deadline);
                let was_unknown = message.is_unknown;
                settlements.push(Settlement {
                    id: message.id,
                    attempt: message.attempt,
                    outcome,
                    next,
                    was_unknown,
                    error: None,
                    report: None,
                });
            }
        }
        self.world.app.store.outbox().settle(settlements, now).await.unwrap();
        if is_dead {
            self.world.app.store.outbox().recover(now).await.unwrap();
        }
    }

    async fn receive(&mut self, message: &Claimed) {
        let body = self.world.app.store.outbox().body(message.body).await.unwrap();
        let stories: BTreeSet<usize> = body
            .text
            .split("https://stories.example.org/")
            .skip(1)
            .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap())
            .collect();
        if body.subject.starts_with("Nothing new") {
            assert!(stories.is_empty(), "a quiet note has no stories");
            return;
        }
        assert!(!stories.is_subset(&self.listed), "a digest of nothing but listed items");
        let (_, end) = body.text.split_once("YOU MAY ALSO LIKE").unwrap_or_default();
        let at_the_end = end.matches("https://stories.example.org/").count();
        assert_eq!(at_the_end, stories.intersection(&self.listed).count(), "what is listed stands at the end");
        let mails = &mut self.people.get_mut(&message.subscriber).unwrap().mails;
        let before = mails.insert(message.message_id.clone(), stories.clone());
        assert!(before.is_none_or(|before| before == stories), "a message that is sent again is the same message");
    }

    /// Lets everything come to rest: all that is due is made and delivered, with a last story for everybody.
    async fn rest(&mut self) {
        self.arrive(vec![(Kind::Picked, 0), (Kind::Picked, 1)]).await;
        for _ in 0..3 {
            self.world.clock.advance(TimeDelta::days(400));
            self.world.app.store.outbox().recover(self.now()).await.unwrap();
            for _ in 0..2 {
                let open: u64 = self.world.app.store.outbox().message_counts().await.unwrap().values().sum();
                for _ in 0..=open {
                    self.deliver(&[Fate::Accepted]).await;
                }
                digests::make(&self.world.app).await.unwrap();
            }
        }
        let next = self.world.app.store.outbox().next_attempt().await.unwrap();
        assert_eq!(next, None, "every message has come to an end");
    }

    /// What arrived without an answer and was then given up counts as not delivered: its stories come again, since
    /// repetition is better than loss.
    fn given_up(&self) -> BTreeSet<String> {
        self.world.rows("SELECT message_id FROM messages WHERE state = 'failed'").into_iter().collect()
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let given_up = self.given_up();
        for (id, person) in &self.people {
            let mut got: BTreeMap<usize, usize> = BTreeMap::new();
            for story in person.mails.iter().filter(|(id, _)| !given_up.contains(*id)).flat_map(|(_, stories)| stories)
            {
                *got.entry(*story).or_default() += 1;
            }
            for (story, (seq, theme)) in &self.standing {
                let times = got.remove(story).unwrap_or(0);
                let wanted = |choice: &Option<usize>| choice.is_none_or(|choice| choice == *theme);
                let always = person.choices.iter().all(wanted) && *seq > person.start;
                let never = !person.choices.iter().any(wanted) || *seq <= person.start;
                prop_assert!(times <= 1, "{id} got story {story} {times} times");
                prop_assert!(!always || times == 1, "{id} never got story {story}");
                prop_assert!(!never || times == 0, "{id} got story {story}, which is not theirs");
            }
            prop_assert!(got.is_empty(), "{id} got stories that are not selected: {got:?}");
        }
        Ok(())
    }
}

fn item(number: usize, kind: Kind, theme: usize) -> ScoredItem {
    let item = Item {
        identity: Identity::Id(number.to_string()),
        link: Some(format!("https://stories.example.org/{number}").parse().unwrap()),
        title: format!("Story {number}"),
        summary: String::new(),
        content: format!("What happened in story {number}."),
        author: None,
        categories: Vec::new(),
        // By the blog's own clock, which is right when ours is not.
        published: Some(start()),
        updated: None,
    };
    let (total, themes) = match kind {
        Kind::Picked => (5.0, vec![THEMES[theme].to_owned()]),
        Kind::Listed => (2.8, vec![THEMES[theme].to_owned()]),
        Kind::Out => (0.0, Vec::new()),
    };
    let (selected, borderline) = (kind == Kind::Picked, kind == Kind::Listed);
    let score =
        Score { total, selected, borderline, themes, language: None, excluded: Vec::new(), reasons: Vec::new() };
    ScoredItem {
        canonical: Some(format!("stories.example.org/{number}")),
        ownership: Ownership::Foreign,
        fingerprint: Fingerprint::of(&item),
        score,
        prior: 0.0,
        shown: None,
        digest: 0,
        place: 0,
        base: None,
        is_partial: false,
        item,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn each_person_gets_each_story_of_their_themes_exactly_once(
        events in prop::collection::vec(event(), 10..70),
        is_quiet_told: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut model = Model::new(is_quiet_told).await;
            model.happen(Event::Join(1, None)).await;
            model.happen(Event::Join(0, Some(0))).await;
            for event in events {
                model.happen(event).await;
            }
            model.rest().await;
            model.check()
        })?;
    }
}

#[tokio::test]
async fn a_missed_week_is_made_once_after_restart() {
    let mut model = Model::new(false).await;
    model.happen(Event::Join(1, None)).await;
    model.happen(Event::Arrive(vec![(Kind::Picked, 0)])).await;
    // Monday 30 November 08:00 is missed by three hours, and made at once; once.
    model.world.clock.advance(TimeDelta::days(7) + TimeDelta::hours(2));
    assert_eq!(digests::make_due(&model.world.app).await.unwrap().len(), 1);
    assert!(digests::make_due(&model.world.app).await.unwrap().is_empty());
    policy_digest::app::outbox::deliver::deliver(&model.world.app, &silent).await.unwrap();
    assert_eq!(model.world.mails().len(), 1);
}
