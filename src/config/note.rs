//! The editor's note: a Markdown file that is shown at the top of the next digest. It is read when a digest is made, not
//! with the settings, so that the daemon uses the current text. `render` decides which Markdown is allowed.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::domain::operations::os_error;

/// A note is a few paragraphs. A longer one would push the stories out of sight.
pub const MAX_NOTE_BYTES: usize = 10 * 1024;

/// Why a note cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// It is longer than [`MAX_NOTE_BYTES`].
    #[error("the note `{}` has {bytes} bytes; the limit is {MAX_NOTE_BYTES}", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: usize,
    },
    /// It cannot be read, or is not UTF-8.
    #[error("cannot read the note `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl NoteError {
    /// The next step.
    #[must_use]
    pub fn next(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "shorten it, or publish the text on a web page and link to it",
            Self::Unreadable { source, .. } => {
                os_error::next(source).unwrap_or("make the file readable for this program, or remove it")
            }
        }
    }
}

/// The text of a note, trimmed. `None` if the file is missing or blank.
///
/// # Errors
/// [`NoteError`].
pub fn read_note(path: &Path) -> Result<Option<String>, NoteError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(NoteError::Unreadable { path: path.to_owned(), source }),
    };
    let note = text.trim_start_matches('\u{feff}').trim();
    if note.len() > MAX_NOTE_BYTES {
        return Err(NoteError::TooLong { path: path.to_owned(), bytes: note.len() });
    }
    Ok((!note.is_empty()).then(|| note.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> Result<Option<String>, NoteError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("note.md");
        std::fs::write(&path, content).unwrap();
        read_note(&path)
    }

    #[test]
    fn an_empty_or_missing_file_is_no_note() {
        assert_eq!(read_note(Path::new("nowhere/note.md")).unwrap(), None);
        assert_eq!(read(b"\xef\xbb\xbf \r\n\n").unwrap(), None);
        assert_eq!(read("\u{feff}Hello.\r\n".as_bytes()).unwrap().as_deref(), Some("Hello."));
    }

    #[test]
    fn a_note_that_is_too_long_or_not_text_is_refused_with_the_next_step() {
        assert!(read(&vec![b'a'; MAX_NOTE_BYTES]).is_ok());
        let error = read(&vec![b'a'; MAX_NOTE_BYTES + 1]).unwrap_err();
        assert!(error.to_string().contains("note.md` has 10241 bytes; the limit is 10240"), "{error}");
        assert!(error.next().contains("shorten"));
        assert_eq!(read(b"caf\xe9").unwrap_err().next(), "save the file as UTF-8");
    }
}
