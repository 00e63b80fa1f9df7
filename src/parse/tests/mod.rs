//! Whole documents, small ones, each a fact.

mod field;

use super::*;
use crate::domain::items::item::Identity;
use proptest::prelude::*;

fn now() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn bytes(bytes: &[u8]) -> Result<Document, Error> {
    let base = Url::parse("https://example.org/feed/").unwrap();
    let (limits, budget) = (&Limits::default(), &Budget::unlimited());
    parse(&Source { bytes, content_type: None, base: Some(&base), now: now(), known: None, limits, budget })
}

fn doc(text: &str) -> Document {
    bytes(text.as_bytes()).unwrap()
}

fn link(item: &Item) -> &str {
    item.link.as_ref().map_or("", Url::as_str)
}

#[test]
fn rss_2_is_read_whole() {
    let feed = doc(r#"<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
        xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Blog &amp;amp; more</title>
        <image><title>no</title></image><item><title>AT&amp;amp;T &lt;em&gt;now&lt;/em&gt;</title><link>/a</link><guid isPermaLink="false">g1</guid>
        <pubDate>Tue, 3 Jun 2025 11:05 BST</pubDate><dc:creator>Ann</dc:creator><category>Reform</category><media:title>no</media:title>
        <description><![CDATA[<p>One</p>]]></description><content:encoded><![CDATA[<p>One</p><p>Two &amp; three</p>]]></content:encoded></item></channel></rss>"#);
    assert_eq!(feed.title.as_deref(), Some("Blog & more"));
    let item = &feed.items[0].item;
    assert_eq!((item.title.as_str(), link(item)), ("AT&T now", "https://example.org/a"));
    assert_eq!((item.summary.as_str(), item.content.as_str()), ("One", "One\n\nTwo & three"));
    assert_eq!(item.identity, Identity::Id("g1".into()));
    assert_eq!(item.published.unwrap().to_rfc3339(), "2025-06-03T10:05:00+00:00");
    assert_eq!((item.updated, item.author.as_deref()), (None, Some("Ann")));
    assert_eq!(item.categories, ["Reform"]);
    assert_eq!(feed.repairs, []);
}

#[test]
fn old_dialects_are_read() {
    for text in [
        r#"<rss version="0.91"><channel><title>T</title><item><title>I</title><link>http://e.org/1</link></item></channel></rss>"#,
        r#"<RSS><channel><title>T</title><item><title>I</title><link>http://e.org/1</link></item></channel></RSS>"#,
        r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel><title>T</title></channel>
           <item rdf:about="http://e.org/1"><title>I</title></item></rdf:RDF>"#,
        r#"<rss version="2.0" xmlns="http://backend.userland.com/rss2"><channel><title>T</title><item><title>I</title><guid>http://e.org/1</guid></item></channel></rss>"#,
        r#"<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>T</title><entry><title mode="escaped" type="text/html">I</title><link rel="alternate" href="http://e.org/1"/></entry></feed>"#,
        r#"<x:rss xmlns:x="http://e.org/mine"><x:channel><x:title>T</x:title><x:item><x:title>I</x:title><x:link>http://e.org/1</x:link></x:item></x:channel></x:rss>"#,
        r#"<CHANNEL HREF="http://e.org/"><TITLE>T</TITLE><ITEM HREF="http://e.org/1"><TITLE>I</TITLE></ITEM></CHANNEL>"#,
        r#"<a:feed xmlns:a="HTTPS://www.w3.org/2005/Atom/"><a:title>T</a:title><a:entry><a:title>I</a:title><a:link href="http://e.org/1"/></a:entry></a:feed>"#,
    ] {
        let feed = doc(text);
        assert_eq!(feed.title.as_deref(), Some("T"), "{text}");
        assert_eq!((feed.items[0].item.title.as_str(), link(&feed.items[0].item)), ("I", "http://e.org/1"), "{text}");
    }
}

#[test]
fn a_value_without_an_end_ends_where_the_next_begins() {
    let feed = doc(
        "<rss version='2.0'><channel><title>T<item><title>One<link>http://e.org/1<description>Text<pubDate>Mon, 01 Jan 2024 00:00:00 GMT<guid>g1</item>",
    );
    let item = &feed.items[0].item;
    assert_eq!((feed.title.as_deref(), item.title.as_str(), link(item)), (Some("T"), "One", "http://e.org/1"));
    assert_eq!((item.summary.as_str(), item.identity.clone()), ("Text", Identity::Id("g1".into())));
}

#[test]
fn what_belongs_to_another_element_is_not_the_entry_s() {
    let feed = doc(
        r#"<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><entry><source><title>S</title><id>s</id></source>
        <media:group><media:title>no</media:title><media:description>About</media:description></media:group><box><title>in a box</title></box><title>E</title><id>e</id>
        <content type="image/png">iVBORw0KGgo=</content></entry></feed>"#,
    );
    let item = &feed.items[0].item;
    assert_eq!((item.title.as_str(), item.summary.as_str(), item.content.as_str()), ("E", "About", ""));
    assert_eq!(item.identity, Identity::Id("e".into()));
}

#[test]
fn base64_and_own_entities_are_read() {
    let feed = doc(
        r#"<!DOCTYPE feed [<!ENTITY town "Fife">]><feed version="0.3" xmlns="http://purl.org/atom/ns#"><title mode="base64">SGVsbG8=</title>
        <entry><title>In &town;</title><id>1</id></entry></feed>"#,
    );
    assert_eq!((feed.title.as_deref(), feed.items[0].item.title.as_str()), (Some("Hello"), "In Fife"));
}

#[test]
fn blogger_s_atom_is_read() {
    let feed = doc(
        r"<?xml version='1.0' encoding='UTF-8'?><feed xmlns='http://www.w3.org/2005/Atom'><title type='text'>Blog</title><entry>
        <id>tag:blogger.com,1999:blog-1.post-2</id><published>2025-06-03T10:00:00+01:00</published><updated>2025-06-04T10:00:00Z</updated>
        <category scheme='x' term='reform'/><title type='text'></title><content type='html'>&lt;p&gt;Hello&amp;nbsp;world&lt;/p&gt;</content>
        <link rel='replies' type='text/html' href='https://b.org/c'/><link rel='self' href='https://b.org/s'/>
        <link rel='alternate' type='text/html' href='https://b.org/p'/><author><name>Ann</name><email>noreply@blogger.com</email></author></entry>
        <entry><id>2</id><title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>A <b>bold</b> &lt;x&gt;</div></title><summary type='weird'>s</summary></entry></feed>",
    );
    let item = &feed.items[0].item;
    assert_eq!((item.title.as_str(), item.content.as_str(), link(item)), ("", "Hello world", "https://b.org/p"));
    assert_eq!((item.author.as_deref(), &item.categories[..]), (Some("Ann"), &["reform".to_owned()][..]));
    assert_eq!((feed.items[1].item.title.as_str(), feed.items[1].item.summary.as_str()), ("A bold <x>", "s"));
}

#[test]
fn json_feed_is_read_tolerantly() {
    let feed = doc(
        r#"{"version":"https://jsonfeed.org/version/1.1","items":[{"id":7,"url":"/x","content_text":"a <b> c\n\nd",
        "authors":[{"name":"foo@example.com（山田）"}],"date_published":"2025-06-03T10:00:00Z","tags":["x"],"attachments":[{"url":"y"}]}, 3]}"#,
    );
    let item = &feed.items[0].item;
    assert_eq!((item.identity.clone(), link(item)), (Identity::Id("7".into()), "https://example.org/x"));
    assert_eq!((item.content.as_str(), item.author.as_deref()), ("a <b> c\n\nd", Some("山田")));
}

