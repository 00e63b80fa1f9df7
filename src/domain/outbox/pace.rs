//! How many messages are sent in parallel: one until the first got through, then as many as are allowed, fewer after a
//! server said that it has enough (421, RFC 5321 §3.8), and none when the next hop cannot be used. For how long that is,
//! `app::outbox::deliver` decides.

/// What stood in the way of an attempt, beside an answer to the message itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No connection, no secure channel, no log-in: no message would fare better.
    Way,
    /// The server has enough for now: 421 in mid-session.
    Busy,
    /// The connection broke in mid-message. One message may do that by itself.
    Broken,
}

/// So many connections that break one after another, with nothing got through between them, close the way.
const BROKEN_IN_A_ROW: u32 = 5;

/// After so many messages without trouble one more is tried side by side.
const CALM: u32 = 100;

/// What was learnt of the way while messages were tried.
#[derive(Debug, Clone)]
pub struct Pace {
    most: usize,
    ceiling: usize,
    is_proven: bool,
    doubts: u32,
    in_a_row: u32,
    calm: u32,
}

impl Pace {
    /// At most so many side by side; at least one.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let most = most.max(1);
        Self { most, ceiling: most, is_proven: false, doubts: 0, in_a_row: 0, calm: 0 }
    }

    /// How many may be under way now.
    #[must_use]
    pub fn places(&self) -> usize {
        if self.is_proven { self.ceiling } else { 1 }
    }

    /// How often the way has been doubted: each attempt notes it when it begins.
    #[must_use]
    pub fn doubts(&self) -> u32 {
        self.doubts
    }

    /// The server answered to a message, whatever it said.
    pub fn got_through(&mut self) {
        (self.is_proven, self.in_a_row) = (true, 0);
        self.calm += 1;
        if self.calm >= CALM {
            (self.calm, self.ceiling) = (0, self.most.min(self.ceiling + 1));
        }
    }

    /// An attempt that began when there had been so many `doubts` met trouble. True if the way is closed.
    #[must_use]
    pub fn met(&mut self, trouble: Trouble, doubts: u32) -> bool {
        self.calm = 0;
        if doubts != self.doubts {
            // It began before the last trouble was known, and says nothing that is new.
            return false;
        }
        if self.is_proven {
            // From now on one at a time, until one gets through.
            (self.is_proven, self.in_a_row) = (false, 0);
            self.doubts += 1;
            if trouble != Trouble::Broken {
                self.ceiling = (self.ceiling / 2).max(1);
            }
            return false;
        }
        self.in_a_row += 1;
        match trouble {
            Trouble::Way | Trouble::Busy => true,
            Trouble::Broken => self.in_a_row >= BROKEN_IN_A_ROW,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_first_and_the_others_follow_when_it_got_through() {
        let mut pace = Pace::new(8);
        assert_eq!(pace.places(), 1);
        pace.got_through();
        assert_eq!(pace.places(), 8);
    }

    #[test]
    fn a_way_that_is_closed_from_the_start_costs_one_attempt() {
        assert!(Pace::new(8).met(Trouble::Way, 0));
    }

    #[test]
    fn a_server_that_has_enough_gets_fewer_at_a_time_and_more_again_by_and_by() {
        let mut pace = Pace::new(8);
        pace.got_through();
        // Eight are under way, and five are told off at once: that is one trouble, not five.
        for _ in 0..5 {
            assert!(!pace.met(Trouble::Busy, 0));
        }
        assert_eq!(pace.places(), 1);
        pace.got_through();
        assert_eq!(pace.places(), 4);
        for _ in 0..CALM {
            pace.got_through();
        }
        assert_eq!(pace.places(), 5);
    }

    #[test]
    fn trouble_with_the_first_one_after_trouble_closes_the_way() {
        let mut pace = Pace::new(8);
        pace.got_through();
        assert!(!pace.met(Trouble::Way, pace.doubts()));
        assert!(pace.met(Trouble::Busy, pace.doubts()));
    }

    #[test]
    fn connections_that_break_now_and_then_close_nothing_and_many_in_a_row_do() {
        let mut pace = Pace::new(8);
        for _ in 0..50 {
            pace.got_through();
            assert!(!pace.met(Trouble::Broken, pace.doubts()));
            assert!(!pace.met(Trouble::Broken, pace.doubts()));
        }
        pace.got_through();
        assert_eq!(pace.places(), 8, "it is not the server that has enough");
        let closed: Vec<bool> = (0..=BROKEN_IN_A_ROW).map(|_| pace.met(Trouble::Broken, pace.doubts())).collect();
        assert_eq!(closed, [false, false, false, false, false, true]);
    }
}
