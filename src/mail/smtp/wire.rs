//! A message as it goes over the wire (RFC 5321 §4.5.2): CRLF at every line end, and no line that ends it early.
//! What we built is clean already, and is not copied for it.

use std::borrow::Cow;

use memchr::{memchr2_iter, memmem};

/// CRLF at every line end, so that no lone CR or LF smuggles a dot past a lax server, and none at the very end: it
/// is written with the dot.
pub(super) fn line_ends(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut wire: Option<Vec<u8>> = None;
    let mut clean = 0;
    for at in memchr2_iter(b'\r', b'\n', bytes) {
        if is_whole(bytes, at) {
            continue;
        }
        let wire = wire.get_or_insert_with(|| Vec::with_capacity(bytes.len() + bytes.len() / 16));
        wire.extend_from_slice(&bytes[clean..at]);
        wire.extend_from_slice(b"\r\n");
        clean = at + 1;
    }
    let whole = match wire {
        None => Cow::Borrowed(bytes),
        Some(mut wire) => {
            wire.extend_from_slice(&bytes[clean..]);
            Cow::Owned(wire)
        }
    };
    match whole {
        Cow::Borrowed(bytes) => Cow::Borrowed(bytes.strip_suffix(b"\r\n").unwrap_or(bytes)),
        Cow::Owned(mut bytes) => {
            bytes.truncate(bytes.strip_suffix(b"\r\n").unwrap_or(&bytes).len());
            Cow::Owned(bytes)
        }
    }
}

/// Whether the CR or LF at this place is half of a CRLF.
fn is_whole(bytes: &[u8], at: usize) -> bool {
    match bytes[at] {
        b'\r' => bytes.get(at + 1) == Some(&b'\n'),
        _ => at > 0 && bytes[at - 1] == b'\r',
    }
}

/// A second dot before each one that begins a line. The lines end in CRLF.
pub(super) fn dots(text: &str) -> Cow<'_, str> {
    let mut lines = memmem::find_iter(text.as_bytes(), b"\r\n.").map(|at| at + 2).peekable();
    if lines.peek().is_none() && !text.starts_with('.') {
        return Cow::Borrowed(text);
    }
    let mut stuffed = String::with_capacity(text.len() + 64);
    let mut copied = 0;
    for at in text.starts_with('.').then_some(0).into_iter().chain(lines) {
        stuffed.push_str(&text[copied..at]);
        stuffed.push('.');
        copied = at;
    }
    stuffed.push_str(&text[copied..]);
    Cow::Owned(stuffed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Byte by byte: what `line_ends` does by the slice.
    fn plainly(bytes: &[u8]) -> Vec<u8> {
        let (mut wire, mut rest) = (Vec::new(), bytes.iter().copied().peekable());
        while let Some(byte) = rest.next() {
            match byte {
                b'\r' | b'\n' => {
                    if byte == b'\r' && rest.peek() == Some(&b'\n') {
                        rest.next();
                    }
                    wire.extend_from_slice(b"\r\n");
                }
                other => wire.push(other),
            }
        }
        wire.strip_suffix(b"\r\n").map(<[u8]>::to_vec).unwrap_or(wire)
    }

    #[test]
    fn what_is_clean_is_not_copied() {
        let clean = b"A: b\r\n\r\na line.\r\nanother\r\n";
        assert!(matches!(line_ends(clean), Cow::Borrowed(bytes) if bytes == &clean[..clean.len() - 2]));
        assert!(matches!(dots("a\r\nb.\r\n c"), Cow::Borrowed(_)));
        assert_eq!(dots(".\r\n..\r\n.x\r\n"), "..\r\n...\r\n..x\r\n");
    }

    proptest! {
        #[test]
        fn every_line_end_becomes_crlf(bytes in "[a.\r\n]{0,24}") {
            prop_assert_eq!(line_ends(bytes.as_bytes()).into_owned(), plainly(bytes.as_bytes()));
        }

        #[test]
        fn no_text_holds_the_end_of_a_message(text in "[a.\r\n]{0,24}") {
            let lines = line_ends(text.as_bytes()).into_owned();
            let wire = format!("\r\n{}\r\n.\r\n", dots(std::str::from_utf8(&lines).unwrap()));
            prop_assert_eq!(wire.find("\r\n.\r\n"), Some(wire.len() - 5), "{:?}", wire);
            let lone = wire.replace("\r\n", "");
            prop_assert!(!lone.contains(['\r', '\n']), "no lone CR or LF is left for a lax server");
        }
    }
}
