//! A proof of the next digest, mailed at once to whoever asks. Nothing of it is stored; what a proof says, and the one
//! that goes with each run, is `digests::proof`'s.

use anyhow::Context as _;

use super::proof_email;
use crate::app::digests;
use crate::app::outbox::letter::Letter;
use crate::app::{ReadOnly, hex, random};
use crate::domain::subscribers::subscriber::{Cadence, EmailAddress};
use crate::store::{Claimed, Kind, PROOF};

/// What came of sending a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofReport {
    /// Its subject line; `None` when nothing is in the next digest, and nothing was sent.
    pub subject: Option<String>,
    /// Stories in it.
    pub stories: usize,
    /// What the mail server said, or the file that was written.
    pub reply: Option<String>,
}

/// Mails the next digest of a cadence, as it would be now, to one address: at once, without storing it.
///
/// # Errors
/// The database or a template fails, or the mail is not taken.
pub async fn send(app: &ReadOnly, address: EmailAddress, cadence: Cadence) -> anyhow::Result<ProofReport> {
    let preview = digests::preview(app, cadence).await?;
    let Some(rendered) = preview.rendered else {
        return Ok(ProofReport { subject: None, stories: 0, reply: None });
    };
    let body =
        proof_email::body(&rendered, &format!("This is a proof of the next {cadence} digest, as it would be now."));
    let now = app.clock.now();
    let message = Claimed {
        // It lies in no outbox.
        id: 0,
        kind: Kind::Proof,
        subscriber: PROOF.to_owned(),
        address,
        message_id: format!("<{PROOF}.{}@{}>", hex(&random(12)?), app.mail_domain()),
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
