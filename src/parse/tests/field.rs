//! Feeds as the world writes them: one flaw after another, each with what is made of it.

use super::*;

/// The first item of an RSS entry with this inside.
fn entry(inside: &str) -> Item {
    let text = format!(
        "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:content='http://purl.org/rss/1.0/modules/content/' \
         xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' xmlns:media='http://search.yahoo.com/mrss/' \
         xmlns:gp='http://www.google.com/schemas/play-podcasts/1.0'><channel><title>T</title>\
         <link>https://town.example.org/news/</link><item>{inside}</item></channel></rss>"
    );
    doc(&text).items.remove(0).item
}

fn title_of(escaped: &str) -> String {
    entry(&format!("<guid>1</guid><title>{escaped}</title>")).title
}

#[test]
fn an_address_behind_an_empty_link_element_is_the_link() {
    assert_eq!(
        link(&entry("<link/>https://town.example.org/a\n<guid isPermaLink='false'>1</guid>")),
        "https://town.example.org/a"
    );
    assert_eq!(link(&entry("<link></link><guid>1</guid>")), "");
    assert_eq!(link(&entry("<link/>see below<guid>1</guid>")), "");
    let feed = doc("<rss version='2.0'><channel><link/>https://town.example.org/<title>T</title></channel></rss>");
    assert_eq!(feed.site.unwrap().as_str(), "https://town.example.org/");
}

#[test]
fn without_a_link_the_recording_is_one_and_a_picture_is_not() {
    let with = |enclosure: &str| link(&entry(&format!("<guid isPermaLink='false'>1</guid>{enclosure}"))).to_owned();
    assert_eq!(
        with("<enclosure url=' https://a.example.org/1.mp3 ' type='audio/mpeg'/>"),
        "https://a.example.org/1.mp3"
    );
    assert_eq!(with("<enclosure url='https://a.example.org/1.pdf'/>"), "https://a.example.org/1.pdf");
    assert_eq!(with("<enclosure url='https://a.example.org/1.jpg' type='image/jpeg'/>"), "");
    assert_eq!(
        with("<enclosure url='https://a.example.org/1.mp3'/><link>https://a.example.org/1</link>"),
        "https://a.example.org/1"
    );
    assert_eq!(with("<link>N/A</link>"), "", "a template's empty place");
    let atom = doc("<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>x</id><title>t</title>\
                    <link rel='enclosure' href='https://a.example.org/2.mp3'/></entry></feed>");
    assert_eq!(link(&atom.items[0].item), "https://a.example.org/2.mp3");
}

#[test]
fn an_escaped_cdata_section_is_unwrapped() {
    let summary = |text: &str| entry(&format!("<guid>1</guid><description>{text}</description>")).summary;
    assert_eq!(summary("&lt;![CDATA[bins and benches]]&gt;"), "bins and benches");
    assert_eq!(summary("&lt;![CDATA[&lt;p&gt;Bins.&lt;/p&gt;]]&gt;"), "Bins.");
    assert_eq!(summary("One &lt;![CDATA[budget for]]&gt; all"), "One budget for all");
    assert_eq!(title_of("&lt;![CDATA[Bins]]&gt;"), "Bins");
    assert_eq!(link(&entry("<link>&lt;![CDATA[https://a.example.org/1]]&gt;</link>")), "https://a.example.org/1");
}

#[test]
fn a_title_keeps_its_words_whatever_tags_it_names() {
    for (written, shown) in [
        ("What goes into &lt;head&gt;", "What goes into <head>"),
        ("A &lt;select&gt; or a &lt;textarea&gt; for the form?", "A <select> or a <textarea> for the form?"),
        ("No more &lt;marquee&gt;", "No more <marquee>"),
        ("Lists of &lt;Parish&gt; in code", "Lists of <Parish> in code"),
        ("The &lt;button&gt;Apply&lt;/button&gt; that works", "The Apply that works"),
        ("&lt;b&gt;Bins&lt;/b&gt; and &lt;a href='x'&gt;benches&lt;/a&gt;", "Bins and benches"),
        ("One&lt;br/&gt;two", "One two"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Bins", "Bins"),
        ("Using &#x3C;summary&#x3E; well", "Using <summary> well"),
    ] {
        assert_eq!(title_of(written), shown, "{written}");
    }
}

#[test]
fn titles_of_a_json_feed_are_plain_text() {
    let feed = doc(r#"{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[
        {"id":"1","title":"What <em> means"},{"id":"2","title":"Fish &amp; chips"},{"title":"<main>"}]}"#);
    let titles: Vec<&str> = feed.items.iter().map(|fresh| fresh.item.title.as_str()).collect();
    assert_eq!(titles, ["What <em> means", "Fish & chips", "<main>"]);
}