#[test]
fn a_small_document_does_not_become_a_large_one() {
    let authors = "<author>a long enough name</author>".repeat(5_000);
    let feed =
        doc(&format!("<feed xmlns='http://www.w3.org/2005/Atom'>{authors}{}", "<entry><id>1</id></entry>".repeat(5)));
    assert_eq!(feed.items[0].item.author.as_deref(), Some("a long enough name"));
    let tags: Vec<String> = (0..100_000).map(|tag| format!("\"{tag}\"")).collect();
    let feed = doc(&format!(
        r#"{{"version":"https://jsonfeed.org/version/1.1","items":[{{"id":1,"tags":[{}]}}]}}"#,
        tags.join(",")
    ));
    assert_eq!((feed.items[0].item.categories.len(), feed.cut.categories), (50, 950 + 99_000));
    let started = std::time::Instant::now();
    let deep = format!("{{\"version\":\"jsonfeed\",\"items\":{}{}", "[".repeat(500_000), "[],".repeat(100_000));
    assert!(bytes(deep.as_bytes()).is_err());
    let attributes: String = (0..40_000).map(|number| format!(" a{number}")).collect();
    let feed = doc(&format!(
        "<rss version='2.0'><channel><item><title>x</title><description><![CDATA[one <a{attributes}>two]]></description></item></channel></rss>"
    ));
    assert_eq!(feed.items[0].item.summary, "one two");
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn a_log_line_before_a_feed_makes_it_no_json() {
    let feed = doc(
        "[24-Nov-2026 10:00:00 UTC] PHP Notice: x\n<?xml version='1.0'?><rss version='2.0'><channel><title>T</title></channel></rss>",
    );
    assert_eq!(feed.title.as_deref(), Some("T"));
}

#[test]
fn a_document_that_is_cut_off_is_not_whole() {
    let text =
        "<rss version='2.0'><channel><title>T</title><item><title>x</title><guid>1</guid></item></channel></rss>";
    assert!(doc(text).is_whole);
    assert!(!doc(&text[..text.len() - 20]).is_whole);
}

#[test]
fn what_is_no_feed_is_named() {
    let kind = |text: &str| match bytes(text.as_bytes()) {
        Err(Error::NotAFeed(kind)) => kind,
        other => panic!("{other:?}"),
    };
    assert_eq!(kind("<!DOCTYPE html><html><head/></html>"), Kind::HtmlPage);
    assert_eq!(kind(r#"{"error":1}"#), Kind::Json);
    assert_eq!(kind(" \n"), Kind::Empty);
    assert_eq!(kind("hello"), Kind::Other);
    assert_eq!(kind("<note><to>x</to></note>"), Kind::Xml);
    assert_eq!(kind("<tv><channel id='1'><display-name>x</display-name></channel></tv>"), Kind::Xml);
    assert_eq!(kind("<rss version='2.0'><channel></channel></rss>"), Kind::Hollow);
    assert_eq!(kind("<opml><body/></opml>"), Kind::Opml);
    assert_eq!(kind("<html><title>Just a moment...</title></html>"), Kind::Challenge);
}

#[test]
fn flaws_are_mended_and_counted() {
    let feed = doc("\n<b>Warning</b> <?xml version='1.0'?><rss><channel><title>Q&A &rsquo;\x07</title><item><title>One</title>
        <link>http://e.org/1?a=1&b=2</link><description>mis <b>nested</description><item><title>Two<link>http://e.org/2</link></item>
        <item><title>cut o");
    assert_eq!(feed.title.as_deref(), Some("Q&A ’"));
    let shown: Vec<String> = feed.repairs.iter().map(ToString::to_string).collect();
    for want in
        ["2 bare ampersands", "1 HTML entity", "1 missing or unusual version", "1 cut-off end", "1 control character"]
    {
        assert!(shown.iter().any(|repair| repair == want), "{want}: {shown:?}");
    }
    assert_eq!(link(&feed.items[0].item), "http://e.org/1?a=1&b=2");
    assert_eq!(feed.items.len(), 2);
    assert_eq!(feed.items[0].item.summary, "mis nested");
}

#[test]
fn addresses_beside_multi_byte_characters_do_not_panic() {
    for field in ["author", "dc:creator", "managingEditor"] {
        let feed = doc(&format!(
            "<rss version='2.0'><channel><title>T</title><item><{field}>foo@example.com（山田）</{field}><title>x</title></item></channel></rss>"
        ));
        assert_eq!(feed.items[0].item.title, "x");
    }
}

#[test]
fn windows_1252_is_read() {
    let feed = bytes(b"<rss version='2.0'><channel><title>It\x92s caf\xe9</title></channel></rss>").unwrap();
    assert_eq!(feed.title.as_deref(), Some("It’s café"));
}

#[test]
fn a_repeated_guid_is_joined_with_the_link() {
    let item = |n: u8| {
        format!("<item><guid isPermaLink='false'>same</guid><title>{n}</title><link>http://e.org/{n}</link></item>")
    };
    let feed = doc(&format!("<rss version='2.0'><channel>{}{}{}</channel></rss>", item(1), item(2), item(2)));
    assert_eq!(feed.items.len(), 2);
    assert_eq!(feed.items[0].item.identity, Identity::Id("same https://e.org/1".into()));
}

#[test]
fn links_are_http_only_and_ids_are_never_made_up() {
    let feed = doc(
        "<rss version='2.0'><channel><item><title>x</title><link>javascript:alert(1)</link></item></channel></rss>",
    );
    assert_eq!(feed.items[0].item.link, None);
    assert!(matches!(feed.items[0].item.identity, Identity::Hash(_)));
}

#[test]
fn an_entry_that_is_known_just_so_is_not_read_again() {
    let text = |second: &str| {
        format!(
            "<rss version='2.0'><channel><item><guid>1</guid><title>One</title></item><item><guid>2</guid><title>{second}</title></item></channel></rss>"
        )
    };
    let entries = doc(&text("Two")).items.into_iter().map(|fresh| (fresh.item.identity, fresh.digest)).collect();
    let known = Known { entries, varying: Vec::new() };
    let again = |text: &str| {
        let (bytes, limits, budget) = (text.as_bytes(), &Limits::default(), &Budget::unlimited());
        parse(&Source { bytes, content_type: None, base: None, now: now(), known: Some(&known), limits, budget })
            .unwrap()
    };
    assert_eq!((again(&text("Two")).unchanged.len(), again(&text("Two")).items.len()), (2, 0));
    let changed = again(&text("2"));
    assert_eq!((changed.unchanged.len(), changed.items.len(), changed.items[0].item.title.as_str()), (1, 1, "2"));
}

proptest! {
    #[test]
    fn nothing_panics(text in "(<(rss|feed|item|entry|title|link|author|/item|/rss|!\\[CDATA\\[|!--)[ >]|[&<>é@a;'\"=\\]]){0,40}") {
        let rss = format!("<rss version='2.0'><channel>{text}");
        prop_assert!(!matches!(bytes(rss.as_bytes()), Err(Error::Panic)));
        prop_assert!(!matches!(bytes(text.as_bytes()), Err(Error::Panic)));
    }
}

#[test]
fn hostile_shapes_take_no_more_time_than_their_size() {
    for piece in [
        "<",
        "<a ",
        "<a b=\"",
        "<!--",
        "<![CDATA[",
        "<!x[",
        "</",
        "&",
        "<item>",
        "<title>",
        "<a>",
        "<x:y>",
        "<item><title>x</title>",
    ] {
        let text = format!("<rss version='2.0'><channel>{}", piece.repeat(20_000));
        let started = std::time::Instant::now();
        let _ = bytes(text.as_bytes());
        assert!(started.elapsed().as_secs() < 5, "{piece}");
    }
}
