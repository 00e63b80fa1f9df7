//! A model of identity: publishers that edit titles and texts, put tokens into links, renumber, move to another host, give
//! one id or one link to all, reorder, cut off their list and leave dates out, read by a reader whose polls fail, break
//! off and are missed. Each post is mailed exactly once.
//!
//! What no reader could tell apart the publisher here does not do: to change the title of a post in the very document in
//! which its id or link changes as well, be it by a token that is not known to be one yet, or before the reader has seen the
//! one change; and to drop the date of a post that has neither id nor link and change its text. An undated post that is
//! first seen below all known ones is taken for an old one.
//! A post that only a missed or broken document has shown is not known to the reader, and not counted.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use policy_digest::config::Limits;
use policy_digest::domain::feeds::budget::Budget;
use policy_digest::domain::feeds::{Because, Cut, Feed, FeedId, Hints, NextCheck, Ownership};
use policy_digest::domain::items::canonical::canonical;
use policy_digest::domain::items::story::Fingerprint;
use policy_digest::domain::selection::relevance::Score;
use policy_digest::parse::{Fresh, Known, Source, parse};
use policy_digest::store::{Poll, PollOutcome, ScoredItem, Store, Visited};

use crate::support::start;

/// Runs, each with a seed of its own (`IDENTITY_RUNS` in the environment sets another number), and polls of each.
const RUNS: u64 = 40;
const POLLS: usize = 14;

/// SplitMix64: the same numbers for the same seed, on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % most as u64).unwrap()
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn word(&mut self) -> &'static str {
        const WORDS: [&str; 24] = [
            "bridge", "library", "garden", "harbour", "council", "nurse", "budget", "school", "market", "river",
            "bench", "choir", "ferry", "tram", "parish", "census", "forest", "lantern", "museum", "orchard", "pension",
            "quarry", "rescue", "shelter",
        ];
        WORDS[self.below(WORDS.len())]
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Ids {
    Opaque,
    Address,
    None,
    /// One id for all.
    Shared,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Links {
    Own,
    /// All on one page, with a fragment of their own.
    Fragment,
    /// One page for all.
    Page,
    None,
}

#[derive(Debug, Clone)]
struct Post {
    number: usize,
    title: String,
    text: String,
    at: DateTime<Utc>,
    /// The address at which the reader has seen it, as a number, if it has.
    seen_at: Option<usize>,
    /// Its title was edited since.
    is_edited: bool,
}

struct Publisher {
    chance: Chance,
    ids: Ids,
    links: Links,
    is_dated: bool,
    has_token: bool,
    host: &'static str,
    series: usize,
    token: usize,
    /// How often ids or links have changed.
    address: usize,
    /// Its links have no token, or the reader has known it for a while.
    is_steady: bool,
    posts: Vec<Post>,
    window: usize,
}

impl Publisher {
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let ids = [Ids::Opaque, Ids::Address, Ids::None, Ids::Shared][chance.below(4)];
        let links = match ids {
            Ids::Address => Links::Own,
            _ => [Links::Own, Links::Fragment, Links::Page, Links::None][chance.below(4)],
        };
        let has_token = links == Links::Own && chance.one_in(2);
        let is_dated = !chance.one_in(4);
        let window = 5 + chance.below(5);
        let mut publisher = Self {
            chance,
            ids,
            links,
            is_dated,
            has_token,
            host: "old.example.org",
            series: 0,
            token: 100,
            address: 0,
            is_steady: !has_token,
            posts: Vec::new(),
            window,
        };
        for day in 0..6 {
            publisher.publish(start() - TimeDelta::days(6 - day));
        }
        publisher
    }

    fn publish(&mut self, at: DateTime<Utc>) {
        let number = self.posts.len() + 1;
        let mut words = || self.chance.word();
        let title = format!("The {} and the {} of the {}", words(), words(), words());
        let text: Vec<&str> = (0..14).map(|_| words()).collect();
        // Two posts of one title are of two days, and never of one text.
        self.posts.push(Post {
            number,
            title,
            text: format!("{} post{number}x", text.join(" ")),
            at,
            seen_at: None,
            is_edited: false,
        });
    }

    /// What the publisher does between two polls.
    fn work(&mut self, now: DateTime<Utc>) -> Vec<&'static str> {
        let mut done = Vec::new();
        for minutes in 0..self.chance.below(3) {
            self.publish(now - TimeDelta::minutes(30 + i64::try_from(minutes).unwrap()));
        }
        // An address changes, or titles and texts do.
        let has_address = self.links == Links::Own;
        let is_told = self.posts.iter().all(|post| !post.is_edited);
        match self.chance.below(8) {
            0 if is_told && self.ids == Ids::Opaque && self.links != Links::None => {
                self.address += 1;
                self.series += 1;
                done.push("renumbered");
            }
            1 if is_told && has_address => {
                self.address += 1;
                self.host = if self.host == "old.example.org" { "new.example.test" } else { "old.example.org" };
                done.push("moved");
            }
            2..=4 => {
                let place = self.posts.len() - 1 - self.chance.below(self.window.min(self.posts.len()));
                if self.is_steady && (self.ids == Ids::Opaque || has_address || self.is_dated) {
                    let word = self.chance.word();
                    let address = self.address;
                    let post = &mut self.posts[place];
                    // Neither id nor own link: only title and date tell which it is.
                    let is_where_it_was = post.seen_at.is_none_or(|seen| seen == address);
                    if (self.ids == Ids::Opaque || has_address) && is_where_it_was {
                        post.is_edited = post.seen_at.is_some();
                        post.title = post.title.replacen("The", &format!("A {word}, the"), 1);
                        done.push("edited a title");
                    } else if !has_address && self.ids != Ids::Opaque {
                        post.text = format!("{word} {}", post.text);
                        done.push("edited a text");
                    }
                }
            }
            _ => {}
        }
        if self.has_token {
            self.token += 1;
        }
        done
    }

    fn document(&mut self, reordered: bool, undated: bool) -> (String, Vec<usize>) {
        let mut shown: Vec<Post> = self.posts.iter().rev().take(self.window).cloned().collect();
        if reordered {
            let by = self.chance.below(shown.len());
            shown.rotate_left(by);
        }
        let items: String = shown.iter().map(|post| self.item(post, undated)).collect();
        let numbers = shown.iter().map(|post| post.number).collect();
        (format!("<rss version=\"2.0\"><channel><title>Town</title>{items}</channel></rss>"), numbers)
    }

    /// The reader has seen these posts, or half of them.
    fn shown(&mut self, numbers: &[usize], is_whole: bool) {
        for post in self.posts.iter_mut().filter(|post| numbers.contains(&post.number)) {
            if is_whole || post.seen_at.is_none() {
                post.seen_at = Some(self.address);
                post.is_edited = false;
            }
        }
    }

    fn item(&self, post: &Post, undated: bool) -> String {
        let Post { number, title, text, at, .. } = post;
        let token = if self.has_token { format!("?visit={}", self.token) } else { String::new() };
        let link = match self.links {
            Links::Own => format!("https://{}/posts/{number}{token}", self.host),
            Links::Fragment => format!("https://{}/board#n{number}", self.host),
            Links::Page => format!("https://{}/board", self.host),
            Links::None => String::new(),
        };
        let id = match self.ids {
            Ids::Opaque => format!("s{}-{number}", self.series),
            Ids::Address => link.clone(),
            Ids::None => String::new(),
            Ids::Shared => "town-post".to_owned(),
        };
        let element = |name: &str, value: &str| match value {
            "" => String::new(),
            value => format!("<{name}>{value}</{name}>"),
        };
        let date = if self.is_dated && !undated { at.to_rfc2822() } else { String::new() };
        let guid = element("guid", &id).replace("<guid>", "<guid isPermaLink=\"false\">");
        format!(
            "<item>{}{guid}{}{}{}</item>",
            element("title", title),
            element("link", &link),
            element("description", text),
            element("pubDate", &date)
        )
    }
}

