//! Proofs: a digest as one mail to whoever looks it over. Its personal links lead nowhere, and its address is no
//! subscriber's. A run's own goes out before the digests.

use crate::app::App;
use crate::domain::items::text::count;
use crate::render::Rendered;
use crate::store::{NewPart, NewProof, Part, WindowPart};

/// The proof of a run with these parts, if one is wanted: of what most of its people get, of all themes before some.
pub(super) fn of_run(app: &App, windows: &[WindowPart]) -> Option<NewProof> {
    let address = app.config.settings.mail.proof_to.clone()?;
    let parts = windows.iter().filter_map(|window| Some((&window.window, window.part.as_ref()?)));
    let people: u64 = parts.clone().map(|(window, _)| window.people).sum();
    let (_, NewPart { subject, text, html, .. }) =
        parts.max_by_key(|(window, _)| (window.themes.is_none(), window.people))?;
    let digest = Rendered { subject: subject.clone(), text: text.clone(), html: html.clone() };
    let audience = count(people, "subscriber");
    Some(NewProof { address, part: part(&digest, &format!("This is a proof of a digest that goes to {audience}.")) })
}

/// A digest as a proof; `what` says of what.
pub(in crate::app) fn part(digest: &Rendered, what: &str) -> Part {
    let words = format!("{what} It is nobody's own copy: its links to leave and to change what you get do nothing.");
    let Rendered { subject, text, html } = digest.as_proof(&words);
    Part { subject, text, html, run: None }
}
