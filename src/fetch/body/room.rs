//! Room for the bytes that were fetched and are not done with: bodies that grow, bodies that wait for a reader, and
//! what was read until it is kept. However many feeds answer at once, and however much, the memory for it is bounded.
//!
//! The beginning of each body is free, so that an ordinary feed never waits for a large one. What grows beyond it takes
//! its bytes from a common store and brings them back when it is dropped. When the store is empty, one may go on without
//! it: the holder of that permit can always finish, so that two which each wait for the other's bytes are no deadlock, and
//! a body larger than the whole store can be read. So there is never more than the store, one body beyond it, and the
//! free beginnings.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is not counted of each body: most feeds are shorter.
pub(in crate::fetch) const FREE_BYTES: usize = 256 * 1024;
/// What all others hold together.
const STORE_BYTES: usize = 16 * 1024 * 1024;
/// What is counted together.
const UNIT_BYTES: usize = 64 * 1024;

/// The common store.
#[derive(Debug, Clone)]
pub(in crate::fetch) struct Room {
    units: Arc<Semaphore>,
    /// The leave to go on without it, for one at a time.
    beyond: Arc<Semaphore>,
}

/// What one body, and then what was read of it, takes of the store; it is brought back when this is dropped.
#[derive(Debug)]
pub struct Share {
    room: Room,
    bytes: usize,
    units: Option<OwnedSemaphorePermit>,
    beyond: Option<OwnedSemaphorePermit>,
}

impl Room {
    pub(in crate::fetch) fn new() -> Self {
        Self::of(STORE_BYTES)
    }

    pub(in crate::fetch) fn of(bytes: usize) -> Self {
        Self { units: Arc::new(Semaphore::new(bytes / UNIT_BYTES)), beyond: Arc::new(Semaphore::new(1)) }
    }

    /// A share of no bytes yet.
    pub(in crate::fetch) fn share(&self) -> Share {
        Share { room: self.clone(), bytes: 0, units: None, beyond: None }
    }
}

/// The units that a body of this length takes.
fn units(bytes: usize) -> usize {
    bytes.saturating_sub(FREE_BYTES).div_ceil(UNIT_BYTES)
}

impl Share {
    /// Waits until there is room for `bytes` in all; room for fewer is there already.
    pub async fn grow_to(&mut self, bytes: usize) {
        let more = units(bytes).saturating_sub(units(self.bytes));
        self.bytes = self.bytes.max(bytes);
        if more == 0 || self.beyond.is_some() {
            return;
        }
        let closed = "the semaphores are never closed";
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        tokio::select! {
            biased;
            units = Arc::clone(&self.room.units).acquire_many_owned(more) => match &mut self.units {
                Some(held) => held.merge(units.expect(closed)),
                none => *none = Some(units.expect(closed)),
            },
            leave = Arc::clone(&self.room.beyond).acquire_owned() => self.beyond = Some(leave.expect(closed)),
        }
    }

    /// Returns what is more than `bytes` in all.
    pub fn shrink_to(&mut self, bytes: usize) {
        let spare = units(self.bytes).saturating_sub(units(bytes));
        self.bytes = self.bytes.min(bytes);
        if let Some(held) = &mut self.units {
            drop(held.split(spare.min(held.num_permits())));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt as _;

    use super::*;

    const MANY: usize = FREE_BYTES + 4 * UNIT_BYTES;

    /// Shares that got their room without waiting.
    fn served(room: &Room, bytes: usize) -> Vec<Share> {
        let shares = std::iter::from_fn(|| {
            let mut share = room.share();
            share.grow_to(bytes).now_or_never().map(|()| share)
        });
        shares.take(100).collect()
    }

    #[tokio::test]
    async fn no_more_is_held_than_the_store_and_one_beyond_it() {
        let room = Room::of(10 * UNIT_BYTES);
        let held = served(&room, MANY);
        assert_eq!(held.len(), 3, "two of four units, and one without any");
        assert_eq!(served(&room, FREE_BYTES).len(), 100, "a small body waits for nobody");
        let mut held = held;
        held[0].shrink_to(FREE_BYTES + UNIT_BYTES);
        assert_eq!(room.units.available_permits(), 2 + 3, "what is not needed comes back");
        drop(held);
        assert_eq!((room.units.available_permits(), room.beyond.available_permits()), (10, 1), "it all comes back");
    }

    #[tokio::test]
    async fn a_body_larger_than_the_store_is_read_and_so_are_those_that_wait_for_each_other() {
        let room = Room::of(10 * UNIT_BYTES);
        let grow = async || {
            let mut share = room.share();
            for bytes in (0..40 * MANY).step_by(UNIT_BYTES) {
                share.grow_to(bytes).await;
                tokio::task::yield_now().await;
            }
        };
        let all = futures::future::join_all((0..20).map(|_| grow()));
        tokio::time::timeout(Duration::from_secs(20), all).await.expect("each comes to its end");
    }
}
