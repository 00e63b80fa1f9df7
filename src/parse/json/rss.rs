//! RSS in JSON (scripting.com's rss-in-json): the elements of RSS as members, read as the markup that they stand for.

use serde_json::Value;

use crate::parse::markup::entities::attribute;

/// Larger documents are not looked at: nobody writes them so.
const MAX_BYTES: usize = 1024 * 1024;

/// The document as RSS; `None` when it is no RSS in JSON.
pub(crate) fn markup(text: &str) -> Option<String> {
    if text.len() > MAX_BYTES || !text.contains("\"rss\"") {
        return None;
    }
    let document: Value = serde_json::from_str(text).ok()?;
    let rss = document.get("rss").filter(|rss| rss.get("channel").is_some())?;
    let mut out = String::with_capacity(text.len() * 2);
    element("rss", rss, &mut out);
    Some(out)
}

/// One element, or several of one name. Members that begin with `#` are its text; plain ones of a `guid`, a `category` or
/// an `enclosure` are its attributes.
fn element(name: &str, value: &Value, out: &mut String) {
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_:.".contains(c));
    match value {
        Value::Array(all) => all.iter().for_each(|one| element(name, one, out)),
        Value::Object(members) if is_name => {
            let has_attributes = matches!(name, "guid" | "category" | "enclosure" | "source" | "cloud" | "rss");
            let is_attribute = |value: &Value| has_attributes && !value.is_object() && !value.is_array();
            out.extend(["<", name]);
            for (key, value) in members.iter().filter(|(key, value)| !key.starts_with('#') && is_attribute(value)) {
                if key.chars().all(|c| c.is_ascii_alphanumeric() || c == ':') {
                    out.extend([" ", key, "=\""]);
                    attribute(&text(value), out, &mut 0);
                    out.push('"');
                }
            }
            out.push('>');
            for (key, value) in members {
                match key.starts_with('#') {
                    true => attribute(&text(value), out, &mut 0),
                    false if is_attribute(value) => {}
                    false => element(key, value, out),
                }
            }
            out.extend(["</", name, ">"]);
        }
        _ if is_name => {
            out.extend(["<", name, ">"]);
            attribute(&text(value), out, &mut 0);
            out.extend(["</", name, ">"]);
        }
        _ => {}
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
