//! Email out and in: delivery, signing, bounces, and messages with an unknown outcome.

pub mod bounces;
pub mod deliver;
pub mod dkim;
pub(super) mod letter;
pub mod reconcile;
pub mod transport;

use std::fmt::Display;

use crate::app::{ReadOnly, hex, random};
use crate::render::Rendered;
use crate::store::Body;

/// The body of a rendered email to one person. The language is empty for the default one.
pub(super) fn body(rendered: Rendered, language: &str) -> Body {
    let Rendered { subject, text, html } = rendered;
    Body { language: language.to_owned(), subject, text, html, run: None }
}

/// A new Message-ID; `kind` is its first word.
pub(super) fn message_id(app: &ReadOnly, kind: impl Display) -> anyhow::Result<String> {
    Ok(format!("<{kind}.{}@{}>", hex(&random(12)?), app.mail_domain()))
}
