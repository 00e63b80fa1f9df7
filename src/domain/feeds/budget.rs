//! A limit for the cost of reading one document. The loops that do the work count their steps and the memory that they
//! hold; they end with [`Spent`] when either exceeds the limit, or when the caller has given up waiting.
//!
//! A step is about one visit to one byte. Reading should be linear, so the limit is proportional to the document's
//! length; a document that needs more has found a fault of ours, and must not hold up the others.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Steps that every document may take: the longest list of entries needs a third of them for judging.
const BASE_STEPS: u64 = 300_000_000;
/// Additional steps for each byte: ten times what the worst known kind of hostile document needs.
const STEPS_PER_BYTE: u64 = 300;

/// The minimum memory that is requested before a document is read.
const LEAST_ROOM: u64 = 4 * 1024 * 1024;
/// The memory that is requested for each byte of a document.
const ROOM_PER_BYTE: u64 = 32;

/// Why reading a document was aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Spent {
    /// It took more steps than allowed for its size.
    #[error("it takes far more work than a document of its size should")]
    Steps,
    /// It needs more memory than was allowed, in bytes.
    #[error("it needs more than {} MiB of memory (`polling.limits.memory_bytes`)", .0 / 1024 / 1024)]
    Memory(u64),
    /// The system does not provide the memory, in bytes, that reading may need.
    #[error("not enough memory: reading it may need {} MiB", .0 / 1024 / 1024)]
    Unavailable(u64),
    /// The caller has given up waiting.
    #[error("it took too long")]
    GivenUp,
}

/// A signal with which a waiting caller stops the reading.
#[derive(Debug, Clone, Default)]
pub struct GiveUp(Arc<AtomicBool>);

impl GiveUp {
    /// Stops the reading at its next count.
    pub fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The remaining budget of one document.
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
    /// A budget for a document of `length` bytes that may hold `memory` bytes while it is read.
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

    /// Requests the memory that reading the document may need, and returns it at once. Under a memory limit, a failure
    /// here fails only one visit, whereas a failed allocation during reading would end the process.
    ///
    /// # Errors
    /// [`Spent::Unavailable`]: the document should not be read now.
    pub fn ask_for_memory(&self) -> Result<(), Spent> {
        let room = self.most_bytes.min(LEAST_ROOM + ROOM_PER_BYTE * self.length);
        let unavailable = |_| Spent::Unavailable(room);
        Vec::<u8>::new().try_reserve_exact(usize::try_from(room).unwrap_or(usize::MAX)).map_err(unavailable)
    }

    /// A budget for work that is already bounded.
    #[must_use]
    pub fn unlimited() -> Self {
        Self { most_steps: u64::MAX, ..Self::new(0, u64::MAX, GiveUp::default()) }
    }

    /// Counts steps.
    ///
    /// # Errors
    /// [`Spent`]: the work must stop.
    pub fn step(&self, steps: usize) -> Result<(), Spent> {
        self.steps.set(self.steps.get() + steps as u64);
        if self.give_up.0.load(Ordering::Relaxed) {
            return Err(Spent::GivenUp);
        }
        if self.steps.get() > self.most_steps { Err(Spent::Steps) } else { Ok(()) }
    }

    /// Counts memory that is now held.
    ///
    /// # Errors
    /// [`Spent::Memory`]: the work must stop.
    pub fn hold(&self, bytes: usize) -> Result<(), Spent> {
        self.held.set(self.held.get() + bytes as u64);
        self.peak.set(self.peak.get().max(self.held.get()));
        if self.held.get() > self.most_bytes { Err(Spent::Memory(self.most_bytes)) } else { Ok(()) }
    }

    /// Counts memory that has been freed.
    pub fn release(&self, bytes: usize) {
        self.held.set(self.held.get().saturating_sub(bytes as u64));
    }

    /// The number of steps so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// The largest number of bytes held at once.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.peak.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_memory_is_counted_until_it_is_released() {
        let budget = Budget::new(0, 100, GiveUp::default());
        assert_eq!(budget.hold(80), Ok(()));
        budget.release(50);
        assert_eq!((budget.hold(60), budget.peak()), (Ok(()), 90));
        assert_eq!(budget.hold(20), Err(Spent::Memory(100)));
    }

    #[test]
    fn missing_memory_does_not_end_the_program() {
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
