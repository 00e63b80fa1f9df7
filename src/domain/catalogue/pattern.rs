//! One form of a message, read into its pieces: text, placeholders, and the marks around a part of the sentence.

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// The value with this name.
    Value(String),
    /// The beginning of a marked part; parts do not overlap.
    Open(Mark),
    /// Its end.
    Close(Mark),
}

/// What a part of a sentence is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// A link to the address in the value with this name.
    Link(String),
    /// Strong text.
    Strong,
    /// Code, such as a command.
    Code,
}

/// Why a form cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// A `{` without `}`, or an empty or odd name between them.
    #[error("has a `{{` that does not begin a placeholder such as `{{name}}`")]
    Placeholder,
    /// A `**`, a backtick or a `[` without its end.
    #[error("has a `{0}` without its end")]
    Unclosed(&'static str),
}

/// One form of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Piece>);

impl Pattern {
    /// Reads a form.
    ///
    /// # Errors
    /// [`Mistake`].
    pub fn parse(form: &str) -> Result<Self, Mistake> {
        let mut pieces = Vec::new();
        read(form, &MARKS, &mut pieces)?;
        Ok(Self(pieces))
    }

    /// Its pieces, in order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The names of its values, in order; a name may come twice.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Value(name) | Piece::Open(Mark::Link(name)) => Some(name.as_str()),
            Piece::Text(_) | Piece::Open(_) | Piece::Close(_) => None,
        })
    }

    /// The form as plain text; `value` gives the values. The address of a link follows its text in brackets.
    pub fn plain(&self, value: impl Fn(&str) -> String) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(words) => text.push_str(words),
                Piece::Value(name) => text.push_str(&value(name)),
                Piece::Close(Mark::Link(name)) => text.push_str(&format!(" ({})", value(name))),
                Piece::Open(Mark::Code) | Piece::Close(Mark::Code) => text.push('`'),
                Piece::Open(_) | Piece::Close(Mark::Strong) => {}
            }
        }
        text
    }
}

/// What begins a placeholder or a marked part; in code, only a placeholder does.
const MARKS: [char; 4] = ['{', '[', '`', '*'];

fn read(form: &str, marks: &[char], pieces: &mut Vec<Piece>) -> Result<(), Mistake> {
    let mut rest = form;
    while let Some(at) = rest.find(marks) {
        let (before, from) = rest.split_at(at);
        text(before, pieces);
        rest = if let Some(after) = from.strip_prefix('{') {
            let (name, after) = after.split_once('}').ok_or(Mistake::Placeholder)?;
            pieces.push(Piece::Value(named(name)?));
            after
        } else if let Some(after) = from.strip_prefix("**") {
            marked(after, "**", "**", |_| Ok((Mark::Strong, 0)), pieces)?
        } else if let Some(after) = from.strip_prefix('`') {
            marked(after, "`", "`", |_| Ok((Mark::Code, 0)), pieces)?
        } else if let Some(after) = from.strip_prefix('[') {
            let address = |after: &str| {
                let (name, _) = after.split_once(')').ok_or(Mistake::Unclosed("["))?;
                Ok((Mark::Link(named(name)?), name.len() + 1))
            };
            marked(after, "[", "](", address, pieces)?
        } else {
            text("*", pieces);
            &from[1..]
        };
    }
    text(rest, pieces);
    Ok(())
}

/// Reads the part up to `end`; `mark` says what it is and how much follows its end. Returns the rest.
fn marked<'a>(
    after: &'a str,
    begin: &'static str,
    end: &str,
    mark: impl Fn(&str) -> Result<(Mark, usize), Mistake>,
    pieces: &mut Vec<Piece>,
) -> Result<&'a str, Mistake> {
    let (inner, rest) = after.split_once(end).ok_or(Mistake::Unclosed(begin))?;
    let (mark, length) = mark(rest)?;
    pieces.push(Piece::Open(mark.clone()));
    read(inner, if mark == Mark::Code { &MARKS[..1] } else { &MARKS }, pieces)?;
    pieces.push(Piece::Close(mark));
    Ok(&rest[length..])
}

fn named(name: &str) -> Result<String, Mistake> {
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    if is_name { Ok(name.to_owned()) } else { Err(Mistake::Placeholder) }
}

fn text(words: &str, pieces: &mut Vec<Piece>) {
    match pieces.last_mut() {
        _ if words.is_empty() => {}
        Some(Piece::Text(before)) => before.push_str(words),
        _ => pieces.push(Piece::Text(words.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_into_its_pieces() {
        let form = Pattern::parse("Dear {name}, **read [it](url)** with `[x] *`: 2 * {n}").unwrap();
        assert_eq!(form.placeholders().collect::<Vec<_>>(), ["name", "url", "n"]);
        let plain = form.plain(|name| format!("<{name}>"));
        assert_eq!(plain, "Dear <name>, read it (<url>) with `[x] *`: 2 * <n>");
        assert!(form.pieces().contains(&Piece::Open(Mark::Link("url".into()))), "{form:?}");
    }

    #[test]
    fn what_is_not_closed_is_refused() {
        for form in ["a {b", "a {b c}", "{}", "{B}"] {
            assert_eq!(Pattern::parse(form), Err(Mistake::Placeholder), "{form}");
        }
        for form in ["**a", "`a", "[a]", "[a](b"] {
            assert!(matches!(Pattern::parse(form), Err(Mistake::Unclosed(_))), "{form}");
        }
    }

    #[test]
    fn a_value_is_not_read_as_a_message() {
        let form = Pattern::parse("{a}{b}").unwrap();
        assert_eq!(form.plain(|_| "**{a}**".to_owned()), "**{a}****{a}**");
    }
}
