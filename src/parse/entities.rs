//! Character references: `&amp;`, `&#8217;`, and the names that only HTML knows.

use std::borrow::Cow;

/// What was met on the way.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Met {
    /// `&` that begins no reference.
    pub(super) bare: usize,
    /// References that XML does not know.
    pub(super) named: usize,
}

/// Resolves each reference once; what is none stays as it stands.
pub(super) fn decode(text: &str) -> (Cow<'_, str>, Met) {
    let mut met = Met::default();
    if !text.contains('&') {
        return (Cow::Borrowed(text), met);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.bytes().take(40).position(|b| b == b';');
        match end.and_then(|end| Some((end, resolve(&rest[1..end], &mut met)?))) {
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
    out.push_str(rest);
    (Cow::Owned(out), met)
}

fn resolve(name: &str, met: &mut Met) -> Option<String> {
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
    let predefined = match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    };
    if !predefined.is_empty() {
        return Some(predefined.to_owned());
    }
    let (first, second) = *html5ever::data::NAMED_ENTITIES.get(format!("{name};").as_str())?;
    let text: String = [first, second].into_iter().filter(|&code| code != 0).filter_map(char::from_u32).collect();
    met.named += 1;
    (!text.is_empty()).then_some(text)
}

/// Text as it may stand in XML, between tags and in attributes; what XML forbids is left out and counted.
pub(super) fn encode(text: &str, forbidden: &mut usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => *forbidden += 1,
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_once() {
        let (text, met) = decode("a &amp;lt; b &nbsp;&rsquo;&#8217;&#x2019;&#146; AT&T &bogus; &");
        assert_eq!(text, "a &lt; b \u{a0}’’’’ AT&T &bogus; &");
        assert_eq!(met, Met { bare: 3, named: 2 });
    }
}
