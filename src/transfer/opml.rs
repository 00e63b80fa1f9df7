//! Lists of feeds for other feed readers: OPML 2.0, <http://opml.org/spec2.opml>.

use super::xml;

/// What OPML is served as.
pub const MEDIA_TYPE: &str = "text/x-opml; charset=utf-8";

/// A feed in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// As readers call it.
    pub title: String,
    /// Where it is.
    pub url: String,
}

/// The list of this title.
#[must_use]
pub fn write(title: &str, outlines: &[Outline]) -> String {
    xml::document("opml", &[("version", "2.0")], |opml| {
        xml::element(opml, "head", &[], |head| xml::text(head, "title", title));
        xml::element(opml, "body", &[], |body| {
            for Outline { title, url } in outlines {
                let attributes =
                    [("type", "rss"), ("text", title.as_str()), ("title", title.as_str()), ("xmlUrl", url.as_str())];
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
        let outline = |title: &str| Outline { title: title.into(), url: "https://example.org/?a=1&b=2".into() };
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
}
