//! The World that tests act in.

pub mod axe;
pub mod browser;
pub mod daemon;
pub mod engine;
pub mod families;
mod foreign;
pub mod mails;
pub mod pages;
pub mod program;
mod read_mail;
mod rss;
mod servers;
pub mod site;
pub mod visitor;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
pub use foreign::{dkim, feedparser, pgbouncer, postfix, postgres};
use policy_digest::app::clock::Clock;
use policy_digest::app::digests::once::{OnceReport, once};
use policy_digest::app::subscribers::subscribe::{Request, add};
use policy_digest::app::{App, silent};
use policy_digest::config;
use policy_digest::domain::subscribers::subscriber::{Cadence, EmailAddress, Preferences};
use policy_digest::domain::subscribers::token;
use policy_digest::domain::subscribers::token::Returning;
use policy_digest::mail::{Sent, Transport};
use policy_digest::store::FeedState;
pub use read_mail::Mail;
pub use rss::{Entry, rss};
pub use servers::feed_server::{FeedServer, Reply};
pub use servers::name_server::NameServer;
pub use servers::smtp_sink::SmtpSink;
pub use servers::{hostile, proxy, reverse_proxy, smtp_stage};
use tempfile::TempDir;

/// A topic of two themes, so that what is picked is plain to see.
pub const TOPIC: &str = r#"
name = "test"
title = "public service reform"
description = "For tests."
languages = ["en"]
threshold = 3.0
[weights]
strong = 4.0
plain = 2.0
weak = 1.0
[general]
strong = []
plain = []
weak = []
[[theme]]
name = "collaboration"
title = "Collaboration"
description = "Working together."
strong = ["collaborative governance"]
plain = []
weak = []
[[theme]]
name = "integration"
title = "Integration"
description = "Made one."
strong = ["integrated care"]
plain = []
weak = []
[[exclusion]]
name = "job-advert"
reason = "a job advert"
decisive = true
strong = ["title: vacancy"]
plain = []
weak = []
"#;

/// Says it on standard error, though the test passes.
pub fn aloud(words: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{words}");
}

