//! The keys of the links in emails: key rotation, and checking links. A former key is accepted for a while, so that
//! links in emails from before the rotation still work; a leaked key is revoked.

use chrono::{DateTime, Utc};

use crate::app::{App, random};
use crate::domain::subscribers::token;
use crate::domain::subscribers::token::{KEPT_FOR, Purpose, TokenError, Verified};
use crate::store::{self, Rotated};

/// Why a personal link was refused.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The link is not valid, or has expired.
    #[error(transparent)]
    Refused(#[from] TokenError),
    /// The database or a template failed.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl From<store::Error> for LinkError {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// The result of a key rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotateReport {
    /// Counts of keys and messages.
    pub keys: Rotated,
    /// Until when links in earlier emails work; `None` if they no longer do.
    pub keep_until: Option<DateTime<Utc>>,
}

/// Makes a new key, which signs from the next start of the program. The previous key is accepted for [`KEPT_FOR`], or
/// revoked together with all former ones. The caller must hold the lock, because a running process would not know the
/// new key.
///
/// # Errors
/// The database fails, or the system provides no random bytes.
pub async fn rotate(app: &App, revoke: bool) -> anyhow::Result<RotateReport> {
    let now = app.clock.now();
    let keep_until = (!revoke).then(|| now + KEPT_FOR);
    let keys = app.store.operations().rotate_token_key(random(32)?, keep_until, now).await?;
    tracing::info!(former = keys.former, revoked = keys.revoked, "a new key now signs the personal links");
    Ok(RotateReport { keys, keep_until })
}

/// Returns the subject of a personal link if the link is valid.
///
/// # Errors
/// [`LinkError`].
pub(crate) async fn named(app: &App, purpose: Purpose, token: &str) -> Result<String, LinkError> {
    let verified = token::verify(&app.keys.token, purpose, token, app.clock.now());
    opened(app, verified?).await
}

/// Like [`named`], but accepts a link that has expired.
///
/// # Errors
/// As [`named`].
pub(crate) async fn named_once(app: &App, purpose: Purpose, token: &str) -> Result<String, LinkError> {
    let verified = token::verify_expired(&app.keys.token, purpose, token, app.clock.now());
    opened(app, verified?).await
}

/// A retired key opens only pages of subscribers who joined before it was retired.
async fn opened(app: &App, verified: Verified) -> Result<String, LinkError> {
    if verified.is_by_a_retired_key() {
        // The subject of an address change holds the subscriber and the address.
        let id = verified.subject.split('-').next().unwrap_or_default().to_owned();
        let person = app.store.subscribers().subscriber(id).await?;
        if person.is_some_and(|person| !verified.opens(person.joined)) {
            return Err(TokenError::Invalid.into());
        }
    }
    Ok(verified.subject)
}
