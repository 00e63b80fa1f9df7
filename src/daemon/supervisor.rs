//! What systemd is told, if it started us: ready, reloading, stopping, and that we are alive. The protocol is sd_notify(3);
//! without `NOTIFY_SOCKET` nothing is said. Not to be heard is no reason to end.

use crate::app::App;

#[cfg(unix)]
mod protocol {
    use sd_notify::NotifyState;
    pub(super) use sd_notify::watchdog_enabled;

    pub(super) fn say(states: &[NotifyState<'_>]) {
        if let Err(error) = sd_notify::notify(states) {
            tracing::debug!("the supervisor does not listen: {error}");
        }
    }

    pub(in crate::daemon) fn ready(status: &str) {
        say(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    pub(in crate::daemon) fn reloading() {
        // systemd 253 and later want the time with it.
        let mut states = vec![NotifyState::Reloading];
        states.extend(NotifyState::monotonic_usec_now());
        say(&states);
    }

    pub(in crate::daemon) fn stopping() {
        say(&[NotifyState::Stopping, NotifyState::Status("finishing what is in flight")]);
    }

    pub(in crate::daemon) fn status(status: &str) {
        say(&[NotifyState::Status(status)]);
    }

    pub(super) fn alive() {
        say(&[NotifyState::Watchdog]);
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

/// The answer to [`reloading`]; the supervisor has no word for a reload that was refused.
pub(super) fn reloaded(is_refused: bool) {
    let status = if is_refused {
        "the edited configuration is refused, and the one before goes on"
    } else {
        "the configuration was read anew"
    };
    ready(status);
}

/// Says at twice the rate that is asked for that we are alive: the runtime turns, and the database answers. A long poll
/// or a slow mail server is no illness.
pub(super) async fn feed_watchdog(app: App) {
    let Some(limit) = protocol::watchdog_enabled() else { return };
    loop {
        match crate::app::operations::status::ready(&app).await {
            Ok(()) => protocol::alive(),
            Err(error) => tracing::error!("the database does not answer: {error:#}"),
        }
        tokio::time::sleep(limit / 2).await;
    }
}
