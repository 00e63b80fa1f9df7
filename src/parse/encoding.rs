//! Bytes to text. Byte order mark, then the HTTP charset, then the document's own declaration, each only if
//! it decodes without a fault; then UTF-8, a guess, and windows-1252, which decodes anything. A label that
//! fits all but a few bytes, or all but a cut-off end, is better than a guess.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text, and whether its own label was of no use.
pub(super) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> (Cow<'a, str>, bool) {
    if let Some(text) = utf_32(bytes) {
        return (Cow::Owned(text), false);
    }
    let (marked, length) = Encoding::for_bom(bytes).map_or((None, 0), |(encoding, length)| (Some(encoding), length));
    let bytes = &bytes[length..];
    if let Some(encoding) = marked.filter(|encoding| !is_wide(encoding)).or_else(|| wide(bytes, marked))
        && let Some(text) = clean(encoding, bytes).or_else(|| nearly(encoding, bytes))
    {
        return (text, false);
    }
    // Without zero bytes near its start no markup is UTF-16, whatever it says.
    let labels = [content_type.and_then(charset), declared(bytes)].map(|label| label.filter(|label| !is_wide(label)));
    for encoding in labels.iter().flatten() {
        if let Some(text) = clean(honest(encoding, bytes), bytes) {
            return (text, *encoding != honest(encoding, bytes));
        }
    }
    let labelled = labels.iter().any(Option::is_some);
    if let Some(text) = clean(UTF_8, bytes) {
        return (text, labelled);
    }
    if let Some(text) = labels.iter().flatten().find_map(|encoding| nearly(encoding, bytes)) {
        return (text, false);
    }
    // One stray byte in a UTF-8 document is no reason to read the rest as something else.
    if let Some(text) = nearly(UTF_8, bytes) {
        return (text, true);
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

/// Decoded with a few faults: one in four at most of what is not ASCII, or a last character cut off. Of UTF-8 one
/// in two will do: its sequences hardly come by chance.
fn nearly<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let broken = text.matches('\u{fffd}').count();
    let cut_off = broken == 1 && text.ends_with('\u{fffd}');
    let multibyte = text.chars().filter(|c| !c.is_ascii()).count();
    if cut_off && (multibyte > 1 || encoding != UTF_8) {
        return Some(Cow::Owned(text.trim_end_matches('\u{fffd}').to_owned()));
    }
    let tolerable = if encoding == UTF_8 { broken * 2 <= multibyte } else { broken * 4 < multibyte };
    (tolerable || is_wide(encoding)).then_some(text)
}

fn is_wide(encoding: &'static Encoding) -> bool {
    [UTF_16BE, UTF_16LE].contains(&encoding)
}

/// Latin-1 is what servers declare by default; it decodes anything, so UTF-8 that decodes goes first.
fn honest(encoding: &'static Encoding, bytes: &[u8]) -> &'static Encoding {
    if encoding == WINDOWS_1252 && std::str::from_utf8(bytes).is_ok() { UTF_8 } else { encoding }
}

fn charset(content_type: &str) -> Option<&'static Encoding> {
    let lower = content_type.to_ascii_lowercase();
    let value =
        lower.split(';').find_map(|part| part.trim().strip_prefix("charset")?.trim_start().strip_prefix('='))?;
    named(value)
}

/// The encoding in `<?xml … encoding="…"?>`.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).into_owned();
    let declaration = &head[head.find("<?xml")?..];
    let declaration = &declaration[..declaration.find("?>")?];
    let value = declaration[declaration.find("encoding")? + "encoding".len()..].trim_start().strip_prefix('=')?;
    let label = value.trim_start().trim_start_matches(['"', '\'', ' ']);
    named(label.split(['"', '\'']).next()?)
}

/// A label as people spell it: `"UTF_8"`, `cp-1251`, `latin-1`, `win1252`.
fn named(label: &str) -> Option<&'static Encoding> {
    let label = label.trim_matches(|c: char| c.is_whitespace() || "\"',;".contains(c)).to_ascii_lowercase();
    if let Some(encoding) = Encoding::for_label(label.as_bytes()) {
        return Some(encoding);
    }
    let bare: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
    let bare = bare.strip_prefix('x').unwrap_or(&bare);
    let number = |prefix: &str| bare.strip_prefix(prefix).filter(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
    let spelled = match bare {
        _ if bare.starts_with("utf8") || bare == "unicode11utf8" => "utf-8".to_owned(),
        "utf16be" | "ucs2be" => "utf-16be".to_owned(),
        _ if bare.starts_with("utf16") || bare.starts_with("ucs2") => "utf-16le".to_owned(),
        "ansi" | "ascii" | "usascii" | "latin" | "western" => "windows-1252".to_owned(),
        "cp932" | "ms932" | "windows932" | "shiftjis" | "sjis" => "shift_jis".to_owned(),
        "cp936" | "ms936" | "windows936" | "gb" => "gbk".to_owned(),
        "cp949" | "ms949" | "windows949" | "uhc" => "euc-kr".to_owned(),
        "cp950" | "ms950" | "windows950" => "big5".to_owned(),
        "cp65001" => "utf-8".to_owned(),
        "macroman" => "macintosh".to_owned(),
        _ => {
            let latin = ["iso8859", "iso", "8859"].iter().find_map(|prefix| number(prefix));
            let windows = ["windows", "win", "cp", "ms"].iter().find_map(|prefix| number(prefix));
            match (latin, windows) {
                (_, Some(page)) => format!("windows-{page}"),
                (Some(part), None) => format!("iso-8859-{}", part.strip_prefix("8859").unwrap_or(part)),
                (None, None) => bare.to_owned(),
            }
        }
    };
    Encoding::for_label(spelled.as_bytes())
}

