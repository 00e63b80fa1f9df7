//! A publisher who changes, moves, cuts and repeats posts, by a seed.

use chrono::{DateTime, TimeDelta, Utc};

use crate::support::start;

/// SplitMix64: the same numbers for the same seed, on every machine.
pub struct Chance(u64);

impl Chance {
    pub fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % most as u64).unwrap()
    }

    pub fn one_in(&mut self, times: usize) -> bool {
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
pub enum Ids {
    Opaque,
    Address,
    None,
    /// One id for all.
    Shared,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Links {
    Own,
    /// All on one page, with a fragment of their own.
    Fragment,
    /// One page for all.
    Page,
    None,
}

#[derive(Debug, Clone)]
pub struct Post {
    number: usize,
    title: String,
    text: String,
    at: DateTime<Utc>,
    /// The address at which the reader has seen it, as a number, if it has.
    seen_at: Option<usize>,
    /// Its title was edited since.
    is_edited: bool,
}

pub struct Publisher {
    pub chance: Chance,
    pub ids: Ids,
    pub links: Links,
    pub is_dated: bool,
    pub has_token: bool,
    host: &'static str,
    series: usize,
    token: usize,
    /// How often ids or links have changed.
    address: usize,
    /// Its links have no token, or the reader has known it for a while.
    pub is_steady: bool,
    pub posts: Vec<Post>,
    pub window: usize,
}

impl Publisher {
    pub fn new(seed: u64) -> Self {
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
    pub fn work(&mut self, now: DateTime<Utc>) -> Vec<&'static str> {
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

    pub fn document(&mut self, reordered: bool, undated: bool) -> (String, Vec<usize>) {
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
    pub fn shown(&mut self, numbers: &[usize], is_whole: bool) {
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
