//! Writes XML: nested elements, and text that is well-formed even if a feed's text is not. `quick-xml` escapes markup but
//! lets control characters through, so characters that XML forbids are removed here.

use std::io;

use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::{ElementWriter, Writer};

/// A document that is being written.
pub(super) type Xml = Writer<Vec<u8>>;

/// A document with this root element; `inside` writes its content.
pub(super) fn document(root: &str, attributes: &[(&str, &str)], inside: impl FnOnce(&mut Xml)) -> String {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    written(xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None))));
    element(&mut xml, root, attributes, inside);
    let mut document = String::from_utf8(xml.into_inner()).expect("only text was written");
    document.push('\n');
    document
}

/// An element that contains others.
pub(super) fn element(xml: &mut Xml, name: &str, attributes: &[(&str, &str)], inside: impl FnOnce(&mut Xml)) {
    written(begun(xml, name, attributes).write_inner_content(|xml| {
        inside(xml);
        Ok(())
    }));
}

/// An empty element.
pub(super) fn empty(xml: &mut Xml, name: &str, attributes: &[(&str, &str)]) {
    written(begun(xml, name, attributes).write_empty());
}

/// An element that contains text.
pub(super) fn text(xml: &mut Xml, name: &str, words: &str) {
    written(xml.create_element(name).write_text_content(BytesText::new(&allowed(words))));
}

fn begun<'a>(xml: &'a mut Xml, name: &'a str, attributes: &[(&str, &str)]) -> ElementWriter<'a, Vec<u8>> {
    attributes.iter().fold(xml.create_element(name), |element, (name, value)| {
        element.with_attribute((*name, allowed(value).as_str()))
    })
}

/// Removes the characters that XML 1.0 forbids (§2.2, Char).
fn allowed(text: &str) -> String {
    let is_allowed = |c: &char| match c {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        c => *c >= ' ',
    };
    text.chars().filter(is_allowed).collect()
}

fn written<T>(done: io::Result<T>) {
    done.map(|_| ()).expect("memory takes every byte");
}
