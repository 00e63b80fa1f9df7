//! The relaxed canonical forms of RFC 6376 §3.4.2 and §3.4.4: what stays the same of a message when a mail server
//! folds a header anew, changes the case of its name, or touches white space.

use memchr::memchr3;

/// The header section and the body; the empty line between them belongs to neither.
pub(super) fn split(message: &[u8]) -> (&[u8], &[u8]) {
    match message.windows(4).position(|window| window == b"\r\n\r\n") {
        Some(end) => (&message[..end], &message[end + 4..]),
        None => (message, &[]),
    }
}

/// The fields of a header section, in its order: the name in lower case, and the value unchanged, folds included.
pub(super) fn fields(head: &[u8]) -> Vec<(String, &[u8])> {
    let mut fields: Vec<(usize, usize)> = Vec::new();
    let mut start = 0;
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        let end = start + line.len();
        match fields.last_mut() {
            Some(field) if line.starts_with(b" ") || line.starts_with(b"\t") => field.1 = end,
            _ => fields.push((start, end)),
        }
        start = end;
    }
    let fields = fields.into_iter().map(|(start, end)| &head[start..end]);
    fields
        .filter_map(|field| {
            let colon = field.iter().position(|byte| *byte == b':')?;
            let name = String::from_utf8_lossy(&field[..colon]).trim_end().to_ascii_lowercase();
            Some((name, &field[colon + 1..]))
        })
        .collect()
}

/// Appends `name:value` in canonical form, without the final CRLF. A fold is white space like any other.
pub(super) fn field(name: &str, value: &[u8], into: &mut Vec<u8>) {
    into.extend_from_slice(name.as_bytes());
    into.push(b':');
    let start = into.len();
    let mut is_spaced = false;
    for byte in value {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => is_spaced = into.len() > start,
            other => {
                if std::mem::take(&mut is_spaced) {
                    into.push(b' ');
                }
                into.push(*other);
            }
        }
    }
}

/// The body: white space at the ends of lines is left out, other white space becomes one space, empty lines at the
/// end are left out; what is left ends in CRLF. Nothing left is nothing.
pub(super) fn body(body: &[u8]) -> Vec<u8> {
    let mut canonical = Vec::with_capacity(body.len() + 2);
    let (mut breaks, mut is_spaced) = (0, false);
    let mut rest = body;
    while !rest.is_empty() {
        if let Some(next) = rest.strip_prefix(b"\r\n") {
            (breaks, is_spaced, rest) = (breaks + 1, false, next);
        } else if let [b' ' | b'\t', next @ ..] = rest {
            (is_spaced, rest) = (true, next);
        } else {
            for _ in 0..std::mem::take(&mut breaks) {
                canonical.extend_from_slice(b"\r\n");
            }
            if std::mem::take(&mut is_spaced) {
                canonical.push(b' ');
            }
            // Words are copied whole; a CR that ends no line is a letter.
            let end = memchr3(b' ', b'\t', b'\r', &rest[1..]).map_or(rest.len(), |end| end + 1);
            let (word, next) = rest.split_at(end);
            canonical.extend_from_slice(word);
            rest = next;
        }
    }
    if !canonical.is_empty() {
        canonical.extend_from_slice(b"\r\n");
    }
    canonical
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of_field(name: &str, value: &str) -> String {
        let mut into = Vec::new();
        field(name, value.as_bytes(), &mut into);
        String::from_utf8(into).unwrap()
    }

    #[test]
    fn a_field_keeps_its_words_and_loses_its_layout() {
        let head = b"Subject :  One\t \r\n\tfront\r\n  door \r\nX-Empty: \r\nFrom: a@example.org";
        let fields = fields(head);
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["subject", "x-empty", "from"]);
        let value = |at: usize| std::str::from_utf8(fields[at].1).unwrap();
        assert_eq!(of_field("subject", value(0)), "subject:One front door");
        assert_eq!(of_field("x-empty", value(1)), "x-empty:");
        assert_eq!(of_field("from", value(2)), "from:a@example.org");
    }

    #[test]
    fn a_body_keeps_its_lines_and_loses_what_ends_them() {
        for (written, canonical) in [
            (" one  two \r\n\tthree\t\t \r\n\r\n \r\n", " one two\r\n three\r\n"),
            ("no line end", "no line end\r\n"),
            ("\r\n\r\nlate", "\r\n\r\nlate\r\n"),
            ("a\r\n \t\r\nb\r\n", "a\r\n\r\nb\r\n"),
            ("\r\n \r\n", ""),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(body(written.as_bytes())).unwrap(), canonical, "{written:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_canonical_stays_as_it_is(text in "([ab \t]|\r\n){0,60}") {
            let once = body(text.as_bytes());
            prop_assert_eq!(&body(&once), &once);
            prop_assert!(!once.ends_with(b"\r\n\r\n") && !once.windows(2).any(|two| two == b"  "));
        }

        #[test]
        fn more_white_space_where_there_is_some_changes_nothing(text in "([ab ]|\r\n){0,60}", more in "[ \t]{1,4}") {
            let spaced = text.replace(' ', &more).replace("\r\n", &format!("{more}\r\n")) + &more;
            prop_assert_eq!(body(spaced.as_bytes()), body(text.as_bytes()));
        }

        #[test]
        fn a_field_folded_anew_is_the_same(words in prop::collection::vec("[!-~]{1,8}", 1..9), fold in "\r\n[ \t]{1,3}") {
            prop_assert_eq!(of_field("x", &words.join(&fold)), of_field("x", &words.join(" ")));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let (head, rest) = split(&bytes);
            let _ = (fields(head), body(rest));
        }
    }
}
