//! The steps after fetching: bodies are parsed concurrently on as many threads as there are cores, and the results are
//! stored in batches, with one commit for all that are ready. Both queues are bounded, and so are the bytes between
//! them (`fetch::Share`), so that a fast network cannot fill the memory.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::visit::Line;
use super::{FeedReport, FeedResult, chain};
use crate::app::{Listener, Progress};
use crate::domain::feeds::budget::GiveUp;
use crate::fetch::Share;
use crate::fetch::background::{self, LARGE};
use crate::store::{self, Poll, Saved, Store};

/// The maximum number of polls stored with one commit; as many may wait for it. Their shares limit the memory that they
/// hold.
const BATCH: usize = 32;
/// The maximum time for reading one body. No known document takes a second; one that does must not hold up the others.
const LONGEST_READ: Duration = Duration::from_secs(30);

/// How often a waiting task checks whether any place can still become free.
const LOOK: Duration = Duration::from_secs(1);

/// The threads that parse bodies, for all polls and checks of this process.
#[derive(Debug)]
pub(crate) struct Readers {
    places: Arc<Semaphore>,
    /// Large bodies are parsed one at a time, because each may take sixty times its size in memory.
    large: Semaphore,
    most: usize,
    longest: Duration,
    /// How many of them are busy with abandoned work.
    given_up: Arc<AtomicUsize>,
}

/// Why a body was not read completely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::app) enum TooHard {
    #[error("reading it failed in the program")]
    Panicked,
    #[error("reading it took longer than {} seconds", LONGEST_READ.as_secs())]
    TookTooLong,
    #[error("it was not read: documents that take too long hold up every reader")]
    NoReader,
}

impl Readers {
    /// One thread for each core.
    pub(in crate::app) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::of(cores, LONGEST_READ)
    }

    fn of(most: usize, longest: Duration) -> Self {
        Self {
            places: Arc::new(Semaphore::new(most)),
            large: Semaphore::new(1),
            most,
            longest,
            given_up: Arc::default(),
        }
    }

    /// Runs `work` on a body of so many bytes when a core is free. Work that takes too long is asked to stop and abandoned. It keeps its place
    /// until it really ends, because it uses a core, so there is never more of it than cores.
    pub(in crate::app) async fn read<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(GiveUp) -> T + Send + 'static,
    ) -> Result<T, TooHard> {
        // Abandoned work does not keep it: the others need not wait for work that never ends.
        let _one_at_a_time = match bytes > LARGE {
            true => Some(self.large.acquire().await.expect("the semaphore is never closed")),
            false => None,
        };
        let place = self.place().await?;
        let give_up = GiveUp::default();
        let signal = give_up.clone();
        let mut running = background::read(bytes, move || {
            let _place = place;
            work(signal)
        });
        match tokio::time::timeout(self.longest, &mut running).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_)) => Err(TooHard::Panicked),
            Err(_) => {
                give_up.now();
                let given_up = Arc::clone(&self.given_up);
                given_up.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let _ = running.await;
                    given_up.fetch_sub(1, Ordering::SeqCst);
                });
                Err(TooHard::TookTooLong)
            }
        }
    }

    /// A place, as soon as one is free; an error if all are held by abandoned work.
    async fn place(&self) -> Result<OwnedSemaphorePermit, TooHard> {
        loop {
            if let Ok(place) = tokio::time::timeout(LOOK, Arc::clone(&self.places).acquire_owned()).await {
                return Ok(place.expect("the semaphore is never closed"));
            }
            if self.given_up.load(Ordering::SeqCst) >= self.most {
                return Err(TooHard::NoReader);
            }
        }
    }
}

/// A finished poll.
pub(super) struct Polled {
    /// The position of its feed in the list.
    pub place: usize,
    /// The report; the counts of saved items are filled in after saving.
    pub report: FeedReport,
    /// The data to store; `None` for a feed that was not polled.
    pub poll: Option<(Poll, Line)>,
    /// Its share of the memory for all polls, until it is stored.
    pub share: Option<Share>,
}

/// The channel to the task that stores polls.
pub(super) fn channel() -> (mpsc::Sender<Polled>, mpsc::Receiver<Polled>) {
    mpsc::channel(BATCH)
}

