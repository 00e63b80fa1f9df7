//! Proofs: a run's digest, or the next one, as one mail to whoever looks it over. It goes out before the digests, its
//! personal links lead nowhere, and its address is no subscriber's.

use anyhow::Context as _;

use super::letter::Letter;
use super::{App, digest, hex, random};
use crate::domain::subscriber::{Cadence, EmailAddress};
use crate::render::Rendered;
use crate::store::{Claimed, Kind, NewPart, NewProof, PROOF, Part, WindowPart};

/// The proof of a run with these parts, if one is wanted: of what most of its people get, of all themes before some.
pub(super) fn of_run(app: &App, windows: &[WindowPart]) -> Option<NewProof> {
    let address = app.config.settings.mail.proof_to.clone()?;
    let parts = windows.iter().filter_map(|window| Some((&window.window, window.part.as_ref()?)));
    let people: u64 = parts.clone().map(|(window, _)| window.people).sum();
    let (_, NewPart { subject, text, html, .. }) =
        parts.max_by_key(|(window, _)| (window.themes.is_none(), window.people))?;
    let digest = Rendered { subject: subject.clone(), text: text.clone(), html: html.clone() };
    let audience = if people == 1 { "1 subscriber".to_owned() } else { format!("{people} subscribers") };
    Some(NewProof { address, part: part(&digest, &format!("This is a proof of a digest that goes to {audience}.")) })
}

fn part(digest: &Rendered, what: &str) -> Part {
    let words = format!("{what} It is nobody's own copy: its links to leave and to change what you get do nothing.");
    let Rendered { subject, text, html } = digest.as_proof(&words);
    Part { subject, text, html, run: None }
}

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
pub async fn send(app: &App, address: EmailAddress, cadence: Cadence) -> anyhow::Result<ProofReport> {
    let preview = digest::preview(app, cadence).await?;
    let Some(rendered) = preview.rendered else {
        return Ok(ProofReport { subject: None, stories: 0, reply: None });
    };
    let part = part(&rendered, &format!("This is a proof of the next {cadence} digest, as it would be now."));
    let now = app.clock.now();
    let message = Claimed {
        // It lies in no outbox.
        id: 0,
        kind: Kind::Proof,
        subscriber: PROOF.to_owned(),
        address,
        message_id: format!("<{PROOF}.{}@{}>", hex(&random(12)?), app.mail_domain()),
        part: 0,
        made: now,
        since: now,
        attempt: 1,
        is_unknown: false,
        deadline: None,
    };
    let letter = Letter::write(app, &message, &part).context("cannot write the proof")?;
    let accepted = app.transport.send(&letter.outgoing()).await.context("cannot send the proof")?;
    Ok(ProofReport { subject: Some(part.subject), stories: preview.stories, reply: Some(accepted.reply) })
}
