//! Flow control of one delivery: how many messages may be started now and, if none may, why.
//!
//! `domain::outbox::flow` has the circuit breaker and the concurrency limiter; governor has the rate limiter (GCRA). An
//! open circuit is stored as a pause, so that a restart does not use a failing relay either, and is probed at growing
//! intervals. It is logged once when it opens and once when it closes.

use std::num::NonZeroU32;

use chrono::TimeDelta;
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use crate::app::App;
use crate::domain::outbox::flow::{Circuit, Flow, Trouble};
use crate::domain::outbox::probe_pause;
use crate::mail::with_causes;
use crate::store::{Pause, PauseCause};

/// The start of a delivery.
pub(super) enum Start {
    /// Nothing may be sent now.
    Paused(Pause),
    /// Messages may be sent.
    Ready(FlowControl),
}

/// The flow control of one delivery; see the module.
pub(super) struct FlowControl {
    flow: Flow,
    rate: Option<Rate>,
    /// The pause of a circuit that was open when this delivery began and whose probe succeeded. It is lifted when a
    /// message has been answered.
    trial: Option<Pause>,
    /// The pause of a restored copy, for which the store provides only alarms.
    restored: Option<Pause>,
}

impl FlowControl {
    /// Probes an open circuit if the probe is due, or if `at_once`.
    pub(super) async fn start(app: &App, at_once: bool, max_concurrency: usize, rate: u32) -> anyhow::Result<Start> {
        let (relay, restored): (Vec<Pause>, Vec<Pause>) =
            app.store.outbox().pauses().await?.into_iter().partition(|pause| pause.cause == PauseCause::Relay);
        let (relay, restored) = (relay.into_iter().next(), restored.into_iter().next());
        let trial = match relay {
            None => None,
            Some(pause) if !at_once && !is_probe_due(app, &pause)? => {
                return Ok(Start::Paused(restored.unwrap_or(pause)));
            }
            Some(pause) => match app.transport.probe().await {
                Ok(()) => Some(pause),
                Err(error) => return Ok(Start::Paused(keep_open(app, &pause, with_causes(&error)).await?)),
            },
        };
        let rate = NonZeroU32::new(rate).map(Rate::new);
        Ok(Start::Ready(Self { flow: Flow::new(max_concurrency), rate, trial, restored }))
    }

    /// Whether no more messages will be started in this delivery.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.flow.circuit(), Circuit::Open { .. })
    }

    /// How many messages may be started in addition to those `in_flight`, if the rate allows them.
    pub(super) fn free_slots(&self, in_flight: usize) -> usize {
        self.flow.limit().saturating_sub(in_flight)
    }

    /// Takes permits of the rate limiter for as many messages as may be started now.
    pub(super) fn take(&mut self, in_flight: usize) -> usize {
        let wanted = self.free_slots(in_flight);
        self.rate.as_mut().map_or(wanted, |rate| rate.take(wanted))
    }

    /// When the rate limiter allows the next message.
    pub(super) fn next_permit(&self) -> Instant {
        self.rate.as_ref().map_or_else(Instant::now, |rate| rate.next)
    }

    /// The generation that an attempt records when it starts, for [`Self::failed`].
    pub(super) fn generation(&self) -> u32 {
        self.flow.generation()
    }

    /// The next hop answered a message.
    pub(super) async fn answered(&mut self, app: &App) -> anyhow::Result<()> {
        self.flow.answered();
        match self.trial.take_if(|_| *self.flow.circuit() == Circuit::Closed) {
            Some(_) => close(app).await,
            None => Ok(()),
        }
    }

    /// An attempt that started in `generation` failed with this trouble.
    pub(super) fn failed(&mut self, trouble: Trouble, generation: u32, reason: &str) {
        self.flow.failed(trouble, generation, reason);
    }

    /// Stores the state of the circuit after all attempts are settled. Returns the current pause, if there is one.
    pub(super) async fn finish(self, app: &App) -> anyhow::Result<Option<Pause>> {
        match (self.flow.circuit(), self.trial) {
            (Circuit::Open { reason }, Some(pause)) => Ok(Some(keep_open(app, &pause, reason.clone()).await?)),
            (Circuit::Open { reason }, None) => Ok(Some(open(app, reason.clone()).await?)),
            // There was nothing to send, and the successful probe is enough.
            (_, Some(_)) => close(app).await.map(|()| self.restored),
            (_, None) => Ok(self.restored),
        }
    }
}

