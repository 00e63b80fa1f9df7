//! Quoted-printable (RFC 2045 §6.7), in one pass: a text goes out to thousands, and encoding it is most of the work of
//! writing a message.

use std::borrow::Cow;

/// The most characters of a line before its soft break: 76 with the `=` of one (rule 5).
const ROOM: usize = 75;

/// Characters that stand for themselves: printable ASCII but `=`, and the space inside a line.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        plain[byte as usize] = byte != b'=';
        byte += 1;
    }
    plain
};

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Encodes a text. Every line ends in CRLF; CR, LF and CRLF are all line ends; NUL, which no mail may hold (RFC 5322
/// §2.3), is left out.
pub(super) fn encode(text: &str) -> Vec<u8> {
    let text = line_ends(text);
    let mut encoded = Vec::with_capacity(text.len() + text.len() / 8 + 64);
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        encode_line(line.as_bytes(), &mut encoded);
        if lines.peek().is_some() {
            encoded.extend_from_slice(b"\r\n");
        }
    }
    encoded
}

fn encode_line(line: &[u8], encoded: &mut Vec<u8>) {
    let (mut rest, mut column) = (line, 0);
    if line.starts_with(b"From ") {
        // Mailboxes of the mbox kind write `>` before it, which breaks a signature (RFC 4155).
        escape(b'F', encoded);
        (rest, column) = (&line[1..], 3);
    }
    while !rest.is_empty() {
        let room = &rest[..rest.len().min(ROOM - column)];
        let mut plain = room.iter().position(|byte| !PLAIN[usize::from(*byte)]).unwrap_or(room.len());
        if plain == rest.len() && rest.ends_with(b" ") {
            // Rule 3: what is white at a line's end would be lost on the way.
            plain -= 1;
        }
        encoded.extend_from_slice(&rest[..plain]);
        (rest, column) = (&rest[plain..], column + plain);
        let Some(&next) = rest.first() else { return };
        let is_plain = PLAIN[usize::from(next)] && (next != b' ' || rest.len() > 1);
        if is_plain || column + 3 > ROOM {
            encoded.extend_from_slice(b"=\r\n");
            column = 0;
        } else {
            escape(next, encoded);
            (rest, column) = (&rest[1..], column + 3);
        }
    }
}

fn escape(byte: u8, encoded: &mut Vec<u8>) {
    encoded.extend_from_slice(&[b'=', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
}

/// Line feeds only, and no NUL.
fn line_ends(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte == b'\r' || byte == 0) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::encode;

    fn encoded(text: &str) -> String {
        String::from_utf8(encode(text)).unwrap()
    }

    /// Rules 1 to 5, read backwards.
    fn decoded(encoded: &str) -> Vec<u8> {
        let mut bytes = encoded.replace("=\r\n", "").into_bytes().into_iter();
        let mut text = Vec::new();
        while let Some(byte) = bytes.next() {
            if byte == b'=' {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                text.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            } else {
                text.push(byte);
            }
        }
        text
    }

    #[test]
    fn what_is_not_plain_is_escaped_and_white_space_survives_at_the_end() {
        assert_eq!(encoded("a=b é\tc"), "a=3Db =C3=A9=09c");
        assert_eq!(encoded("end \nend\t\n \n"), "end=20\r\nend=09\r\n=20\r\n");
        assert_eq!(encoded("one\r\ntwo\rthree\nfo\0ur"), "one\r\ntwo\r\nthree\r\nfour");
        assert_eq!(encoded("From here\nFrom\n From x"), "=46rom here\r\nFrom\r\n From x");
        assert_eq!(encoded(""), "");
    }

    #[test]
    fn a_line_of_75_is_whole_and_one_of_76_is_broken() {
        assert_eq!(encoded(&"x".repeat(75)), "x".repeat(75));
        assert_eq!(encoded(&"x".repeat(76)), format!("{}=\r\nx", "x".repeat(75)));
        assert_eq!(encoded(&format!("{} ", "x".repeat(75))), format!("{}=\r\n=20", "x".repeat(75)));
        assert_eq!(encoded(&format!("{}é", "x".repeat(72))), format!("{}=C3=\r\n=A9", "x".repeat(72)));
    }

    proptest! {
        #[test]
        fn every_text_comes_back_in_short_lines_of_plain_ascii(text in "([a-z =.é漢\t]{0,90}[\r\n\0]{0,2}|From |\\PC{0,40}){0,12}") {
            let encoded = encoded(&text);
            prop_assert!(encoded.is_ascii());
            for line in encoded.split("\r\n") {
                prop_assert!(line.len() <= 76, "{line}");
                prop_assert!(!line.ends_with([' ', '\t']) && !line.contains(['\r', '\n']), "{line:?}");
            }
            let plain = text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "").replace('\n', "\r\n");
            prop_assert_eq!(decoded(&encoded), plain.into_bytes());
        }
    }
}
