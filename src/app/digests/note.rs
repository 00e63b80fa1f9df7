//! The editor's note: read when a digest is made, and shown once for each cadence until its text changes.

use std::path::Path;

use crate::app::operations::check::finding::{CheckFinding, Part, Severity};
use crate::app::{ReadOnly, sha256};
use crate::config::read_note;
use crate::domain::subscribers::subscriber::Cadence;
use crate::render::view::NoteView;

/// How the editor's note is used in a digest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NoteUse {
    /// There is no note.
    #[default]
    None,
    /// The note is at the top.
    Shown,
    /// The note is left out, because the same text has been shown.
    ShownBefore,
}

impl NoteUse {
    /// The word for reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Shown => "shown",
            Self::ShownBefore => "shown before",
        }
    }
}

/// The note for the next digest of a cadence.
#[derive(Debug, Clone, Default)]
pub(crate) struct Note {
    pub(crate) fate: NoteUse,
    /// Empty if it is not shown.
    pub(crate) view: NoteView,
    /// SHA-256 of the text of the file, if it is shown.
    pub(crate) hash: Option<String>,
    /// Its Markdown; empty if it is not shown.
    pub(crate) markdown: String,
}

impl Note {
    /// The note of a draft that began with the text `base` of the file, which counts as shown even if an editor changed it.
    pub(crate) fn of_draft(base: &str, markdown: &str) -> Self {
        Self {
            fate: if markdown.is_empty() { NoteUse::None } else { NoteUse::Shown },
            view: NoteView::new(markdown),
            hash: (!base.is_empty()).then(|| sha256(base.as_bytes())),
            markdown: markdown.to_owned(),
        }
    }
}

/// Decides how the note is used in the next digest of a cadence, or of `once` without a cadence.
///
/// # Errors
/// [`NoteError`](crate::config::NoteError), or the database fails.
pub(crate) async fn next(app: &ReadOnly, cadence: Option<Cadence>) -> anyhow::Result<Note> {
    let Some(markdown) = read_note(&app.config.note_file)? else { return Ok(Note::default()) };
    let hash = sha256(markdown.as_bytes());
    if app.store.digests().last_note(cadence).await?.as_ref() == Some(&hash) {
        return Ok(Note { fate: NoteUse::ShownBefore, ..Note::default() });
    }
    Ok(Note { fate: NoteUse::Shown, view: NoteView::new(&markdown), hash: Some(hash), markdown })
}

/// Checks that the note can be used.
pub(crate) fn check(path: &Path) -> Part {
    let (says, finding) = match read_note(path) {
        Ok(None) => ("none".to_owned(), None),
        Ok(Some(_)) => (format!("{} can be used", path.display()), None),
        Err(error) => {
            let next = error.next();
            // The message already names the file.
            let message = format!("{:#}", anyhow::Error::new(error));
            (String::new(), Some(CheckFinding::new(Severity::Mistake, message, next)))
        }
    };
    Part::new("note", says, finding.into_iter().collect())
}
