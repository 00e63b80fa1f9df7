//! Families of hostile documents. Each grows with the number that it is given, which is about its size in bytes, and is
//! made so that something which looks harmless in a small document could cost the square of its size in a large one.

use std::fmt::Write as _;

/// A family's name, and the document of a size.
pub type Family = (&'static str, fn(usize) -> String);

fn rss(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Hostile</title><link>https://blog.example.org/</link>\
         {items}</channel></rss>"
    )
}

fn atom(attributes: &str, inside: &str) -> String {
    format!("<feed xmlns=\"http://www.w3.org/2005/Atom\" {attributes}><title>Hostile</title>{inside}</feed>")
}

fn json(members: &str, items: &str) -> String {
    format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"Hostile\",{members}\"items\":[{items}]}}")
}

/// `piece`, with its number in the place of `#`, as often as fits into `size` bytes.
fn many(size: usize, piece: &str) -> String {
    let mut text = String::with_capacity(size + piece.len());
    for number in 0..size / piece.len() {
        text.push_str(&piece.replace('#', &number.to_string()));
    }
    text
}

fn item(title: &str, description: &str) -> String {
    format!("<item><title>{title}</title><guid>1</guid><description>{description}</description></item>")
}

fn described(description: &str) -> String {
    rss(&item("A title", description))
}

fn html(markup: &str) -> String {
    described(&format!("<![CDATA[{markup}]]>"))
}

fn titled(title: &str) -> String {
    rss(&item(title, "Some words."))
}

fn in_item(inside: &str) -> String {
    rss(&format!("<item><title>A title</title>{inside}</item>"))
}

fn linked(href: &str) -> String {
    in_item(&format!("<link>https://blog.example.org/{href}</link>"))
}

