//! The key that signs personal links is replaced by a new one. The former ones are kept and accepted, so that the links
//! of mails that went out still work.

use super::{App, random};

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotateReport {
    /// Keys that signed before, and are accepted.
    pub former: u64,
}

/// Makes a new key that signs from the next start of the program on. The caller holds the lock: a process that runs
/// would not know the new key.
///
/// # Errors
/// The database fails, or the system gives no random bytes.
pub async fn rotate(app: &App) -> anyhow::Result<RotateReport> {
    let former = app.store.rotate_token_key(random(32)?, app.clock.now()).await?;
    tracing::info!(former, "a new key signs the personal links");
    Ok(RotateReport { former })
}
