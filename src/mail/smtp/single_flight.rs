//! Single flight for new connections: until one has succeeded they are opened one at a time, and those that waited share the
//! failure. A wrong password is tried once, not once for each connection.

use std::sync::{Mutex, PoisonError};

use crate::mail::{Error, Verdict, with_causes};

/// Guards the opening of connections.
#[derive(Debug, Default)]
pub(super) struct SingleFlight {
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default, Clone)]
struct State {
    /// The last connection succeeded, so the next ones need not wait.
    is_open: bool,
    failures: u64,
    last: Option<(String, Verdict, Option<&'static str>)>,
}

impl SingleFlight {
    /// Runs `open`, alone or, once a connection has succeeded, beside others.
    ///
    /// # Errors
    /// [`Error::Repeated`] if another connection failed while this one waited; else what `open` fails with.
    pub(super) async fn run<T>(&self, open: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let before = self.state();
        let turn = if before.is_open { None } else { Some(self.turn.lock().await) };
        let now = self.state();
        let _turn = turn.filter(|_| !now.is_open);
        if !now.is_open
            && now.failures > before.failures
            && let Some((text, verdict, hint)) = now.last
        {
            return Err(Error::Repeated { text, verdict, hint });
        }
        let opened = open.await;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_open = opened.is_ok();
        if let Err(error) = &opened {
            state.failures += 1;
            state.last = Some((with_causes(error), error.verdict(), error.hint()));
        }
        opened
    }

    fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
