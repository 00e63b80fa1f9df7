//! Checks the database and its disk.

use std::path::Path;

use super::finding::{CheckFinding, Part};
use super::server;
use crate::app::operations::integrity;
use crate::app::operations::status::database_bytes;
use crate::app::{Listener, OldPlace, Progress, ReadOnly, database, private};
use crate::domain::operations::shell;
use crate::store;

/// The name of this part.
pub(super) const NAME: &str = "database";

/// With less free space than this, in bytes, nothing works reliably.
const TOO_LITTLE: u64 = 100 << 20;
/// With less free space than this, in bytes, the administrator should act.
const LITTLE: u64 = 1 << 30;

/// Why the database cannot be opened or used, and what to do. Before the first start there is none, which is no failure.
pub(super) fn unusable(error: &anyhow::Error) -> Part {
    let hint = error.downcast_ref::<store::Error>().and_then(store::Error::hint).map(str::to_owned);
    let hint = hint.or_else(|| error.downcast_ref::<OldPlace>().map(OldPlace::next));
    let next = hint.unwrap_or_else(|| {
        "look whether the data folder is yours to read, or name another by `data` or `--data`".to_owned()
    });
    let finding = match error.downcast_ref() {
        Some(store::Error::Missing { .. }) => CheckFinding::advice(format!("{error:#}"), next),
        _ => CheckFinding::failure(format!("{error:#}"), next),
    };
    Part::new(NAME, "", vec![finding])
}

/// The size of the database, and whether delivery is paused. A damaged database is not checked further.
///
/// # Errors
/// The database is damaged.
pub(super) async fn look(app: &ReadOnly, listener: Listener<'_>) -> anyhow::Result<Part> {
    listener(Progress::Started { what: "database", steps: 1 });
    listener(Progress::Step("reading it whole"));
    integrity::look_over(app).await?;
    listener(Progress::Finished);
    let server = app.store.server_settings().await?;
    let data = &app.config.settings.data;
    let path = database(data);
    let (name, bytes) = match &server {
        Some(server) => (server.name.clone(), server.bytes),
        None => (path.display().to_string(), database_bytes(data).unwrap_or(0)),
    };
    let pauses = app.store.outbox().pauses().await?.into_iter().map(|pause| {
        CheckFinding::failure(
            format!("delivery is paused: {}", pause.reason),
            "when the cause is fixed, run `policy-digest resume`",
        )
    });
    let mut findings: Vec<_> = pauses.collect();
    findings.extend(open_to_others(data));
    findings.extend(server.iter().flat_map(|server| server::findings(server, app.clock.now())));
    for run in app.store.digests().held_runs().await? {
        let next = format!("see `policy-digest runs show {}`; then use `runs release` or `runs cancel`", run.id);
        findings.push(CheckFinding::failure(format!("run {} is held: {}", run.id, run.because), next));
    }
    Ok(Part::new(NAME, format!("{name} ({:.1} MB)", bytes as f64 / 1e6), findings))
}

/// Whether other users of this machine can read personal data.
fn open_to_others(data: &Path) -> Option<CheckFinding> {
    let open = private::open_to_others(data).unwrap_or_default();
    let (first, rest) = open.split_first()?;
    let and_more = if rest.is_empty() { String::new() } else { format!(" and {} more in that folder", rest.len()) };
    Some(CheckFinding::advice(
        format!("other users of this machine may read or change `{}`{and_more}", first.display()),
        format!("run `chmod -R go= {}`", shell::quoted(&data.to_string_lossy())),
    ))
}

/// Whether the disk has enough free space.
pub(super) fn disk(data: &Path) -> Part {
    match store::free_bytes(data) {
        Ok(free) => Part::new("disk", format!("{:.1} GB free", free as f64 / 1e9), room(free).into_iter().collect()),
        Err(error) => {
            let finding = CheckFinding::advice(
                format!("cannot find out how much space is free: {error}"),
                "check with `df`: the database needs some",
            );
            Part::new("disk", "", vec![finding])
        }
    }
}

fn room(free: u64) -> Option<CheckFinding> {
    let next = "make room, or move the data folder to a larger disk and name it by `data`";
    let message = || format!("only {} MB are free on the database's disk", free / 1_000_000);
    match free {
        ..TOO_LITTLE => Some(CheckFinding::failure(message(), next)),
        TOO_LITTLE..LITTLE => Some(CheckFinding::advice(message(), next)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::operations::check::Severity;

    #[test]
    fn a_disk_raises_an_alarm_before_it_is_full() {
        let severity = |free| room(free).map(|finding| finding.severity);
        assert_eq!(severity(10 << 30), None);
        assert_eq!(severity(500 << 20), Some(Severity::Advice));
        assert_eq!(severity(5 << 20), Some(Severity::Failure));
    }
}
