//! Character references: `&amp;`, `&#8217;`, and the names that only HTML knows.

use std::borrow::Cow;
use std::collections::HashMap;

use memchr::memchr;

/// A document may define so many entities, each of so many bytes: enough for letters, too little for a bomb.
const MAX_NAMES: usize = 512;
const MAX_NAMED_BYTES: usize = 64;

/// What was met on the way.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Met {
    /// `&` that begins no reference.
    pub(crate) bare: usize,
    /// References that XML does not know.
    pub(crate) named: usize,
}

/// Resolves each reference once; anything else stays unchanged.
pub(crate) fn decode(text: &str) -> (Cow<'_, str>, Met) {
    decode_with(text, &HashMap::new(), usize::MAX)
}

/// The same, with names that the document has defined for itself, each of which may be twenty times as long as its
/// reference. It ends when there is more than `room` bytes.
pub(crate) fn decode_with<'a>(text: &'a str, names: &HashMap<String, String>, room: usize) -> (Cow<'a, str>, Met) {
    let mut met = Met::default();
    if memchr(b'&', text.as_bytes()).is_none() {
        return (Cow::Borrowed(text), met);
    }
    let mut out = String::with_capacity(text.len().min(room));
    let mut rest = text;
    while let Some(start) = memchr(b'&', rest.as_bytes()).filter(|_| out.len() <= room) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        if let Some((text, after)) = predefined(rest) {
            out.push(text);
            rest = after;
            continue;
        }
        let end = rest.bytes().take(40).position(|b| b == b';');
        if let Some((text, after)) = pair(rest) {
            out.push(text);
            rest = after;
            continue;
        }
        match end.and_then(|end| Some((end, resolve(&rest[1..end], names, &mut met)?))) {
            Some((end, text)) => {
                out.push_str(&text);
                rest = &rest[end + 1..];
            }
            None => {
                met.bare += 1;
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    if out.len() <= room {
        out.push_str(rest);
    }
    (Cow::Owned(out), met)
}

/// What XML itself names; HTML that was escaped has it at every tag.
fn predefined(text: &str) -> Option<(char, &str)> {
    let named = [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"'), ("&apos;", '\'')];
    named.into_iter().find_map(|(name, meant)| Some((meant, text.strip_prefix(name)?)))
}

/// A character that is written as the two halves of UTF-16, which XML forbids and some programs write.
fn pair(text: &str) -> Option<(char, &str)> {
    let half = |text: &'_ str, from: u32| -> Option<(u32, usize)> {
        let number = text.strip_prefix("&#")?;
        let end = number.bytes().take(9).position(|b| b == b';')?;
        let code = match number[..end].strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number[..end].parse().ok()?,
        };
        (from..from + 0x400).contains(&code).then(|| (code - from, end + 3))
    };
    let (high, first) = half(text, 0xd800)?;
    let (low, second) = half(&text[first..], 0xdc00)?;
    Some((char::from_u32(0x10000 + (high << 10) + low)?, &text[first + second..]))
}

/// Takes the `<!ENTITY name "value">` of a document type's internal subset; none may name a file or another entity.
pub(crate) fn define(subset: &str, names: &mut HashMap<String, String>) {
    for piece in subset.split("<!ENTITY").skip(1) {
        let piece = piece.trim_start();
        let Some((name, rest)) = piece.split_once(char::is_whitespace) else { continue };
        let rest = rest.trim_start();
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
        let Some(value) = rest[1..].split(quote).next().filter(|value| value.len() <= MAX_NAMED_BYTES) else {
            continue;
        };
        if names.len() < MAX_NAMES {
            // XML 1.0 §4.4: character references are resolved where the entity is defined, and once more where it is used.
            let value = decode(&decode(value).0).0.into_owned();
            names.entry(name.to_owned()).or_insert(value);
        }
    }
}

fn resolve(name: &str, names: &HashMap<String, String>, met: &mut Met) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        // Numbers between 128 and 159 are meant as windows-1252, as browsers read them.
        if let Some(byte) = u8::try_from(code).ok().filter(|byte| (0x80..0xa0).contains(byte)) {
            return Some(encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.into_owned());
        }
        return char::from_u32(code).map(String::from);
    }
    if let Some(value) = names.get(name) {
        return Some(value.clone());
    }
    let (first, second) = *html5ever::data::NAMED_ENTITIES.get(format!("{name};").as_str())?;
    let text: String = [first, second].into_iter().filter(|&code| code != 0).filter_map(char::from_u32).collect();
    met.named += 1;
    (!text.is_empty()).then_some(text)
}

