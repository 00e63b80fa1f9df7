//! Flow control for one relay: a circuit breaker and a concurrency limiter.
//!
//! The circuit starts half-open: one message goes first, and the others follow when the relay has answered it. The
//! circuit is then closed until an attempt meets trouble; it goes back to half-open, and opens if the next trial meets
//! trouble too. While it is open nothing is sent; [`super::probe_pause`] decides for how long. The limiter halves the
//! number of concurrent attempts after a 421 (RFC 5321 §3.8) or a failed connection, and adds one after a hundred
//! attempts without trouble.

/// A failed attempt, other than a reply about the message itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No connection, no secure channel or no log-in: other messages would fail too.
    Relay,
    /// The server is overloaded: 421 during the session.
    Busy,
    /// The connection broke in the middle of a message. The message itself may be the cause.
    Broken,
}

/// The state of the circuit breaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Circuit {
    /// The relay answers.
    Closed,
    /// Not known: one message at a time is tried.
    HalfOpen {
        /// Consecutive broken connections since the circuit was last closed.
        broken: u32,
    },
    /// Nothing is sent.
    Open {
        /// The error of the last attempt.
        reason: String,
    },
}

/// The number of consecutive broken connections after which the circuit opens.
const MAX_BROKEN_IN_A_ROW: u32 = 5;

/// Attempts without trouble after which the limit rises by one.
const CALM_ATTEMPTS: u32 = 100;

/// What one delivery has learnt about its relay.
#[derive(Debug, Clone)]
pub struct Flow {
    circuit: Circuit,
    /// Increases each time the circuit leaves `Closed`: attempts of an earlier generation give no new information.
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

    /// How many attempts may run now.
    #[must_use]
    pub fn limit(&self) -> usize {
        match self.circuit {
            Circuit::Closed => self.concurrency,
            Circuit::HalfOpen { .. } => 1,
            Circuit::Open { .. } => 0,
        }
    }

    /// The current generation, which an attempt records when it starts.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The server answered a message, with any reply. An open circuit stays open until a probe.
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
        // Five of eight running attempts are refused at once: that is one trouble, not five.
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
