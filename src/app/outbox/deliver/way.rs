//! The way out: closed when the next hop is away or refuses us whatever we send, tried again after growing pauses,
//! and open again when something got through. It is said once when it closes and once when it opens. The pause is
//! kept in the database, so that a restart does not knock at a closed door either.

use chrono::TimeDelta;

use super::failure::causes;
use crate::app::App;
use crate::domain::outbox::probe_pause;
use crate::store::{Pause, PauseCause};

/// How the way stands while messages are sent.
#[derive(Debug)]
pub(super) struct Way {
    /// It was closed, and a probe got through; the pause stands until a message does.
    tried: Option<Pause>,
    has_got_through: bool,
    closed_by: Option<String>,
    /// The database is a copy: the store gives out nothing but alarms.
    restored: Option<Pause>,
}

/// Looks whether messages may be sent; probes a closed way if its time has come, or `at_once`. `Err` is the pause.
pub(super) async fn find(app: &App, at_once: bool) -> anyhow::Result<Result<Way, Pause>> {
    let (relay, restored): (Vec<Pause>, Vec<Pause>) =
        app.store.pauses().await?.into_iter().partition(|pause| pause.cause == PauseCause::Relay);
    let restored = restored.into_iter().next();
    let open = Way { tried: None, has_got_through: false, closed_by: None, restored: restored.clone() };
    let Some(pause) = relay.into_iter().next() else { return Ok(Ok(open)) };
    let Some(probe) = pause.probe else { return Ok(Err(pause)) };
    let now = app.clock.now();
    // A clock that was ahead does not keep it closed for longer than a probe may be away.
    let is_due = probe <= now || probe - now > TimeDelta::from_std(probe_pause(u32::MAX))?;
    if !is_due && !at_once {
        return Ok(Err(restored.unwrap_or(pause)));
    }
    match app.transport.probe().await {
        Ok(()) => Ok(Ok(Way { tried: Some(pause), ..open })),
        Err(error) => Ok(Err(keep_closed(app, &pause, causes(&error)).await?)),
    }
}

impl Way {
    pub(super) fn is_closed(&self) -> bool {
        self.closed_by.is_some()
    }

    /// No further message is begun.
    pub(super) fn close(&mut self, reason: String) {
        self.closed_by.get_or_insert(reason);
    }

    /// The next hop answered to a message.
    pub(super) fn got_through(&mut self) {
        self.has_got_through = true;
    }

    /// Lifts the pause once something got through.
    pub(super) async fn mind(&mut self, app: &App) -> anyhow::Result<()> {
        if self.has_got_through && self.tried.take().is_some() {
            lift(app).await?;
        }
        Ok(())
    }

    /// When all is settled: the pause that stands now, if there is one.
    pub(super) async fn leave(self, app: &App) -> anyhow::Result<Option<Pause>> {
        match (self.closed_by, self.tried) {
            (None, None) => Ok(self.restored),
            (None, Some(_)) => {
                // There was nothing to send, and the probe is as good.
                lift(app).await?;
                Ok(self.restored)
            }
            (Some(reason), Some(pause)) => Ok(Some(keep_closed(app, &pause, reason).await?)),
            (Some(reason), None) => {
                let since = app.clock.now();
                let pause = Pause {
                    cause: PauseCause::Relay,
                    probe: Some(since + probe_pause(0)),
                    since,
                    reason,
                    failed_probes: 0,
                };
                app.store.pause(pause.clone()).await?;
                tracing::error!(reason = pause.reason, "delivery is paused; the way out is tried again by and by");
                Ok(Some(pause))
            }
        }
    }
}

async fn lift(app: &App) -> anyhow::Result<()> {
    app.store.lift(PauseCause::Relay).await?;
    tracing::info!("the way out is open again: delivery goes on");
    Ok(())
}

async fn keep_closed(app: &App, pause: &Pause, reason: String) -> anyhow::Result<Pause> {
    let failed_probes = pause.failed_probes.saturating_add(1);
    let probe = app.clock.now() + probe_pause(failed_probes);
    let pause = Pause { reason, probe: Some(probe), failed_probes, ..pause.clone() };
    app.store.pause(pause.clone()).await?;
    tracing::debug!(failed_probes, %probe, reason = pause.reason, "the way out is still closed");
    Ok(pause)
}
