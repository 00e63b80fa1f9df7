//! A place for each connection, and who gives theirs up: whoever takes longer over a step than it may, and, when there is
//! no room, whoever has been at one the longest. A visitor who asks and reads as people's programs do is never among them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use super::pace::Pace;
use crate::app::subscribers::rate_limits::Prefix;
use crate::web::Bounds;

/// The connections that are open.
#[derive(Debug)]
pub(super) struct Places {
    bounds: Bounds,
    house: Mutex<House>,
    freed: Notify,
}

#[derive(Debug)]
struct House {
    taken: Vec<Taken>,
    /// How many there may be at present.
    size: usize,
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
        let house = House { taken: Vec::new(), size: bounds.connections };
        Self { bounds, house: Mutex::new(house), freed: Notify::new() }
    }

    /// Waits until there is room, or makes some.
    pub(super) async fn room(&self) {
        loop {
            let freed = self.freed.notified();
            {
                let mut house = self.lock();
                if house.taken.len() < house.size || self.give_up(&mut house, |_| true) {
                    return;
                }
            }
            freed.await;
        }
    }

    /// A place for one more; none where its network has enough, and each of its connections is at work.
    pub(super) fn take(self: &Arc<Self>, network: Option<Prefix>) -> Option<Place> {
        let mut house = self.lock();
        let is_same = |other: &Taken| network.is_some() && other.network == network;
        if house.taken.iter().filter(|other| is_same(other)).count() >= self.bounds.per_network
            && !self.give_up(&mut house, is_same)
        {
            return None;
        }
        let pace = Arc::new(Pace::new());
        house.taken.push(Taken { pace: Arc::clone(&pace), network });
        Some(Place { pace, places: Arc::clone(self) })
    }

    /// Ends the connections that are late, and lets a house that was made smaller grow again, by one place.
    pub(super) fn cut_late(&self) {
        let now = Instant::now();
        let mut house = self.lock();
        house.size = self.bounds.connections.min(house.size + 1);
        house.taken.retain(|taken| {
            let (stage, since) = taken.pace.at();
            let is_late = now.saturating_duration_since(since) > self.bounds.of(stage);
            if is_late {
                taken.pace.end();
            }
            !is_late
        });
        drop(house);
        self.freed.notify_waiters();
    }

    /// The system gives no more connections: there is room for three quarters of those that are open, and none for the rest.
    pub(super) fn shrink(&self) {
        let mut house = self.lock();
        house.size = (house.taken.len() * 3 / 4).max(1);
        while house.taken.len() > house.size && self.give_up(&mut house, |_| true) {}
    }

    /// Ends the one among some that has been at a step the longest, if it could spare its place; false if none could.
    fn give_up(&self, house: &mut House, among: impl Fn(&Taken) -> bool) -> bool {
        let candidates = house.taken.iter().enumerate().filter(|(_, taken)| among(taken));
        let longest = candidates.map(|(index, taken)| (taken.pace.at().1, index)).min();
        match longest {
            Some((since, index)) if since.elapsed() >= self.bounds.spare => {
                house.taken.swap_remove(index).pace.end();
                true
            }
            _ => false,
        }
    }

    /// Waits until all are free.
    pub(super) async fn empty(&self) {
        loop {
            let freed = self.freed.notified();
            if self.lock().taken.is_empty() {
                return;
            }
            freed.await;
        }
    }

    /// Ends all.
    pub(super) fn end(&self) {
        self.lock().taken.drain(..).for_each(|taken| taken.pace.end());
    }

    fn lock(&self) -> MutexGuard<'_, House> {
        self.house.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    pub(super) fn pace(&self) -> &Pace {
        &self.pace
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().taken.retain(|taken| !Arc::ptr_eq(&taken.pace, &self.pace));
        self.places.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::web::serving::pace::Stage;

    const HERE: Option<Prefix> = Some((4, 1));
    const THERE: Option<Prefix> = Some((4, 2));

    fn places(bounds: Bounds) -> Arc<Places> {
        Arc::new(Places::new(bounds))
    }

    fn is_ended(place: &Place) -> bool {
        place.places.lock().taken.iter().all(|taken| !Arc::ptr_eq(&taken.pace, &place.pace))
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_has_so_many_places_and_its_own_dawdlers_make_room_for_it() {
        let places = places(Bounds { per_network: 2, ..Bounds::default() });
        let (first, second) = (places.take(HERE).unwrap(), places.take(HERE).unwrap());
        assert!(places.take(HERE).is_none(), "both are at work");
        let other = places.take(THERE).unwrap();
        let uncounted: Vec<_> = (0..9).map(|_| places.take(None).unwrap()).collect();
        tokio::time::advance(Duration::from_millis(900)).await;
        first.pace.reach(Stage::Request);
        tokio::time::advance(Duration::from_millis(200)).await;
        let third = places.take(HERE).unwrap();
        assert!(is_ended(&second) && !is_ended(&first) && !is_ended(&other) && !is_ended(&third));
        drop(uncounted);
        assert_eq!(places.lock().taken.len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn each_step_has_its_time() {
        let bounds = Bounds::default();
        let places = places(bounds);
        for stage in [Stage::Idle, Stage::Head, Stage::Request, Stage::Answer, Stage::Close] {
            let place = places.take(None).unwrap();
            place.pace.reach(stage);
            tokio::time::advance(bounds.of(stage)).await;
            places.cut_late();
            assert!(!is_ended(&place), "{stage:?}");
            tokio::time::advance(Duration::from_millis(1)).await;
            places.cut_late();
            assert!(is_ended(&place), "{stage:?}");
            tokio::time::timeout(Duration::from_secs(1), place.pace.cut()).await.expect("it is told");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_room_a_newcomer_waits_until_a_place_is_left_or_can_be_spared() {
        let places = places(Bounds { connections: 1, ..Bounds::default() });
        let first = places.take(None).unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(500), places.room()).await.is_err());
        drop(first);
        places.room().await;
        let second = places.take(None).unwrap();
        tokio::time::advance(Bounds::default().spare).await;
        places.room().await;
        assert!(is_ended(&second));
    }

    #[tokio::test(start_paused = true)]
    async fn a_house_for_which_the_system_has_no_room_shrinks_and_grows_again() {
        let places = places(Bounds { connections: 10, idle: Duration::from_secs(600), ..Bounds::default() });
        let all: Vec<_> = (0..8).map(|_| places.take(None).unwrap()).collect();
        tokio::time::advance(Bounds::default().spare).await;
        places.shrink();
        assert_eq!(places.lock().taken.len(), 6);
        assert_eq!(places.lock().size, 6);
        (0..9).for_each(|_| places.cut_late());
        assert_eq!(places.lock().size, 10);
        drop(all);
    }
}