/// Reads a document and keeps it, as a poll does.
async fn keep(store: &Store, xml: &str, now: DateTime<Utc>) {
    let feed = FeedId::parse("town").unwrap();
    let state = store.feeds().feed_states().await.unwrap().remove(0);
    let entries = store.items().known(&feed, state.entries.unwrap_or(0)).await.unwrap();
    let known = Known { entries, varying: state.varying };
    let (limits, budget) = (Limits::default(), Budget::unlimited());
    let source = Source {
        bytes: xml.as_bytes(),
        content_type: None,
        base: None,
        now,
        known: Some(&known),
        limits: &limits,
        budget: &budget,
    };
    let Ok(document) = parse(&source) else { return };
    let mut items: Vec<ScoredItem> = document.items.into_iter().map(scored).collect();
    items.reverse();
    items.sort_by_key(|scored| scored.item.published);
    let outcome = PollOutcome::Read {
        etag: None,
        last_modified: None,
        body_hash: String::new(),
        reader: "",
        hints: Hints::default(),
        fingerprint: String::new(),
        items,
        unchanged: document.unchanged,
        site: None,
        cut: Cut::default(),
    };
    let next = NextCheck { at: now, because: Because::Interval };
    let first_poll_window = std::time::Duration::from_secs(7 * 86_400);
    let poll = Poll { feed, now, next, not_before: None, first_poll_window, visit: Visited::default(), outcome };
    store.feeds().save_poll(poll).await.unwrap();
}

/// As one that is on the topic.
fn scored(Fresh { item, digest, place, base, is_partial }: Fresh) -> ScoredItem {
    let score = Score {
        total: 5.0,
        selected: true,
        borderline: false,
        themes: Vec::new(),
        language: None,
        excluded: Vec::new(),
        reasons: Vec::new(),
    };
    ScoredItem {
        canonical: item.link.as_ref().map(canonical),
        ownership: Ownership::Foreign,
        fingerprint: Fingerprint::of(&item),
        score,
        prior: 0.0,
        shown: None,
        digest,
        place,
        base,
        is_partial,
        item,
    }
}

