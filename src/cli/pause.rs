//! How a pause of delivery is shown.

use chrono_tz::Tz;
use serde_json::json;

use crate::store::{Pause, PauseCause};

/// "since Mon 23 Nov 2026 09:00: cannot connect to …; tried again at 09:04", and what a person can do.
pub(super) fn pause_line(pause: &Pause, zone: Tz) -> String {
    let since = pause.since.with_timezone(&zone).format("%a %-d %b %Y %H:%M");
    let next = match (pause.cause, pause.probe) {
        (PauseCause::Relay, Some(probe)) => format!("tried again at {}", probe.with_timezone(&zone).format("%H:%M:%S")),
        _ => "`policy-digest resume` lets it go on".to_owned(),
    };
    format!("since {since}: {}; {next}", pause.reason)
}

pub(super) fn pause_json(pause: &Pause) -> serde_json::Value {
    json!({
        "cause": pause.cause.as_str(),
        "reason": pause.reason,
        "since": pause.since.to_rfc3339(),
        "next_probe": pause.probe.map(|at| at.to_rfc3339()),
        "failed_probes": pause.failed_probes,
    })
}