/// All of them.
pub const FAMILIES: &[Family] = &[
    ("words", |n| described(&many(n, "word "))),
    ("tiny items", |n| rss(&many(n, "<item><guid>#</guid></item>"))),
    ("items of one title", |n| rss(&many(n, "<item><title>One</title><guid>#</guid></item>"))),
    ("items of one link", |n| {
        rss(&many(n, "<item><title>t#</title><guid>#</guid><link>http://a.example.org/c</link></item>"))
    }),
    ("items of one guid", |n| rss(&many(n, "<item><guid>x</guid><link>http://a.example.org/#</link></item>"))),
    ("items that are all one", |n| rss(&many(n, "<item><title>One</title><description>Same.</description></item>"))),
    ("unclosed items", |n| rss(&many(n, "<item><title>t#"))),
    ("long entities", |n| format!("<!DOCTYPE r [<!ENTITY a \"{}\">]>{}", "x".repeat(64), described(&many(n, "&a;")))),
    ("many entities", |n| {
        format!("<!DOCTYPE r [{}]>{}", many(n, "<!ENTITY a# \"some letters and more of them\">"), described("&a1;"))
    }),
    ("entities of entities", |n| {
        let levels = (1..12).fold(String::new(), |mut text, level| {
            let _ = write!(text, "<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10));
            text
        });
        format!("<!DOCTYPE r [<!ENTITY l0 \"lol\">{levels}]>{}", described(&many(n, "&l11;")))
    }),
    ("long names of characters", |n| described(&many(n, "&CounterClockwiseContourIntegral;"))),
    ("halves of characters", |n| described(&many(n, "&#xD83D;"))),
    ("ampersands", |n| described(&many(n, "& "))),
    ("escaped ampersands", |n| titled(&many(n, "&amp;amp;"))),
    ("closing signs", |n| html(&many(n, "</"))),
    ("CDATA sections", |n| described(&many(n, "<![CDATA[a]]>"))),
    ("open CDATA sections", |n| described(&many(n, "<![CDATA["))),
    ("ends of CDATA sections", |n| described(&many(n, "]]&gt;"))),
    ("comments", |n| rss(&many(n, "<!--"))),
    ("instructions", |n| rss(&many(n, "<?"))),
    ("declarations", |n| rss(&many(n, "<!["))),
    ("declarations with subsets", |n| rss(&many(n, "<!a[>"))),
    ("open quotes", |n| rss(&many(n, "<x a=\"<item "))),
    ("nested elements", |n| described(&many(n, "<div>"))),
    ("wrapped items", |n| rss(&format!("<item>{}{}</item>", many(n / 2, "<a>"), many(n / 2, "</a>")))),
    ("wrappers of many names", |n| rss(&format!("<item>{}</item>", many(n, "<a#>")))),
    ("a long name again and again", |n| {
        let name = "a".repeat(n / 130);
        rss(&format!("<item>{}{}</item>", format!("<{name}>").repeat(64), format!("</{name}b>").repeat(64)))
    }),
    ("attributes", |n| rss(&format!("<item {}></item>", many(n, "a=b ")))),
    ("attributes without an end", |n| rss(&format!("<item {}></item>", many(n, "a=\"b ")))),
    ("attributes in both quotes", |n| rss(&format!("<item {}></item>", many(n, "a=\"'='b=\" ")))),
    ("a long attribute", |n| in_item(&format!("<link href=\"{}\"/>", many(n, "&amp;")))),
    ("namespaces", |n| rss(&format!("<a {}/>", many(n, "xmlns:p#=\"http://purl.org/dc/terms\" ")))),
    ("namespaces of many elements", |n| rss(&many(n, "<p#:a xmlns:p#=\"http://purl.org/dc/terms\"/>"))),
    ("attributes in HTML", |n| html(&format!("<p {}>x", many(n, "a# ")))),
    ("tags of many attributes", |n| html(&many(n, &format!("<p {}>", "a# ".repeat(255))))),
    ("styles", |n| html(&many(n, "<div style=\";;;;;;;;\">"))),
    ("a name of a character without an end", |n| html(&format!("<b>&{}", "a".repeat(n)))),
    ("a number of a character without an end", |n| html(&format!("<b>&#{}", "1".repeat(n)))),
    ("a script", |n| html(&format!("<script>{}", many(n, "</scrip")))),
    ("a comment in HTML", |n| html(&format!("<!--{}", many(n, "--!")))),
    ("hidden elements", |n| html(&many(n, "<div hidden>"))),
    ("lists", |n| html(&many(n, "<li>"))),
    ("tables", |n| html(&many(n, "<td>"))),
    ("a long title", |n| titled(&many(n, "a "))),
    ("a title of parts", |n| titled(&many(n, "ab | "))),
    ("a title of brackets", |n| titled(&"(".repeat(n))),
    ("a title of joiners", |n| titled(&"\u{200d}".repeat(n / 3))),
    ("marks on a letter", |n| {
        rss(&item(&format!("a{}", "\u{301}".repeat(n / 4)), &format!("a{}", "\u{301}".repeat(n / 4))))
    }),
    ("spaces", |n| rss(&item(&" ".repeat(n / 2), &" ".repeat(n / 2)))),
    ("lines", |n| html(&format!("<pre>{}", "\n".repeat(n)))),
    ("authors", |n| in_item(&many(n, "<author>a#</author>"))),
    ("categories", |n| in_item(&many(n, "<category>a#</category>"))),
    ("descriptions", |n| in_item(&many(n, "<description>words</description>"))),
    ("links", |n| in_item(&many(n, "<link>:#</link>"))),
    ("authors of the feed", |n| {
        let authors = many(n / 2, "<author><name>a#</name></author>");
        atom("", &format!("{authors}{}", many(n / 2, "<entry><id>#</id><title>t</title></entry>")))
    }),
    ("an author in markup", |n| in_item(&format!("<author>{}</author>", many(n, "<b>")))),
    ("an author in brackets", |n| in_item(&format!("<author>{}</author>", "(".repeat(n)))),
    ("an author of addresses", |n| in_item(&format!("<author>{}</author>", many(n, "a@b.c (")))),
    ("dates", |n| in_item(&many(n, "<pubDate>Mon 1 2 3 4 5 6 7 8 9 a b c d e f g h</pubDate>"))),
    ("dates of many items", |n| {
        rss(&many(n, "<item><guid>#</guid><pubDate>1 2 10:00 am/pm/bc am/pm/bc am/pm/bc am/pm/bc</pubDate></item>"))
    }),
    ("dates of colons", |n| {
        rss(&many(n, &format!("<item><guid>#</guid><pubDate>{}</pubDate></item>", "1:".repeat(99))))
    }),
    ("a query", |n| linked(&format!("?{}", many(n, "a#&amp;")))),
    ("a path", |n| linked(&many(n, "/amp"))),
    ("a path that goes back", |n| linked(&many(n, "a/../"))),
    ("a long guid", |n| in_item(&format!("<guid>{}</guid>", "1".repeat(n)))),
    ("a long base", |n| {
        rss(&format!(
            "<item xml:base=\"https://a.example.org/{}\"><title>t</title><link>b</link></item>",
            many(n, "a/")
        ))
    }),
    ("a long base and many links", |n| {
        let base = format!("xml:base=\"https://a.example.org/{}\"", many(n / 3, "a/"));
        atom(&base, &many(n, "<entry><id>#</id><link href=\"b\"/></entry>"))
    }),
    ("the longest base and many links", |n| {
        let base = format!("xml:base=\"https://a.example.org/{}\"", many(7_900.min(n / 3), "a/"));
        atom(&base, &many(n, "<entry><id>#</id><link href=\"b\"/></entry>"))
    }),
    ("the longest base and links that are none", |n| {
        let base = format!("xml:base=\"https://a.example.org/{}\"", many(7_900.min(n / 3), "a/"));
        atom(&base, &many(n, "<entry><id>#</id><link href=\"//[\"/><link href=\"//[\"/><link href=\"//[\"/></entry>"))
    }),
    ("bases within bases", |n| atom("", &many(n, "<feed xml:base=\"a/\">"))),
    ("a base for each link", |n| {
        let base = format!("xml:base=\"https://a.example.org/{}\"", many(7_000.min(n / 3), "a/"));
        atom(&base, &many(n, "<entry xml:base=\"b/\"><id>#</id><link xml:base=\"c/\" href=\"d\"/></entry>"))
    }),
    ("JSON items", |n| json("", many(n, "{\"id\":\"#\"},").trim_end_matches(','))),
    ("JSON items of one long author", |n| {
        let authors = format!("\"authors\":[{}{{}}],", many(n / 2, "{\"name\":\"a#\"},"));
        json(&authors, many(n / 2, "{\"id\":\"#\"},").trim_end_matches(','))
    }),
    ("JSON tags", |n| json("", &format!("{{\"id\":\"1\",\"tags\":[{}1]}}", many(n, "\"t#\",")))),
    ("JSON of lists", |n| json("", many(n, "[],").trim_end_matches(','))),
    ("JSON of objects", |n| json("", many(n, "{},").trim_end_matches(','))),
    ("JSON members that mean nothing", |n| json("", &format!("{{{}\"id\":\"1\"}}", many(n, "\"a#\":0,")))),
    ("broken JSON of escapes", |n| format!("{{\"title\":\"t\",\"items\":[{{\"id\":\"{}", many(n, "\\u12"))),
    ("broken JSON of lists", |n| format!("{{\"title\":\"t\",\"items\":[{}\"", many(n, "[],"))),
    ("JSON of commas", |n| format!("{{\"title\":\"t\",\"items\":[1{}]", ",".repeat(n))),
    ("a JSON number", |n| format!("{{\"title\":\"t\",\"items\":[{{\"id\":{}}}]}}", "1".repeat(n))),
    ("opening brackets", |n| "[".repeat(n)),
    ("descriptions in a description", |n| rss(&format!("<item><description>{}</item>", many(n, "<description>")))),
    ("XHTML with prefixes", |n| {
        let content = many(n, "<h:p>");
        atom(
            "xmlns:h=\"http://www.w3.org/1999/xhtml\"",
            &format!("<entry><id>1</id><content type=\"xhtml\">{content}</content></entry>"),
        )
    }),
    ("content in base64", |n| {
        atom(
            "",
            &format!("<entry><id>1</id><content type=\"application/x\">{}</content></entry>", "AAAA".repeat(n / 4)),
        )
    }),
    ("bytes of another encoding", |n| described(&"\u{e9}".repeat(n / 2))),
];

/// One post on the topic whose text is hostile to what comes after parsing: its excerpt, its story, its digest.
pub const TEXTS: &[Family] = &[
    ("closing brackets", |n| post("", &format!("a.{}", ")".repeat(n)), "")),
    ("closing quotes", |n| post("", &format!("a. {}", "\")".repeat(n / 2)), "")),
    ("spaces that do not break", |n| post("", &format!("a.{}1", "\u{2007}".repeat(n / 3)), "")),
    ("marks behind a stop", |n| post("", &format!("a.{}", "\u{301}".repeat(n / 2)), "")),
    ("sentences twice", |n| post("", &many(n / 2, "A b. "), &many(n / 2, "B c. "))),
    ("other sentences twice", |n| post("", &many(n / 2, "Aa# bb. "), &many(n / 2, "Cc# dd. "))),
    ("a long title and sentences", |n| post(&"x".repeat(n / 2), &many(n / 2, "A b. "), "")),
    ("a long title and lines", |n| post(&"x".repeat(n / 2), &many(n / 2, "A b.\n\n"), "")),
    ("no sentence", |n| post("", &many(n, "word "), "")),
    ("abbreviations", |n| post("", &many(n, "Dr. "), "")),
    ("initials", |n| post("", &many(n, "A. "), "")),
    ("dots", |n| post("", &".".repeat(n), "")),
    ("emoji in one", |n| post("", &"\u{1f469}\u{200d}".repeat(n / 7), "")),
    ("words of one letter", |n| post("", &many(n, "a "), "")),
    ("one word", |n| post("", &"a".repeat(n), "")),
    ("boilerplate", |n| post("", &many(n, "Share this\n"), "")),
];

const LEAD: &str = "The councils agreed on collaborative governance for the whole valley.";

fn post(title: &str, content: &str, summary: &str) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>Hostile</title>\
         <item><title>Collaborative governance {}</title><guid>1</guid><link>https://blog.example.org/1</link>\
         <pubDate>Mon, 23 Nov 2026 08:00:00 GMT</pubDate><description>{LEAD} {}</description>\
         <content:encoded>{LEAD} {}</content:encoded></item></channel></rss>",
        escape(title),
        escape(summary),
        escape(content),
    )
}
