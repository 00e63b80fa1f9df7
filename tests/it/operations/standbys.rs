//! Several processes on one database: one works, the others serve the pages and take over when it ends, freezes or loses
//! the server. Everybody gets each digest; twice at most what was in flight, under one Message-ID. Where PostgreSQL is not
//! installed, these tests say so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use chrono::Utc;

use crate::support::daemon::{Daemon, status, until};
use crate::support::postgres::{Postgres, with_client};
use crate::support::program::{policy_digest, text};
use crate::support::proxy::{Proxy, Wire};
use crate::support::{Entry, Mail, SmtpSink, aloud, engine, rss, wait_for, write_config};

const PEOPLE: usize = 24;
const CONNECTIONS: usize = 2;

/// How many kills; more with `STANDBY_KILLS=50`.
fn kills() -> usize {
    std::env::var("STANDBY_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(4)
}

/// Processes that share a database, and the mail server that hears them.
struct Site {
    folder: tempfile::TempDir,
    sink: SmtpSink,
    daemons: Vec<Daemon>,
    /// The number of digests so far.
    digests: usize,
}

impl Site {
    fn new(url: &str) -> Self {
        let (sink, folder) = (SmtpSink::start(), tempfile::tempdir().unwrap());
        let never = "0 0 1 1 *";
        let more = format!(
            "[schedule]\ndaily = \"{never}\"\nweekly = \"{never}\"\nmonthly = \"{never}\"\n[database]\nurl = \"{url}\"\n\
             tls = false\n[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
             max_connections = {CONNECTIONS}\n",
            sink.port
        );
        write_config(folder.path(), &[("blog", "file:blog.xml")], &more);
        let people: String = (0..PEOPLE).map(|n| format!("person{n}@example.org\n")).collect();
        std::fs::write(folder.path().join("config/subscribers.csv"), format!("email\n{people}")).unwrap();
        let mut site = Self { folder, sink, daemons: Vec::new(), digests: 0 };
        site.publish();
        site
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn start(&mut self, more: impl Fn(&mut Command)) {
        let daemon = Daemon::start_with(self.folder.path(), more);
        self.daemons.push(daemon);
    }

    /// A new post, which the next digest is about.
    fn publish(&mut self) {
        self.digests += 1;
        let entries: Vec<Entry> = (1..=self.digests)
            .map(|number| Entry { published: Some(Utc::now()), ..Entry::on_topic(&format!("n{number}n")) })
            .collect();
        std::fs::write(self.folder().join("config/blog.xml"), rss(&entries)).unwrap();
    }

    /// The worker's place among the daemons, by the server's word.
    fn worker(&self) -> Option<usize> {
        let status = status(self.folder());
        let worker = status["processes"].as_array()?.iter().find(|process| process["is_worker"] == true)?;
        self.daemons.iter().position(|daemon| worker["process"] == daemon.id())
    }

    /// Waits for a worker other than this one; how long that took.
    fn wait_for_another(&self, former: u32) -> Duration {
        let begin = Instant::now();
        let is_another = || self.worker().is_some_and(|worker| self.daemons[worker].id() != former);
        until("another process works", is_another);
        begin.elapsed()
    }

    /// The people who have the digest about the last post.
    fn reached(&self) -> BTreeSet<String> {
        let about = format!("part n{}n", self.digests);
        let taken = self.sink.taken().into_iter();
        taken.filter(|it| Mail::read(it.data.as_bytes()).text.contains(&about)).map(|it| it.to.concat()).collect()
    }

    /// Asks for a digest until everybody has it. A request that a dead worker had taken is made again.
    fn deliver(&self) {
        let begin = Instant::now();
        while self.reached().len() < PEOPLE {
            assert!(begin.elapsed() < Duration::from_secs(120), "{:?} have it; {}", self.reached(), self.logs());
            let asked = policy_digest(self.folder()).args(["send-now", "--wait", "20s"]).output().unwrap();
            wait_for(Duration::from_secs(10), || self.reached().len() == PEOPLE);
            assert!(asked.status.code() != Some(101), "{}", text(&asked));
        }
    }

    /// Waits until every process has the server again, for the nth time at least, and delivers.
    fn is_back(&mut self, times: usize) {
        for daemon in &self.daemons {
            until("it has noticed", || daemon.log().matches("the database answers again").count() >= times);
            until("the pages are back", || {
                get(daemon, "/").contains("200") && get(daemon, "/health/ready").contains("200")
            });
        }
        until("a process works", || self.worker().is_some());
        self.publish();
        self.deliver();
    }

    fn logs(&self) -> String {
        self.daemons.iter().map(|daemon| format!("{}:\n{}\n", daemon.id(), daemon.log())).collect()
    }

    /// The digests by person and post; each under one Message-ID. How many were sent twice.
    fn doubled(&self) -> usize {
        let mut sent: BTreeMap<(String, usize), Vec<String>> = BTreeMap::new();
        for taken in self.sink.taken() {
            let mail = Mail::read(taken.data.as_bytes());
            let about = (1..=self.digests).filter(|number| mail.text.contains(&format!("part n{number}n")));
            let about: Vec<usize> = about.collect();
            assert_eq!(about.len(), 1, "a post is in one digest: {}", mail.text);
            sent.entry((taken.to.concat(), about[0])).or_default().push(mail.header("Message-ID").to_owned());
        }
        assert_eq!(sent.len(), PEOPLE * self.digests, "everybody has every digest");
        let mut doubled = 0;
        for ((person, digest), ids) in sent {
            assert!(ids.iter().all(|id| *id == ids[0]), "{person} has two messages of digest {digest}: {ids:?}");
            doubled += ids.len() - 1;
        }
        doubled
    }
}

fn get(daemon: &Daemon, path: &str) -> String {
    daemon.request("GET", path).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn killed_workers_are_replaced_and_everybody_gets_each_digest() {
    let Some(url) = engine::empty_database() else { return };
    let mut site = Site::new(&url);
    (0..3).for_each(|_| site.start(|_| {}));
    until("a process works", || site.worker().is_some());
    site.deliver();
    site.sink.slow_down(Duration::from_millis(20));
    let mut took = Vec::new();
    for kill in 0..kills() {
        site.publish();
        let worker = site.worker().unwrap();
        let mut request = policy_digest(site.folder()).args(["send-now", "--wait", "20s"]).spawn().unwrap();
        // From before the poll to the middle of the delivery.
        let few = kill % 7 * 3;
        until("the digest is on its way", || few == 0 || site.reached().len() >= few);
        let former = site.daemons[worker].id();
        site.daemons[worker].kill();
        took.push(site.wait_for_another(former));
        for daemon in site.daemons.iter().filter(|daemon| daemon.id() != former) {
            assert!(get(daemon, "/").contains("200"), "the pages are up");
        }
        request.wait().unwrap();
        site.deliver();
        site.daemons.remove(worker);
        site.start(|_| {});
    }
    let doubled = site.doubled();
    took.sort();
    aloud(&format!(
        "killed {} times: {doubled} sent twice, taken over after {:.1?} (median), {:.1?} (worst)",
        took.len(),
        took[took.len() / 2],
        took[took.len() - 1]
    ));
    assert!(doubled <= kills() * CONNECTIONS, "{doubled} were sent twice");
}

/// For how long a worker is frozen, at least: as long as it takes to take over, or `FREEZE_SECONDS`.
fn frozen_for() -> Duration {
    let seconds = std::env::var("FREEZE_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or_default())
}

#[test]
fn a_frozen_worker_loses_its_part_and_sends_nothing_when_it_wakes() {
    let Some(url) = engine::empty_database() else { return };
    let mut site = Site::new(&url);
    (0..2).for_each(|_| site.start(|_| {}));
    until("a process works", || site.worker().is_some());
    site.deliver();
    let worker = site.worker().unwrap();
    let frozen = site.daemons[worker].id();
    site.daemons[worker].freeze();
    let took = site.wait_for_another(frozen);
    site.publish();
    site.deliver();
    std::thread::sleep(frozen_for().saturating_sub(took));
    site.daemons[worker].thaw();
    until("it has noticed", || site.daemons[worker].log().contains("not at work any more"));
    until("it serves again", || get(&site.daemons[worker], "/health/ready").contains("200"));
    site.publish();
    site.deliver();
    assert!(site.worker().is_some_and(|at| at != worker), "{}", site.logs());
    assert_eq!(site.doubled(), 0);
    aloud(&format!("frozen: taken over after {took:.1?}"));
}

#[test]
fn a_server_that_goes_away_and_comes_back_costs_no_process_and_no_digest() {
    let Some(url) = engine::empty_database() else { return };
    let direct: url::Url = url.parse().unwrap();
    let wire = Proxy::to(direct.port().unwrap());
    let mut through = direct;
    through.set_port(Some(wire.port)).unwrap();
    let mut site = Site::new(through.as_str());
    (0..2).for_each(|_| site.start(|_| {}));
    until("a process works", || site.worker().is_some());
    site.deliver();
    wire.set(Wire::Cut);
    for daemon in &site.daemons {
        until("the pages say so", || get(daemon, "/").contains("503") && get(daemon, "/health/ready").contains("503"));
        assert!(get(daemon, "/health/live").contains("200"));
    }
    wire.set(Wire::Open);
    site.is_back(1);
    wire.half_close();
    site.is_back(2);
    // Nobody is told of a network that swallows everything: the server ends the sessions, and so do we.
    wire.set(Wire::Frozen);
    for daemon in &site.daemons {
        until("it is not ready", || get(daemon, "/health/ready").contains("503"));
    }
    wire.set(Wire::Open);
    site.is_back(2);
    assert_eq!(site.doubled(), 0);
    let stopped = site.worker().unwrap();
    let former = site.daemons[stopped].id();
    site.daemons[stopped].terminate();
    assert!(site.daemons[stopped].end().0.success(), "{}", site.logs());
    let took = site.wait_for_another(former);
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn a_server_that_is_killed_and_one_that_is_replaced_in_mid_run_lose_nothing() {
    if !engine::has_postgres() {
        return;
    }
    let mut primary = Postgres::start("-c synchronous_standby_names=*");
    // Nothing is committed before a replica has it, so that there is one before anything else.
    let replica = primary.replica();
    with_client(&primary.url("postgres"), |client| client.batch_execute("CREATE DATABASE digests").unwrap());
    let wire = Proxy::to(primary.port);
    let mut site = Site::new(&format!("postgres://tester@127.0.0.1:{}/digests", wire.port));
    (0..2).for_each(|_| site.start(|_| {}));
    until("a process works", || site.worker().is_some());
    site.deliver();
    site.sink.slow_down(Duration::from_millis(20));
    for replaced in [false, true] {
        site.publish();
        let mut request = policy_digest(site.folder()).args(["send-now", "--wait", "20s"]).spawn().unwrap();
        until("the digest is on its way", || site.reached().len() >= 5);
        primary.kill();
        wire.set(Wire::Cut);
        request.wait().unwrap();
        if replaced {
            replica.promote();
            wire.lead_to(replica.port);
        } else {
            primary.run();
        }
        wire.set(Wire::Open);
        until("a process works", || site.worker().is_some());
        site.deliver();
    }
    let doubled = site.doubled();
    aloud(&format!("the server killed once and replaced once: {doubled} sent twice"));
    assert!(doubled <= 2 * CONNECTIONS, "{doubled}; {}", site.logs());
}

#[test]
fn a_worker_whose_session_alone_is_ended_stands_by_or_works_again() {
    let Some(url) = engine::empty_database() else { return };
    let mut site = Site::new(&url);
    site.start(|_| {});
    until("a process works", || site.worker().is_some());
    site.deliver();
    let end_writers = || {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE application_name LIKE 'policy-digest/%' AND datname = current_database()";
        with_client(&url, |client| client.batch_execute(end).unwrap());
    };
    end_writers();
    site.is_back(1);
    // And one that stands by for it.
    site.start(|_| {});
    end_writers();
    for (daemon, times) in site.daemons.iter().zip([2, 1]) {
        until("it has noticed", || daemon.log().matches("the database answers again").count() >= times);
    }
    until("a process works", || site.worker().is_some());
    site.publish();
    site.deliver();
    assert_eq!(site.doubled(), 0);
}
