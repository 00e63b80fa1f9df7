//! Proofs: a digest as one email to the person who reviews it. Its personal links do not work, because its recipient
//! need not be a subscriber. The proof of a run is sent before its digests.

use crate::app::{App, outbox};
use crate::domain::items::text::count;
use crate::render::Rendered;
use crate::store::{Body, NewBody, NewProof, WindowBody};

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
pub(in crate::app) fn body(digest: &Rendered, what: &str) -> Body {
    let words = format!("{what} Its links to unsubscribe and to change preferences do not work.");
    outbox::body(digest.as_proof(&words), "")
}