/// Whether an open circuit may be probed. A clock that was ahead must not keep it open for longer than the longest
/// pause.
fn is_probe_due(app: &App, pause: &Pause) -> anyhow::Result<bool> {
    let (now, longest) = (app.clock.now(), TimeDelta::from_std(probe_pause(u32::MAX))?);
    Ok(pause.probe.is_some_and(|probe| probe <= now || probe - now > longest))
}

async fn open(app: &App, reason: String) -> anyhow::Result<Pause> {
    let since = app.clock.now();
    let probe = Some(since + probe_pause(0));
    let pause = Pause { cause: PauseCause::Relay, probe, since, reason, failed_probes: 0 };
    app.store.outbox().pause(pause.clone()).await?;
    tracing::error!(reason = pause.reason, "delivery is paused; retrying automatically");
    Ok(pause)
}

async fn keep_open(app: &App, pause: &Pause, reason: String) -> anyhow::Result<Pause> {
    let failed_probes = pause.failed_probes.saturating_add(1);
    let probe = app.clock.now() + probe_pause(failed_probes);
    let pause = Pause { reason, probe: Some(probe), failed_probes, ..pause.clone() };
    app.store.outbox().pause(pause.clone()).await?;
    tracing::debug!(failed_probes, %probe, reason = pause.reason, "the mail server still cannot be used");
    Ok(pause)
}

async fn close(app: &App) -> anyhow::Result<()> {
    app.store.outbox().lift(PauseCause::Relay).await?;
    tracing::info!("the mail server can be used again: delivery continues");
    Ok(())
}

/// `messages_per_second` as a rate limiter. The burst is the amount for a hundredth of a second, so that the limit
/// holds for every second although timers are coarse.
struct Rate<C: Clock = MonotonicClock> {
    limiter: RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<C::Instant>>,
    clock: C,
    next: Instant,
}

impl Rate {
    fn new(per_second: NonZeroU32) -> Self {
        Self::with_clock(per_second, MonotonicClock)
    }
}

impl<C: Clock + Clone> Rate<C> {
    fn with_clock(per_second: NonZeroU32, clock: C) -> Self {
        let burst = NonZeroU32::new(per_second.get() / 100).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(per_second).allow_burst(burst);
        Self { limiter: RateLimiter::direct_with_clock(quota, clock.clone()), clock, next: Instant::now() }
    }

    /// Takes up to `wanted` permits.
    fn take(&mut self, wanted: usize) -> usize {
        for taken in 0..wanted {
            if let Err(not_until) = self.limiter.check() {
                self.next = Instant::now() + not_until.wait_time_from(self.clock.now());
                return taken;
            }
        }
        wanted
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn rate(per_second: u32) -> (Rate<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (Rate::with_clock(NonZeroU32::new(per_second).unwrap(), clock.clone()), clock)
    }

    #[test]
    fn no_second_has_more_than_the_limit_and_a_hundredth() {
        let (mut rate, clock) = rate(200);
        let mut taken = Vec::new();
        for milliseconds in 0..5000 {
            taken.extend(std::iter::repeat_n(milliseconds, rate.take(8)));
            clock.advance(Duration::from_millis(1));
        }
        for begin in 0..4000 {
            let within = taken.iter().filter(|at| (begin..begin + 1000).contains(*at)).count();
            assert!((198..=202).contains(&within), "{within} in the second from {begin} ms");
        }
    }

    #[test]
    fn an_idle_hour_allows_no_burst() {
        let (mut rate, clock) = rate(200);
        clock.advance(Duration::from_secs(3600));
        assert_eq!((rate.take(100), rate.take(100)), (2, 0));
        clock.advance(Duration::from_millis(5));
        assert_eq!(rate.take(100), 1);
    }
}