/// Writes text as it may stand in an attribute; what XML forbids is left out and counted.
pub(crate) fn attribute(text: &str, out: &mut String, forbidden: &mut usize) {
    write(text, out, forbidden, b"&<\"", |rest| match rest[0] {
        b'&' => Some((1, "&amp;")),
        b'<' => Some((1, "&lt;")),
        b'"' => Some((1, "&quot;")),
        _ => None,
    });
}

/// Writes text as it may stand between tags: in one piece for the strict parser, whatever signs it has.
pub(crate) fn section(text: &str, out: &mut String, forbidden: &mut usize) {
    out.push_str("<![CDATA[");
    write(text, out, forbidden, b"]", |rest| rest.starts_with(b"]]>").then_some((3, "]]]]><![CDATA[>")));
    out.push_str("]]>");
}

/// Writes text, replaced from any of these signs on as `instead` says, and without what XML 1.0 §2.2 forbids or
/// discourages.
fn write(
    text: &str,
    out: &mut String,
    forbidden: &mut usize,
    signs: &[u8],
    instead: impl Fn(&[u8]) -> Option<(usize, &'static str)>,
) {
    let is_plain = |byte: &u8| matches!(byte, b'\n' | 0x20..0x7f) && !signs.contains(byte);
    let bytes = text.as_bytes();
    let (mut from, mut at) = (0, 0);
    loop {
        at += bytes[at..].iter().position(|byte| !is_plain(byte)).unwrap_or(bytes.len() - at);
        let replaced = match bytes[at..] {
            [] => break,
            [b'\t' | b'\r', ..] => None,
            [0..0x20 | 0x7f, ..] => Some((1, "")),
            [0xc2, ..0xa0, ..] => Some((2, "")),
            [0xef, 0xbf, 0xbe | 0xbf, ..] => Some((3, "")),
            ref rest => instead(rest),
        };
        if let Some((length, replacement)) = replaced {
            *forbidden += usize::from(replacement.is_empty());
            out.push_str(&text[from..at]);
            out.push_str(replacement);
            at += length;
            from = at;
        } else {
            at += 1;
        }
    }
    out.push_str(&text[from..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_once() {
        let (text, met) = decode("a &amp;lt; b &nbsp;&rsquo;&#8217;&#x2019;&#146; AT&T &bogus; &");
        assert_eq!(text, "a &lt; b \u{a0}’’’’ AT&T &bogus; &");
        assert_eq!(met, Met { bare: 3, named: 2 });
        assert_eq!(decode("&#55357;&#56842; &#xD83D;&#xDE0A; &#55357; &#55357;x").0, "😊 😊 &#55357; &#55357;x");
    }

    #[test]
    fn a_document_s_own_names_are_resolved_and_no_more() {
        let mut names = HashMap::new();
        define(
            "<!ENTITY who 'Ann'> <!ENTITY copy \"&#38;#169;\"><!ENTITY bomb '&who;&who;'><!ENTITY f SYSTEM 'file:///etc'>",
            &mut names,
        );
        assert_eq!(decode_with("&who; &copy; &f; &bomb;", &names, usize::MAX).0, "Ann © &f; &who;&who;");
    }
}
