//! What reading one document may cost. The loops that do the work count their steps and what they hold in memory, and
//! end with [`Spent`] when there is too much of either, or when the one who waits has given up.
//!
//! A step is about one byte looked at once. As all reading is meant to be linear, the steps that are allowed are so many
//! for each byte of the document; what needs more has met a fault of ours, and must not stop the others.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Steps that any document may take: the longest list of entries is judged with a third of them.
const BASE_STEPS: u64 = 300_000_000;
/// And so many for each of its bytes: ten times what the worst of the known families of hostile documents takes.
const STEPS_PER_BYTE: u64 = 300;

/// Memory that is asked for before a document is read: so much for any,
const LEAST_ROOM: u64 = 4 * 1024 * 1024;
/// and so much for each of its bytes.
const ROOM_PER_BYTE: u64 = 32;

/// Why reading a document was broken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Spent {
    /// It took more steps than a document of its size may.
    #[error("it takes far more work than a document of its size should")]
    Steps,
    /// It needs more memory than was allowed, in bytes.
    #[error("it needs more than {} MiB of memory (`polling.limits.memory_bytes`)", .0 / 1024 / 1024)]
    Memory(u64),
    /// The process cannot have the memory that reading it may need, in bytes.
    #[error("there is no memory for it: reading it may need {} MiB", .0 / 1024 / 1024)]
    Unavailable(u64),
    /// The one who waited for it has given up.
    #[error("it took too long")]
    GivenUp,
}

/// The word to give up, held by the one who waits.
#[derive(Debug, Clone, Default)]
pub struct GiveUp(Arc<AtomicBool>);

impl GiveUp {
    /// Breaks the reading off at its next count.
    pub fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What is left of it. Each document has its own.
#[derive(Debug)]
pub struct Budget {
    length: u64,
    most_steps: u64,
    most_bytes: u64,
    steps: Cell<u64>,
    held: Cell<u64>,
    peak: Cell<u64>,
    give_up: GiveUp,
}

impl Budget {
    /// For a document of `length` bytes, which may hold `memory` bytes while it is read.
    #[must_use]
    pub fn new(length: usize, memory: u64, give_up: GiveUp) -> Self {
        Self {
            length: length as u64,
            most_steps: BASE_STEPS + STEPS_PER_BYTE * length as u64,
            most_bytes: memory,
            steps: Cell::default(),
            held: Cell::default(),
            peak: Cell::default(),
            give_up,
        }
    }

    /// Asks the system for the memory that reading the document may need, and gives it back. Where a limit is set on the
    /// process, this fails one visit; an allocation that fails while the document is read would end the process.
    ///
    /// # Errors
    /// [`Spent::Unavailable`]: the document should not be read now.
    pub fn ask_for_memory(&self) -> Result<(), Spent> {
        let room = self.most_bytes.min(LEAST_ROOM + ROOM_PER_BYTE * self.length);
        let unavailable = |_| Spent::Unavailable(room);
        Vec::<u8>::new().try_reserve_exact(usize::try_from(room).unwrap_or(usize::MAX)).map_err(unavailable)
    }

    /// For work that is bounded already.
    #[must_use]
    pub fn unlimited() -> Self {
        Self { most_steps: u64::MAX, ..Self::new(0, u64::MAX, GiveUp::default()) }
    }

    /// Counts steps.
    ///
    /// # Errors
    /// [`Spent`]: the work must end here.
    pub fn step(&self, steps: usize) -> Result<(), Spent> {
        self.steps.set(self.steps.get() + steps as u64);
        if self.give_up.0.load(Ordering::Relaxed) {
            return Err(Spent::GivenUp);
        }
        if self.steps.get() > self.most_steps { Err(Spent::Steps) } else { Ok(()) }
    }

    /// Counts memory that is held from now on.
    ///
    /// # Errors
    /// [`Spent::Memory`]: the work must end here.
    pub fn hold(&self, bytes: usize) -> Result<(), Spent> {
        self.held.set(self.held.get() + bytes as u64);
        self.peak.set(self.peak.get().max(self.held.get()));
        if self.held.get() > self.most_bytes { Err(Spent::Memory(self.most_bytes)) } else { Ok(()) }
    }

    /// Counts memory that is held no more.
    pub fn release(&self, bytes: usize) {
        self.held.set(self.held.get().saturating_sub(bytes as u64));
    }

    /// Steps so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// The most bytes that were held at once.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.peak.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_counted_until_it_is_released() {
        let budget = Budget::new(0, 100, GiveUp::default());
        assert_eq!(budget.hold(80), Ok(()));
        budget.release(50);
        assert_eq!((budget.hold(60), budget.peak()), (Ok(()), 90));
        assert_eq!(budget.hold(20), Err(Spent::Memory(100)));
    }

    #[test]
    fn memory_that_cannot_be_had_is_no_reason_to_end() {
        let huge = Budget::new(usize::MAX / 1024, u64::MAX, GiveUp::default());
        assert!(matches!(huge.ask_for_memory(), Err(Spent::Unavailable(_))));
        assert_eq!(Budget::new(1_000, u64::MAX, GiveUp::default()).ask_for_memory(), Ok(()));
    }

    #[test]
    fn a_document_that_takes_too_much_work_or_that_is_not_waited_for_is_broken_off() {
        let give_up = GiveUp::default();
        let budget = Budget::new(10, 0, give_up.clone());
        let most = (BASE_STEPS + 10 * STEPS_PER_BYTE) as usize;
        assert_eq!((budget.step(most), budget.step(1)), (Ok(()), Err(Spent::Steps)));
        give_up.now();
        assert_eq!(budget.step(0), Err(Spent::GivenUp));
    }
}
