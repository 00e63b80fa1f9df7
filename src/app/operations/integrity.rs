//! The look over the whole database before something long begins: what is damaged would only get worse.

use std::time::Duration;

use crate::app::ReadOnly;

/// At most so long a start is held up: systemd gives it a minute and a half.
const LIMIT: Duration = Duration::from_secs(20);

/// Reads the whole database.
///
/// # Errors
/// It is damaged ([`crate::store::Error::Damaged`]), or cannot be read.
pub async fn look_over(app: &ReadOnly) -> anyhow::Result<()> {
    if !app.store.quick_check(LIMIT).await? {
        let seconds = LIMIT.as_secs();
        tracing::warn!(seconds, "the database is so large that it was not looked over whole; so far it is in order");
    }
    Ok(())
}
