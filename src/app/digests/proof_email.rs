//! Proofs: a digest as one mail to whoever looks it over. Its personal links lead nowhere, and its address is no
//! subscriber's. A run's own goes out before the digests.

use crate::app::App;
use crate::render::Rendered;
use crate::store::{Body, NewBody, NewProof, WindowBody};

/// The proof of a run with these bodies, if one is wanted: of what most of its people get, of all themes before some.
pub(super) fn of_run(app: &App, windows: &[WindowBody]) -> Option<NewProof> {
    let address = app.config.settings.mail.proof_to.clone()?;
    let bodies = windows.iter().filter_map(|window| Some((&window.window, window.body.as_ref()?)));
    let people: u64 = bodies.clone().map(|(window, _)| window.people).sum();
    let (_, NewBody { subject, text, html, .. }) =
        bodies.max_by_key(|(window, _)| (window.themes.is_none(), window.people))?;
    let digest = Rendered { subject: subject.clone(), text: text.clone(), html: html.clone() };
    let audience = if people == 1 { "1 subscriber".to_owned() } else { format!("{people} subscribers") };
    Some(NewProof { address, body: body(&digest, &format!("This is a proof of a digest that goes to {audience}.")) })
}

/// A digest as a proof; `what` says of what.
pub(in crate::app) fn body(digest: &Rendered, what: &str) -> Body {
    let words = format!("{what} It is nobody's own copy: its links to leave and to change what you get do nothing.");
    let Rendered { subject, text, html } = digest.as_proof(&words);
    Body { subject, text, html, run: None }
}
