//! Drafts: made before their slot, changed by editors, sent in time or held, and what subscribers get of it.

mod acts;
mod browser;
mod command;
mod corrections;
mod crashes;
mod holding;
mod later;
mod page;
mod silence;
mod tokens;

use std::net::SocketAddr;

use chrono::{DateTime, Utc};
use policy_digest::app::digests::editing;
use policy_digest::app::digests::once::{OnceReport, once};
use policy_digest::app::operations::reload::Live;
use policy_digest::app::silent;
use policy_digest::domain::digests::draft::Draft;
use policy_digest::domain::subscribers::subscriber::EmailAddress;
use policy_digest::store::DraftRow;
use policy_digest::web;
use tokio::net::TcpListener;

use crate::support::pages::{FORM, request};
use crate::support::visitor::Answer;
use crate::support::{Entry, Mail, Reply, TOPIC, World, rss};

pub const EDITORS: &str = "[editor]\nto = [\"ada@example.org\", \"ben@example.org\"]\n";
/// The first slot after the tests' start, and three hours before it.
pub const SLOT: &str = "2026-11-30T08:00:00Z";
pub const LEAD: &str = "2026-11-30T05:00:00Z";

/// A world with editors, whose pages are served.
pub struct Scene {
    pub world: World,
    pub at: SocketAddr,
    serving: tokio::task::JoinHandle<()>,
}

impl Scene {
    /// Five posts on the topic, a near miss, and two subscribers; nothing was made yet.
    pub async fn new() -> Self {
        Self::configured(EDITORS).await
    }

    pub async fn configured(editor: &str) -> Self {
        let world = World::topped(&format!("admin_to = [\"admin@example.org\"]\n{editor}")).await;
        // Near misses are not far from the topic.
        let topic = TOPIC.replacen("plain = []", "plain = [\"drawn up this year\"]", 1);
        std::fs::write(world.folder().join("config/topic.toml"), topic).unwrap();
        let world = world.restarted().await;
        // What is older than the first poll is not mailed.
        write(&world, &[]);
        once(&world.app, true, &silent).await.unwrap();
        for address in ["sue@example.org", "tom@example.org"] {
            world.subscribe(address).await;
        }
        let mut entries: Vec<Entry> = ["1", "2", "3", "4", "5"].map(Entry::on_topic).into();
        entries.push(near_miss("6"));
        write(&world, &entries);
        Self::serving(world).await
    }

    async fn serving(world: World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let serving = tokio::spawn(web::serve(Live::new(world.app.clone()), listener, std::future::pending()));
        Self { world, at, serving }
    }

    /// The same after the process has ended and begun again.
    pub async fn restarted(self) -> Self {
        let Self { world, serving, .. } = self;
        serving.abort();
        let _ = serving.await;
        Self::serving(world.restarted().await).await
    }

    /// The same when its draft was made; the emails to its editors are taken away.
    pub async fn with_a_draft() -> Self {
        let scene = Self::new().await;
        scene.wake(LEAD).await;
        assert_eq!(scene.world.mails().len(), 2, "one email to each editor");
        scene
    }

    /// Does at this moment what the daemon does.
    pub async fn wake(&self, at: &str) -> OnceReport {
        let at: DateTime<Utc> = at.parse().unwrap();
        self.world.clock.advance(at - self.world.clock.now());
        once(&self.world.app, true, &silent).await.unwrap()
    }

    /// The newest weekly draft.
    pub async fn row(&self) -> DraftRow {
        let weekly = policy_digest::domain::subscribers::subscriber::Cadence::Weekly;
        self.world.app.store.digests().latest_draft(weekly).await.unwrap().expect("a draft")
    }

    pub async fn draft(&self) -> Draft {
        self.row().await.draft
    }

    /// The number of the story with this title.
    pub async fn seq(&self, title: &str) -> i64 {
        let base = self.draft().await.base().clone();
        let all = base.stories.iter().chain(&base.near_misses);
        all.filter(|story| story.title == title).map(|story| story.seq).next().unwrap_or_else(|| panic!("no {title}"))
    }

    /// The path of an editor's page.
    pub async fn path(&self, editor: &str) -> String {
        let editor = EmailAddress::parse(editor).unwrap();
        format!("/edit/{}", editing::token(&self.world.app, &self.row().await, &editor))
    }

    /// The editor's page.
    pub async fn page(&self, editor: &str) -> Answer {
        let path = self.path(editor).await;
        Answer::read(request(self.at, "GET", &path, "", "").await.as_bytes()).unwrap()
    }

    /// Posts an act of `ada` on the current version.
    pub async fn act(&self, fields: &str) -> Answer {
        let version = self.draft().await.version();
        self.act_as("ada@example.org", version, fields).await
    }

    /// Posts an act of an editor on a version.
    pub async fn act_as(&self, editor: &str, version: u32, fields: &str) -> Answer {
        let path = format!("{}/act", self.path(editor).await);
        let form = format!("version={version}&{fields}");
        Answer::read(request(self.at, "POST", &path, FORM, &form).await.as_bytes()).unwrap()
    }

    /// The same, which must be done.
    pub async fn does(&self, fields: &str) {
        let answer = self.act(fields).await;
        assert_eq!(answer.status, 303, "{fields}: {}", answer.body);
    }
}

/// A post that is not selected.
pub fn near_miss(id: &str) -> Entry {
    Entry {
        title: format!("Notes on budgets, part {id}"),
        text: format!("Part {id} is about the budgets of three towns and how they were drawn up this year."),
        ..Entry::on_topic(id)
    }
}

/// A post that is not selected and that has nothing to do with the topic.
pub fn far_miss(id: &str) -> Entry {
    Entry { text: format!("Part {id} is about the choir of the town."), ..near_miss(id) }
}

pub fn write(world: &World, entries: &[Entry]) {
    world.server.serve("/blog.xml", Reply::feed(rss(entries)));
}

/// The emails to subscribers among these: neither to editors nor to the operator.
pub fn to_subscribers(mails: Vec<Mail>) -> Vec<Mail> {
    let is_to_others = |mail: &Mail| ["ada@", "ben@", "admin@"].iter().any(|name| mail.header("To").contains(name));
    mails.into_iter().filter(|mail| !is_to_others(mail)).collect()
}

/// The email to the first editor among these.
pub fn to_editor(mails: Vec<Mail>) -> Mail {
    mails.into_iter().find(|mail| mail.header("To").contains("ada@")).expect("an email to an editor")
}

/// The links to posts in an email's text, in its order.
pub fn posts(mail: &Mail) -> Vec<String> {
    let links = mail.text.lines().filter_map(|line| line.trim().strip_prefix("https://blog.example.org/"));
    links.map(str::to_owned).collect()
}