/// UTF-16 with or without a mark, seen by the zero bytes beside ASCII: without one it would pass as UTF-8 too.
fn wide(bytes: &[u8], marked: Option<&'static Encoding>) -> Option<&'static Encoding> {
    match bytes {
        [0, 1..=255, 0, 1..=255, ..] => Some(UTF_16BE),
        [1..=255, 0, 1..=255, 0, ..] => Some(UTF_16LE),
        _ => marked.filter(|_| bytes.iter().take(64).any(|&b| b == 0)),
    }
}

/// UTF-32, which `encoding_rs` leaves out, with or without a mark.
fn utf_32(bytes: &[u8]) -> Option<String> {
    let big = match bytes {
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, 1..=255, ..] => true,
        [0xff, 0xfe, 0, 0, ..] | [1..=255, 0, 0, 0, ..] => false,
        _ => return None,
    };
    let units = bytes.chunks_exact(4).filter_map(|unit| <[u8; 4]>::try_from(unit).ok());
    let codes = units.map(|unit| if big { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) });
    let text: String = codes.map(|code| char::from_u32(code).unwrap_or('\u{fffd}')).collect();
    Some(text.trim_start_matches('\u{feff}').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_counts_only_when_it_decodes() {
        let table: [(&[u8], Option<&str>, &str); 20] = [
            (b"<a>caf\xe9</a>", Some("text/xml; charset=iso-8859-1"), "<a>café</a>"),
            ("<a>café</a>".as_bytes(), Some("text/xml; charset=ISO-8859-1"), "<a>café</a>"),
            ("<a>café</a>".as_bytes(), Some("text/xml; charset=us-ascii"), "<a>café</a>"),
            ("<a>café</a>".as_bytes(), Some("text/xml"), "<a>café</a>"),
            ("<a>café</a>".as_bytes(), Some("text/xml; charset=utf-16"), "<a>café</a>"),
            ("<a>é</a>".as_bytes(), Some("text/xml; charset='UTF_8'"), "<a>é</a>"),
            (b"<a>\x93quoted\x94</a>", Some("text/xml; charset=utf-8"), "<a>“quoted”</a>"),
            (b"\xef\xbb\xbf<a/>", None, "<a/>"),
            (b"\xef\xbb\xbf<a>\xe9</a>", Some("text/xml; charset=latin-1"), "<a>é</a>"),
            (b"\xff\xfe<\0a\0/\0>\0", None, "<a/>"),
            (b"\xff\xfe<\0a\0/\0>\0\n", None, "<a/>"),
            (b"\xff\xfe<a/>", None, "<a/>"),
            (b"\0<\0a\0/\0>", None, "<a/>"),
            (b"\n\0<\0a\0/\0>\0", Some("text/xml; charset=utf-8"), "\n<a/>"),
            (b"\0\0\xfe\xff\0\0\0<\0\0\0\xe9", None, "<é"),
            (b"<\0\0\0\xe9\0\0\0\0\xd8\0\0", None, "<é\u{fffd}"),
            (b"\xcf\xf0\xe8\xe2\xe5\xf2", Some("text/xml; charset=\"windows-1251\""), "Привет"),
            (b"\xcf\xf0\xe8\xe2\xe5\xf2", Some("text/xml; charset=cp-1251"), "Привет"),
            (b"<a>\xd6\xd0\xe9F", Some("text/xml; charset=gb2312"), "<a>中镕"),
            (b"<a>\xd6\xd0\xce\xc4\xd6", Some("text/xml; charset=gb2312"), "<a>中文"),
        ];
        for (bytes, content_type, want) in table {
            assert!(decode(bytes, content_type).0.starts_with(want), "{want}: {}", decode(bytes, content_type).0);
        }
    }

    #[test]
    fn the_declaration_is_read() {
        let bytes = b"\n junk <?xml version='1.0' encoding = 'windows-1251'?><a>\xcf</a>";
        assert!(decode(bytes, None).0.ends_with("<a>П</a>"));
        let lie = b"<?xml version='1.0' encoding='utf-16'?><a>x</a>";
        assert!(decode(lie, None).0.ends_with("<a>x</a>"));
    }

    #[test]
    fn labels_are_read_as_people_spell_them() {
        for (label, want) in [
            ("utf8", "UTF-8"),
            ("UTF_8", "UTF-8"),
            ("utf-8-sig", "UTF-8"),
            ("x-sjis", "Shift_JIS"),
            ("cp932", "Shift_JIS"),
            ("ISO8859_15", "ISO-8859-15"),
            ("iso_8859_2", "ISO-8859-2"),
            ("Win1250", "windows-1250"),
            ("cp_1253", "windows-1253"),
            ("ISO-10646-UCS-2", "UTF-16LE"),
            ("\"gb2312\"", "GBK"),
        ] {
            assert_eq!(named(label).map(Encoding::name), Some(want), "{label}");
        }
        assert_eq!(named("klingon"), None);
    }

    #[test]
    fn a_cut_off_or_slightly_broken_text_keeps_its_label() {
        let cut = "Привет, мир: ой".as_bytes();
        assert_eq!(decode(&cut[..cut.len() - 1], Some("a/b; charset=utf-8")).0, "Привет, мир: о");
        let mut broken = encoding_rs::SHIFT_JIS.encode("山田太郎の報告").0.into_owned();
        broken.extend(b"\xff<a>");
        assert!(decode(&broken, Some("a/b; charset=x-sjis")).0.starts_with("山田太郎"));
    }
}
