//! Answers whose time says nothing of what was found: what depends on whether an address is known is done before the
//! answer, so that a failure can be told, and the answer then waits for the next tick, counted from the request.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Several times what the work takes, and too short for a person to notice.
const TICK: Duration = Duration::from_millis(50);

/// Does the work, and gives what came of it when the tick in which it was done is over.
pub(crate) async fn at_the_next<T>(work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let outcome = work.await;
    let ticks = began.elapsed().as_nanos() / TICK.as_nanos() + 1;
    sleep_until(began + TICK * u32::try_from(ticks).unwrap_or(u32::MAX)).await;
    outcome
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_of_any_length_within_a_tick_takes_the_same_time() {
        for (work, expected) in [(0, 50), (1, 50), (49, 50), (50, 100), (120, 150)] {
            let began = Instant::now();
            at_the_next(sleep(Duration::from_millis(work))).await;
            assert_eq!(began.elapsed(), Duration::from_millis(expected), "{work} ms");
        }
    }
}
