//! Who wrote it, in the many ways in which feeds put a name and an address into one field.

use super::html;
use super::lexer::{Event, Lexer};

/// Who wrote it: the name in an Atom person, in `mail (Name)`, `(Name) mail` or `Name <mail>`; the address
/// only when there is no name.
pub(super) fn person_of(raw: &str) -> String {
    let mut fields = [String::new(), String::new(), String::new()];
    let mut place = 0;
    for event in Lexer::new(raw) {
        match event {
            Event::Start { name, closed: false, .. } => {
                place = match name.rsplit(':').next() {
                    Some("name") => 1,
                    Some("email") => 2,
                    // `Name <mail@example.org>` is no markup.
                    _ if name.contains('@') => {
                        fields[2].push_str(name);
                        place
                    }
                    Some("uri" | "url" | "homepage") => continue,
                    _ => 0,
                }
            }
            Event::End { .. } => place = 3,
            Event::Text(text) | Event::CData { text, .. } if place < 3 => {
                fields[place].push_str(&super::entities::decode(text).0)
            }
            _ => {}
        }
    }
    let fields = fields.map(|field| name_of(&field));
    fields[1..2].iter().chain([&fields[0], &fields[2]]).find(|field| !field.is_empty()).cloned().unwrap_or_default()
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
            ("Department for Work & Pensions", "Department for Work & Pensions"),
        ];
        for (raw, want) in table {
            assert_eq!(person_of(raw), want, "{raw}");
        }
    }
}
