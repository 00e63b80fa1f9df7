//! Who wrote it, in the many ways in which feeds put a name and an address into one field.

use crate::parse::html;
use crate::parse::markup::lexer::{Event, Lexer};

/// The name in an Atom person, in `mail (Name)`, `(Name) mail` or `Name <mail>`; the address only when there is
/// no name.
pub(crate) fn person_of(raw: &str) -> String {
    if !raw.contains(['<', '&']) {
        return name_of(raw);
    }
    let (mut name, mut email, mut text) = (String::new(), String::new(), String::new());
    let mut place = Place::Text;
    for event in Lexer::new(raw) {
        match event {
            Event::Start { name, closed: false, raw, .. } => match name.rsplit(':').next() {
                Some("name") => place = Place::Name,
                Some("email") => place = Place::Email,
                Some("uri" | "url" | "homepage") => place = Place::Elsewhere,
                // `Name <mail@example.org>` is no markup.
                _ if name.contains('@') => text.extend([" ", name, " "]),
                _ => text.push_str(raw),
            },
            Event::Start { raw, .. } => text.push_str(raw),
            Event::End { name, raw } => match name.rsplit(':').next() {
                Some("name" | "email" | "uri" | "url" | "homepage") => place = Place::Text,
                _ => text.push_str(raw),
            },
            Event::Text(piece) | Event::Stray(piece) | Event::CData { text: piece, .. } => match place {
                Place::Name => name.push_str(&crate::parse::markup::entities::decode(piece).0),
                Place::Email => email.push_str(&crate::parse::markup::entities::decode(piece).0),
                Place::Text => text.push_str(piece),
                Place::Elsewhere => {}
            },
            Event::Declaration(_) => {}
        }
    }
    let fields = [name_of(&name), name_of(&html::to_line(&text)), name_of(&email)];
    fields.into_iter().find(|field| !field.is_empty()).unwrap_or_default()
}

/// What the text belongs to.
#[derive(Clone, Copy)]
enum Place {
    Text,
    Name,
    Email,
    Elsewhere,
}

fn name_of(text: &str) -> String {
    let text = text.replace('（', " (").replace('）', ") ").replace("mailto:", "");
    let Some(at) = text.find('@') else {
        return html::one_line(&text);
    };
    let belongs = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
    let start = text[..at].rfind(|c| !belongs(c)).map_or(0, |n| n + text[n..].chars().next().map_or(1, char::len_utf8));
    let end = text[at + 1..].find(|c| !belongs(c)).map_or(text.len(), |n| at + 1 + n);
    let mail = &text[start..end];
    let around = format!("{} {}", &text[..start], &text[end..]);
    let decoration = |c: char| c.is_whitespace() || "()<>[]\"',;:-–—|".contains(c);
    let name = html::one_line(around.trim_matches(decoration));
    if name.is_empty() { mail.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_a_name() {
        let table = [
            ("ann@example.org (Ann Lee)", "Ann Lee"),
            ("(Ann Lee) ann@example.org", "Ann Lee"),
            ("Ann Lee <ann@example.org>", "Ann Lee"),
            ("Ann Lee &lt;ann@example.org&gt;", "Ann Lee"),
            ("foo@example.com（山田）", "山田"),
            ("foo@example.com—Ann", "Ann"),
            ("ann@example.org", "ann@example.org"),
            ("<name>Ann</name><email>a@example.org</email><uri>http://x</uri>", "Ann"),
            ("<email>a@example.org</email>", "a@example.org"),
            ("\n <name>Ann</name>\n <uri>http://x</uri>\n", "Ann"),
            ("<b>Ann</b> Lee<script>x</script>", "Ann Lee"),
            ("Department for Work & Pensions", "Department for Work & Pensions"),
        ];
        for (raw, want) in table {
            assert_eq!(person_of(raw), want, "{raw}");
        }
    }
}
