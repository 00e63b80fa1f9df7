//! Proofs: a digest as one email to the person who reviews it. Its personal links do not work, because its recipient
//! need not be a subscriber. The proof of a run is sent before its digests; one that is asked for is sent at once, and
//! nothing of it is stored.

use anyhow::Context as _;

use crate::app::outbox::letter::Letter;
use crate::app::outbox::message_id;
use crate::app::{App, ReadOnly, digests, outbox};
use crate::domain::items::text::count;
use crate::domain::subscribers::subscriber::{Cadence, EmailAddress};
use crate::render::Rendered;
use crate::store::{Body, Claimed, Kind, NewBody, NewProof, PROOF, WindowBody};

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
    let body = body(&rendered, &format!("This is a proof of the next {cadence} digest, as it would be now."));
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

/// The proof of a run with these bodies, if one is wanted: what most of its subscribers get, preferring all themes over
/// a selection.
pub(super) fn of_run(app: &App, windows: &[WindowBody]) -> Option<NewProof> {
    let address = app.config.settings.mail.proof_to.clone()?;
    let bodies = windows.iter().filter_map(|window| Some((&window.window, window.body.as_ref()?)));
    let people: u64 = bodies.clone().map(|(window, _)| window.people).sum();
    let (_, NewBody { language, subject, text, html, .. }) =
        bodies.max_by_key(|(window, _)| (window.themes.is_none(), window.people))?;
    let digest = Rendered { subject: subject.clone(), text: text.clone(), html: html.clone() };
    let audience = count(people, "subscriber");
    Some(NewProof {
        address,
        body: Body {
            language: language.clone(),
            ..body(&digest, &format!("This is a proof of a digest that goes to {audience}."))
        },
    })
}

/// Makes a proof of a digest; `what` is the sentence that introduces it.
fn body(digest: &Rendered, what: &str) -> Body {
    let words = format!("{what} Its links to unsubscribe and to change preferences do not work.");
    outbox::body(digest.as_proof(&words), "")
}