#[test]
fn a_date_is_read_out_of_its_markup() {
    let date =
        |text: &str| entry(&format!("<guid>1</guid><pubDate>{text}</pubDate>")).published.map(|at| at.to_rfc3339());
    let morning = Some("2026-11-03T08:30:00+00:00".to_owned());
    assert_eq!(date("&lt;time datetime=\"2026-11-03T08:30:00Z\"&gt;3 November&lt;/time&gt;"), morning);
    assert_eq!(date("<time datetime='2026-11-03T08:30:00Z'>3 November</time>"), morning);
    assert_eq!(date("<span>Tue, 03 Nov 2026 08:30:00 GMT</span>"), morning);
    assert_eq!(
        date("&lt;span property='dc:date' content='2026-11-03T08:30:00+00:00'&gt;Tuesday&lt;/span&gt;"),
        morning
    );
    assert_eq!(date("<![CDATA[<em>Tue, 03 Nov 2026 08:30:00 GMT</em>]]>"), morning);
}

#[test]
fn atoms_own_prefix_on_an_attribute_changes_nothing() {
    let feed = doc(
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:a='http://www.w3.org/2005/Atom' xmlns:o='urn:other'><entry>\
                    <id>1</id><title a:type='html'>Bins &amp;amp; benches</title><link o:href='https://no.example.org/' \
                    a:href='https://town.example.org/1' a:rel='alternate'/></entry></feed>",
    );
    assert_eq!(
        (feed.items[0].item.title.as_str(), link(&feed.items[0].item)),
        ("Bins & benches", "https://town.example.org/1")
    );
}

#[test]
fn a_name_is_shown_rather_than_an_address() {
    let author = |inside: &str| entry(&format!("<guid>1</guid>{inside}")).author;
    let ann = Some("Ann Lee".to_owned());
    assert_eq!(author("<author>web@town.example.org</author><dc:creator>Ann Lee</dc:creator>"), ann);
    assert_eq!(author("<author>web@town.example.org</author><itunes:author>Ann Lee</itunes:author>"), ann);
    assert_eq!(author("<author>Ann Lee</author><dc:creator>Web team</dc:creator>"), ann);
    assert_eq!(author("<author>web@town.example.org</author>"), Some("web@town.example.org".to_owned()));
}

#[test]
fn half_escaped_markup_is_not_shown() {
    for content in [
        "<content type='html'><p>The &lt;a href=&quot;https://b.example.org/&quot;&gt;plan&lt;/a&gt; is out.</p></content>",
        "<content type='html'>&lt;p&gt;The &amp;lt;a href=\"https://b.example.org/\"&amp;gt;plan&amp;lt;/a&amp;gt; is out.&lt;/p&gt;</content>",
    ] {
        let feed = doc(&format!("<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id>{content}</entry></feed>"));
        assert_eq!(feed.items[0].item.content, "The plan is out.", "{content}");
    }
    let code = "<description><![CDATA[<p>Write <code>&lt;p&gt;bins&lt;/p&gt;</code> here.</p>]]></description>";
    assert_eq!(entry(code).summary, "Write <p>bins</p> here.");
}

#[test]
fn podcasts_and_media_have_words_of_their_own() {
    let item = entry(
        "<guid>1</guid><itunes:title>Bins</itunes:title><gp:author>Ann</gp:author><gp:description>On bins.</gp:description>",
    );
    assert_eq!((item.title.as_str(), item.author.as_deref(), item.summary.as_str()), ("Bins", Some("Ann"), "On bins."));
    assert_eq!(entry("<guid>1</guid><media:content><media:title>Bins</media:title></media:content>").title, "Bins");
    assert_eq!(entry("<title>Own</title><media:title>Bins</media:title>").title, "Own");
}

#[test]
fn rss_in_json_is_rss() {
    let feed = doc(
        r##"{"rss":{"version":"2.0","channel":{"title":"Town & parish","item":[{"title":"Bins","link":"https://t.example.org/1",
        "guid":{"isPermaLink":"false","#value":"b1"},"pubDate":"Tue, 03 Nov 2026 08:30:00 GMT"},{"title":"Benches"}]}}}"##,
    );
    assert_eq!((feed.title.as_deref(), feed.items.len()), (Some("Town & parish"), 2));
    assert_eq!(feed.items[0].item.identity, Identity::Id("b1".into()));
    assert!(matches!(bytes(b"{\"rss\":{\"channel\":3,\"a\":[{}]}}"), Err(Error::NotAFeed(_)) | Ok(_)));
}

#[test]
fn base64_content_is_text() {
    // "<p>One budget.</p>"
    let content = "<content type='application/octet-stream'>PHA+T25lIGJ1ZGdldC48L3A+</content>";
    let feed = doc(&format!("<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id>{content}</entry></feed>"));
    assert_eq!(feed.items[0].item.content, "One budget.");
}
