//! Whose turn it is: so many requests at once over all, so many to one host, and a pause between two of them.
//! Who waits for its host holds no place among everyone, so that a slow host delays only itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use url::Url;

/// Gives out turns.
pub(super) struct Turns {
    everyone: Arc<Semaphore>,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
    /// Hosts that have asked to be left alone, and until when.
    held: Mutex<HashMap<String, DateTime<Utc>>>,
    per_host: usize,
    spacing: Duration,
}

struct Host {
    turns: Arc<Semaphore>,
    next: tokio::sync::Mutex<Option<Instant>>,
}

/// The right to make one request, until it is dropped.
pub(super) struct Turn {
    _host: Arc<Host>,
    _of_host: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Turns {
    pub(super) fn new(concurrency: usize, per_host: usize, spacing: Duration) -> Self {
        let everyone = Arc::new(Semaphore::new(concurrency.max(1)));
        Self { everyone, hosts: Mutex::default(), held: Mutex::default(), per_host: per_host.max(1), spacing }
    }

    /// Waits for the host's turn first, then for its pause, and last for a place among all. The pause counts from when
    /// the place was got: nobody behind it goes on before.
    pub(super) async fn wait(&self, url: &Url) -> Turn {
        let closed = "the semaphores are never closed";
        let host = self.host(url);
        let of_host = Arc::clone(&host.turns).acquire_owned().await.expect(closed);
        let mut next = host.next.lock().await;
        if let Some(moment) = *next {
            tokio::time::sleep_until(moment).await;
        }
        let of_all = Arc::clone(&self.everyone).acquire_owned().await.expect(closed);
        *next = Some(Instant::now() + self.spacing);
        drop(next);
        Turn { _host: host, _of_host: of_host, _of_all: of_all }
    }

    /// Leaves a host alone until then: Retry-After is a server's word for all that it serves (RFC 9110 §10.2.3).
    pub(super) fn hold(&self, url: &Url, until: DateTime<Utc>, now: DateTime<Utc>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, until| *until > now);
        held.insert(key(url), until);
    }

    /// Until when a URL's host is left alone, if it is.
    pub(super) fn held(&self, url: &Url, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(&key(url)).copied().filter(|until| *until > now)
    }

    /// The host of a URL. When a new one comes, those that nothing is known of any more are forgotten, so that there are
    /// never many more than are asked at the moment.
    fn host(&self, url: &Url) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(url);
        if let Some(host) = hosts.get(&key) {
            return Arc::clone(host);
        }
        let now = Instant::now();
        hosts.retain(|_, host| !host.is_idle(now));
        let turns = Arc::new(Semaphore::new(self.per_host));
        let host = Arc::new(Host { turns, next: tokio::sync::Mutex::new(None) });
        hosts.insert(key, Arc::clone(&host));
        host
    }
}

impl Host {
    /// Whether it is neither asked nor waited for, and its pause is over: a new one would be the same.
    fn is_idle(self: &Arc<Self>, now: Instant) -> bool {
        let is_rested = || self.next.try_lock().is_ok_and(|next| next.is_none_or(|moment| moment <= now));
        Arc::strong_count(self) == 1 && is_rested()
    }
}

/// One machine, as far as a URL tells: http and https of a name are the same server, and so is the name with the
/// root's dot; another port is another server.
#[must_use]
pub fn key(url: &Url) -> String {
    let name = url.host_str().unwrap_or_default().trim_end_matches('.');
    match url.port_or_known_default() {
        Some(80 | 443) | None => name.to_owned(),
        Some(port) => format!("{name}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_and_https_of_a_name_are_one_host() {
        let key = |url| key(&Url::parse(url).unwrap());
        assert_eq!(key("http://Example.org/a"), key("https://example.org./b"));
        assert_ne!(key("http://example.org/"), key("http://example.org:8080/"));
    }

    #[tokio::test]
    async fn one_host_has_two_at_once_and_a_pause_between() {
        let turns = Turns::new(64, 2, Duration::from_millis(50));
        let url = Url::parse("http://example.org/").unwrap();
        let start = Instant::now();
        let _first = turns.wait(&url).await;
        let second = turns.wait(&url).await;
        assert!(start.elapsed() >= Duration::from_millis(50));
        assert!(tokio::time::timeout(Duration::from_millis(100), turns.wait(&url)).await.is_err());
        drop(second);
        turns.wait(&url).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_is_forgotten_when_it_is_not_asked_and_its_pause_is_over() {
        let turns = Turns::new(64, 1, Duration::from_secs(1));
        let url = |number: usize| Url::parse(&format!("http://host{number}.example.org/")).unwrap();
        let held = turns.wait(&url(0)).await;
        let start = Instant::now();
        for number in 1..=1000 {
            turns.wait(&url(number)).await;
        }
        turns.wait(&url(1)).await;
        assert_eq!(start.elapsed(), Duration::from_secs(1), "a pause is kept to, however many others are asked");
        turns.wait(&url(1001)).await;
        let left = || turns.hosts.lock().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>();
        assert_eq!(
            left(),
            ["host0.example.org", "host1.example.org", "host1001.example.org"].map(str::to_owned).into()
        );
        assert!(tokio::time::timeout(Duration::from_secs(60), turns.wait(&url(0))).await.is_err(), "it is asked still");
        drop(held);
        turns.wait(&url(0)).await;
    }

    #[tokio::test]
    async fn the_pause_counts_from_when_a_place_was_got() {
        let pause = Duration::from_millis(50);
        let turns = Turns::new(1, 2, pause);
        let [busy, url] = ["http://busy.example.org/", "http://example.org/"].map(|url| Url::parse(url).unwrap());
        let held = turns.wait(&busy).await;
        let ask = || async {
            let _turn = turns.wait(&url).await;
            Instant::now()
        };
        let mut both = std::pin::pin!(futures::future::join(ask(), ask()));
        assert!(tokio::time::timeout(pause * 2, &mut both).await.is_err());
        drop(held);
        let (first, second) = both.await;
        assert!(second - first >= pause);
    }

    #[tokio::test]
    async fn who_waits_for_a_slow_host_holds_no_place_among_all() {
        let turns = Turns::new(2, 1, Duration::ZERO);
        let slow = Url::parse("http://slow.example.org/").unwrap();
        let other = Url::parse("http://other.example.org/").unwrap();
        let _held = turns.wait(&slow).await;
        tokio::select! {
            biased;
            _ = turns.wait(&slow) => panic!("the host has one turn"),
            _ = turns.wait(&other) => {}
        }
    }
}