/// Whether it comes true within the limit; looked at twenty times a second.
pub fn wait_for(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    loop {
        if done() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A port of loopback that nobody listens on.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A Monday morning.
pub fn start() -> DateTime<Utc> {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

/// The real application, set up for a test.
pub struct World {
    pub app: App,
    pub clock: Clock,
    pub server: FeedServer,
    pub sent: Arc<Mutex<Vec<Sent>>>,
    folder: TempDir,
}

impl World {
    /// One feed, `blog`, at `/blog.xml`, polled whenever asked.
    pub async fn new() -> Self {
        Self::of_feeds(&["blog"]).await
    }

    /// The same, with more in digest.toml.
    pub async fn configured(more: &str) -> Self {
        let server = FeedServer::start().await;
        let url = server.url("/blog.xml");
        Self::open(server, &[("blog", &url)], more).await
    }

    /// The same, with this at the top of digest.toml.
    pub async fn topped(top: &str) -> Self {
        let (server, folder) = (FeedServer::start().await, tempfile::tempdir().unwrap());
        write_config(folder.path(), &[("blog", &server.url("/blog.xml"))], "");
        let digest = folder.path().join("config/digest.toml");
        let rest = std::fs::read_to_string(&digest).unwrap();
        std::fs::write(&digest, format!("{top}\n{rest}")).unwrap();
        let (clock, sent) = (Clock::set_to(start()), Arc::default());
        let app = open(folder.path(), &clock, &sent).await;
        Self { app, clock, server, sent, folder }
    }

    /// Sends to this sink, with more in `[mail.smtp]`; one feed with one post on the topic.
    pub async fn mailing_to(sink: &SmtpSink, more: &str) -> Self {
        let relay = format!("[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n{more}", sink.port);
        Self::mailing(&format!("[mail]\ntransport = \"smtp\"\n{relay}")).await
    }

    /// Sends by the way that its configuration says; one feed with one post on the topic. `password` is a file.
    pub async fn mailing(mail: &str) -> Self {
        let server = FeedServer::start().await;
        server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
        let url = server.url("/blog.xml");
        let folder = tempfile::tempdir().unwrap();
        write_config(folder.path(), &[("blog", &url)], mail);
        std::fs::write(folder.path().join("config/password"), "secret\n").unwrap();
        let clock = Clock::set_to(start());
        let config = config::load(&folder.path().join("config"), Some(&folder.path().join("data")), &[]).unwrap();
        let app = App::work(config, clock.clone(), "a test").await.unwrap();
        Self { app, clock, server, sent: Arc::default(), folder }
    }

    /// These feeds, each at `/ID.xml`.
    pub async fn of_feeds(ids: &[&str]) -> Self {
        let server = FeedServer::start().await;
        let urls: Vec<String> = ids.iter().map(|id| server.url(&format!("/{id}.xml"))).collect();
        let feeds: Vec<_> = ids.iter().zip(&urls).map(|(id, url)| (*id, url.as_str())).collect();
        Self::open(server, &feeds, "").await
    }

    /// These feeds, from servers of the test's own; `polling` is added to `[polling]`.
    pub async fn with(feeds: &[(&str, &str)], polling: &str) -> Self {
        Self::open(FeedServer::start().await, feeds, polling).await
    }

    /// These feeds, from this server, with more in digest.toml.
    pub async fn served(server: FeedServer, feeds: &[(&str, &str)], more: &str) -> Self {
        Self::open(server, feeds, more).await
    }

    async fn open(server: FeedServer, feeds: &[(&str, &str)], polling: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_config(folder.path(), feeds, polling);
        let clock = Clock::set_to(start());
        let sent = Arc::default();
        let app = open(folder.path(), &clock, &sent).await;
        Self { app, clock, server, sent, folder }
    }

    /// The process ends without a word, and one that stood by takes over; a file has none, and is opened again.
    pub async fn taken_over(mut self) -> Self {
        if !self.app.has_server() {
            return self.restarted().await;
        }
        let standby = self.app.reconnect("a standby").await.unwrap();
        assert!(!standby.take_over().await.unwrap(), "one process works");
        self.app.store.close().await;
        assert!(wait_for_worker(&standby).await, "the server has noticed");
        self.app = standby;
        self
    }

    /// The same after the process has ended and begun again.
    pub async fn restarted(self) -> Self {
        let Self { app, clock, server, sent, folder } = self;
        drop(app);
        let app = open(folder.path(), &clock, &sent).await;
        Self { app, clock, server, sent, folder }
    }

    /// The same after a restart, with somebody who is told of alarms: `admin@example.org`.
    pub async fn administered(self) -> Self {
        let path = self.folder().join("config/digest.toml");
        let settings = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("admin_to = [\"admin@example.org\"]\n{settings}")).unwrap();
        let Self { app, clock, server, sent, folder } = self;
        let has_a_relay = matches!(app.config.settings.mail.transport, config::TransportKind::Smtp);
        drop(app);
        let config = config::load(&folder.path().join("config"), Some(&folder.path().join("data")), &[]).unwrap();
        let app = match has_a_relay {
            true => App::work(config, clock.clone(), "a test").await.unwrap(),
            false => open(folder.path(), &clock, &sent).await,
        };
        Self { app, clock, server, sent, folder }
    }

    /// The same after this copy was put in the place of its database.
    pub async fn restored(self, copy: &Path) -> Self {
        let Self { app, clock, server, sent, folder } = self;
        drop(app);
        let data = folder.path().join("data");
        std::fs::remove_dir_all(&data).unwrap();
        std::fs::create_dir(&data).unwrap();
        std::fs::copy(copy, data.join("policy-digest.db")).unwrap();
        let app = open(folder.path(), &clock, &sent).await;
        Self { app, clock, server, sent, folder }
    }

    /// The world with its folder by itself, for a test that gives the application away.
    pub fn apart(self) -> (Self, TempDir) {
        let empty = tempfile::tempdir().unwrap();
        let Self { app, clock, server, sent, folder } = self;
        (Self { app, clock, server, sent, folder: empty }, folder)
    }

    /// What is kept of a feed.
    pub async fn state(&self, feed: &str) -> FeedState {
        let states = self.app.store.feeds().feed_states().await.unwrap();
        states.into_iter().find(|state| state.id == feed).unwrap()
    }

    /// The folder with `config` and `data`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub async fn subscribe(&self, address: &str) -> String {
        self.subscribe_with(address, Cadence::Weekly, None).await
    }

    pub async fn subscribe_with(&self, address: &str, cadence: Cadence, themes: Option<Vec<String>>) -> String {
        let request = Request {
            address: EmailAddress::parse(address).unwrap(),
            name: String::new(),
            preferences: Preferences { cadence, themes, ..Preferences::default() },
            consent: Some("a test".to_owned()),
            asker: policy_digest::app::subscribers::subscribe::Asker::Administrator,
        };
        add(&self.app, request).await.unwrap().id
    }

    pub async fn once(&self) -> OnceReport {
        once(&self.app, false, &silent).await.unwrap()
    }

    /// What was mailed since the last look, decoded.
    pub fn mails(&self) -> Vec<Mail> {
        self.sent.lock().unwrap().drain(..).map(|sent| Mail::read(&sent.bytes)).collect()
    }

    /// The first column of a question to the database.
    pub fn rows<T: rusqlite::types::FromSql + Send>(&self, question: &str) -> Vec<T> {
        if let Some(url) = engine::url_of(self.folder()) {
            return engine::first_column(&url, question);
        }
        let connection = rusqlite::Connection::open(self.folder().join("data/policy-digest.db")).unwrap();
        let mut statement = connection.prepare(question).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// Does this in the database, as another process would.
    pub fn execute(&self, statements: &str) {
        if let Some(url) = engine::url_of(self.folder()) {
            return engine::with_client(&url, |client| client.batch_execute(statements).unwrap());
        }
        let connection = rusqlite::Connection::open(self.folder().join("data/policy-digest.db")).unwrap();
        connection.execute_batch(statements).unwrap();
    }

    pub fn days(&self, days: i64) {
        self.clock.advance(TimeDelta::days(days));
    }
}

async fn wait_for_worker(standby: &App) -> bool {
    for _ in 0..200 {
        if standby.take_over().await.unwrap() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

/// The token of a message's return path.
pub async fn return_path(app: &App, number: i64) -> String {
    let message = app.store.outbox().reported(number).await.unwrap().unwrap();
    let returning = Returning { number, message_id: &message.message_id, made: message.made };
    token::return_path(&app.keys.token.as_of(message.made), &returning)
}

/// Every value of every table of a database, a row a line.
pub fn everything(database: &Path) -> Vec<String> {
    let database = rusqlite::Connection::open(database).unwrap();
    let mut tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut all = Vec::new();
    for name in names {
        let mut rows = database.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<String> = (0..columns).map(|at| format!("{:?}", row.get_ref(at).unwrap())).collect();
            all.push(format!("{name}: {}", values.join(", ")));
        }
    }
    all
}

async fn open(folder: &Path, clock: &Clock, sent: &Arc<Mutex<Vec<Sent>>>) -> App {
    let config = config::load(&folder.join("config"), Some(&folder.join("data")), &[]).unwrap();
    App::work_with(config, clock.clone(), "a test", Transport::Memory(Arc::clone(sent))).await.unwrap()
}

/// A configuration folder with these feeds, in `folder/config`; `more` is added to digest.toml.
pub fn write_config(folder: &Path, feeds: &[(&str, &str)], more: &str) {
    let config = folder.join("config");
    std::fs::create_dir_all(&config).unwrap();
    let digest = "[polling]\nallow_private = [\"127.0.0.0/8\"]\nallow_files = true\nspacing = \"0s\"\n";
    let languages = if more.contains("[in.cy]") { "languages = [\"en\", \"cy\"]\n" } else { "" };
    let digest = format!("{languages}{digest}{more}{}", engine::settings(folder));
    std::fs::write(config.join("digest.toml"), digest).unwrap();
    let feeds: String = feeds
        .iter()
        .map(|(id, url)| format!("[[feed]]\nid = \"{id}\"\ntitle = \"The {id}\"\nurl = \"{url}\"\n"))
        .collect();
    std::fs::write(config.join("feeds.toml"), feeds).unwrap();
    std::fs::write(config.join("topic.toml"), TOPIC).unwrap();
}
