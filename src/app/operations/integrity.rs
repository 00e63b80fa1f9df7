//! Checks the whole database before a long-running command starts, because damage would only get worse.

use std::time::Duration;

use crate::app::ReadOnly;

/// The longest delay of a start: systemd allows a minute and a half.
const LIMIT: Duration = Duration::from_secs(20);

/// Reads the whole database and checks it.
///
/// # Errors
/// The database is damaged ([`crate::store::Error::Damaged`]) or cannot be read.
pub async fn look_over(app: &ReadOnly) -> anyhow::Result<()> {
    if !app.store.quick_check(LIMIT).await? {
        let seconds = LIMIT.as_secs();
        tracing::warn!(
            seconds,
            "the database is too large to be checked completely at the start; no damage was found so far"
        );
    }
    Ok(())
}
