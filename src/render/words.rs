//! The function `t("key", name=value)` of the templates: a message of the language that is rendered. In HTML its values
//! are escaped, and its marks become elements; in plain text a link's address follows its text in brackets.

use std::sync::Arc;

use minijinja::value::Kwargs;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, HtmlEscape, State, Value};

use crate::domain::catalogue::{Catalogue, Mark, Pattern, Piece};

/// Adds `t` for one language.
pub(super) fn add_function(environment: &mut Environment<'static>, words: &Arc<Catalogue>) {
    let words = Arc::clone(words);
    environment.add_function("t", move |state: &State<'_, '_>, key: &str, values: Kwargs| {
        let n = if values.has("n") { Some(values.get::<u64>("n")?) } else { None };
        let Some(pattern) = words.pattern(key, n) else {
            return Err(Error::new(ErrorKind::UnknownFunction, format!("there is no message `{key}`")));
        };
        let missing = pattern.placeholders().find(|name| !values.has(name));
        if let Some(name) = missing {
            let detail = format!("the message `{key}` needs a value for `{name}`");
            return Err(Error::new(ErrorKind::MissingArgument, detail));
        }
        let value = |name: &str| values.get::<Value>(name).unwrap_or_default();
        Ok(match state.auto_escape() {
            AutoEscape::Html => Value::from_safe_string(html(pattern, value)),
            _ => Value::from(pattern.plain(|name| value(name).to_string())),
        })
    });
}

fn html(pattern: &Pattern, value: impl Fn(&str) -> Value) -> String {
    let escaped = |name: &str| {
        let value = value(name);
        if value.is_safe() { value.to_string() } else { HtmlEscape(&value.to_string()).to_string() }
    };
    let mut html = String::new();
    for piece in pattern.pieces() {
        match piece {
            Piece::Text(text) => html.push_str(&HtmlEscape(text).to_string()),
            Piece::Value(name) => html.push_str(&escaped(name)),
            Piece::Open(Mark::Link(name)) => html.push_str(&format!("<a href=\"{}\">", escaped(name))),
            Piece::Close(Mark::Link(_)) => html.push_str("</a>"),
            Piece::Open(Mark::Strong) => html.push_str("<strong>"),
            Piece::Close(Mark::Strong) => html.push_str("</strong>"),
            Piece::Open(Mark::Code) => html.push_str("<code>"),
            Piece::Close(Mark::Code) => html.push_str("</code>"),
        }
    }
    html
}
