//! Responses whose timing does not reveal whether an address is known. The work is done first, so that a failure can be
//! reported, and the response then waits for the next tick, counted from the request.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Several times as long as the work, and too short for a person to notice.
const TICK: Duration = Duration::from_millis(50);

/// Does the work, and returns its result at the end of the tick in which it was finished.
pub(crate) async fn until_next_tick<T>(work: impl Future<Output = T>) -> T {
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
            until_next_tick(sleep(Duration::from_millis(work))).await;
            assert_eq!(began.elapsed(), Duration::from_millis(expected), "{work} ms");
        }
    }
}
