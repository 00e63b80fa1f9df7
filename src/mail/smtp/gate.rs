//! While it is not known that connections come about, they are tried one at a time, and whoever waited meanwhile
//! shares the failure: a wrong password is offered once, not once for each connection that is wanted.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::mail::{Error, Verdict};

/// Before each new connection.
#[derive(Debug, Default)]
pub(super) struct Gate {
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_open: bool,
    failures: u64,
    last: Option<(String, Verdict, Option<&'static str>)>,
}

/// The right to dial, alone or, when the gate is open, beside others.
pub(super) type Turn<'g> = Option<tokio::sync::MutexGuard<'g, ()>>;

impl Gate {
    /// Waits until it is this one's turn.
    ///
    /// # Errors
    /// [`Error::Repeated`]: another connection failed meanwhile.
    pub(super) async fn enter(&self) -> Result<Turn<'_>, Error> {
        let failures = {
            let state = self.state();
            if state.is_open {
                return Ok(None);
            }
            state.failures
        };
        let turn = self.turn.lock().await;
        let state = self.state();
        if state.is_open {
            return Ok(None);
        }
        match state.last.clone().filter(|_| state.failures > failures) {
            Some((text, verdict, hint)) => Err(Error::Repeated { text, verdict, hint }),
            None => Ok(Some(turn)),
        }
    }

    /// What came of dialling.
    pub(super) fn note<T>(&self, opened: &Result<T, Error>) {
        let mut state = self.state();
        state.is_open = opened.is_ok();
        if let Err(error) = opened {
            state.failures += 1;
            state.last = Some((with_causes(error), error.verdict(), error.hint()));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error and its causes on one line.
fn with_causes(error: &Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
