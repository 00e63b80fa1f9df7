//! Lists of feeds as OPML 2.0, <http://opml.org/spec2.opml>.

mod read;

pub(super) use read::outlines;

use super::xml;

/// The media type of OPML.
pub const MEDIA_TYPE: &str = "text/x-opml; charset=utf-8";

/// A feed in the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// Its tags, written as `category`.
    pub tags: Vec<String>,
    /// Whether it is disabled; OPML calls that a comment.
    pub is_off: bool,
}

/// Writes a list with this title.
#[must_use]
pub fn write(title: &str, outlines: &[Outline]) -> String {
    xml::document("opml", &[("version", "2.0")], |opml| {
        xml::element(opml, "head", &[], |head| xml::text(head, "title", title));
        xml::element(opml, "body", &[], |body| {
            for Outline { title, url, tags, is_off } in outlines {
                // A comma separates categories, a slash the steps of one.
                let tags: Vec<String> = tags.iter().map(|tag| tag.replace([',', '/'], " ")).collect();
                let tags = tags.join(",");
                let mut attributes = vec![
                    ("type", "rss"),
                    ("text", title.as_str()),
                    ("title", title.as_str()),
                    ("xmlUrl", url.as_str()),
                ];
                attributes.extend((!tags.is_empty()).then_some(("category", tags.as_str())));
                attributes.extend(is_off.then_some(("isComment", "true")));
                xml::empty(body, "outline", &attributes);
            }
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_holds_its_feeds_whatever_they_are_called() {
        let outline = |title: &str| Outline {
            title: title.into(),
            url: "https://example.org/?a=1&b=2".into(),
            ..Outline::default()
        };
        let opml = write("Feeds of <us>", &[outline("Reform \"Blog\""), outline("]]>\u{0}\u{1b}&amp;")]);
        assert_eq!(
            opml,
            r#"<?xml version="1.0" encoding="utf-8"?>
<opml version="2.0">
  <head>
    <title>Feeds of &lt;us&gt;</title>
  </head>
  <body>
    <outline type="rss" text="Reform &quot;Blog&quot;" title="Reform &quot;Blog&quot;" xmlUrl="https://example.org/?a=1&amp;b=2"/>
    <outline type="rss" text="]]&gt;&amp;amp;" title="]]&gt;&amp;amp;" xmlUrl="https://example.org/?a=1&amp;b=2"/>
  </body>
</opml>
"#
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let outline = Outline {
            title: "R&D \"now\"".into(),
            url: "https://example.org/?a=1&b=2".into(),
            tags: vec!["uk".into(), "local government".into()],
            is_off: true,
        };
        let read = outlines(&write("Ours", std::slice::from_ref(&outline))).feeds.remove(0);
        assert_eq!((read.title, read.url, read.tags), (Some(outline.title), outline.url, outline.tags));
        assert!(read.is_off);
    }
}
