//! How a pause of delivery is shown.

use chrono_tz::Tz;
use serde_json::json;

use crate::store::{Pause, PauseCause};

/// "since Mon 23 Nov 2026 09:00: cannot connect to …".
pub(crate) fn since_line(pause: &Pause, zone: Tz) -> String {
    format!("since {}: {}", pause.since.with_timezone(&zone).format("%a %-d %b %Y %H:%M"), pause.reason)
}

/// The same, and how it ends: "…; tried again at 09:04:00", or what a person can do.
pub(crate) fn pause_line(pause: &Pause, zone: Tz) -> String {
    let next = match (pause.cause, pause.probe) {
        (PauseCause::Relay, Some(probe)) => format!("tried again at {}", probe.with_timezone(&zone).format("%H:%M:%S")),
        _ => "`policy-digest resume` lets it go on".to_owned(),
    };
    format!("{}; {next}", since_line(pause, zone))
}

pub(crate) fn pause_json(pause: &Pause) -> serde_json::Value {
    json!({
        "cause": pause.cause.as_str(),
        "reason": pause.reason,
        "since": pause.since.to_rfc3339(),
        "next_probe": pause.probe.map(|at| at.to_rfc3339()),
        "failed_probes": pause.failed_probes,
    })
}
