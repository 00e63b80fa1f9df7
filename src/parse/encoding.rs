//! Bytes to text. Byte order mark, then the HTTP charset, then the document's own declaration, each only if
//! it decodes without a fault; then UTF-8, a guess, and windows-1252, which decodes anything.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text, and whether its own label was of no use.
pub(super) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> (Cow<'a, str>, bool) {
    if let Some((encoding, length)) = Encoding::for_bom(bytes)
        && let Some(text) = clean(encoding, &bytes[length..])
    {
        return (text, false);
    }
    if let Some(text) = wide(bytes).and_then(|encoding| clean(encoding, bytes)) {
        return (text, false);
    }
    let labels = [content_type.and_then(charset), declared(bytes)];
    for encoding in labels.iter().flatten() {
        if let Some(text) = clean(honest(encoding, bytes), bytes) {
            return (text, *encoding != honest(encoding, bytes));
        }
    }
    let labelled = labels.iter().any(Option::is_some);
    if let Some(text) = clean(UTF_8, bytes) {
        return (text, labelled);
    }
    // One stray byte in a UTF-8 document is no reason to read the rest as something else.
    let lossy = UTF_8.decode_without_bom_handling(bytes).0;
    let broken = lossy.matches('\u{fffd}').count();
    let multibyte = lossy.chars().filter(|c| !c.is_ascii()).count();
    if broken * 4 < multibyte {
        return (lossy, true);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Allow);
    let text = clean(guess, bytes).unwrap_or_else(|| WINDOWS_1252.decode_without_bom_handling(bytes).0);
    (text, labelled)
}

fn clean<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes)
}

/// Latin-1 is what servers say when nobody told them; it decodes anything, so UTF-8 that decodes goes first.
fn honest(encoding: &'static Encoding, bytes: &[u8]) -> &'static Encoding {
    if encoding == WINDOWS_1252 && std::str::from_utf8(bytes).is_ok() { UTF_8 } else { encoding }
}

fn charset(content_type: &str) -> Option<&'static Encoding> {
    let lower = content_type.to_ascii_lowercase();
    let value =
        lower.split(';').find_map(|part| part.trim().strip_prefix("charset")?.trim_start().strip_prefix('='))?;
    Encoding::for_label(value.trim().trim_matches(['"', '\'']).as_bytes())
}

/// The encoding in `<?xml … encoding="…"?>`. XML that is readable as ASCII is not UTF-16, whatever it says.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]).into_owned();
    let declaration = &head[head.find("<?xml")?..];
    let declaration = &declaration[..declaration.find("?>")?];
    let value = declaration[declaration.find("encoding")? + "encoding".len()..].trim_start().strip_prefix('=')?;
    let label = value.trim_start().trim_matches(['"', '\'', ' ']);
    let label = label.split(['"', '\'', ' ']).next()?;
    Encoding::for_label(label.as_bytes()).filter(|encoding| ![UTF_16BE, UTF_16LE].contains(encoding))
}

/// UTF-16 without a mark, seen by the zero byte beside the first `<`: it would pass as UTF-8 too.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0, b'<', ..] => Some(UTF_16BE),
        [b'<', 0, ..] => Some(UTF_16LE),
        _ => None,
    }
    .or_else(|| bytes.starts_with(&[0, b'{']).then_some(UTF_16BE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_counts_only_when_it_decodes() {
        let table: [(&[u8], Option<&str>, &str); 7] = [
            (b"<a>caf\xe9</a>", Some("text/xml; charset=iso-8859-1"), "<a>café</a>"),
            ("<a>café</a>".as_bytes(), Some("text/xml; charset=ISO-8859-1"), "<a>café</a>"),
            (b"<a>\x93quoted\x94</a>", Some("text/xml; charset=utf-8"), "<a>“quoted”</a>"),
            (b"\xef\xbb\xbf<a/>", None, "<a/>"),
            (b"\xff\xfe<\0a\0/\0>\0", None, "<a/>"),
            (b"\0<\0a\0/\0>", None, "<a/>"),
            (b"\xcf\xf0\xe8\xe2\xe5\xf2", Some("text/xml; charset=\"windows-1251\""), "Привет"),
        ];
        for (bytes, content_type, want) in table {
            assert_eq!(decode(bytes, content_type).0, want);
        }
    }

    #[test]
    fn the_declaration_is_read() {
        let bytes = b"<?xml version='1.0' encoding='windows-1251'?><a>\xcf</a>";
        assert!(decode(bytes, None).0.ends_with("<a>П</a>"));
        let lie = b"<?xml version='1.0' encoding='utf-16'?><a>x</a>";
        assert!(decode(lie, None).0.ends_with("<a>x</a>"));
    }
}
