//! A place for each connection, and who gives theirs up: whoever takes longer over a step than it may, and, when there is
//! no room, whoever has been at one the longest. A visitor who asks and reads as people's programs do is never among them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::Bounds;
use super::pace::Pace;
use crate::app::limits::Prefix;

/// The connections that are open.
#[derive(Debug)]
pub(super) struct Places {
    bounds: Bounds,
    taken: Mutex<Vec<Taken>>,
    freed: Notify,
}

#[derive(Debug)]
struct Taken {
    pace: Arc<Pace>,
    network: Option<Prefix>,
}

/// A connection's place, until it is dropped.
pub(super) struct Place {
    pace: Arc<Pace>,
    places: Arc<Places>,
}

impl Places {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, taken: Mutex::default(), freed: Notify::new() }
    }

    /// Waits until there is room, or makes some.
    pub(super) async fn room(&self) {
        loop {
            let freed = self.freed.notified();
            {
                let mut taken = self.lock();
                if taken.len() < self.bounds.connections || self.give_up(&mut taken, |_| true) {
                    return;
                }
            }
            freed.await;
        }
    }

    /// A place for one more; none where its network has enough, and each of its connections is at work.
    pub(super) fn take(self: &Arc<Self>, network: Option<Prefix>) -> Option<Place> {
        let mut taken = self.lock();
        let is_same = |other: &Taken| network.is_some() && other.network == network;
        if taken.iter().filter(|other| is_same(other)).count() >= self.bounds.per_network
            && !self.give_up(&mut taken, is_same)
        {
            return None;
        }
        let pace = Arc::new(Pace::new());
        taken.push(Taken { pace: Arc::clone(&pace), network });
        Some(Place { pace, places: Arc::clone(self) })
    }

    /// Ends the connections that are late.
    pub(super) fn cut_late(&self) {
        let now = Instant::now();
        self.lock().retain(|taken| {
            let (stage, since) = taken.pace.at();
            let is_late = now.saturating_duration_since(since) > self.bounds.of(stage);
            if is_late {
                taken.pace.end();
            }
            !is_late
        });
        self.freed.notify_waiters();
    }

    /// Ends the one that has been at a step the longest, if it could spare it.
    pub(super) fn give_up_longest(&self) {
        self.give_up(&mut self.lock(), |_| true);
    }

    /// The same among some; false if none can be ended.
    fn give_up(&self, taken: &mut Vec<Taken>, among: impl Fn(&Taken) -> bool) -> bool {
        let candidates = taken.iter().enumerate().filter(|(_, taken)| among(taken));
        let longest = candidates.map(|(index, taken)| (taken.pace.at().1, index)).min();
        match longest {
            Some((since, index)) if since.elapsed() >= self.bounds.spare => {
                taken.swap_remove(index).pace.end();
                true
            }
            _ => false,
        }
    }

    /// Waits until all are free.
    pub(super) async fn empty(&self) {
        loop {
            let freed = self.freed.notified();
            if self.lock().is_empty() {
                return;
            }
            freed.await;
        }
    }

    /// Ends all.
    pub(super) fn end(&self) {
        self.lock().drain(..).for_each(|taken| taken.pace.end());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    pub(super) fn pace(&self) -> &Pace {
        &self.pace
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().retain(|taken| !Arc::ptr_eq(&taken.pace, &self.pace));
        self.places.freed.notify_waiters();
    }
}
