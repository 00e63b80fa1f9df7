//! The editor's note: read when a digest is made, and shown once for each cadence, until its text changes.

use std::path::Path;

use crate::app::operations::check::finding::{CheckFinding, Part, Severity};
use crate::app::{ReadOnly, sha256};
use crate::config::read_note;
use crate::domain::subscribers::subscriber::Cadence;
use crate::render::view::NoteView;

/// What becomes of the editor's note in a digest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NoteUse {
    /// There is none.
    #[default]
    None,
    /// It stands at the top.
    Shown,
    /// It is left out: the same text has been shown.
    ShownBefore,
}

impl NoteUse {
    /// The word in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Shown => "shown",
            Self::ShownBefore => "shown before",
        }
    }
}

/// A note for the next digest of a cadence.
#[derive(Debug, Clone, Default)]
pub(crate) struct Note {
    pub(crate) fate: NoteUse,
    /// Empty unless it is to be shown.
    pub(crate) view: NoteView,
    /// SHA-256 of its text, if it is to be shown.
    pub(crate) hash: Option<String>,
}

/// Says what becomes of the note in the next digest of a cadence; without one, in that of `once`.
///
/// # Errors
/// [`NoteError`](crate::config::NoteError), or the database fails.
pub(crate) async fn next(app: &ReadOnly, cadence: Option<Cadence>) -> anyhow::Result<Note> {
    let Some(markdown) = read_note(&app.config.note_file)? else { return Ok(Note::default()) };
    let hash = sha256(markdown.as_bytes());
    if app.store.last_note(cadence).await?.as_ref() == Some(&hash) {
        return Ok(Note { fate: NoteUse::ShownBefore, ..Note::default() });
    }
    Ok(Note { fate: NoteUse::Shown, view: NoteView::new(&markdown), hash: Some(hash) })
}

/// Whether the note can be used.
pub(crate) fn check(path: &Path) -> Part {
    let (says, finding) = match read_note(path) {
        Ok(None) => ("none".to_owned(), None),
        Ok(Some(_)) => (format!("{} can be used", path.display()), None),
        Err(error) => {
            let next = error.next();
            // The message names the file.
            let message = format!("{:#}", anyhow::Error::new(error));
            (String::new(), Some(CheckFinding::new(Severity::Mistake, message, next)))
        }
    };
    Part::new("note", says, finding.into_iter().collect())
}