/// Stores polls as they arrive until the channel ends, and returns the reports in the order of the list. A poll that
/// cannot be stored is that feed's failure, and will be due again.
///
/// # Errors
/// The database fails altogether.
pub(super) async fn keep(
    store: &Store,
    mut done: mpsc::Receiver<Polled>,
    listener: Listener<'_>,
) -> anyhow::Result<Vec<FeedReport>> {
    let mut reports = Vec::new();
    let mut batch = Vec::with_capacity(BATCH);
    while done.recv_many(&mut batch, BATCH).await > 0 {
        let mut polls = Vec::new();
        let heads: Vec<_> = batch
            .drain(..)
            .map(|Polled { place, report, poll, share }| {
                let line = poll.map(|(poll, line)| {
                    polls.push(poll);
                    line
                });
                (place, report, line, share)
            })
            .collect();
        let mut saved = store.feeds().save_polls(polls).await?.into_iter();
        for (place, mut report, line, _share) in heads {
            if let Some(line) = line {
                let kept = saved.next().expect("an answer for each poll");
                report.result = settle(&report, &line, kept);
            }
            listener(Progress::Step(&report.title));
            reports.push((place, report));
        }
    }
    reports.sort_by_key(|(place, _)| *place);
    Ok(reports.into_iter().map(|(_, report)| report).collect())
}

fn settle(report: &FeedReport, line: &Line, kept: Result<Saved, store::Error>) -> FeedResult {
    if let Ok(saved) = &kept {
        line.log(saved);
    }
    match (report.result.clone(), kept) {
        (FeedResult::Read { entries, .. }, Ok(saved)) => FeedResult::Read { entries, saved },
        (result, Ok(_)) => result,
        (_, Err(error)) => {
            let error = chain(&error);
            tracing::error!(feed = %report.id, "its poll could not be kept: {error}");
            FeedResult::Failed(error)
        }
    }
}

/// The order in which feeds are polled, as positions in the list: the first feed of each host, then the second of each
/// host. A host with many feeds, which are polled one after another, thus delays no other.
pub(super) fn spread<'a>(hosts: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut ranked = Vec::new();
    for (place, host) in hosts.enumerate() {
        let rank = seen.entry(host).or_default();
        *rank += 1;
        ranked.push((*rank, place));
    }
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, place)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_of_the_parser_gives_its_place_back() {
        let readers = Readers::of(1, LONGEST_READ);
        assert_eq!(readers.read(0, |_| panic!("a fault of the parser")).await, Err::<(), _>(TooHard::Panicked));
        assert_eq!(readers.read(0, |_| 2).await, Ok(2));
    }

    #[tokio::test]
    async fn work_that_is_given_up_keeps_its_place_until_it_ends() {
        let readers = Readers::of(2, Duration::from_millis(200));
        let mut ends = Vec::new();
        for _ in 0..2 {
            let (end, ended) = std::sync::mpsc::channel::<()>();
            ends.push(end);
            assert_eq!(readers.read(0, move |_| ended.recv().is_ok()).await, Err(TooHard::TookTooLong));
        }
        assert_eq!(readers.read(0, |_| unreachable!("no core is free for it")).await, Err(TooHard::NoReader));
        drop(ends.pop());
        assert_eq!(readers.read(0, |_| 1).await, Ok(1), "one of them has ended");
        assert_eq!(readers.places.available_permits(), 1);
    }

    #[tokio::test]
    async fn large_bodies_are_read_one_at_a_time_and_small_ones_beside_them() {
        let readers = Readers::of(3, LONGEST_READ);
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let (begin, begun) = tokio::sync::oneshot::channel();
        let first = readers.read(LARGE + 1, move |_| {
            begin.send(()).unwrap();
            ended.recv().is_err()
        });
        let second = async {
            begun.await.unwrap();
            let large = readers.read(LARGE + 1, |_| 2);
            assert!(tokio::time::timeout(Duration::from_millis(50), large).await.is_err(), "it waits");
            assert_eq!(readers.read(LARGE, |_| 3).await, Ok(3));
            drop(end);
        };
        assert_eq!(tokio::join!(first, second).0, Ok(true));
        assert_eq!(readers.read(LARGE + 1, |_| 4).await, Ok(4));
    }

    #[test]
    fn a_host_with_many_feeds_does_not_stand_before_the_others() {
        assert_eq!(spread(["a", "a", "a", "b", "c", "b"].into_iter()), [0, 3, 4, 1, 5, 2]);
    }
}
