//! Notifies systemd, if it started us: ready, reloading, stopping, and the watchdog's keep-alive. The protocol is
//! sd_notify(3); without `NOTIFY_SOCKET`, nothing is sent. Failing to notify is not an error.

use crate::app::operations::reload::Live;

#[cfg(unix)]
mod protocol {
    use sd_notify::NotifyState;
    pub(super) use sd_notify::watchdog_enabled;

    pub(super) fn notify(states: &[NotifyState<'_>]) {
        if let Err(error) = sd_notify::notify(states) {
            tracing::debug!("cannot notify the supervisor: {error}");
        }
    }

    pub(in crate::daemon) fn ready(status: &str) {
        notify(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    pub(in crate::daemon) fn reloading() {
        // systemd 253 and later need the time as well.
        let mut states = vec![NotifyState::Reloading];
        states.extend(NotifyState::monotonic_usec_now());
        notify(&states);
    }

    pub(in crate::daemon) fn stopping() {
        notify(&[NotifyState::Stopping, NotifyState::Status("finishing work in progress")]);
    }

    pub(in crate::daemon) fn status(status: &str) {
        notify(&[NotifyState::Status(status)]);
    }

    pub(super) fn alive() {
        notify(&[NotifyState::Watchdog]);
    }
}

#[cfg(not(unix))]
mod protocol {
    pub(super) fn watchdog_enabled() -> Option<std::time::Duration> {
        None
    }

    pub(in crate::daemon) fn ready(_: &str) {}
    pub(in crate::daemon) fn reloading() {}
    pub(in crate::daemon) fn stopping() {}
    pub(in crate::daemon) fn status(_: &str) {}
    pub(super) fn alive() {}
}

pub(super) use protocol::{ready, reloading, status, stopping};

/// The status after a configuration was refused.
pub(super) const REFUSED: &str = "the new configuration has errors; still running with the previous one";

/// Ends [`reloading`]. The protocol has no state for a refused reload, so only the status text says so.
pub(super) fn reloaded(is_refused: bool) {
    ready(if is_refused { REFUSED } else { "the configuration was reloaded" });
}

/// Sends the keep-alive at twice the requested rate while the runtime and the database respond. A long poll or a slow mail
/// server does not matter, nor does a database server that is away: a new process would not reach it either.
pub(super) async fn feed_watchdog(live: Live) {
    let Some(limit) = protocol::watchdog_enabled() else { return };
    loop {
        let app = live.app();
        match crate::app::operations::status::ready(&app).await {
            Err(_) if app.has_server() => protocol::alive(),
            Ok(()) => protocol::alive(),
            Err(error) => tracing::error!("the database does not answer: {error:#}"),
        }
        tokio::time::sleep(limit / 2).await;
    }
}