/// How often each post is in the digests: its stories with a number.
fn mailed(database: &rusqlite::Connection) -> BTreeMap<usize, usize> {
    let question = "SELECT max(t.content || ' ' || t.summary) FROM stories s JOIN items i ON i.story = s.id
                    JOIN item_texts t ON t.item = i.seq WHERE s.seq IS NOT NULL GROUP BY s.id";
    let mut statement = database.prepare(question).unwrap();
    let texts = statement.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
    let mut times = BTreeMap::new();
    for text in texts {
        let number = text.split("post").nth(1).and_then(|rest| rest.split('x').next()).and_then(|n| n.parse().ok());
        *times.entry(number.unwrap_or(0)).or_default() += 1;
    }
    times
}

#[tokio::test]
async fn each_post_is_mailed_exactly_once_whatever_its_publisher_does() {
    let runs = std::env::var("IDENTITY_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(RUNS);
    let mut failures = Vec::new();
    for seed in 1..=runs {
        if let Err(failure) = run(seed).await {
            failures.push(failure);
        }
    }
    assert!(failures.is_empty(), "{} of {runs} runs:\n{}", failures.len(), failures.join("\n"));
}

async fn run(seed: u64) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy-digest.db");
    let store = Store::open(&path).await.unwrap();
    let mut publisher = Publisher::new(seed);
    let feed = Feed {
        id: FeedId::parse("town").unwrap(),
        title: "Town".to_owned(),
        url: "https://town.example.org/feed".parse().unwrap(),
        tags: Vec::new(),
        enabled: true,
        first_poll_window: None,
        prior: 0.0,
    };
    store.feeds().sync_feeds(vec![(feed, std::time::Duration::from_secs(7 * 86_400))], start()).await.unwrap();
    let (mut expected, mut seen, mut story, mut polls_with_token) = (BTreeSet::new(), BTreeSet::new(), Vec::new(), 0);
    for poll in 0..POLLS {
        let now = start() + TimeDelta::hours(6 * i64::try_from(poll).unwrap());
        let mut done = if poll > 0 { publisher.work(now) } else { Vec::new() };
        let changes_address = !done.is_empty() && done[0] != "edited a title" && done[0] != "edited a text";
        let reordered = publisher.chance.one_in(6) && publisher.is_dated;
        // A document without its dates, where ids or links tell the posts.
        let has_more = matches!(publisher.ids, Ids::Opaque) || publisher.links == Links::Own && !publisher.has_token;
        let undated = publisher.is_dated && poll > 0 && has_more && !changes_address && publisher.chance.one_in(8);
        if publisher.chance.one_in(7) && poll > 0 {
            publisher.window = 3 + publisher.chance.below(8);
        }
        let (xml, shown) = publisher.document(reordered, undated);
        let fault = if poll > 0 { publisher.chance.below(9) } else { 8 };
        done.extend(reordered.then_some("reordered"));
        done.extend(undated.then_some("went undated"));
        match fault {
            0 => done.push("missed"),
            1 => {
                let cut = publisher.chance.below(xml.len());
                keep(&store, &xml[..cut], now).await;
                publisher.shown(&shown, false);
                done.push("cut off");
            }
            2 => {
                keep(&store, "<html>busy</html>", now).await;
                done.push("failed");
            }
            _ => {
                keep(&store, &xml, now).await;
                let is_known = !store.feeds().feed_states().await.unwrap()[0].varying.is_empty();
                polls_with_token += usize::from(is_known);
                publisher.is_steady = !publisher.has_token || polls_with_token > 2;
                let last = shown.iter().rposition(|number| seen.contains(number)).unwrap_or(shown.len());
                let is_news = |(place, number): &(usize, &usize)| {
                    publisher.is_dated || (poll > 0 && **number > 6 && (*place < last || seen.contains(*number)))
                };
                expected.extend(shown.iter().enumerate().filter(is_news).map(|(_, number)| *number));
                seen.extend(shown.iter().copied());
                publisher.shown(&shown, true);
            }
        }
        story.push(done.join(", "));
    }
    let database = rusqlite::Connection::open(&path).unwrap();
    let times = mailed(&database);
    // What only a document that was cut off has shown is news as well, once.
    let wrong: Vec<String> = (1..=publisher.posts.len())
        .filter_map(|number| {
            let mailed = times.get(&number).copied().unwrap_or(0);
            let is_right = mailed == 1 || (mailed == 0 && !expected.contains(&number));
            (!is_right).then(|| format!("post {number} is mailed {mailed} times"))
        })
        .collect();
    let Publisher { ids, links, is_dated, has_token, .. } = publisher;
    let about = format!("seed {seed}: ids {ids:?}, links {links:?}, dated {is_dated}, tokens {has_token}; {story:?}");
    if wrong.is_empty() { Ok(()) } else { Err(format!("{about}\n    {}", wrong.join("; "))) }
}
