//! Writing XML: elements, one inside another, and text that is well-formed whatever a feed said. What XML cannot hold
//! is left out: `quick-xml` escapes markup, and lets control characters through.

use std::io;

use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::{ElementWriter, Writer};

/// An element that is being written.
pub(super) type Xml = Writer<Vec<u8>>;

/// A document with this root; `inside` writes what stands in it.
pub(super) fn document(root: &str, attributes: &[(&str, &str)], inside: impl FnOnce(&mut Xml)) -> String {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    written(xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None))));
    element(&mut xml, root, attributes, inside);
    let mut document = String::from_utf8(xml.into_inner()).expect("only text was written");
    document.push('\n');
    document
}

/// An element with others in it.
pub(super) fn element(xml: &mut Xml, name: &str, attributes: &[(&str, &str)], inside: impl FnOnce(&mut Xml)) {
    written(begun(xml, name, attributes).write_inner_content(|xml| {
        inside(xml);
        Ok(())
    }));
}

/// An element with nothing in it.
pub(super) fn empty(xml: &mut Xml, name: &str, attributes: &[(&str, &str)]) {
    written(begun(xml, name, attributes).write_empty());
}

/// An element with text in it.
pub(super) fn text(xml: &mut Xml, name: &str, words: &str) {
    written(xml.create_element(name).write_text_content(BytesText::new(&allowed(words))));
}

fn begun<'a>(xml: &'a mut Xml, name: &'a str, attributes: &[(&str, &str)]) -> ElementWriter<'a, Vec<u8>> {
    attributes.iter().fold(xml.create_element(name), |element, (name, value)| {
        element.with_attribute((*name, allowed(value).as_str()))
    })
}

/// Without what XML 1.0 (§2.2, Char) does not take.
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
