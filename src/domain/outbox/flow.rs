//! Flow control for one relay: a circuit breaker and a concurrency limiter.
//!
//! The circuit starts half-open: one message goes first, and the others follow when the relay has answered it. It stays
//! closed until an attempt meets trouble, then goes back to half-open, and opens when the next trial meets trouble too.
//! While it is open nothing is sent; for how long is decided by [`super::probe_pause`]. The limiter halves the number of
//! concurrent attempts after a 421 (RFC 5321 §3.8) or a failed connection, and adds one after a hundred good ones.

/// What went wrong with an attempt, apart from an answer about the message itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No connection, no secure channel or no log-in: no message would fare better.
    Relay,
    /// The server has had enough for now: 421 in mid-session.
    Busy,
    /// The connection broke in mid-message. One message may cause that by itself.
    Broken,
}

/// Whether messages pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Circuit {
    /// The relay answers.
    Closed,
    /// Not known: one message at a time is tried.
    HalfOpen {
        /// Connections that broke one after another since the circuit was last closed.
        broken: u32,
    },
    /// Nothing passes.
    Open {
        /// What the last attempt failed with.
        reason: String,
    },
}

/// Connections that may break in a row before the circuit opens.
const MAX_BROKEN_IN_A_ROW: u32 = 5;

/// Attempts without trouble after which one more may run concurrently.
const CALM_ATTEMPTS: u32 = 100;

/// What one delivery has learnt about its relay.
#[derive(Debug, Clone)]
pub struct Flow {
    circuit: Circuit,
    /// Increases each time the circuit leaves `Closed`: an attempt of an earlier generation says nothing new.
    generation: u32,
    max_concurrency: usize,
    concurrency: usize,
    calm_attempts: u32,
}

impl Flow {
    /// Half-open, with at most `max_concurrency` attempts at a time (at least one).
    #[must_use]
    pub fn new(max_concurrency: usize) -> Self {
        let max_concurrency = max_concurrency.max(1);
        Self {
            circuit: Circuit::HalfOpen { broken: 0 },
            generation: 0,
            max_concurrency,
            concurrency: max_concurrency,
            calm_attempts: 0,
        }
    }

    /// The state of the circuit breaker.
    #[must_use]
    pub fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    /// How many attempts may run at this moment.
    #[must_use]
    pub fn limit(&self) -> usize {
        match self.circuit {
            Circuit::Closed => self.concurrency,
            Circuit::HalfOpen { .. } => 1,
            Circuit::Open { .. } => 0,
        }
    }

    /// The present generation, which an attempt notes when it starts.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The server answered a message, whatever it said. An open circuit stays open until a probe.
    pub fn answered(&mut self) {
        if let Circuit::HalfOpen { .. } = self.circuit {
            self.circuit = Circuit::Closed;
        }
        self.calm_attempts += 1;
        if self.calm_attempts >= CALM_ATTEMPTS {
            self.calm_attempts = 0;
            self.concurrency = self.max_concurrency.min(self.concurrency + 1);
        }
    }

    /// An attempt that started in `generation` met trouble, described by `reason`.
    pub fn failed(&mut self, trouble: Trouble, generation: u32, reason: &str) {
        self.calm_attempts = 0;
        if generation != self.generation {
            return;
        }
        match &mut self.circuit {
            Circuit::Closed => {
                self.circuit = Circuit::HalfOpen { broken: 0 };
                self.generation += 1;
                if trouble != Trouble::Broken {
                    self.concurrency = (self.concurrency / 2).max(1);
                }
            }
            Circuit::HalfOpen { broken } => {
                *broken += 1;
                if trouble != Trouble::Broken || *broken >= MAX_BROKEN_IN_A_ROW {
                    self.circuit = Circuit::Open { reason: reason.to_owned() };
                }
            }
            Circuit::Open { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_open(flow: &Flow) -> bool {
        matches!(flow.circuit(), Circuit::Open { .. })
    }

    fn fail(flow: &mut Flow, trouble: Trouble) {
        flow.failed(trouble, flow.generation(), "no answer");
    }

    #[test]
    fn one_goes_first_and_the_others_follow_when_it_got_through() {
        let mut flow = Flow::new(8);
        assert_eq!(flow.limit(), 1);
        flow.answered();
        assert_eq!(flow.limit(), 8);
    }

    #[test]
    fn a_relay_that_is_away_from_the_start_costs_one_attempt() {
        let mut flow = Flow::new(8);
        flow.failed(Trouble::Relay, 0, "connection refused");
        assert_eq!(flow.circuit(), &Circuit::Open { reason: "connection refused".to_owned() });
        assert_eq!(flow.limit(), 0);
    }

    #[test]
    fn a_server_that_has_had_enough_gets_fewer_at_a_time_and_gradually_more_again() {
        let mut flow = Flow::new(8);
        flow.answered();
        // Of eight attempts under way five are refused at once: that is one trouble, not five.
        for _ in 0..5 {
            flow.failed(Trouble::Busy, 0, "421");
        }
        assert_eq!(flow.limit(), 1);
        flow.answered();
        assert_eq!(flow.limit(), 4);
        for _ in 0..CALM_ATTEMPTS {
            flow.answered();
        }
        assert_eq!(flow.limit(), 5);
    }

    #[test]
    fn trouble_with_the_first_one_after_trouble_opens_the_circuit() {
        let mut flow = Flow::new(8);
        flow.answered();
        fail(&mut flow, Trouble::Relay);
        assert!(!is_open(&flow));
        fail(&mut flow, Trouble::Busy);
        assert!(is_open(&flow));
    }

    #[test]
    fn connections_that_break_now_and_then_open_nothing_and_many_in_a_row_do() {
        let mut flow = Flow::new(8);
        for _ in 0..50 {
            flow.answered();
            fail(&mut flow, Trouble::Broken);
            fail(&mut flow, Trouble::Broken);
            assert!(!is_open(&flow));
        }
        flow.answered();
        assert_eq!(flow.limit(), 8, "the server has not had enough");
        let opened: Vec<bool> = (0..=MAX_BROKEN_IN_A_ROW)
            .map(|_| {
                fail(&mut flow, Trouble::Broken);
                is_open(&flow)
            })
            .collect();
        assert_eq!(opened, [false, false, false, false, false, true]);
    }
}
