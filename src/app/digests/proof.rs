//! Sends a proof of the next digest at once, on request, and stores nothing of it. `proof_email` makes its body, and
//! the proof that accompanies each run.

use anyhow::Context as _;

use super::proof_email;
use crate::app::ReadOnly;
use crate::app::digests;
use crate::app::outbox::letter::Letter;
use crate::app::outbox::message_id;
use crate::domain::subscribers::subscriber::{Cadence, EmailAddress};
use crate::store::{Claimed, Kind, PROOF};

/// The result of sending a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofReport {
    /// Its subject line; `None` if the next digest is empty and nothing was sent.
    pub subject: Option<String>,
    /// Stories in it.
    pub stories: usize,
    /// The mail server's reply, or the path of the file.
    pub reply: Option<String>,
}

/// Emails the next digest of a cadence, as it would be now, to one address, without storing it.
///
/// # Errors
/// The database or a template fails, or the email is not accepted.
pub async fn send(app: &ReadOnly, address: EmailAddress, cadence: Cadence) -> anyhow::Result<ProofReport> {
    let preview = digests::preview(app, cadence).await?;
    let Some(rendered) = preview.rendered else {
        return Ok(ProofReport { subject: None, stories: 0, reply: None });
    };
    let body =
        proof_email::body(&rendered, &format!("This is a proof of the next {cadence} digest, as it would be now."));
    let now = app.clock.now();
    let message = Claimed {
        // It is not in the outbox.
        id: 0,
        kind: Kind::Proof,
        subscriber: PROOF.to_owned(),
        address,
        message_id: message_id(app, PROOF)?,
        body: 0,
        made: now,
        since: now,
        attempt: 1,
        is_unknown: false,
        deadline: None,
    };
    let letter = Letter::write(app, &message, &body).context("cannot write the proof")?;
    let accepted = app.transport.send(&letter.outgoing()).await.context("cannot send the proof")?;
    Ok(ProofReport { subject: Some(body.subject), stories: preview.stories, reply: Some(accepted.reply) })
}
